"""A design as files other tools read: GTFS, GeoJSON lines and stops, a list of typed changes, the front as a table."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

from shaar.engine.city.model import City
from shaar.engine.design.lines_why import sentence
from shaar.engine.errors import ShaarError
from shaar.engine.measures.models import AddLine, Change, Headway, NewStop, RemoveLine, SetHeadway, clock
from shaar.engine.measures.scenario import Scenario, apply, write_scenario
from shaar.engine.study.design_tables import assumption_table, front_table, line_table, named_stops, period_table
from shaar.engine.study.results import DesignResult, Line, NetworkPlan
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.lines import ServiceDirection, ServiceLine, feed_from_lines
from shaar.engine.timetable.write import write_gtfs

FILES = (
    "gtfs.zip", "lines.geojson", "stops.geojson", "changes.toml", "front.csv", "lines.csv", "periods.csv",
    "assumptions.csv",
)  # fmt: skip
#: Winners and losers against today, where a timetable is known.
AREAS = "areas.csv"
#: Colours of lines on maps, told apart by most people with a colour vision deficiency (Okabe & Ito 2008).
COLOURS = ("0072B2", "D55E00", "009E73", "CC79A7", "E69F00", "56B4E9", "882255", "44AA99")


def design_feed(city: City, result: DesignResult, plan: NetworkPlan | None = None, *, feed: Feed | None = None) -> Feed:
    """Return the timetable of a plan (the chosen one by default) as a GTFS feed.

    With the timetable as it stands (``feed``) the plan's changes are carried out on it, so that lines that stay keep
    their trips to the second. Without it every line is a headway service, and the calendar runs daily through the year
    of the city's data, since a design has no date of its own.
    """
    plan = plan or result.front[result.chosen]
    if feed is not None and plan.removed is not None:
        changed = apply(city, feed, changes(city, result, plan, feed))[1]
        assert changed is not None
        return changed
    year = int(city.meta.data_date[:4]) if city.meta.data_date[:4].isdigit() else date.today().year
    return feed_from_lines(
        [_service(line, number, result) for number, line in enumerate(plan.lines)],
        named_stops(city, result),
        agency_name=f"{city.meta.name}: designed by Shaar, not in service",
        time_zone=city.meta.time_zone,
        start=date(year, 1, 1),
        end=date(year, 12, 31),
    )


def _service(line: Line, number: int, result: DesignResult) -> ServiceLine:
    spans = tuple(
        (start, end, round(line.headways[name] * 60))
        for name, (start, end) in sorted(result.periods.items(), key=lambda p: p[1])
        if name in line.headways
    )
    ways = [ServiceDirection(line.stops_forward, line.seconds_forward, shapely.from_wkb(line.geometry_forward), spans)]
    if line.stops_backward:
        back = shapely.from_wkb(line.geometry_backward)
        ways.append(ServiceDirection(line.stops_backward, line.seconds_backward, back, spans))
    return ServiceLine(
        line_id=line.line_id,
        name=line.name,
        route_type=3,
        directions=tuple(ways),
        color=COLOURS[number % len(COLOURS)],
    )


def changes(city: City, result: DesignResult, plan: NetworkPlan | None = None, feed: Feed | None = None) -> Scenario:
    """Return the plan as typed changes to today's timetable, if given: lines removed, headways set, lines added.

    Lines that stay as they are need no change. A plan that knows nothing of today's lines removes all of them.
    """
    plan = plan or result.front[result.chosen]
    known = set(city.stops["stop_id"])
    stops = {row["stop_id"]: row for row in named_stops(city, result).iter_rows(named=True)}
    out: list[Change] = []
    if feed is not None:
        gone = feed.routes["route_id"].to_list() if plan.removed is None else plan.removed
        out += [RemoveLine(route_id=r) for r in gone]
        for line in plan.lines:
            if line.status == "headway":
                out += [
                    SetHeadway(route_id=line.line_id, start=clock(a), end=clock(b), minutes=line.headways[name])
                    for name, (a, b) in sorted(result.periods.items(), key=lambda p: p[1])
                    if name in line.headways
                ]
    for line in plan.lines:
        if feed is not None and line.status != "designed":
            continue
        new = [s for s in dict.fromkeys((*line.stops_forward, *line.stops_backward)) if s not in known]
        out.append(
            AddLine(
                line_id=line.line_id,
                name=line.name,
                stops_forward=line.stops_forward,
                minutes_forward=_minutes(line.seconds_forward),
                stops_backward=line.stops_backward,
                minutes_backward=_minutes(line.seconds_backward),
                headways=tuple(
                    Headway(start=clock(a), end=clock(b), minutes=line.headways[name], period=name)
                    for name, (a, b) in sorted(result.periods.items(), key=lambda p: p[1])
                    if name in line.headways
                ),
                new_stops=tuple(
                    NewStop(stop_id=s, lon=stops[s]["lon"], lat=stops[s]["lat"], name=stops[s]["name"]) for s in new
                ),
                geometry_forward=_course(line.geometry_forward),
                geometry_backward=_course(line.geometry_backward),
                vehicle_type=line.vehicle_type,
            )
        )
    return Scenario(name=f"{city.meta.name}: {len(plan.lines)} lines, {plan.fleet} vehicles", changes=tuple(out))


def _minutes(seconds: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(round(s / 60.0, 3) for s in seconds)


def _course(wkb: bytes) -> tuple[tuple[float, float], ...]:
    xy = np.round(shapely.get_coordinates(shapely.from_wkb(wkb)), 6)
    return tuple((float(x), float(y)) for x, y in xy)


def lines_geojson(plan: NetworkPlan) -> dict[str, Any]:
    """Both directions of every line as GeoJSON features with headways, vehicles and reasons."""
    features = []
    for number, line in enumerate(plan.lines):
        for way, wkb, km, minutes in (
            ("forward", line.geometry_forward, line.km_forward, line.minutes_forward),
            ("backward", line.geometry_backward, line.km_backward, line.minutes_backward),
        ):
            if not shapely.get_num_coordinates(shapely.from_wkb(wkb)):
                continue
            features.append({
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": [list(p) for p in _course(wkb)]},
                "properties": {
                    "line_id": line.line_id, "name": line.name, "direction": way, "status": line.status,
                    "km": round(km, 3), "minutes": round(minutes, 1), "vehicles": line.vehicles,
                    "vehicle_type": line.vehicle_type, "color": f"#{COLOURS[number % len(COLOURS)]}",
                    **{f"headway_{name}": value for name, value in line.headways.items()}, **line.why,
                    "reason": sentence(line.why),
                },
            })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def stops_geojson(city: City, result: DesignResult, plan: NetworkPlan) -> dict[str, Any]:
    """Stops that the plan serves as GeoJSON points, with the lines at each and whether it is a proposal."""
    lines: dict[str, list[str]] = {}
    for line in plan.lines:
        for s in dict.fromkeys((*line.stops_forward, *line.stops_backward)):
            lines.setdefault(s, []).append(line.name)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(row["lon"], 6), round(row["lat"], 6)]},
            "properties": {
                "stop_id": row["stop_id"], "name": row["name"], "source": row["source"],
                "proposed": row["source"] == "proposed", "lines": ", ".join(lines[row["stop_id"]]),
            },
        }
        for row in named_stops(city, result).iter_rows(named=True)
        if row["stop_id"] in lines
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def write_design(
    city: City, result: DesignResult, folder: Path | str, *, plan: NetworkPlan | None = None, feed: Feed | None = None
) -> tuple[Path, ...]:
    """Write a plan (the chosen one by default) into a folder; every file is written beside and renamed.

    Parameters
    ----------
    feed
        The timetable as it stands: ``changes.toml`` then begins with the removal of its lines.

    Returns
    -------
    tuple of Path
        ``gtfs.zip``, ``lines.geojson``, ``stops.geojson``, ``changes.toml``, ``front.csv``, what the service of each
        line and period is (``lines.csv``, ``periods.csv``, ``assumptions.csv``; see
        :mod:`shaar.engine.study.design_tables`) and, for a plan made with a timetable, ``areas.csv``. A plan without a
        service, as all of the front but the chosen one, has headers alone in these three.

    Raises
    ------
    ShaarError
        The folder cannot be written; nothing in it has changed.
    """
    folder = Path(folder)
    plan = plan or result.front[result.chosen]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".design.", dir=folder))
    except OSError as e:
        raise ShaarError(f"{folder}: the design could not be written ({e.strerror or e}); nothing was changed") from e
    try:
        write_gtfs(design_feed(city, result, plan, feed=feed), beside / "gtfs.zip")
        _write_json(beside / "lines.geojson", lines_geojson(plan))
        _write_json(beside / "stops.geojson", stops_geojson(city, result, plan))
        write_scenario(changes(city, result, plan, feed), beside / "changes.toml")
        front_table(result).write_csv(beside / "front.csv")
        line_table(city, result, plan, feed).write_csv(beside / "lines.csv", float_precision=3)
        period_table(result, plan).write_csv(beside / "periods.csv", float_precision=3)
        assumption_table(plan).write_csv(beside / "assumptions.csv")
        names = list(FILES)
        if plan.areas:
            pl.DataFrame(list(plan.areas)).write_csv(beside / AREAS, float_precision=3)
            names.append(AREAS)
        for name in names:
            (beside / name).replace(folder / name)
    except OSError as e:
        raise ShaarError(f"{folder}: the design could not be written ({e.strerror or e})") from e
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return tuple(folder / name for name in names)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
