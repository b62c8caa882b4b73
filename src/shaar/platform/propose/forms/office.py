"""Forms of the desk: answering, moderating, joining, deciding an appeal, writing in for a caller."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation

from ..models import Answer, Measure, Process
from ..reasons import reason_choices
from .proposal import LANGUAGE_NAMES, kind_choices, territory_choices


class DayInput(forms.DateInput):
    """A day, as the browser asks for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AnswerForm(forms.Form):
    """The official answer."""

    outcome = forms.ChoiceField(label=_("Answer"), choices=Answer.Outcome.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=_("Reason"))
    text = forms.CharField(
        label=_("In words that the author understands"), min_length=20, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    office = forms.ModelChoiceField(label=_("Office"), queryset=Organisation.objects.none())
    deadline = forms.DateField(
        label=_("Done by"), required=False, widget=DayInput(), help_text=_("Needed unless it is refused.")
    )
    seen_answers = forms.IntegerField(widget=forms.HiddenInput)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [("", "—"), *reason_choices("answer")]  # type: ignore[attr-defined]
        kinds = (Organisation.Kind.DEPARTMENT, Organisation.Kind.ADMINISTRATION)
        self.fields["office"].queryset = Organisation.objects.filter(kind__in=kinds)  # type: ignore[attr-defined]


class ModerationForm(forms.Form):
    """Why a text is hidden or shown again."""

    reason = forms.ChoiceField(label=_("Reason"))
    words = forms.CharField(
        label=_("Explanation"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Public, in the log. No names, no quotation of what is hidden."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [("", "—"), *reason_choices("moderation")]  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Into which proposal this one goes."""

    into = forms.CharField(label=_("Join with"), max_length=20, help_text=_("Its number, as P-26-0412"))


class SeparateForm(forms.Form):
    """Why two joined proposals are two after all."""

    reason = forms.CharField(
        label=_("Why are they different after all?"), min_length=10, max_length=500,
        help_text=_("Public; the authors of both are told."), widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class DecideForm(forms.Form):
    """The decision on an appeal."""

    overturn = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect,
        choices=[("no", _("The decision stands")), ("yes", _("The decision is undone"))],
    )  # fmt: skip
    words = forms.CharField(label=_("Why"), min_length=10, max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class IntakeForm(forms.Form):
    """A proposal that somebody tells on the phone: all on one page, in the order in which people tell it."""

    phone = forms.CharField(label=_("Phone"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    title = forms.CharField(label=_("In one line"), min_length=5, max_length=120)
    text = forms.CharField(
        label=_("What should be different, and why?"), min_length=20, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"))
    territory = forms.ChoiceField(label=_("Settlement or district"))
    address = forms.CharField(label=_("Address or landmark"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGE_NAMES.items()))
    process = forms.ChoiceField(label=_("Process"))
    agreed = forms.BooleanField(label=_("I have read it out, and the caller agrees that it is published."))

    def __init__(self, *args: Any, processes: list[Process], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["process"].choices = [(p.slug, str(p)) for p in processes]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "—"), *kind_choices(None)]  # type: ignore[attr-defined]
        self.fields["territory"].choices = territory_choices()  # type: ignore[attr-defined]
        self.fields["phone"].widget.attrs.update({"autofocus": True, "inputmode": "tel", "autocomplete": "off"})


class QueueForm(forms.Form):
    """Filters of the queue, kept in the address."""

    q = forms.CharField(label=_("Words"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("What"), required=False,
        choices=[("", _("waiting for an answer")), ("late", _("overdue")), ("open", _("gathering support")),
                 ("all", _("everything"))],
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all")), *Measure.Kind.choices])
