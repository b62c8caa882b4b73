"""What the workbench asks of the engine while somebody edits: a line on streets, effects, isochrones, suggestions."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import Field

from shaar.engine.errors import InputError
from shaar.engine.measures.models import Headway
from shaar.engine.measures.scenario import Scenario, parse_scenario
from shaar.platform.appraise import live, scenarios
from shaar.platform.desk.answering import Body, Lat, Lon, answers, body, person_of
from shaar.platform.kernel import limits
from shaar.platform.kernel.errors import Invalid

#: Most points through which a line is led.
MOST_POINTS = 120
Point = tuple[Lon, Lat]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Changes = Annotated[list[dict[str, Any]], Field(max_length=scenarios.MOST_CHANGES)]


class Draw(Body):
    """A line led through points, or over stops; ``places`` mixes both. ``changes`` may bring stops of their own."""

    waypoints: list[Point] | None = Field(default=None, max_length=MOST_POINTS)
    stops: list[Id] | None = Field(default=None, max_length=MOST_POINTS)
    places: list[Point | Id] | None = Field(default=None, max_length=MOST_POINTS)
    vehicle_type: Id = "bus_12m"
    loop: bool = False
    name: str = Field(default="", max_length=60)
    headways: list[dict[str, Any]] = Field(default_factory=list, max_length=24)
    changes: Changes = Field(default_factory=list)


class Effects(Body):
    """Changes whose effects are asked for; ``sequence`` counts the edits of a window of the browser."""

    changes: Changes
    full: bool = False
    sequence: int = Field(default=0, ge=0)
    window: str = Field(default="", max_length=40)


class Isochrone(Body):
    """Where one gets from a point; ``at`` HH:MM, None: the median over the morning."""

    lon: Lon
    lat: Lat
    at: str | None = None
    minutes: list[Annotated[float, Field(gt=0, le=120)]] = Field(default=[15, 30, 45, 60], min_length=1, max_length=8)
    changes: Changes | None = None


class Suggest(Body):
    """What might be done about a kind of wish at a point."""

    kind: Id
    lon: Lon
    lat: Lat
    limit: int = Field(default=5, ge=1, le=20)


def draw(request: HttpRequest) -> dict[str, Any]:
    """Lay a line on the streets."""
    asked = body(request, Draw)
    limits.count("workbench", str(person_of(request).pk))
    given = [one for one in (asked.waypoints, asked.stops, asked.places) if one is not None]
    if len(given) != 1:
        raise Invalid("draw.places", _("Give the points of the line, or its stops."), field="waypoints")
    from shaar.engine.study.line_drawing import draw_line, to_add_line

    streets = live.streets()
    known = [stop for change in scenario(asked.changes).changes for stop in getattr(change, "new_stops", ())]
    drawn = draw_line(streets, given[0], vehicle_type=asked.vehicle_type, loop=asked.loop, known=known)
    out = {
        "forward": _way(drawn.forward), "backward": _way(drawn.backward) if drawn.backward else None,
        "new_stops": [stop.model_dump(mode="json") for stop in drawn.new_stops],
        "vehicle_type": drawn.vehicle_type, "badge": drawn.badge, "source": drawn.source,
    }  # fmt: skip
    if asked.name and asked.headways:
        headways = [_headway(one, k) for k, one in enumerate(asked.headways)]
        out["change"] = to_add_line(drawn, asked.name, headways).model_dump(mode="json", exclude_none=True)
    return out


def _headway(given: dict[str, Any], number: int) -> Headway:
    try:
        return Headway.model_validate(given)
    except ValueError as error:
        raise Invalid(
            "draw.headway", _("“%(field)s” cannot be taken.") % {"field": f"headways.{number}"},
            field=f"headways.{number}",
        ) from error  # fmt: skip


def _way(way: Any) -> dict[str, Any]:
    return {
        "geometry": [[round(x, 6), round(y, 6)] for x, y in way.geometry], "stops": list(way.stops),
        "minutes": list(way.minutes), "km": round(way.metres / 1000, 3), "links": list(way.links),
    }  # fmt: skip


def effects(request: HttpRequest) -> dict[str, Any]:
    """What changes would bring: at once what is quick, or everything."""
    from shaar.engine.study.effects import appraisal_json
    from shaar.engine.study.effects_table import method, reason

    asked, person = body(request, Effects), person_of(request)
    limits.count("workbench_full" if asked.full else "workbench", str(person.pk))
    wanted, language = scenario(asked.changes), get_language() or "en"
    began = time.perf_counter()
    # A program that names no window counts nothing: none of its questions takes the place of another.
    sequence = asked.sequence if asked.window else 0
    found = live.appraise(wanted, who=f"{person.pk}:{asked.window}", sequence=sequence, full=asked.full)
    plain = appraisal_json(found)
    plain["words"] = {
        "methods": {key: method(key, language) for key in {e.method for e in found.effects} - {""}},
        "not_modelled": {key: reason(key, language) for key in {e.not_modelled for e in found.effects} - {""}},
    }
    return {
        "sequence": asked.sequence, "seconds": round(time.perf_counter() - began, 3), "hash": wanted.hash,
        "sentences": sentences(wanted, language), "appraisal": plain,
    }  # fmt: skip


def isochrone(request: HttpRequest) -> dict[str, Any]:
    """Where one gets from a point, as GeoJSON."""
    asked = body(request, Isochrone)
    limits.count("isochrone", str(person_of(request).pk))
    wanted = None if not asked.changes else scenario(asked.changes)
    found: dict[str, Any] = live.isochrone(
        asked.lon, asked.lat, scenario=wanted, minutes=tuple(asked.minutes), at=_seconds(asked.at)
    )
    return {**found, "features": [_rounded(one) for one in found["features"]]}


def _rounded(feature: dict[str, Any]) -> dict[str, Any]:
    """A feature with coordinates to about half a metre: a third of the weight."""
    geometry = feature["geometry"]
    if geometry is None:
        return feature
    return {**feature, "geometry": {**geometry, "coordinates": _places(geometry["coordinates"])}}


def _places(given: Any) -> Any:
    if isinstance(given, list | tuple):
        return [_places(one) for one in given]
    return round(given, 5)


def suggest(request: HttpRequest) -> dict[str, Any]:
    """What might be done about a kind of wish at a point, each a change that can be taken as it is."""
    from shaar.engine.study.suggest import suggest as ask

    asked = body(request, Suggest)
    limits.count("suggest", str(person_of(request).pk))
    found = ask(live.surroundings(), asked.kind, (asked.lon, asked.lat), limit=asked.limit)
    language = get_language() or "en"
    return {"suggestions": [_said(one.as_data(), language) for one in found]}


def _said(data: dict[str, Any], language: str) -> dict[str, Any]:
    """A suggestion with its words in the reader's language."""
    return {**data, "sentence": data["sentence"][language], "why": data["why"][language]}


def scenario(changes: list[dict[str, Any]]) -> Scenario:
    """Changes as a scenario.

    Raises
    ------
    Invalid
        A change does not fit; ``field`` says which and where in it.
    """
    try:
        return parse_scenario({"name": "-", "changes": changes})
    except InputError as error:
        why = _("The model does not take this: %(why)s") % {"why": error.message}
        raise Invalid("scenario.refused", why, field=error.field) from error


def sentences(wanted: Scenario, language: str) -> list[str]:
    """Each change in a sentence."""
    from shaar.engine.measures.sentences import sentence

    return [sentence(change, language) for change in wanted.changes]


def _seconds(at: str | None) -> int | None:
    if at is None:
        return None
    match = re.fullmatch(r"([01]?\d|2[0-9]):([0-5]\d)", at)
    if match is None:
        raise Invalid("isochrone.at", _("Give a time of day as 08:00."), field="at")
    return int(match[1]) * 3600 + int(match[2]) * 60


urlpatterns = [
    path("api/draw", answers(POST=draw), name="workbench_draw"),
    path("api/effects", answers(POST=effects), name="workbench_effects"),
    path("api/isochrone", answers(POST=isochrone), name="workbench_isochrone"),
    path("api/suggest", answers(POST=suggest), name="workbench_suggest"),
]
