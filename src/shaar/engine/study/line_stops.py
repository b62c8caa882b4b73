"""Where a line calls along its way: stops that stand, and proposed ones where people would wait too far apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from shaar.engine.design.candidates import CLASS_WORTH, stop_row
from shaar.engine.design.city_streets import project
from shaar.engine.design.lines import JUNCTION_METRES, trim
from shaar.engine.measures.models import NewStop
from shaar.engine.study.line_streets import Streets

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: A stop within so many metres of the course, on the side where doors open, is called at.
COURSE_METRES = 35.0
#: A place where the line ends takes a stop within so many metres along its way.
END_METRES = 150.0
#: Calls are no nearer to each other than this along the way.
LEAST_METRES = 200.0
#: Where no stop follows for so long, stops are proposed about ``SPACING_METRES`` apart.
GAP_METRES, SPACING_METRES = 700.0, 450.0
#: The stop of the way back is proposed across the street of the one proposed for the way there.
ACROSS_METRES = 40.0


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A stop on a way: metres from the way's start, and its row (proposed ones count on after the city's)."""

    metres: float
    row: int


class Calls:
    """Stops of one line; proposals of the way there are known on the way back."""

    def __init__(self, streets: Streets) -> None:
        self.streets = streets
        self.new: list[NewStop] = []
        self._new_xy: list[F64] = []

    def id_of(self, row: int) -> str:
        """stop_id of a row."""
        s = self.streets.stops
        return str(s["stop_id"][row]) if row < s.height else self.new[row - s.height].stop_id

    def along(self, path: I64, start: F64, places: Sequence[tuple[float, int]]) -> list[Call]:
        """Calls of a way in order, two at least.

        Parameters
        ----------
        path, start
            Directed edges, and metres from the way's start to the start of each and to its end, shape (k + 1,).
        places
            (metres, row of a stop that is meant or -1) of each place of the line, in order.
        """
        stand = self._standing(path, start)
        meant = {row: m for m, row in places if row >= 0}
        first = self._end(path, start, stand, places[0], None)
        last = self._end(path, start, stand, places[-1], first)
        fixed = [first, last]
        for metres, row in places[1:-1]:
            if row >= 0 and first.metres + 1.0 < metres < last.metres - 1.0 and row not in (first.row, last.row):
                here = [c for c in stand if c.row == row] or self._facing(stand, metres)
                fixed += [c for c in here[:1] if c.row not in {f.row for f in fixed}]
        for c in stand:
            inside = first.metres < c.metres < last.metres
            apart = min(abs(c.metres - f.metres) for f in fixed) >= LEAST_METRES
            if inside and c.row not in {f.row for f in fixed} and (apart or c.row in meant):
                fixed.append(c)
        return self._filled(path, start, sorted(fixed))

    def _facing(self, stand: Sequence[Call], metres: float) -> list[Call]:
        near = [c for c in stand if abs(c.metres - metres) <= END_METRES]
        return sorted(near, key=lambda c: abs(c.metres - metres))

    def _standing(self, path: I64, start: F64) -> list[Call]:
        """Stops that the way passes on the side where doors open, in order."""
        s = self.streets
        on: dict[int, list[int]] = {}
        for p, e in enumerate(path):
            on.setdefault(int(e), []).append(p)
        course = trim(s.bus, path, 0.0, float(start[-1]))
        near = np.sort(s.stop_tree.query(course, predicate="dwithin", distance=COURSE_METRES))
        found = []
        for row in near.tolist():
            edge = int(s.stop_edge[row])
            if edge in on:
                found += [Call(min(float(start[p] + s.stop_at[row]), float(start[p + 1])), row) for p in on[edge]]
            elif edge < 0 or int(s.bus.opposite[edge]) not in on:
                metres = float(shapely.line_locate_point(course, shapely.Point(s.stop_xy[row])))
                if self._doors(course, metres, s.stop_xy[row]):
                    found.append(Call(metres, row))
        return sorted(found)

    def _doors(self, course: shapely.LineString, metres: float, xy: F64) -> bool:
        a, b = shapely.get_coordinates(
            shapely.line_interpolate_point(course, [max(metres - 5.0, 0.0), min(metres + 5.0, course.length)])
        )
        cross = (b[0] - a[0]) * (xy[1] - a[1]) - (b[1] - a[1]) * (xy[0] - a[0])
        return bool(cross < 0) == (self.streets.run.drive_side == "right")

    def _end(self, path: I64, start: F64, stand: Sequence[Call], place: tuple[float, int], other: Call | None) -> Call:
        metres, row = place
        ahead = other.metres + 1.0 if other else -1.0
        able = [c for c in stand if c.metres > ahead]
        exact = [c for c in able if c.row == row and abs(c.metres - metres) <= END_METRES]
        if exact:
            return min(exact, key=lambda c: abs(c.metres - metres))
        # Half of a short line at most, so that both ends stay apart.
        reach = END_METRES if other is None else min(END_METRES, max((metres - other.metres) / 2.0, 1.0))
        near = [c for c in able if abs(c.metres - metres) <= reach]
        if near:
            return min(near, key=lambda c: (abs(c.metres - metres), c.row))
        return self._propose(path, start, max(metres, ahead + 1.0))

    def _filled(self, path: I64, start: F64, calls: list[Call]) -> list[Call]:
        """Calls and the proposals between them: those that face the way there, then even ones in long gaps."""
        course = trim(self.streets.bus, path, 0.0, float(start[-1]))
        out = list(calls)
        for xy in list(self._new_xy):
            here = shapely.Point(xy)
            if shapely.distance(course, here) > ACROSS_METRES:
                continue
            metres = float(shapely.line_locate_point(course, here))
            if out[0].metres < metres < out[-1].metres and min(abs(metres - c.metres) for c in out) >= LEAST_METRES:
                proposed = self._propose(path, start, metres)
                if proposed.row not in {c.row for c in out}:
                    out = sorted([*out, proposed])
        for a, b in pairwise(tuple(out)):
            gap = b.metres - a.metres
            if gap <= GAP_METRES:
                continue
            pieces = max(2, round(gap / SPACING_METRES))
            for k in range(1, pieces):
                metres = a.metres + gap * k / pieces
                if self._wanted(path, start, metres):
                    proposed = self._propose(path, start, metres)
                    if proposed.row not in {c.row for c in out}:
                        out.append(proposed)
        return sorted(out)

    def _wanted(self, path: I64, start: F64, metres: float) -> bool:
        s = self.streets
        e = int(path[_edge_at(start, metres)])
        if s.bus.highway[e] not in CLASS_WORTH or not s.bus.walkable[e]:
            return False
        here = shapely.line_interpolate_point(s.bus.lines[e], metres - start[_edge_at(start, metres)])
        return s.people_at(shapely.get_coordinates(here)[0]) >= s.rules.least_people

    def _propose(self, path: I64, start: F64, metres: float) -> Call:
        """Propose a stop at so many metres, off the junction; one that was proposed there is the same stop."""
        s = self.streets
        p = _edge_at(start, metres)
        e = int(path[p])
        length = float(start[p + 1] - start[p])
        keep = min(JUNCTION_METRES, length / 3)
        at = min(max(metres - float(start[p]), keep), length - keep)
        # The id says where the stop stands, so that the same drawing always gives the same stops.
        name = f"new_l{int(s.bus.link[e])}{'f' if s.bus.forward[e] else 'b'}{round(at)}"
        known = s.row.get(name, -1)
        if known >= 0:
            return Call(float(start[p]) + at, known)
        for k, stop in enumerate(self.new):
            if stop.stop_id == name:
                return Call(float(start[p]) + at, s.stops.height + k)
        row = stop_row(s.bus, e, at, name, setback=s.rules.setback, drive_side=s.run.drive_side)
        lon, lat = (round(float(row[c]), 7) for c in ("lon", "lat"))  # type: ignore[arg-type]
        self.new.append(NewStop(stop_id=name, lon=lon, lat=lat, name=s.street_name(int(s.bus.link[e]))))
        point = project(shapely.Point(lon, lat), s.bus.to_metric)
        self._new_xy.append(shapely.get_coordinates(point)[0])
        return Call(float(start[p]) + at, s.stops.height + len(self.new) - 1)


def _edge_at(start: F64, metres: float) -> int:
    return int(np.clip(np.searchsorted(start, metres, "right") - 1, 0, len(start) - 2))
