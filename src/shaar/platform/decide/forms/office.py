"""Forms of officers, scorers and the commission."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Person

from ..models import Application, Call, Decision
from ..policies.grant import on_commission
from .grant import sum_field
from .preparing import day_field


def words_field(label: Any, **options: Any) -> forms.CharField:
    """Public words of the office."""
    options.setdefault("max_length", 2000)
    options.setdefault("help_text", _("Public. No names of residents."))
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), **options)


class CheckForm(forms.Form):
    """Does it meet the conditions?"""

    outcome = forms.ChoiceField(
        label=_("What did you find?"), widget=forms.RadioSelect,
        choices=(
            ("eligible", _("It meets the conditions of the call")), ("returned", _("Something is missing: return it")),
            ("ineligible", _("It does not meet the conditions")),
        ),
    )  # fmt: skip
    words = words_field(_("Reason, or what is missing"), required=False)
    due = day_field(_("It may come back until"), required=False)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """A return needs a day."""
        given = super().clean() or {}
        if given.get("outcome") == "returned" and not given.get("due"):
            self.add_error("due", _("Until when may it come back?"))
        return given


class AgreementForm(forms.Form):
    """An agreement with the parts of the money."""

    number = forms.CharField(label=_("Number of the agreement"), max_length=40)
    signed_on = day_field(_("Signed on"))
    ends_on = day_field(_("Work ends by"))
    text = words_field(_("What was agreed"), min_length=20, max_length=5000)

    PARTS = 4

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in range(1, self.PARTS + 1):
            self.fields[f"amount_{place}"] = sum_field(_("Part %(n)d") % {"n": place}, required=place == 1)
            self.fields[f"day_{place}"] = day_field(_("Part %(n)d, planned on") % {"n": place}, required=place == 1)

    def clean(self) -> dict[str, Any]:
        """Every part has a sum and a day; ``tranches`` holds them."""
        given = super().clean() or {}
        given["tranches"] = []
        for place in range(1, self.PARTS + 1):
            amount, day = given.pop(f"amount_{place}", None), given.pop(f"day_{place}", None)
            if amount and day:
                given["tranches"].append((amount, day))
            elif amount or day:
                self.add_error(f"amount_{place}", _("A part has a sum and a day."))
        return given


class PayForm(forms.Form):
    """The day of a payment."""

    paid_on = day_field(_("Paid on"), initial=timezone.localdate)


class JudgeReportForm(forms.Form):
    """What was seen on the site."""

    accepted = forms.TypedChoiceField(
        label=_("Is the report right?"), choices=(("yes", _("Yes, accept it")), ("no", _("No, return it"))),
        coerce=lambda text: text == "yes", widget=forms.RadioSelect,
    )  # fmt: skip
    words = words_field(_("What was seen on the site"), min_length=10)


class RefundForm(forms.Form):
    """Money asked back."""

    amount = sum_field(_("How much has to be returned"))
    due = day_field(_("Until when"))
    reason = words_field(_("Why"), min_length=10)


class ReceivedForm(forms.Form):
    """The day on which money came back."""

    received_on = day_field(_("Received on"), initial=timezone.localdate)


class DisclosureForm(forms.Form):
    """A scorer's word."""

    conflict = forms.TypedChoiceField(
        label=_("Are you close to this application?"), coerce=lambda text: text == "yes", widget=forms.RadioSelect,
        choices=(
            ("no", _("No: I am not its applicant, no relative, friend, colleague or neighbour who gains by it")),
            ("yes", _("Yes: somebody else should score it")),
        ),
    )  # fmt: skip
    words = forms.CharField(label=_("In what way"), max_length=300, required=False)


class ScoreForm(forms.Form):
    """Marks with reasons."""

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = list(call.criteria.all())
        for one in self.criteria:
            marks = [(str(points), str(points)) for points in range(one.top + 1)]
            self.fields[f"mark_{one.pk}"] = forms.TypedChoiceField(
                label=_("%(name)s (weight %(weight)d %%)") % {"name": one, "weight": one.weight}, choices=marks,
                coerce=int, widget=forms.RadioSelect if one.top <= 10 else forms.Select,
            )  # fmt: skip
        self.fields["words"] = words_field(_("Reasons"), min_length=10)

    def marks(self) -> dict[UUID, int]:
        """Marks by criterion."""
        return {one.pk: self.cleaned_data[f"mark_{one.pk}"] for one in self.criteria}


class SessionForm(forms.Form):
    """Minutes of a session."""

    held_on = day_field(_("Day of the session"), initial=timezone.localdate)
    members = forms.ModelMultipleChoiceField(
        label=_("Who was present?"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    minutes = words_field(_("Minutes"), min_length=20, max_length=10000)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = Person.objects.filter(roles__kind="commission", is_active=True).distinct()
        members = [one.pk for one in named if on_commission(one, call)]
        self.fields["members"].queryset = Person.objects.filter(pk__in=members).order_by("name")  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """A decision on one application."""

    outcome = forms.ChoiceField(label=_("Decision"), choices=Decision.Outcome.choices, widget=forms.RadioSelect)
    awarded = sum_field(_("Grant"), required=False)
    due = day_field(_("For a revision: until when"), required=False)
    reason = words_field(_("Reason"), min_length=10)
    votes_for = forms.IntegerField(label=_("Votes for"), min_value=0, max_value=200)
    votes_against = forms.IntegerField(label=_("Votes against"), min_value=0, max_value=200, initial=0)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def given_by(application: Application) -> dict[str, Any]:
        """First values."""
        return {"awarded": application.asked, "seen_version": application.version}
