"""Forms of those who prepare calls and votes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.fields import LANGUAGES
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory
from shaar.platform.propose.models import Measure

from ..models import BallotBox, Call, Programme
from ..models.programme import Contributed
from .grant import sum_field

_OWN_NAMES = {"ru": "русский", "ky": "кыргызча", "kk": "қазақша", "en": "English"}


def moment_field(label: Any) -> forms.DateTimeField:
    """A day and a time of day."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget)


def day_field(label: Any, **options: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class NamedForm(forms.Form):
    """A thing with a name and a description in every language; at least one name is needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in LANGUAGES:
            self.fields[f"names_{code}"] = forms.CharField(
                label=_("Name (%(language)s)") % {"language": _OWN_NAMES[code]}, max_length=120, required=False
            )
        for code in LANGUAGES:
            self.fields[f"about_{code}"] = forms.CharField(
                label=_("What it is about (%(language)s)") % {"language": _OWN_NAMES[code]}, max_length=5000,
                required=False, widget=forms.Textarea(attrs={"rows": 3}),
            )  # fmt: skip
        words = [name for name in self.fields if name.startswith(("names_", "about_"))]
        head = [name for name in ("slug", "programme", "programme_name") if name in self.fields]
        self.order_fields([*head, *words])

    def clean(self) -> dict[str, Any]:
        """Gather the texts by language."""
        given = super().clean() or {}
        for part in ("names", "about"):
            given[part] = {
                code: given.pop(f"{part}_{code}") for code in LANGUAGES if given.get(f"{part}_{code}", "").strip()
            }
            for code in LANGUAGES:
                given.pop(f"{part}_{code}", None)
        if not given["names"]:
            self.add_error("names_ru", _("A name in at least one language is needed."))
        return given

    @staticmethod
    def first(thing: Any, *names: str) -> dict[str, Any]:
        """First values from a row."""
        values = {name: getattr(thing, name) for name in names}
        for part in ("names", "about"):
            values |= {f"{part}_{code}": text for code, text in getattr(thing, part).items()}
        return values


CALL = (
    "selection", "ceiling", "share", "kinds", "level", "opens", "closes", "decide_by", "spread", "quorum",
)  # fmt: skip
_LEVELS = ((1, _("confirmed phone or e-mail")), (2, _("confirmed by a leader")), (3, _("signed in with the state")))


class CallForm(NamedForm):
    """A call."""

    slug = forms.SlugField(label=_("Address of the page"), max_length=60, help_text=_("Small letters, as spring-2027."))
    programme = forms.ModelChoiceField(label=_("Programme"), queryset=Programme.objects.all(), required=False)
    programme_name = forms.CharField(
        label=_("Name of a new programme"), max_length=120, required=False,
        help_text=_("If it belongs to none of those above."),
    )  # fmt: skip
    selection = forms.ChoiceField(label=_("How it is chosen"), choices=Call.Selection.choices)
    ceiling = sum_field(_("At most for one project"))
    share = forms.IntegerField(label=_("Least own contribution, % of the cost"), min_value=0, max_value=99, initial=0)
    kinds = forms.MultipleChoiceField(
        label=_("What counts as own contribution"), choices=Contributed.choices, required=False,
        widget=forms.CheckboxSelectMultiple, initial=list(Contributed.values),
    )  # fmt: skip
    level = forms.TypedChoiceField(label=_("Proof that applying needs"), choices=_LEVELS, coerce=int)
    opens = moment_field(_("Opens"))
    closes = moment_field(_("Closes"))
    decide_by = day_field(_("Decision by"))
    spread = forms.IntegerField(
        label=_("A third scorer if two differ by more than"), min_value=1, max_value=100, initial=25,
        help_text=_("Of 100."),
    )  # fmt: skip
    quorum = forms.IntegerField(label=_("Members of the commission needed"), min_value=1, max_value=50, initial=3)

    def __init__(self, *args: Any, made: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if made:
            for name in ("slug", "programme", "programme_name"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """A new call has a programme, old or new."""
        given = super().clean()
        if "programme" in self.fields and not given.get("programme") and not given.get("programme_name"):
            self.add_error("programme", _("Choose a programme or name a new one."))
        return given


def districts() -> list[Territory]:
    """The city and its districts."""
    return list(places.current().filter(kind__in=("city", "district")))


class LotsForm(forms.Form):
    """Money by district; an empty one gets none."""

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {lot.territory_id: lot.money for lot in call.lots.all()}
        self.places = districts()
        for place in self.places:
            self.fields[f"money_{place.pk}"] = sum_field(str(place), required=False, initial=known.get(place.pk))

    def sums(self) -> list[tuple[Territory, Decimal]]:
        """Districts with their money."""
        given = [(place, self.cleaned_data.get(f"money_{place.pk}")) for place in self.places]
        return [(place, money) for place, money in given if money is not None]


class CriteriaForm(forms.Form):
    """Criteria, one a line."""

    lines = forms.CharField(
        label=_("Criteria, one a line"), widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Weight | Russian | Kyrgyz | Kazakh | English. The weights add up to 100."),
    )  # fmt: skip
    top = forms.IntegerField(label=_("Highest mark"), min_value=1, max_value=100, initial=5)

    @staticmethod
    def given_by(call: Call) -> dict[str, Any]:
        """First values."""
        rows = list(call.criteria.all())
        lines = [" | ".join([str(one.weight), *(one.names.get(code, "") for code in LANGUAGES)]) for one in rows]
        return {"lines": "\n".join(lines), "top": rows[0].top if rows else 5}

    def criteria(self) -> list[dict[str, Any]]:
        """Criteria as the service takes them."""
        return [
            {"weight": weight, "names": names, "top": self.cleaned_data["top"]}
            for weight, names in self.cleaned_data["lines"]
        ]

    def clean_lines(self) -> list[tuple[int, dict[str, str]]]:
        """Read the lines."""
        found = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            weight, *words = (part.strip() for part in line.split("|"))
            names = {code: word for code, word in zip(LANGUAGES, words) if word}
            if not weight.isdigit() or not names:
                raise forms.ValidationError(_("Line %(n)d is not understood.") % {"n": number})
            found.append((int(weight), names))
        return found


BOX = ("kind", "most", "points", "rule", "budget", "level", "opens", "closes", "territory")


class BoxForm(NamedForm):
    """A vote."""

    slug = forms.SlugField(label=_("Address of the page"), max_length=60, help_text=_("Small letters, as spring-2027."))
    call = forms.ModelChoiceField(
        label=_("Call that it decides"), queryset=Call.objects.none(), required=False, empty_label=_("none")
    )  # fmt: skip
    territory = forms.ModelChoiceField(
        label=_("Whose residents vote"), queryset=Territory.objects.none(), required=False,
        empty_label=_("the whole city"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Ballot"), choices=BallotBox.Kind.choices)
    most = forms.IntegerField(label=_("Projects on a ballot, at most"), min_value=1, max_value=100, initial=3)
    points = forms.IntegerField(label=_("Points to share out"), min_value=1, max_value=1000, initial=10)
    rule = forms.ChoiceField(label=_("Counting rule that decides"), choices=BallotBox.Rule.choices)
    budget = sum_field(_("Money"))
    level = forms.TypedChoiceField(label=_("Proof that voting needs"), choices=_LEVELS, coerce=int)
    opens = moment_field(_("Opens"))
    closes = moment_field(_("Closes"))

    def __init__(self, *args: Any, made: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["territory"].queryset = places.current()  # type: ignore[attr-defined]
        self.fields["call"].queryset = Call.objects.filter(selection=Call.Selection.BALLOT)  # type: ignore[attr-defined]
        if made:
            del self.fields["slug"], self.fields["call"]


class DivideForm(forms.Form):
    """Residents of the districts between which the money is divided."""

    top_up = forms.DecimalField(
        label=_("Part of the money for outlying places, %"), min_value=Decimal(0), max_value=Decimal(100), initial=10,
        max_digits=5, decimal_places=2,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = [place for place in districts() if place.parent_id]
        for place in self.places:
            self.fields[f"people_{place.pk}"] = forms.IntegerField(
                label=_("Residents: %(place)s") % {"place": place}, min_value=1, required=False,
                initial=place.population,
            )  # fmt: skip

    def districts(self) -> list[tuple[Territory, int]]:
        """Districts with their residents; those left empty take no part."""
        given = [(place, self.cleaned_data.get(f"people_{place.pk}")) for place in self.places]
        return [(place, people) for place, people in given if people]


class ProjectForm(forms.Form):
    """A measure for the ballot."""

    measure = forms.ModelChoiceField(
        label=_("Proposal"), queryset=Measure.objects.filter(hidden=False), to_field_name="ref",
        widget=forms.TextInput, help_text=_("Its number, as P-26-0012."),
    )  # fmt: skip
    cost = sum_field(_("Cost"))


class GiveForm(forms.Form):
    """Who is given a paper ballot."""

    phone = forms.CharField(
        label=_("Phone of the voter"), max_length=30, widget=forms.TextInput(attrs={"type": "tel"}),
        help_text=_("Whoever is known here by it cannot vote on the site as well."),
    )  # fmt: skip


class SheetForm(forms.Form):
    """A paper ballot."""

    number = forms.CharField(label=_("Number of the sheet"), max_length=20)

    def __init__(self, *args: Any, box: BallotBox, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = list(box.projects.select_related("measure"))
        self.with_points = box.kind == BallotBox.Kind.POINTS
        envelopes = list(box.envelopes.select_related("territory"))
        if envelopes:
            self.fields["district"] = forms.ModelChoiceField(
                label=_("District of the voter"), required=False, empty_label=_("not said"),
                queryset=Territory.objects.filter(pk__in=[one.territory_id for one in envelopes]),
            )  # fmt: skip
        if self.with_points:
            for one in self.projects:
                self.fields[f"points_{one.number}"] = forms.IntegerField(
                    label=str(one), min_value=0, max_value=9999, required=False
                )
        else:
            self.fields["choices"] = forms.MultipleChoiceField(
                label=_("Marked on the sheet"), required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(str(one.number), str(one)) for one in self.projects],
            )  # fmt: skip

    def choices(self) -> dict[str, int]:
        """What the sheet says."""
        given = self.cleaned_data
        if not self.with_points:
            return dict.fromkeys(given["choices"], 1)
        return {
            str(one.number): given[f"points_{one.number}"] for one in self.projects if given[f"points_{one.number}"]
        }
