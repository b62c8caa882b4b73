"""A stop where lines pass a place without stopping."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.design.candidates import CLASS_WORTH, stop_row
from shaar.engine.design.lines import JUNCTION_METRES
from shaar.engine.measures.add_stop import AddStop
from shaar.engine.study.suggest_ground import Surroundings, Today
from shaar.engine.study.suggest_words import why
from shaar.engine.study.suggestion import Suggestion, point

F64 = npt.NDArray[np.float64]
#: Farther from the place than this a line does not pass it (m).
PASS_METRES = 400.0
#: A new stop is not nearer to another one of the line than this, along the course (m).
APART_METRES = 200.0
#: Lines whose course runs within this distance of the new stop call at it (m).
CALL_METRES = 40.0


def new_stop(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Stops on the courses that pass a place, at the point nearest to it."""
    seen: list[F64] = []
    for line in s.lines:
        if not line.bus:
            continue
        for course in line.courses:
            if course.line.distance(shapely.Point(pin)) > PASS_METRES:
                continue
            along = float(course.line.project(shapely.Point(pin)))
            if not course.along[0] < along < course.along[-1]:
                continue
            place = _kerb(s, np.array(course.line.interpolate(along).coords[0]))
            if place is None or any(np.hypot(*(place[1] - other)) < APART_METRES for other in seen):
                continue
            calling = [(x, gap) for x in s.lines if (gap := _gap(x, place[1])) is not None]
            if not calling:
                continue
            seen.append(place[1])
            yield _suggested(s, *place, calling)


def _kerb(s: Surroundings, xy: F64) -> tuple[str, F64] | None:
    """Where a stop can stand at the street of a course: its id and place; nothing where no street suits."""
    bus = s.streets.bus
    near = s.streets.edge_tree.query(shapely.Point(xy), predicate="dwithin", distance=CALL_METRES)
    able = [int(e) for e in near if bus.highway[e] in CLASS_WORTH and bus.walkable[e]]
    if not able:
        return None
    far = shapely.distance(bus.lines[able], shapely.Point(xy))
    e = able[int(np.lexsort((able, np.round(far, 1)))[0])]
    length = float(shapely.length(bus.lines[e]))
    keep = min(JUNCTION_METRES, length / 3)
    at = min(max(float(shapely.line_locate_point(bus.lines[e], shapely.Point(xy))), keep), length - keep)
    name = f"new_l{int(bus.link[e])}{'f' if bus.forward[e] else 'b'}{round(at)}"
    if name in s.streets.row:
        return None
    run, rules = s.streets.run, s.streets.rules
    row = stop_row(bus, e, at, name, setback=rules.setback, drive_side=run.drive_side)
    return name, s.xy(float(row["lon"]), float(row["lat"]))  # type: ignore[arg-type]


def _gap(line: Today, xy: F64) -> float | None:
    """Metres along to the nearest stop of a line that passes a place and has none near; None where it has one."""
    gaps = []
    for c in line.courses:
        if not line.bus or c.line.distance(shapely.Point(xy)) > CALL_METRES:
            continue
        along = float(c.line.project(shapely.Point(xy)))
        if c.along[0] < along < c.along[-1]:
            gaps.append(float(np.abs(c.along - along).min()))
    return min(gaps) if gaps and min(gaps) >= APART_METRES else None


def _suggested(s: Surroundings, stop_id: str, xy: F64, calling: list[tuple[Today, float]]) -> Suggestion:
    lonlat = s.lonlat(xy)
    link = int(stop_id.removeprefix("new_l").split("f")[0].split("b")[0])
    people, near = s.gained(xy), s.residents(xy, s.streets.rules.reach)
    metres = min(gap for _, gap in calling)
    lines = ", ".join(x.name for x, _ in calling[:6])
    return Suggestion(
        AddStop(
            stop_id=stop_id, point=lonlat, name=s.streets.street_name(link),
            route_ids=tuple(x.route_id for x, _ in calling),
        ),
        why("add_stop", lines=lines, metres=metres, people=people, near=near, reach=round(s.streets.rules.reach)),
        point(lonlat),
        {"metres": metres, "people": people, "residents": near, "lines": len(calling)},
        gain=people + 0.1 * near,
    )  # fmt: skip
