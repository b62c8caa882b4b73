"""The form of a typed change, made from the engine's catalogue: what it asks, in the reader's words, near a place."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.kernel.errors import Invalid
from shaar.platform.kernel.fields import in_language

from .. import choices as near
from ..choices import Choice, Point

#: Fields of a line that is drawn: the streets between the places give the rest.
_DRAWN = ("start", "via", "end")
_SPAN = re.compile(r"^(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})[\s:;,]+(\d+(?:[.,]\d+)?)$")
_CLOCK = re.compile(r"^[0-4]?\d:[0-5]\d$")


class ChangeForm(forms.Form):
    """One typed change; `change` gives it as plain data."""

    def __init__(self, data: Any = None, *, entry: dict[str, Any], point: Point | None, initial: Any = None) -> None:
        super().__init__(data, initial={**_defaults(entry, point), **(initial or {})})
        self.entry, self.point = entry, point
        self.drawing = entry["type"] == "add_line"
        if self.drawing:
            for name, field in _places(point).items():
                self.fields[name] = field
        for row in entry["form"]:
            if row["widget"] == "drawn" or (self.drawing and (row["widget"] == "stops" or row["name"] == "line_id")):
                continue
            self.fields[row["name"]] = _field(row, entry["schema"], point)

    @property
    def missing(self) -> list[str]:
        """Names of fields that only the map can fill in: this kind is drawn at the workbench."""
        if self.drawing:
            return []
        return [row["name"] for row in self.entry["form"] if row["widget"] == "drawn" and row["required"]]

    def change(self) -> dict[str, Any]:
        """The change as plain data, for the engine to check; call it after `is_valid`.

        Raises
        ------
        Invalid
            A line cannot be laid through these places; the sentence says why.
        """
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [], ())}
        if self.drawing:
            return _drawn(given)
        properties = self.entry["schema"].get("properties", {})
        return {"type": self.entry["type"], **{n: _typed(v, properties.get(n, {})) for n, v in given.items()}}


def _defaults(entry: dict[str, Any], point: Point | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in entry["form"]:
        if row["widget"] == "point" and point is not None:
            found[row["name"]] = f"{point[0]:.5f}, {point[1]:.5f}"
        elif row["widget"] == "headways":
            found[row["name"]] = "06:00-10:00 10\n10:00-22:00 15"
        elif row["default"] is not None and row["widget"] not in ("path", "stops", "links", "drawn"):
            value = row["default"]
            found[row["name"]] = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
    return found


def _field(row: dict[str, Any], schema: dict[str, Any], point: Point | None) -> forms.Field:
    unit = f" ({row['unit']})" if row["unit"] else ""
    options: dict[str, Any] = {
        "label": f"{in_language(row['label'])}{unit}", "help_text": in_language(row["hint"]),
        "required": row["required"],
    }  # fmt: skip
    widget = row["widget"]
    if widget == "choice":
        known = [(one["value"], in_language(one["label"])) for one in row["choices"]]
        return forms.ChoiceField(choices=known if row["required"] else [("", "–"), *known], **options)
    if widget == "line":
        return forms.ChoiceField(choices=_offered(near.lines(point), row), **options)
    if widget == "stop":
        return forms.ChoiceField(choices=_offered(near.stops(point), row), **options)
    if widget == "stops":
        return forms.MultipleChoiceField(
            choices=_pairs(near.stops(point)), widget=forms.CheckboxSelectMultiple, **options
        )
    if widget == "links":
        return _Links(choices=_pairs(near.streets(point)), widget=forms.CheckboxSelectMultiple, **options)
    if widget == "number":
        whole = _whole(schema.get("properties", {}).get(row["name"], {}))
        return forms.IntegerField(**options) if whole else forms.FloatField(**options)
    if widget == "clock":
        return _Clock(**options)
    if widget == "headways":
        options["help_text"] = _("One span a line: from, until and minutes between buses, as 06:00-10:00 8.")
        return _Headways(widget=forms.Textarea(attrs={"rows": 4}), **options)
    if widget == "point":
        options["help_text"] = _("Longitude, latitude; the place of the proposal stands here already.")
        return _Point(**options)
    if widget == "path":
        options["help_text"] = _("One point a line: longitude, latitude.")
        return _Path(widget=forms.Textarea(attrs={"rows": 4}), **options)
    return forms.CharField(max_length=200, **options)


def _offered(found: list[Choice], row: dict[str, Any]) -> list[tuple[str, str]]:
    return [("", "–"), *_pairs(found)]


def _pairs(found: list[Choice]) -> list[tuple[str, str]]:
    rows = []
    for one in found:
        far = "" if one.metres is None or one.metres > near.REACH else f" · {round(one.metres, -1):.0f}\u00a0{_('m')}"
        rows.append((one.value, f"{one.words}{far}"))
    return rows


def _whole(schema: dict[str, Any]) -> bool:
    kinds = {schema.get("type"), *(part.get("type") for part in schema.get("anyOf", []))} - {None, "null"}
    return kinds == {"integer"}


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """A value of a list of choices as the model's own type: numbers and yes or no come from a form as words."""
    if not isinstance(value, str):
        return value
    parts = [schema, *schema.get("anyOf", [])]
    allowed = [one for part in parts for one in (*part.get("enum", []), *([part["const"]] if "const" in part else []))]
    for one in allowed:
        if str(one) == value:
            return one
    if any(part.get("type") == "boolean" for part in parts) and value in ("true", "false"):
        return value == "true"
    return value


class _Links(forms.MultipleChoiceField):
    """Street sections; each choice stands for several links."""

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        return sorted({int(number) for one in chosen for number in one.split(",")})


class _Clock(forms.CharField):
    """A time of day, which may pass midnight as 24:30."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip()
        if text and not _CLOCK.match(text):
            raise ValidationError(_("A time is written as 06:30."))
        return text.zfill(5) if text else ""


class _Headways(forms.CharField):
    """Spans of the day with a headway each."""

    def clean(self, value: Any) -> Any:
        rows = []
        for line in str(super().clean(value) or "").splitlines():
            if not line.strip():
                continue
            found = _SPAN.match(line.strip())
            if found is None:
                raise ValidationError(_("“%(line)s” is no span: write it as 06:00-10:00 8."), params={"line": line})
            start, end, minutes = found.groups()
            number = float(minutes.replace(",", "."))
            if number <= 0:
                raise ValidationError(_("There is at least a minute between two buses."))
            rows.append({"start": start.zfill(5), "end": end.zfill(5), "minutes": number})
        return rows

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{row['start']}-{row['end']} {row['minutes']:g}" for row in value)
        return value


class _Point(forms.CharField):
    """A place as longitude and latitude."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        return _pair(text) if text.strip() else None


class _Path(forms.CharField):
    """A line as points."""

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        return [_pair(line) for line in text.splitlines() if line.strip()]


def _pair(text: str) -> list[float]:
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        raise ValidationError(_("A place is written as longitude, latitude: 71.43050, 51.12820.")) from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValidationError(_("This place lies outside the world."))
    return [lon, lat]


def _places(point: Point | None) -> dict[str, forms.Field]:
    """From where over what to where a new line runs."""
    goals = _pairs(near.goals(point))
    here = [(f"{point[0]:.5f},{point[1]:.5f}", _("the place of the proposal"))] if point else []
    empty = [("", "–")]
    return {
        "start": forms.ChoiceField(choices=[*here, *goals] if here else [*empty, *goals], label=gettext_lazy("From")),
        "via": forms.ChoiceField(choices=[*empty, *goals], required=False, label=gettext_lazy("Over")),
        "end": forms.ChoiceField(
            choices=[*empty, *goals], label=gettext_lazy("To"),
            help_text=gettext_lazy("The line is laid along streets that a bus may drive, with stops on the way."),
        ),
    }  # fmt: skip


def _drawn(given: dict[str, Any]) -> dict[str, Any]:
    """Lay the line on the streets."""
    from shaar.engine.errors import InputError
    from shaar.engine.measures.models import Headway
    from shaar.engine.study.line_drawing import draw_line, to_add_line

    from ..scenarios import refused
    from ..streets import streets

    points: list[tuple[float, float]] = []
    for name in _DRAWN:
        if given.get(name):
            lon, lat = _pair(given[name])
            points.append((lon, lat))
    if len(set(points)) < 2:
        raise Invalid("change.places", _("A line runs between two different places."), field="end")
    try:
        headways = [Headway(**row) for row in given["headways"]]
        drawn = draw_line(streets(), points, vehicle_type=str(given.get("vehicle_type") or "bus_12m"))
        made = to_add_line(drawn, str(given.get("name") or "N"), headways)
    except InputError as error:
        raise refused(error) from error
    except ValueError as error:
        raise Invalid("change.headways", _("A span ends after it begins."), field="headways") from error
    return json.loads(made.model_dump_json(exclude_none=True))  # type: ignore[no-any-return]
