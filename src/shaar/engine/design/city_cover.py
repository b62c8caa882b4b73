"""What a network has to reach: lines that stay, outlying settlements, and a share of people near a stop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from shaar.engine.design.candidates import stop_xy
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.headways_model import HeadwayRules
from shaar.engine.design.lines import StopBook, StreetLine, street_line

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: A line made only to bring people near a stop runs to a busy group within so many minutes.
FEEDER_MINUTES = 30.0


@dataclass(slots=True)
class Need:
    """What every network of a design has to reach; see :func:`need_of`.

    Parameters
    ----------
    share
        Least share of residents within ``metres`` of a stop on foot (straight distance times the walking detour).
    open
        Groups that must be covered by the rules, but need not be here: today's lines do not reach them either.
    """

    city: CityInstance
    book: StopBook
    share: float = 0.0
    metres: float = 400.0
    open: frozenset[int] = frozenset()
    _masks: dict[tuple[str, ...], Mask] = field(default_factory=dict)

    def mask(self, line: StreetLine) -> Mask:
        """Sample points of the zones that are near a stop of the line, shape (p,)."""
        key = line.stops
        if key not in self._masks:
            row = self.book.row
            xy = np.array([self.book.xy[row[s]] for s in key if s in row]).reshape(-1, 2)
            self._masks[key] = self.city.people.within(xy, self.metres / self.city.rules.walk_detour)
        return self._masks[key]

    def near(self, lines: Iterable[StreetLine]) -> Mask:
        """Sample points near a stop of any of the lines, shape (p,)."""
        reached = np.zeros(len(self.city.people.xy), bool)
        for line in lines:
            reached |= self.mask(line)
        return reached

    def reached(self, lines: Iterable[StreetLine]) -> float:
        """Share of residents near a stop of the lines."""
        people = self.city.people.population
        return float(people[self.near(lines)].sum() / max(people.sum(), 1e-9))

    def most(self) -> float:
        """Share of residents near any stop, known or proposed, that a bus can serve: no network reaches more."""
        usable = self.city.groups.stop_group >= 0
        xy = stop_xy(self.city.stops, self.city.streets)[usable]
        people = self.city.people.population
        near = self.city.people.within(xy, self.metres / self.city.rules.walk_detour)
        return float(people[near].sum() / max(people.sum(), 1e-9))

    def settled(self, lines: Iterable[StreetLine]) -> bool:
        """Say whether every group that must be covered is on some line."""
        return not self.missing(lines) - self.open

    def missing(self, lines: Iterable[StreetLine]) -> frozenset[int]:
        """Groups that must be covered and are on no line."""
        served = {g for line in lines for g in (*line.route, *line.way_back)}
        return frozenset(int(g) for g in np.flatnonzero(self.city.instance.must_cover) if int(g) not in served)

    def less(self, share: float) -> Need:
        """Return the same need with another share of people near a stop."""
        return Need(self.city, self.book, share, self.metres, self.open, self._masks)

    def as_today(self, lines: Sequence[StreetLine], *, share: bool) -> Need:
        """Ask no more than these lines give: for plans that keep them. ``share``: of the people near a stop too."""
        kept = min(self.share, self.reached(lines)) if share else self.share
        return Need(self.city, self.book, kept, self.metres, self.missing(lines), self._masks)

    def met(self, lines: Sequence[StreetLine]) -> bool:
        """Say whether the lines reach all that they have to."""
        return self.settled(lines) and (self.share <= 0 or self.reached(lines) >= self.share - 1e-9)


def line_least(line: StreetLine, rules: HeadwayRules) -> int:
    """Vehicles that a line takes at the longest headway allowed (a held line: those it has)."""
    if line.today is not None and line.today.held:
        return line.today.vehicles
    longest = max(rules.longest, line.today.headway) if line.today is not None else rules.longest
    ways = [d.minutes[-1] - d.minutes[0] for d in (line.forward, line.backward) if len(d.stops)]
    return math.ceil(rules.cycle(*map(float, ways)) / longest - 1e-9)


def complete(
    need: Need, lines: Sequence[StreetLine], pool: Sequence[StreetLine], rules: HeadwayRules
) -> tuple[StreetLine, ...]:
    """Add lines until enough people are near a stop: most newly reached people per vehicle first (greedy covering).

    Lines come from ``pool`` and, where those do not suffice, from :func:`feeders`. Greedy is within ``ln n`` of the
    fewest vehicles (Chvatal 1979). The result may still fall short: ask :meth:`Need.met`.
    """
    chosen = list(lines)
    people = need.city.people.population
    total = max(float(people.sum()), 1e-9)
    reached = need.near(chosen)
    for source in (list(pool), None):
        options = source if source is not None else feeders(need, chosen)
        if not options:
            continue
        masks = np.stack([need.mask(line) for line in options])
        vehicles = np.array([max(line_least(line, rules), 1) for line in options], float)
        while people[reached].sum() / total < need.share - 1e-9:
            gain = masks[:, ~reached] @ people[~reached]
            # The last step takes the fewest vehicles that suffice, not the best ratio.
            missing = need.share * total - people[reached].sum()
            worth = np.minimum(gain, missing) / vehicles
            best = int(np.argmax(worth))
            if gain[best] < 1.0:
                break
            chosen.append(options[best])
            reached |= masks[best]
    return tuple(chosen)


def feeders(need: Need, lines: Sequence[StreetLine], most: int = 60) -> list[StreetLine]:
    """Lines through groups with people out of reach to the busiest terminus that lies near enough.

    A group that is no terminus is passed on the way from the nearest one behind it.
    """
    city = need.city
    instance = city.instance
    left = ~need.near(lines)
    xy = stop_xy(city.stops, city.streets)
    weight = np.zeros(instance.n)
    for g in range(instance.n):
        around = city.people.within(xy[city.groups.stop_group == g], need.metres / city.rules.walk_detour)
        weight[g] = city.people.population[around & left].sum()
    links = np.where(np.isfinite(instance.time), instance.time, 0.0)
    _, before = dijkstra(links, return_predecessors=True)
    trips = instance.demand.sum(axis=0) + instance.demand.sum(axis=1)
    found = []
    for g in np.argsort(-weight, kind="stable")[:most]:
        if weight[g] < 1.0:
            break
        far = city.shortest[g]
        ends = np.flatnonzero(instance.terminal & (far > 0) & (far <= max(FEEDER_MINUTES, np.sort(far)[3])))
        behind = [g] if instance.terminal[g] else np.flatnonzero(instance.terminal)
        starts = sorted((int(t) for t in behind), key=lambda t: (far[t], t))[:4]
        pairs = [(s, int(e)) for e in ends[np.argsort(-trips[ends], kind="stable")][:3] for s in starts]
        for start, end in pairs:
            way = [*_path(before, int(g), start)[::-1], *_path(before, int(g), end)[1:]]
            if len(set(way)) < len(way) or way[0] == way[-1] or way[0] != start or way[-1] != end:
                continue
            found.append(street_line(city, way, need.book))
            break
    return found


def _path(before: npt.NDArray[np.int32], a: int, b: int) -> list[int]:
    """Groups on the quickest way from a to b; it begins elsewhere where no way leads."""
    way = [b]
    while way[-1] != a and before[a, way[-1]] >= 0:
        way.append(int(before[a, way[-1]]))
    return way[::-1]
