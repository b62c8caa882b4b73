"""Forms of applicants: apply, change, report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shaar.platform.accounts.models import Organisation, Person
from shaar.platform.propose.forms.photos import FilesField
from shaar.platform.propose.models import Measure

from ..models import Application, Call, Lot
from ..policies.grant import organisations_of
from ..selectors.grant import measures_to_apply_with

_KIND_LABELS = {"cash": _("Money that residents give"), "labour": _("Work of residents, valued in money"),
                "material": _("Material that residents give, valued in money")}  # fmt: skip


def sum_field(label: Any, **options: Any) -> forms.DecimalField:
    """A sum of money."""
    return forms.DecimalField(label=label, max_digits=14, decimal_places=2, min_value=Decimal(0), **options)


class WordsForm(forms.Form):
    """What an application says: the part that may be changed later."""

    text = forms.CharField(
        label=_("What will be done, by whom, until when?"), min_length=20, max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )  # fmt: skip
    asked = sum_field(_("How much do you ask for?"))
    photos = FilesField()

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds: list[str] = [kind for kind in _KIND_LABELS if kind in call.kinds]
        for kind in self.kinds:
            self.fields[f"own_{kind}"] = sum_field(_KIND_LABELS[kind], required=False)
            if kind != "cash":
                words = _("What work?") if kind == "labour" else _("What material?")
                self.fields[f"own_{kind}_words"] = forms.CharField(label=words, max_length=200, required=False)
        # The refusal of a service about the own contribution speaks of the first of its fields.
        self.own_field = f"own_{self.kinds[0]}" if self.kinds else "asked"
        self.move_last("photos")

    def move_last(self, name: str) -> None:
        """Show a field after all others."""
        self.order_fields([*(one for one in self.fields if one != name), name])

    def lines(self) -> list[dict[str, Any]]:
        """The own contribution as the service takes it."""
        given = self.cleaned_data
        return [
            {"kind": kind, "amount": given[f"own_{kind}"], "words": given.get(f"own_{kind}_words", "")}
            for kind in self.kinds
            if given.get(f"own_{kind}")
        ]

    def own_fields(self) -> list[Any]:
        """Bound fields of the own contribution, for the page."""
        return [self[name] for name in self.fields if name.startswith("own_")]

    @staticmethod
    def given_by(application: Application) -> dict[str, Any]:
        """What an application says, as first values."""
        first: dict[str, Any] = {"text": application.text, "asked": application.asked}
        for line in application.contributions.all():
            first[f"own_{line.kind}"], first[f"own_{line.kind}_words"] = line.amount, line.words
        return first


class ApplyForm(WordsForm):
    """A whole application."""

    measure = forms.ModelChoiceField(
        label=_("With which of your proposals?"), queryset=Measure.objects.none(), to_field_name="ref"
    )
    organisation = forms.ModelChoiceField(
        label=_("For which organisation?"), queryset=Organisation.objects.none(), required=False,
        empty_label=_("for myself and my neighbours"),
    )  # fmt: skip
    lot = forms.ModelChoiceField(label=_("In which district?"), queryset=Lot.objects.none())

    def __init__(self, *args: Any, call: Call, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, call=call, **kwargs)
        organisations = organisations_of(person)
        measures = self.fields["measure"]
        if organisations.exists():
            measures.widget, measures.label = forms.TextInput(), _("With which proposal?")
            measures.help_text = _("Its number, as P-26-0012.")
            measures.queryset = Measure.objects.filter(hidden=False)  # type: ignore[attr-defined]
            self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        else:
            measures.queryset = measures_to_apply_with(person)  # type: ignore[attr-defined]
            del self.fields["organisation"]
        lots = call.lots.select_related("territory")
        self.fields["lot"].queryset = lots  # type: ignore[attr-defined]
        if len(lots) == 1:
            self.fields["lot"].initial = lots[0].pk
        self.order_fields(["measure", "organisation", "lot"])


class ReportForm(forms.Form):
    """What was done and spent."""

    text = forms.CharField(
        label=_("What was done?"), min_length=20, max_length=5000, widget=forms.Textarea(attrs={"rows": 6})
    )
    spent = sum_field(_("How much of the grant was spent in all?"))
    final = forms.TypedChoiceField(
        label=_("Is the work finished?"), choices=(("yes", _("Yes, this is the last report")), ("no", _("Not yet"))),
        coerce=lambda text: text == "yes", widget=forms.RadioSelect,
    )  # fmt: skip
    photos = FilesField()
