"""A route set as the allocation of vehicles sees it: route sections, zones, cycle times and the policy of headways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from shaar.engine.fleet.service import LAYOVER_MIN_S, LAYOVER_SHARE

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class HeadwayRules:
    """Policy and assumptions of headways (minutes, persons).

    Parameters
    ----------
    least, longest
        Shortest and longest headway allowed.
    layover, layover_minutes
        Rest and recovery after each trip: a share of its run time, at least so many minutes (the values by which the
        fleet of a timetable is counted too, :mod:`shaar.engine.fleet.service`).
    capacity
        Persons a bus should carry at most (12 m bus, seats and comfortable standing).
    peak_hour
        Share of the day's trips that one peak hour has, times the heavier direction's surplus.
    wait
        Expected wait over headway; 0.5 for people who come at random to an even service.
    transfer
        Minutes a transfer costs besides its wait.
    unserved_walk
        A trip quickest on foot that takes longer than this counts as unserved.
    """

    least: float = 3.0
    longest: float = 20.0
    layover: float = LAYOVER_SHARE
    layover_minutes: float = LAYOVER_MIN_S / 60.0
    capacity: float = 75.0
    peak_hour: float = 0.12
    wait: float = 0.5
    transfer: float = 5.0
    unserved_walk: float = 30.0

    def cycle(self, *runs: float) -> float:
        """Minutes of a round trip with layovers, from the run time of each direction."""
        return sum(run + max(self.layover * run, self.layover_minutes) for run in runs)

    def headway(self, cycle: float, vehicles: int) -> float:
        """Shortest headway that so many vehicles keep: half minutes up to 10, whole minutes above; inf for none."""
        if vehicles <= 0:
            return math.inf
        exact = max(cycle / vehicles, self.least)
        return math.ceil(exact * 2 - 1e-9) / 2 if exact <= 10 else float(math.ceil(exact - 1e-9))


@dataclass(frozen=True, slots=True)
class HeadwayModel:
    """A route set prepared for the assignment on route sections (De Cea & Fernandez 1993).

    A section joins two nodes that at least one line joins without change. Arrays:

    start, line, ride, seg_from, seg_to
        Section k is run by ``line[start[k]:start[k+1]]``, quickest ``ride`` (min) first, over so many segments.
    first, second
        Its nodes.
    seg_line, seg_ptr
        Directed line (2 l forward, 2 l + 1 backward) of each entry, and where its segments begin.
    cycle
        Round trip minutes of each line, shape (l,).
    ptr, group, minutes, walk, od
        Zones: nodes within a walk, minutes to them, minutes on foot and trips between zones.
    held_headway, held_vehicles
        Lines that nothing may change: their headway (nan: free) and vehicles, shape (l,); None: all are free.
    longest, least, capacity
        Longest and shortest headway and persons a vehicle of each line where they differ from the rules, shape (l,).
    way_nodes, way_minutes, way_ptr
        Nodes of each directed line (2 l forward, 2 l + 1 backward) in order, minutes from its first node, and where
        each begins.
    runs
        Run minutes of each line's directions from its first to its last stop where they are longer than the ways
        between its nodes, one or two a line; None: the ways are the whole.
    """

    n: int
    cycle: F64
    start: I64
    line: I64
    ride: F64
    seg_from: I64
    seg_to: I64
    seg_line: I64
    seg_ptr: I64
    first: I64
    second: I64
    ptr: I64
    group: I64
    minutes: F64
    walk: F64
    od: F64
    rules: HeadwayRules
    held_headway: F64 | None = None
    held_vehicles: I64 | None = None
    longest: F64 | None = None
    way_nodes: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    way_minutes: F64 = field(default_factory=lambda: np.empty(0))
    way_ptr: I64 = field(default_factory=lambda: np.zeros(1, np.int64))
    least: F64 | None = None
    capacity: F64 | None = None
    runs: tuple[tuple[float, ...], ...] | None = None

    @property
    def lines(self) -> int:
        """Number of lines."""
        return len(self.cycle)

    def least_vehicles(self) -> I64:
        """Vehicles each line needs for the longest headway allowed (held lines: theirs), shape (l,)."""
        longest = self.rules.longest if self.longest is None else self.longest
        least = np.ceil(self.cycle / longest - 1e-9).astype(np.int64)
        if self.held_headway is None or self.held_vehicles is None:
            return least
        return np.where(np.isnan(self.held_headway), least, self.held_vehicles)

    def _held(self, table: F64) -> F64:
        if self.held_headway is None:
            return table
        held = self.held_headway.reshape(-1, *(1,) * (table.ndim - 1))
        return np.where(np.isnan(held), table, held)

    def headways(self, vehicles: npt.ArrayLike) -> F64:
        """Headway of each line with so many vehicles, shape (l,)."""
        each = zip(self._rules(), self.cycle, np.asarray(vehicles), strict=True)
        return self._held(np.array([rules.headway(float(c), int(v)) for rules, c, v in each]))

    def headway_table(self, most: int) -> F64:
        """Headway of each line with 0 to ``most`` vehicles, shape (l, most + 1); inf with none."""
        each = zip(self._rules(), self.cycle, strict=True)
        return self._held(np.array([[rules.headway(float(c), v) for v in range(most + 1)] for rules, c in each]))

    def _rules(self) -> list[HeadwayRules]:
        if self.least is None:
            return [self.rules] * self.lines
        return [replace(self.rules, least=float(h)) for h in self.least]

    def persons(self) -> F64:
        """Persons a vehicle of each line should carry at most, shape (l,)."""
        return np.full(self.lines, self.rules.capacity) if self.capacity is None else self.capacity

    def sections_of_lines(self) -> tuple[I64, I64]:
        """Sections that each line runs: (ptr, sections), line l has ``sections[ptr[l]:ptr[l+1]]``."""
        section = np.repeat(np.arange(len(self.first)), np.diff(self.start))
        order = np.argsort(self.line, kind="stable")
        ptr = np.searchsorted(self.line[order], np.arange(self.lines + 1))
        return ptr.astype(np.int64), section[order].astype(np.int64)


def headway_model(
    n: int,
    routes: Sequence[Sequence[int]],
    forward: Sequence[F64],
    backward: Sequence[F64],
    *,
    access: tuple[I64, I64, F64],
    walk: F64,
    od: F64,
    rules: HeadwayRules | None = None,
    back: Sequence[Sequence[int]] | None = None,
) -> HeadwayModel:
    """Prepare a route set.

    Parameters
    ----------
    n
        Number of nodes.
    routes
        Nodes of each line in order; none twice running. Where one stands twice, the quicker ride counts.
    forward, backward
        Minutes between consecutive nodes of each line in its order, and of the way back in its own (reversed) order.
    access
        (ptr, group, minutes): zone z walks to ``group[ptr[z]:ptr[z+1]]``.
    walk, od
        Minutes on foot and daily trips between zones, shape (z, z).
    back
        Nodes of the way back of each line where it is not the reverse; empty for a line that runs one way.
    """
    rules = rules or HeadwayRules()
    cycle = np.array([
        rules.cycle(*(float(np.sum(way)) for way in (a, b) if len(way))) for a, b in zip(forward, backward, strict=True)
    ])  # fmt: skip
    returns = [tuple(route)[::-1] for route in routes] if back is None else back
    parts = []
    seg_ptr = [0]
    course: list[tuple[I64, F64]] = []
    for r, (out, home, ahead, behind) in enumerate(zip(routes, returns, forward, backward, strict=True)):
        for way, (nodes, legs) in enumerate(((np.asarray(out), ahead), (np.asarray(home, np.int64), behind))):
            if not len(nodes):
                seg_ptr.append(seg_ptr[-1])
                course.append((np.empty(0, np.int64), np.empty(0)))
                continue
            at = np.concatenate([[0.0], np.cumsum(legs)])
            course.append((nodes.astype(np.int64), at))
            a, b = np.triu_indices(len(nodes), 1)
            same = np.ones(len(a))
            parts.append(np.column_stack([nodes[a], nodes[b], at[b] - at[a], r * same, a, b, (2 * r + way) * same]))
            seg_ptr.append(seg_ptr[-1] + len(nodes) - 1)
    table = np.concatenate(parts) if parts else np.empty((0, 7))
    table = table[table[:, 0] != table[:, 1]]
    table = table[np.lexsort((table[:, 2], table[:, 3], table[:, 1], table[:, 0]))]
    same_line = np.ones(len(table), bool)
    same_line[1:] = (np.diff(table[:, [0, 1, 3]], axis=0) != 0).any(axis=1)
    table = table[same_line]
    table = table[np.lexsort((table[:, 3], table[:, 2], table[:, 1], table[:, 0]))]
    key = table[:, 0] * n + table[:, 1]
    begins = np.flatnonzero(np.diff(key, prepend=-1.0))
    ptr, group, minutes = access
    return HeadwayModel(
        n=n, cycle=cycle, start=np.append(begins, len(table)).astype(np.int64), line=table[:, 3].astype(np.int64),
        ride=table[:, 2].copy(), seg_from=table[:, 4].astype(np.int64), seg_to=table[:, 5].astype(np.int64),
        seg_line=table[:, 6].astype(np.int64), seg_ptr=np.array(seg_ptr, np.int64),
        first=table[begins, 0].astype(np.int64), second=table[begins, 1].astype(np.int64),
        ptr=ptr, group=group, minutes=minutes, walk=walk, od=od, rules=rules,
        way_nodes=np.concatenate([a for a, _ in course]) if course else np.empty(0, np.int64),
        way_minutes=np.concatenate([b for _, b in course]) if course else np.empty(0),
        way_ptr=np.cumsum([0, *(len(a) for a, _ in course)]).astype(np.int64),
    )  # fmt: skip
