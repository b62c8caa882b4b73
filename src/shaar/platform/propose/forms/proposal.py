"""Forms in which a resident puts a proposal forward and changes it, a question at a time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import LANGUAGES
from shaar.platform.places import selectors as places
from shaar.platform.places.forms import PlaceField

from ..models import Measure, Process
from .photos import FilesField

LANGUAGE_NAMES = {"ru": "Русский", "ky": "Кыргызча", "kk": "Қазақша", "en": "English"}


def kind_choices(process: Process | None) -> list[tuple[str, Any]]:
    """Kinds that a process asks for."""
    return [
        choice for choice in Measure.Kind.choices if process is None or not process.kinds or choice[0] in process.kinds
    ]


def territory_choices() -> list[tuple[str, str]]:
    """Territories of today, indented by their level, for people without a map."""
    return [("", "—"), *((t.code, "\u2003" * depth + str(t)) for t, depth in places.tree())]


class KindForm(forms.Form):
    """What for, and what kind of thing."""

    process = forms.ChoiceField(label=_("What is it for?"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(label=_("What would you like to change?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, processes: list[Process], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["process"].choices = [(p.slug, str(p)) for p in processes]  # type: ignore[attr-defined]
        only = processes[0] if len(processes) == 1 else None
        if only is not None:
            self.fields["process"].widget = forms.HiddenInput()
            self.initial["process"] = only.slug  # the form's initial wins over that of the field
        self.fields["kind"].choices = kind_choices(only)  # type: ignore[attr-defined]
        self._by_slug = {p.slug: p for p in processes}

    def clean(self) -> dict[str, Any]:
        """Check that the process asks for this kind."""
        given = super().clean() or {}
        process = self._by_slug.get(given.get("process", ""))
        if process and process.kinds and given.get("kind") and given["kind"] not in process.kinds:
            self.add_error("kind", _("This is not asked for here. Choose another kind."))
        return given


class WordsForm(forms.Form):
    """In plain words."""

    title = forms.CharField(
        label=_("Say it in one line"), min_length=5, max_length=120,
        help_text=_("For example: A bus stop at the school in Urker"),
    )  # fmt: skip
    text = forms.CharField(
        label=_("What should be different, and why?"), min_length=20, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What is wrong today, what would you change, whom would it help? Leave out names and phones."),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language of your text"), choices=[(c, LANGUAGE_NAMES[c]) for c in LANGUAGES])


class PlaceForm(forms.Form):
    """Where: on the map, by address, or by settlement."""

    place = PlaceField(label=_("Where is it?"), required=False)


class MoreForm(forms.Form):
    """Photos, who benefits, what it may cost: all optional."""

    photos = FilesField()
    benefits = forms.CharField(
        label=_("Who benefits?"), max_length=500, required=False,
        help_text=_("For example: about 300 children who walk to school"),
    )  # fmt: skip
    cost_guess = forms.DecimalField(
        label=_("What may it cost?"), max_digits=14, decimal_places=2, min_value=0, required=False,
        help_text=_("Your guess. It will be shown as a guess of the author."),
    )  # fmt: skip


class EditForm(WordsForm):
    """All words of a proposal on one page, with the reason for the change."""

    kind = forms.ChoiceField(label=_("Kind"))
    place = PlaceField(label=_("Where is it?"), required=False)
    benefits = forms.CharField(label=_("Who benefits?"), max_length=500, required=False)
    cost_guess = forms.DecimalField(
        label=_("What may it cost?"), max_digits=14, decimal_places=2, min_value=0, required=False
    )
    why = forms.CharField(
        label=_("What did you change, and why?"), max_length=300, required=False,
        help_text=_("Shown with the versions."),
    )  # fmt: skip
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, process: Process | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices(process)  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """A comment or an answer to one."""

    stance = forms.ChoiceField(
        label=_("You are"), choices=[("pro", _("for it")), ("contra", _("against it")), ("neutral", _("neither"))],
        widget=forms.RadioSelect, initial="neutral", required=False,
    )  # fmt: skip
    text = forms.CharField(
        label=_("Your comment"), min_length=2, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    parent = forms.UUIDField(required=False, widget=forms.HiddenInput)


class AppealForm(forms.Form):
    """Why another look is needed."""

    text = forms.CharField(
        label=_("Why do you not agree?"), min_length=10, max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )


class FilterForm(forms.Form):
    """What the list is narrowed by, kept in the address."""

    q = forms.CharField(label=_("Words"), required=False, max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)
    territory = forms.ChoiceField(label=_("Where"), required=False)
    order = forms.ChoiceField(
        label=_("Order"), required=False,
        choices=[("", _("newest first")), ("supported", _("most supported")), ("talked", _("most discussed"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        anything = ("", _("all"))
        self.fields["kind"].choices = [anything, *Measure.Kind.choices]  # type: ignore[attr-defined]
        self.fields["status"].choices = [anything, *Measure.Status.choices]  # type: ignore[attr-defined]
        self.fields["territory"].choices = [anything, *territory_choices()[1:]]  # type: ignore[attr-defined]
