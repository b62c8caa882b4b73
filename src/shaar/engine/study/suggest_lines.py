"""Lines that could come to a place: a longer one, one that goes round by it, a new one, more buses, fewer lines."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import ValidationError

from shaar.engine.errors import InputError
from shaar.engine.measures.add_line import Headway
from shaar.engine.measures.extend_line import ExtendLine
from shaar.engine.measures.fields import Model, clock
from shaar.engine.measures.remove_line import RemoveLine
from shaar.engine.measures.reroute_line import RerouteLine
from shaar.engine.measures.set_headway import SetHeadway
from shaar.engine.study.line_drawing import Drawn, Way, draw_line, to_add_line
from shaar.engine.study.suggest_ground import Course, Surroundings, Today, nearest_call
from shaar.engine.study.suggest_words import why
from shaar.engine.study.suggestion import Suggestion, line_string

F64 = npt.NDArray[np.float64]
#: A line whose end is farther than this is not extended, one that passes farther away is not rerouted (m).
EXTEND_METRES, REROUTE_METRES = 4000.0, 1500.0
#: Nearer than this, a stop serves the place as it is (m).
SERVED_METRES = 300.0
#: A stop within this distance says that a line serves a place (m).
SERVES_METRES = 600.0
#: Those who ride on are not asked for more than this (min).
MOST_LONGER = 12.0
#: Headways of new lines, by clock: more often in the peaks.
NEW_HEADWAYS = (("06:00", "10:00", 12.0), ("10:00", "16:00", 20.0), ("16:00", "20:00", 12.0), ("20:00", "23:00", 30.0))
#: Share of a round trip that vehicles wait at the ends, and the shortest headway that is suggested (min).
LAYOVER, LEAST_HEADWAY = 0.12, 4.0
#: Lines are tried in order of distance; so many of them.
TRIED = 4


def longer(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Lines whose end is not far, to the place."""
    ends: list[tuple[float, Today, str]] = []
    for line in s.lines:
        own = {str(stop): xy for c in line.courses for stop, xy in ((c.stops[0], c.xy[0]), (c.stops[-1], c.xy[-1]))}
        near = sorted((float(np.hypot(*(xy - pin))), stop) for stop, xy in own.items() if stop in s.streets.row)
        if line.bus and near and SERVED_METRES < near[0][0] <= EXTEND_METRES and not _serves(line, pin):
            ends.append((near[0][0], line, near[0][1]))
    # Of lines that share an end the one that runs most often goes on.
    best: dict[str, tuple[float, Today, str]] = {}
    for end in sorted(ends, key=lambda e: (e[0], e[1].headway, e[1].route_id)):
        best.setdefault(end[2], end)
    for metres, line, stop in list(best.values())[:TRIED]:
        drawn = _drawn(s, (stop, s.lonlat(pin)))
        if drawn is None or drawn.backward is None or drawn.forward.metres > 2.5 * EXTEND_METRES:
            continue
        out, back = drawn.forward, drawn.backward
        there = [k for k, name in enumerate(out.stops) if k and name != stop]
        home = [k for k, name in enumerate(back.stops[:-1]) if name != stop]
        if not there or not home:
            continue
        change = _made(
            ExtendLine,
            route_id=line.route_id, from_stop=stop, stops=tuple(out.stops[k] for k in there),
            minutes=tuple(out.minutes[k] for k in there), stops_back=tuple(back.stops[k] for k in home),
            minutes_back=tuple(round(back.minutes[-1] - back.minutes[k], 2) for k in home), new_stops=drawn.new_stops,
            geometry=out.geometry, geometry_back=back.geometry,
        )  # fmt: skip
        if change is None:
            continue
        people = s.gained(_calls(s, drawn))
        yield Suggestion(
            change,
            why("extend_line", line=line.name, metres=metres, minutes=out.minutes[-1], people=people, reach=_reach(s)),
            line_string(out.geometry),
            {"metres": metres, "people": people, "minutes": out.minutes[-1], "line_metres": out.metres},
            gain=people / max(out.metres, 300.0),
        )


def around(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Lines that pass not far, led by the place between two of their stops."""
    near: list[tuple[float, Today, Course]] = []
    for line in s.lines:
        if not line.bus or _serves(line, pin):
            continue
        course = line.courses[0]
        metres = float(course.line.distance(shapely.Point(pin)))
        if len(course.stops) > 2 and metres <= REROUTE_METRES:
            near.append((metres, line, course))
    for metres, line, course in sorted(near, key=lambda e: (e[0], e[1].route_id))[:TRIED]:
        found = _way_round(s, pin, line, course, metres)
        if found is not None:
            yield found


def _way_round(s: Surroundings, pin: F64, line: Today, course: Course, metres: float) -> Suggestion | None:
    """Leave the course at the stop before the place and come back at the one behind it, or at those beside them."""
    along = float(course.line.project(shapely.Point(pin)))
    k = int(np.clip(np.searchsorted(course.along, along), 1, len(course.stops) - 1))
    best: tuple[float, int, int, Way, Way, Drawn] | None = None
    for i, j in ((k - 1, k), (k - 2, k), (k - 1, k + 1)):
        if i < 0 or j >= len(course.stops) or course.stops[i] == course.stops[j]:
            continue
        if not {course.stops[i], course.stops[j]} <= set(s.streets.row):
            continue
        drawn = _drawn(s, (course.stops[i], s.lonlat(pin), course.stops[j]))
        if drawn is None or drawn.backward is None:
            continue
        more = drawn.forward.minutes[-1] - float(course.minutes[j] - course.minutes[i])
        if best is None or more < best[0]:
            best = more, i, j, drawn.forward, drawn.backward, drawn
    if best is None or best[0] > MOST_LONGER:
        return None
    more, i, j, out, back, drawn = best
    a, b = course.stops[i], course.stops[j]
    ends = {a, b, out.stops[0], out.stops[-1], back.stops[0], back.stops[-1]}
    there = [n for n, name in enumerate(out.stops) if name not in ends]
    home = [n for n, name in enumerate(back.stops) if name not in ends]
    if not there:
        return None
    change = _made(
        RerouteLine,
        route_id=line.route_id, from_stop=a, to_stop=b, stops=tuple(out.stops[n] for n in there),
        minutes=tuple(max(out.minutes[n], 0.05) for n in (*there, -1)), stops_back=tuple(back.stops[n] for n in home),
        minutes_back=tuple(max(back.minutes[n], 0.05) for n in (*home, -1)) if home else (),
        new_stops=drawn.new_stops, geometry=out.geometry, geometry_back=back.geometry if home else (),
    )  # fmt: skip
    if change is None:
        return None
    people = s.gained(_calls(s, drawn))
    more = max(more, 0.0)
    return Suggestion(
        change,
        why("reroute_line", line=line.name, metres=metres, minutes=more, people=people, reach=_reach(s)),
        line_string(out.geometry),
        {"metres": metres, "people": people, "minutes_longer": round(more, 1), "line_metres": out.metres},
        gain=people / max(out.metres, 300.0) / (1.0 + more),
    )


def new_line(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """A line between the place and the centre."""
    if np.hypot(*(s.centre - pin)) < 1500.0:
        return
    drawn = _drawn(s, (s.lonlat(pin), s.hub or s.lonlat(s.centre)))
    if drawn is None or drawn.backward is None:
        return
    name = _free_name(s)
    headways = [Headway(start=a, end=b, minutes=m) for a, b, m in NEW_HEADWAYS]
    change = to_add_line(drawn, name, headways)
    people = s.gained(_calls(s, drawn))
    round_trip = (drawn.forward.minutes[-1] + drawn.backward.minutes[-1]) * (1.0 + LAYOVER)
    vehicles = math.ceil(round_trip / min(m for _, _, m in NEW_HEADWAYS))
    to = s.stop_names.get(drawn.forward.stops[-1], drawn.forward.stops[-1])
    km = drawn.forward.metres / 1000.0
    yield Suggestion(
        change,
        why("add_line", to=to, km=f"{km:.1f}", minutes=drawn.forward.minutes[-1], people=people, reach=_reach(s),
            vehicles=vehicles),
        line_string(drawn.forward.geometry),
        {"people": people, "minutes": drawn.forward.minutes[-1], "line_metres": drawn.forward.metres,
         "vehicles": vehicles},
        gain=people,
    )  # fmt: skip


def more_often(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Lines that stop near the place and let people wait long, at half the headway in the busy hours."""
    start, end = (clock(t) for t in s.window)
    for metres, line in _serving(s, pin):
        if not 2 * LEAST_HEADWAY <= line.headway < math.inf:
            continue
        minutes = float(max(LEAST_HEADWAY, round(line.headway / 2.0)))
        vehicles = _vehicles(line, minutes) - _vehicles(line, line.headway)
        people = s.residents(np.concatenate([c.xy for c in line.courses]), s.streets.rules.reach)
        yield Suggestion(
            SetHeadway(route_id=line.route_id, start=start, end=end, minutes=minutes),
            why("set_headway", line=line.name, metres=metres, before=line.headway, people=people, vehicles=vehicles,
                start=start, end=end),
            line_string([s.lonlat(p) for p in line.courses[0].line.coords]),
            {"metres": metres, "people": people, "minutes_before": round(line.headway, 1), "minutes": minutes,
             "vehicles": vehicles},
            gain=line.headway,
        )  # fmt: skip


def fewer(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Lines that stop near the place, without them: whom no other line would serve is said first."""
    for metres, line in _serving(s, pin):
        own = np.concatenate([c.xy for c in line.courses])
        others = np.concatenate([np.empty((0, 2)), *(c.xy for x in s.lines if x is not line for c in x.courses)])
        crowd, reach = s.streets.crowd, s.streets.rules.reach
        alone = float(crowd.population[crowd.within(own, reach) & ~crowd.within(others, reach)].sum())
        vehicles = _vehicles(line, line.headway)
        yield Suggestion(
            RemoveLine(route_id=line.route_id),
            why("remove_line", line=line.name, metres=metres, people=alone, reach=_reach(s), vehicles=vehicles),
            line_string([s.lonlat(p) for p in line.courses[0].line.coords]),
            {"metres": metres, "people": alone, "vehicles": vehicles},
            gain=-alone,
        )


def _serves(line: Today, pin: F64) -> bool:
    return min(nearest_call(c, pin)[1] for c in line.courses) <= SERVED_METRES


def _serving(s: Surroundings, pin: F64) -> list[tuple[float, Today]]:
    near = [(min(nearest_call(c, pin)[1] for c in line.courses), line) for line in s.lines if line.bus]
    return sorted(((m, x) for m, x in near if m <= SERVES_METRES), key=lambda e: (e[0], e[1].route_id))


def _vehicles(line: Today, headway: float) -> int:
    return math.ceil(line.round_trip * (1.0 + LAYOVER) / headway) if math.isfinite(headway) else 0


def _drawn(s: Surroundings, places: tuple[str | tuple[float, float], ...]) -> Drawn | None:
    """The line over some places, or nothing where streets do not allow it: there is nothing to suggest then."""
    try:
        return draw_line(s.streets, places)
    except InputError:
        return None


def _made(model: type[Model], **fields: object) -> Model | None:
    """A change, or nothing where the way is too odd for one (it calls twice at a stop, say)."""
    try:
        return model.model_validate(fields)
    except ValidationError:
        return None


def _calls(s: Surroundings, drawn: Drawn) -> F64:
    new = {x.stop_id: (x.lon, x.lat) for x in drawn.new_stops}
    ways = [w for w in (drawn.forward, drawn.backward) if w is not None]
    return np.array([s.xy(*new[i]) if i in new else s.streets.stop_xy[s.streets.row[i]] for w in ways for i in w.stops])


def _free_name(s: Surroundings) -> str:
    """The first number that no line has."""
    taken = {line.name for line in s.lines} | {line.route_id for line in s.lines}
    return next(str(k) for k in range(1, 10_000) if str(k) not in taken)


def _reach(s: Surroundings) -> int:
    return round(s.streets.rules.reach)
