"""Forms of the desk: studies, alternatives, answers to objections."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Alternative, Contest, Study


class StudyForm(forms.Form):
    """The question of a study."""

    title = forms.CharField(min_length=5, max_length=120, label=_("Title"))
    about = forms.CharField(
        max_length=3000, required=False, widget=forms.Textarea(attrs={"rows": 3}), label=_("What is asked"),
        help_text=_("In the words of people who will read it."),
    )  # fmt: skip


class AlternativeForm(forms.Form):
    """Name, note and what an alternative is compared with; its changes stand beside it."""

    name = forms.CharField(max_length=120, label=_("Name"))
    note = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}), label=_("Note")
    )  # fmt: skip
    base = forms.ChoiceField(required=False, label=_("Compared with"))
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, study: Study, own: Alternative | None = None, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        others = study.alternatives.order_by("number")
        rows = [(str(one.pk), one.name) for one in others if own is None or one.pk != own.pk]
        self.fields["base"].choices = [("", _("the network as it stands")), *rows]  # type: ignore[attr-defined]


class ContestAnswerForm(forms.Form):
    """The answer to an objection."""

    answer = forms.CharField(
        min_length=20, max_length=3000, widget=forms.Textarea(attrs={"rows": 6}), label=_("Answer"),
        help_text=_("Everybody reads it: what you looked at, and what follows."),
    )  # fmt: skip
    changed = forms.BooleanField(
        required=False, label=_("The objection is right; the estimate is corrected"),
        help_text=_("Change the alternative, compute it again and publish it."),
    )  # fmt: skip


class ContestFilter(forms.Form):
    """Which objections the queue shows."""

    state = forms.ChoiceField(
        required=False, choices=[("", _("open")), ("answered", Contest.State.ANSWERED.label)], label=_("State")
    )
