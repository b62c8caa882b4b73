"""Forms of the public pages: objecting to an estimate."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ContestForm(forms.Form):
    """What somebody says against an estimate."""

    effect_row = forms.ChoiceField(required=False, label=_("Which figure"))
    text = forms.CharField(
        min_length=20, max_length=3000, widget=forms.Textarea(attrs={"rows": 5}), label=_("What is wrong, and why"),
        help_text=_("Say what you know: a count, a document, what you see every day. The office has to answer."),
    )  # fmt: skip

    def __init__(self, *args: object, figures: list[tuple[str, str]], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["effect_row"].choices = [("", _("the study as a whole")), *figures]  # type: ignore[attr-defined]
