"""Several photos in one form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.attachments import MAX_FILES


class ManyFiles(forms.ClearableFileInput):
    """A control for several files."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


def _limits() -> str:
    return gettext(
        "Up to %(n)d, each of %(mb)d MB at most. The place and the owner that a camera writes into a photo are removed."
    ) % {"n": MAX_FILES, "mb": settings.OPTIONS["UPLOAD_MB"]}


class FilesField(forms.FileField):
    """Several photos, none needed; how many fit and what each may be, `attachments.prepare_all` says."""

    widget = ManyFiles(attrs={"accept": "image/*", "multiple": True})

    def __init__(self, **options: Any) -> None:
        options = {"label": _("Photos"), "required": False, "help_text": lazy(_limits, str)(), **options}
        super().__init__(**options)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # type: ignore[override]
        """Every file that was chosen."""
        files = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files if file]


class PhotosForm(forms.Form):
    """A screen for photos alone."""

    photos = FilesField()
