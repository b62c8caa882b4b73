"""Who parks where: choice among the places around a destination through the day, in equilibrium with search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from shaar.engine.assignment.parking import KINDS, Lots
from shaar.engine.assignment.parking_occupancy import Stays
from shaar.engine.assignment.parking_search import search_minutes
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
#: Most rounds of a step of the day, and the largest change of any occupancy at which it counts as solved.
ROUNDS = 400
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class ParkingDay:
    """A day of parking.

    Parameters
    ----------
    lots, stays
        What it was computed from.
    parked
        Shape (s, t): cars in each row of ``lots`` in each step.
    taken
        Shape (s, c, t): cars that arrive there, by class.
    unplaced
        Shape (z, c, t): cars that gave up or stand where they may not.
    cost, search, walk
        Shape (z, t): currency per stay, minutes of search, minutes on foot (one way, between car and destination) of
        those who come to the zone and park legally. Classes are weighed by their arrivals in the zone over the day.
    revenue
        Shape (s,): currency a day.
    gap
        Largest remaining change of an occupancy when a step was left.
    """

    lots: Lots
    stays: Stays
    parked: F64
    taken: F64
    unplaced: F64
    cost: F64
    search: F64
    walk: F64
    revenue: F64
    gap: float

    @property
    def occupancy(self) -> F64:
        """Share of spaces taken, shape (s, t); 0 where there is no space."""
        room = self.lots.spaces[:, None]
        return np.divide(self.parked, room, out=np.zeros_like(self.parked), where=room > 0)

    def turnover(self) -> F64:
        """Cars that arrive per space and day, shape (s,)."""
        came = self.taken.sum(axis=(1, 2))
        return np.divide(came, self.lots.spaces, out=np.zeros_like(came), where=self.lots.spaces > 0)

    def zone_occupancy(self, n_zones: int) -> F64:
        """Share of all spaces of a zone taken, shape (n_zones, t); nan where a zone has none."""
        cars, room = np.zeros((n_zones, self.parked.shape[1])), np.zeros(n_zones)
        np.add.at(cars, self.lots.zone, self.parked)
        np.add.at(room, self.lots.zone, self.lots.spaces)
        return np.divide(cars, room[:, None], out=np.full_like(cars, np.nan), where=room[:, None] > 0)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Pairs zone -> row of lots, grouped by zone: ``ptr`` (z + 1,), ``lot`` (e,), ``walk`` minutes (e,)."""

    ptr: I64
    zone: I64
    lot: I64
    walk: F64


def park(
    lots: Lots,
    stays: Stays,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    parameters: Mapping[str, float],
    *,
    value_of_time: float,
    allowed: npt.ArrayLike | None = None,
    progress: Progress = silent,
) -> ParkingDay:
    """Find where cars park over a day.

    A car of class c that comes to zone z in step t chooses a place s around z by a logit model of generalised minutes

        search(q_s) + price_s * paid hours * 60 / value of time + w * 2 * walk_zs

    (the way from the car and back), or gives up at ``none_minutes``. Search grows with the occupancy ``q_s`` that the
    choice itself makes, so each step is a fixed point: a stochastic user equilibrium with separable rising costs,
    which is unique (Fisk 1980; Sheffi 1985, Urban Transportation Networks, ch. 12). It is found by the method of
    successive averages with self-regulated steps (Liu, He and He 2009). Steps are solved in the order of the day; cars
    that stay are carried over. Search is capped, so that more cars may choose a place than it has room for: those
    beyond its free spaces find none and are counted as such. No place ever holds more cars than spaces.

    Parameters
    ----------
    lots, stays
        Supply, and arrivals with durations.
    x, y
        Metres, shape (z,): the zones' centres.
    parameters
        Names of ``data/parameters/parking.csv``.
    value_of_time
        Currency per hour.
    allowed
        bool[c, 3]: which class may use which kind of place; None: all.

    Raises
    ------
    InputError
        The value of time is not above zero, or shapes do not fit.
    """
    if not (np.isfinite(value_of_time) and value_of_time > 0):
        raise InputError("the value of time is not above zero", field="value_of_time")
    xy = np.column_stack([np.asarray(x, np.float64), np.asarray(y, np.float64)])
    z, c, steps = stays.arrivals.shape
    if len(xy) != z or (len(lots) and int(lots.zone.max()) >= z):
        raise InputError("zones, arrivals and places to park do not fit each other", field="arrivals")
    rights = np.ones((c, len(KINDS)), bool) if allowed is None else np.asarray(allowed, bool)
    if rights.shape != (c, len(KINDS)):
        raise InputError("rights to park have one row a class and one column a kind", field="allowed")
    ways = _ways(lots, xy, parameters)
    paid = paid_hours(lots, stays)
    fee = paid * lots.price[:, None, None]
    closed = _closed(lots, stays) | ~rights.T[lots.kind][:, :, None]
    fixed = fee * (60.0 / value_of_time)
    free = np.where(lots.kind == 0, parameters["search_0.street"], parameters["search_0.lot"])
    free = np.where(lots.kind == KINDS.index("yard"), parameters["search_0.yard"], free)
    walking = 2.0 * parameters["walk_weight"] * ways.walk
    taken = np.zeros((len(lots), c, steps))
    unplaced, cost, search, walk = np.zeros((z, c, steps)), *(np.zeros((z, steps)) for _ in range(3))
    weights = _weights(stays)
    gap = 0.0
    now = np.zeros(len(lots))
    for t in range(steps):
        carried = np.zeros(len(lots))
        for k in range(1, t + 1):
            carried += taken[:, :, t - k] @ stays.staying[:, k]
        shut = closed[ways.lot, :, t]
        base = np.where(shut, np.inf, fixed[ways.lot, :, t] + walking[:, None])
        now, share, left = _step(ways, stays.arrivals[:, :, t], base, carried, lots, free, parameters, now)
        gap = max(gap, left)
        share = share * _rationed(ways, stays.arrivals[:, :, t], share, carried, lots)[ways.lot, None]
        cars = stays.arrivals[ways.zone, :, t] * share
        np.add.at(taken[:, :, t], ways.lot, cars)
        unplaced[:, :, t] = stays.arrivals[:, :, t] - _by_zone(ways, cars)
        full = np.zeros(len(lots))
        np.divide(carried + taken[:, :, t].sum(axis=1), lots.spaces, out=full, where=lots.spaces > 0)
        minutes = search_minutes(full, free, parameters["search_cap"])
        use = (share * weights[ways.zone]).sum(axis=1)
        legal = _by_zone(ways, use)
        for out, each in (
            (search, use * minutes[ways.lot]),
            (walk, use * ways.walk),
            (cost, (share * weights[ways.zone] * fee[ways.lot, :, t]).sum(axis=1)),
        ):
            out[:, t] = np.divide(_by_zone(ways, each), legal, out=np.full(z, np.nan), where=legal > 0)
        progress("parking over the day", t + 1, steps)
    parked = np.zeros((len(lots), steps))
    for k in range(steps):
        parked[:, k:] += np.einsum("sct,c->st", taken[:, :, : steps - k], stays.staying[:, k])
    revenue = (taken * fee).sum(axis=(1, 2))
    return ParkingDay(lots, stays, parked, taken, unplaced, cost, search, walk, revenue, gap)


def paid_hours(lots: Lots, stays: Stays) -> F64:
    """Hours of a stay for which a charge is made, by place, class and step of arrival, shape (s, c, t)."""
    steps, h = stays.steps, stays.step_hours
    begin = np.arange(steps) * h
    inside = np.clip(np.minimum(lots.paid_to[:, None], begin + h) - np.maximum(lots.paid_from[:, None], begin), 0.0, h)
    out = np.zeros((len(lots), len(stays.names), steps))
    for k in range(steps):
        out[:, :, : steps - k] += inside[:, None, k:] * stays.staying[None, :, k, None]
    return out


def _closed(lots: Lots, stays: Stays) -> npt.NDArray[np.bool_]:
    """Where the limit of stay keeps a class out: its mean hours under the limit's hours exceed the limit."""
    return paid_hours(lots, stays) > lots.limit[:, None, None] + 1e-9


def _weights(stays: Stays) -> F64:
    """Share of the classes among the day's arrivals of a zone, shape (z, c); those of the city where nobody comes."""
    total = stays.arrivals.sum(axis=2)
    all_zones = total.sum(axis=0)
    spread = all_zones / all_zones.sum() if all_zones.sum() > 0 else np.full(len(all_zones), 1.0 / len(all_zones))
    by_zone = total.sum(axis=1, keepdims=True)
    return np.where(by_zone > 0, np.divide(total, by_zone, out=np.zeros_like(total), where=by_zone > 0), spread)


def _ways(lots: Lots, xy: F64, p: Mapping[str, float]) -> _Ways:
    """Places within reach of each zone; walks within a zone take the fixed distance of the parameters."""
    if not len(lots):
        return _Ways(np.zeros(len(xy) + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    near = cKDTree(xy).query_ball_point(xy, p["walk_limit"])
    by_zone = np.argsort(lots.zone, kind="stable")
    ptr_lot = np.searchsorted(lots.zone[by_zone], np.arange(len(xy) + 1))
    zone, lot, metres = [], [], []
    for z, around in enumerate(near):
        for other in sorted(around):
            rows = by_zone[ptr_lot[other] : ptr_lot[other + 1]]
            rows = rows[lots.spaces[rows] > 0]
            far = max(float(np.hypot(*(xy[z] - xy[other]))) * p["detour"], p["inside_m"])
            zone += [z] * len(rows)
            lot += rows.tolist()
            metres += [far] * len(rows)
    z_of = np.array(zone, np.int64)
    ptr = np.searchsorted(z_of, np.arange(len(xy) + 1)).astype(np.int64)
    return _Ways(ptr, z_of, np.array(lot, np.int64), np.array(metres, np.float64) * 0.06 / p["walk_kmh"])


def _by_zone(ways: _Ways, values: F64) -> F64:
    return _grouped(np.add, ways, values, 0.0)


def _grouped(how: np.ufunc, ways: _Ways, values: F64, empty: float) -> F64:
    """Add up (or take the least) over the pairs of each zone, shape (z, ...); pairs lie grouped by zone."""
    out = np.full((len(ways.ptr) - 1, *values.shape[1:]), empty)
    some = np.flatnonzero(np.diff(ways.ptr))
    if len(some):
        out[some] = how.reduceat(values, ways.ptr[some], axis=0)
    return out


def _step(
    ways: _Ways, arriving: F64, base: F64, carried: F64, lots: Lots, free: F64, p: Mapping[str, float], start: F64
) -> tuple[F64, F64, float]:
    """Solve one step: occupancies (s,), shares of the pairs (e, c), and the largest change left."""
    room = np.maximum(lots.spaces, 1e-9)
    knee = np.maximum(0.0, 1.0 - free / p["search_cap"])  # the occupancy at which search reaches its cap
    q = np.maximum(start, carried / room)
    beta, before, best = 1.0, np.inf, (q, np.zeros(base.shape), np.inf)
    for _ in range(ROUNDS):
        minutes = search_minutes(q, free, p["search_cap"]) + p["over_slope"] * np.maximum(q - knee, 0.0)
        share = _logit(ways, base + minutes[ways.lot, None], p)
        came = np.bincount(ways.lot, (arriving[ways.zone] * share).sum(axis=1), minlength=len(room))
        wanted = (carried + came) / room
        left = float(np.abs(wanted - q).max(initial=0.0))
        if left < best[2]:
            best = (wanted, share, left)
        if left < TOLERANCE:
            break
        beta += 1.7 if left >= before else 0.05
        before = left
        q = q + (wanted - q) / beta
    return best


def _rationed(ways: _Ways, arriving: F64, share: F64, carried: F64, lots: Lots) -> F64:
    """Share of those who choose a place that finds a space in it, shape (s,): the free spaces over them, at most 1."""
    came = np.bincount(ways.lot, (arriving[ways.zone] * share).sum(axis=1), minlength=len(lots))
    free = np.maximum(lots.spaces - carried, 0.0)
    return np.divide(free, came, out=np.ones(len(lots)), where=came > free)


def _logit(ways: _Ways, cost: F64, p: Mapping[str, float]) -> F64:
    """Shares of the pairs among the places of a zone and giving up, (e, c)."""
    scale = p["logit_scale"]
    least = np.minimum(_grouped(np.minimum, ways, cost, np.inf), p["none_minutes"])
    weight = np.exp(-scale * (cost - least[ways.zone]))
    total = np.exp(-scale * (p["none_minutes"] - least)) + _by_zone(ways, weight)
    return weight / total[ways.zone]
