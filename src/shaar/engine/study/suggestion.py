"""One suggestion: a change that fits, why it is made in four languages, where it lies, and what it would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from shaar.engine.measures.fields import Model
from shaar.engine.measures.kinds import LANGUAGES
from shaar.engine.measures.models import Change
from shaar.engine.measures.sentences import sentence
from shaar.engine.study.suggest_words import Words


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that could be done at a place.

    Parameters
    ----------
    change
        Typed and valid: it can be carried out as it is, or opened and edited.
    why
        What speaks for it, in each language.
    geometry
        GeoJSON geometry, (lon, lat).
    figures
        Quick figures with their unit in the name: metres, people, minutes, seconds, vehicles ...; modelled.
    gain
        By which suggestions of one kind are ranked; not shown.
    shown
        The change with names of lines and stops instead of their ids, for sentences; None: as it is.
    """

    change: Model
    why: Words
    geometry: Mapping[str, Any]
    figures: Mapping[str, float]
    gain: float = 0.0
    shown: Model | None = None

    @property
    def kind(self) -> str:
        """Type of the change."""
        return str(self.change.model_dump(include={"type"})["type"])

    @property
    def sentence(self) -> Words:
        """What the change does, in each language."""
        shown = cast(Change, self.shown or self.change)
        return {language: sentence(shown, language) for language in LANGUAGES}

    def as_data(self) -> dict[str, Any]:
        """Plain data for pages."""
        return {
            "kind": self.kind,
            "change": self.change.model_dump(mode="json", exclude_none=True),
            "sentence": dict(self.sentence),
            "why": dict(self.why),
            "geometry": dict(self.geometry),
            "figures": dict(self.figures),
            "badge": "modelled",
        }


def named(change: Model, lines: Mapping[str, str], stops: Mapping[str, str]) -> Model:
    """Copy a change with names in place of the ids of lines and stops: to be read, not to be carried out."""
    new = {s.stop_id: s.name for s in getattr(change, "new_stops", ()) if s.name}
    called = {**stops, **new}
    update: dict[str, object] = {}
    for field in type(change).model_fields:
        value = getattr(change, field)
        if field == "route_id":
            update[field] = lines.get(value, value)
        elif field in ("from_stop", "to_stop", "stop_id"):
            update[field] = called.get(value, value)
        elif field in ("stops", "stops_forward", "stops_backward"):
            # Two stops may have one name; only the ends are read.
            update[field] = tuple(called.get(v, v) if k in (0, len(value) - 1) else v for k, v in enumerate(value))
    return change.model_copy(update=update)


def line_string(points: Any) -> dict[str, Any]:
    """GeoJSON of a line."""
    return {"type": "LineString", "coordinates": [[float(x), float(y)] for x, y in points]}


def point(lonlat: tuple[float, float]) -> dict[str, Any]:
    """GeoJSON of a point."""
    return {"type": "Point", "coordinates": [float(lonlat[0]), float(lonlat[1])]}
