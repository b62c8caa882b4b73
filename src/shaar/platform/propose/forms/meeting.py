"""Forms of round tables and plans, for those who keep them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shaar.platform.accounts.models import Organisation
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory

from ..models import Attendance, Measure, Meeting, PlanItem


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


def _words(label: Any, least: int = 5, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, min_length=least, widget=forms.Textarea(attrs={"rows": rows}), **more)


class _MeasureField(forms.ModelChoiceField):
    """A measure by its number, as P-26-0012."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Measure"))
        options.setdefault("help_text", _("Its number, as P-26-0012."))
        super().__init__(queryset=Measure.objects.none(), to_field_name="ref", widget=forms.TextInput, **options)

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        self.queryset = Measure.objects.filter(hidden=False)
        return super().get_bound_field(form, field_name)

    def clean(self, value: Any) -> Any:
        self.queryset = Measure.objects.filter(hidden=False)
        return super().clean(str(value or "").strip().upper())


class _PlaceForm(forms.Form):
    territory = forms.ModelChoiceField(
        label=_("Settlement or district"), queryset=Territory.objects.none(), to_field_name="code"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["territory"].queryset = places.current()  # type: ignore[attr-defined]


class MeetingForm(_PlaceForm):
    """Announce a round table."""

    title = forms.CharField(label=_("What is it about?"), min_length=5, max_length=150)
    starts_at = _moment(_("Begins"))
    ends_at = _moment(_("Ends"))
    where = forms.CharField(label=_("Where"), min_length=3, max_length=200)
    about = _words(_("More words"), least=0, required=False)
    field_order = ("title", "territory", "starts_at", "ends_at", "where", "about")


class AgendaForm(forms.Form):
    """A point of the agenda."""

    title = forms.CharField(label=_("Point"), min_length=3, max_length=200)
    measure = _MeasureField(required=False)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=240, initial=15)


class GuestForm(forms.Form):
    """Somebody to invite, or who came uninvited."""

    name = forms.CharField(label=_("Name"), max_length=100)
    side = forms.ChoiceField(label=_("Side"), choices=Attendance.Side.choices)
    organisation = forms.CharField(label=_("Organisation, street"), max_length=150, required=False)


class StatementForm(forms.Form):
    """What a side said."""

    side = forms.ChoiceField(label=_("Side"), choices=Attendance.Side.choices)
    text = _words(_("What was said"))


class DecisionForm(forms.Form):
    """What was agreed or not."""

    text = _words(_("What was decided"), least=20)
    agreed = forms.TypedChoiceField(
        label=_("Agreed?"), choices=(("yes", _("agreed")), ("no", _("not agreed"))), coerce=lambda text: text == "yes"
    )
    kind = forms.ChoiceField(label=_("Kind of measure"), choices=Measure.Kind.choices, initial=Measure.Kind.OTHER)
    votes_for = forms.IntegerField(label=pgettext_lazy("votes", "For"), min_value=0, initial=0)
    votes_against = forms.IntegerField(label=pgettext_lazy("votes", "Against"), min_value=0, initial=0)
    votes_abstained = forms.IntegerField(label=_("Abstained"), min_value=0, initial=0)


class MinutesForm(forms.Form):
    """The minutes."""

    minutes = _words(_("Minutes"), least=20, rows=8, help_text=_("Public. No names of residents."))


class PlanForm(_PlaceForm):
    """Begin a plan."""

    title = forms.CharField(label=_("Title"), min_length=5, max_length=150)
    meeting = forms.ModelChoiceField(
        label=_("From the round table"), queryset=Meeting.objects.none(), to_field_name="ref", required=False
    )
    field_order = ("title", "territory", "meeting")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Meeting.objects.filter(status__in=(Meeting.Status.HELD, Meeting.Status.PUBLISHED))
        self.fields["meeting"].queryset = held  # type: ignore[attr-defined]


class ItemForm(forms.Form):
    """A measure in a plan."""

    measure = _MeasureField()
    owner = forms.ModelChoiceField(label=_("Who answers for it"), queryset=Organisation.objects.none())
    term = forms.DateField(label=_("Term"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    cost = forms.DecimalField(label=_("Cost"), min_value=0, max_digits=14, decimal_places=2, required=False)
    source = forms.ChoiceField(label=_("Source"), choices=PlanItem.Source.choices)
    reason = forms.CharField(
        label=_("Reason of the change"), max_length=300, required=False, help_text=_("Needed once the plan is adopted.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Organisation.objects.all()  # type: ignore[attr-defined]


class ProgressForm(forms.Form):
    """How far an item is."""

    status = forms.ChoiceField(label=_("State"), choices=PlanItem.Status.choices)
    progress = forms.IntegerField(label="%", min_value=0, max_value=100)
    note = forms.CharField(label=_("What was done"), min_length=5, max_length=500)
    seen_status = forms.CharField(widget=forms.HiddenInput)
