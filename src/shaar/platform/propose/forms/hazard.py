"""Forms of the register of hazards."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation
from shaar.platform.places.forms import PlaceField

from ..models import Hazard, Measure

SEVERITY = (
    (1, _("1 – a nuisance")),
    (2, _("2 – some damage")),
    (3, _("3 – damage to homes or health of some")),
    (4, _("4 – lives or many homes in danger")),
    (5, _("5 – many lives in danger")),
)
LIKELIHOOD = (
    (1, _("1 – less than once in 50 years")),
    (2, _("2 – once in 10 to 50 years")),
    (3, _("3 – once in 2 to 10 years")),
    (4, _("4 – about every year")),
    (5, _("5 – now, or several times a year")),
)


def _number(text: str) -> int | None:
    return int(text) if text else None


class ReportForm(forms.Form):
    """What a resident says about a danger."""

    kind = forms.ChoiceField(label=_("What is the danger?"), choices=Hazard.Kind.choices, widget=forms.RadioSelect)
    title = forms.CharField(label=_("In a few words"), min_length=5, max_length=120)
    text = forms.CharField(
        label=_("What do you see, since when, who is in danger?"), min_length=10, max_length=3000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    place = PlaceField(label=_("Where is it?"))


class JudgeForm(forms.Form):
    """What an officer finds."""

    confirmed = forms.TypedChoiceField(
        label=_("What did you find?"), choices=(("yes", _("The danger is there")), ("no", _("Not confirmed"))),
        coerce=lambda text: text == "yes", widget=forms.RadioSelect,
    )  # fmt: skip
    severity = forms.TypedChoiceField(
        label=_("How grave?"), choices=(("", "–"), *SEVERITY), coerce=_number, required=False, empty_value=None
    )
    likelihood = forms.TypedChoiceField(
        label=_("How likely?"), choices=(("", "–"), *LIKELIHOOD), coerce=_number, required=False, empty_value=None
    )
    owner = forms.ModelChoiceField(label=_("Responsible office"), queryset=Organisation.objects.none(), required=False)
    review_on = forms.DateField(
        label=_("Look again on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    words = forms.CharField(
        label=_("What was seen, and how it was judged"), min_length=10, max_length=2000,
        help_text=_("Public. No names of residents."), widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    seen_status = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = Organisation.objects.filter(kind__in=("department", "administration"))
        self.fields["owner"].queryset = offices  # type: ignore[attr-defined]


class StepForm(forms.Form):
    """What was done about it."""

    step = forms.ChoiceField(
        label=_("What has changed?"), choices=(("work", _("It is being dealt with")), ("resolved", _("It is no more"))),
        widget=forms.RadioSelect,
    )  # fmt: skip
    measure = forms.ModelChoiceField(
        label=_("By which measure"), queryset=Measure.objects.none(), to_field_name="ref", required=False,
        widget=forms.TextInput, help_text=_("Its number, as P-26-0012; may stay empty."),
    )  # fmt: skip
    words = forms.CharField(
        label=_("In a sentence"), min_length=10, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["measure"].queryset = Measure.objects.filter(hidden=False)  # type: ignore[attr-defined]
