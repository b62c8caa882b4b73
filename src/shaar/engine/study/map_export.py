"""A scenario's network as GeoJSON for other programs: every line with what becomes of it, and the other changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.measures.scenario import Scenario
from shaar.engine.measures.state import State
from shaar.engine.study.appraise import finite
from shaar.engine.study.map_layers import Feature, Pattern, feature, line_names, main_patterns
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable


def network_geojson(before: State, after: State, scenario: Scenario, sentences: Sequence[str]) -> dict[str, Any]:
    """Return lines of the network after a scenario, lines that are gone, and changes that are no lines.

    Parameters
    ----------
    before, after
        The network as it stands and as the scenario leaves it.
    scenario, sentences
        The changes, and what each does in words.

    Returns
    -------
    dict
        A FeatureCollection: lines have route_id, name, direction, trips (a working day), stops and status ("new",
        "changed", "same", "gone"); the others their type, sentence and fields.
    """
    features: list[Feature] = []
    was, now = _patterns(before), _patterns(after)
    names = {**line_names(before.feed), **line_names(after.feed)}
    for route in sorted(was.keys() | now.keys()):
        if route not in now:
            status = "gone"
        elif route not in was:
            status = "new"
        else:
            status = "same" if [_mark(p) for p in was[route]] == [_mark(p) for p in now[route]] else "changed"
        features += [
            feature(p.way, {"route_id": route, "name": names.get(route, route), "direction": p.direction,
                            "trips": p.trips, "status": status, "stops": list(p.stops)})
            for p in now.get(route, was.get(route, []))
        ]  # fmt: skip
    for change, sentence in zip(scenario.changes, sentences, strict=True):
        plain = change.model_dump(mode="json", exclude_none=True)
        shape = _shape(plain, after.city)
        if shape is not None:
            features.append(feature(shape, {"sentence": sentence, **plain}))
    made: dict[str, Any] = finite({"type": "FeatureCollection", "name": scenario.name, "features": features})
    return made


def _patterns(state: State) -> dict[str, list[Pattern]]:
    if state.feed is None:
        return {}
    day = day_timetable(state.feed, typical_weekday(state.feed), previous_day=False)
    out: dict[str, list[Pattern]] = {}
    for pattern in main_patterns(state.feed, day):
        out.setdefault(pattern.route_id, []).append(pattern)
    return out


def _mark(pattern: Pattern) -> tuple[object, ...]:
    return pattern.direction, pattern.stops, pattern.trips, pattern.way.wkb


def _shape(change: dict[str, Any], city: City) -> Any | None:
    """Where a change lies that is no line: its point, its links, its path; None for what has no place."""
    if change["type"].endswith("_line"):
        return None
    if "lon" in change and "lat" in change:
        return shapely.Point(change["lon"], change["lat"])
    if isinstance(change.get("point"), list):
        return shapely.Point(change["point"])
    path = change.get("path") or change.get("geometry")
    if isinstance(path, list) and len(path) >= 2:
        return shapely.LineString(path)
    if change.get("links"):
        rows = city.links.filter(pl.col("link_id").is_in(change["links"]))
        return shapely.union_all(geoparquet.geometries(rows)) if rows.height else None
    return None
