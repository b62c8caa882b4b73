"""Crowded lines: minutes on board count more as vehicles fill, and people avoid them, to a stated gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.graph import ALIGHT, BOARD, RIDE, TransitGraph
from shaar.engine.assignment.strategies import Loading, assign_strategies
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Discomfort:
    """How much longer a minute on board counts.

    Parameters
    ----------
    seated, standing
        Multiplier when all seats are taken, and at the capacity with four standing per square metre: 1.16 and 1.40,
        from the choices of tram and bus passengers of The Hague seen in smart-card data (Yap, Cats & van Arem,
        "Crowding valuation in urban tram and bus transportation based on smart card data", Transportmetrica A 2020).
        Linear between; an empty vehicle counts 1.
    beyond
        What is added for each capacity more than the capacity: people who are left standing at stops are not modelled
        one by one, so this stands for their wait (assumed).
    """

    seated: float = 1.16
    standing: float = 1.40
    beyond: float = 2.0

    def __post_init__(self) -> None:
        if not (1.0 <= self.seated <= self.standing and self.beyond >= 0.0):
            raise InputError(
                "multipliers have to rise from 1: seated, standing, and no fall beyond", field="discomfort"
            )

    def multiplier(self, load: F64, seats: F64, capacity: F64) -> F64:
        """Multiplier of minutes on board.

        Parameters
        ----------
        load, seats, capacity
            Persons an hour on a link, and seats and places (``capacity >= seats``) that pass on it in an hour; arrays.
            A link without places counts 1.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            sitting = np.where(seats > 0, np.minimum(load / seats, 1.0), (load > 0) * 1.0)
            upright = np.where(capacity > seats, (load - seats) / (capacity - seats), 0.0)
            over = np.where(capacity > 0, load / capacity - 1.0, 0.0)
        m = (
            1.0
            + (self.seated - 1.0) * sitting
            + (self.standing - self.seated) * np.clip(upright, 0.0, 1.0)
            + self.beyond * np.maximum(over, 0.0)
        )
        return np.where(capacity > 0, m, 1.0)


@dataclass(frozen=True, slots=True)
class Crowded:
    """An assignment in which people mind crowding.

    Parameters
    ----------
    loading
        Averaged trips on links and waiting; ``minutes`` and ``slope`` are those of the strategies at the last loads
        (as felt: minutes on board times their multiplier).
    multiplier
        Of minutes on board of each link, shape (m,); 1 where nobody rides.
    felt, on_foot
        Person-minutes as felt of those on lines (loads times felt minutes, and waiting), and of those who walk.
    gaps
        Relative gap after each loading, see :func:`assign_crowded`.
    converged
        Whether the last gap is at most the one asked for.
    frequency
        Frequencies that people meet at stops, shape (m,): below those of the graph where boarding is denied.
    """

    loading: Loading
    multiplier: F64
    felt: float
    on_foot: float
    gaps: tuple[float, ...]
    converged: bool
    frequency: F64

    @property
    def gap(self) -> float:
        """The last relative gap."""
        return self.gaps[-1]


def assign_crowded(
    graph: TransitGraph,
    trips: F64,
    seats: F64,
    capacity: F64,
    *,
    direct: F64 | None = None,
    wait: float = 1.0,
    discomfort: Discomfort | None = None,
    gap: float = 1e-3,
    most: int = 60,
    step: Literal["msa", "search"] = "msa",
    denied: float | None = None,
    start: Loading | None = None,
    threads: int | None = None,
) -> Crowded:
    """Average strategies until nobody would gain much by another one.

    Minutes on board are ``t_a m(v_a)`` with the multiplier of :class:`Discomfort`. As m rises with the load this is the
    convex programme of Spiess & Florian (1989, section 6), ``min sum_a int_0^v_a c_a + sum_i w_i``. Strategies at the
    minutes of the moment give a direction; the method of successive averages takes 1/k of it, ``step="search"`` (Frank
    & Wolfe) as much of it as lowers the objective most. The relative gap is

        (sum c v + w - sum c y - w_y) / (sum c v + w)

    with y, w_y the new strategies: it bounds what people could still gain, and is zero in equilibrium. Those who walk
    all the way count in both sums.

    Parameters
    ----------
    trips
        An hour, from zone to zone, shape (o, d).
    seats, capacity
        Seats and places of one vehicle of each line, shape (l,).
    gap, most
        Relative gap to reach, and most loadings.
    denied
        Exponent of the effective frequency (Cepeda, Cominetti & Florian 2006, Transportation Research Part B 40):
        ``f (1 - (b / (K f - thru))^denied)`` with b boarding and thru staying on board, never below 1 % of f; None: all
        can board. Frequencies then follow the averaged loads, waiting is averaged as met, and the gap, no longer that
        of a convex programme, measures how much still changes. 0.2 is a usual exponent; large ones are mild.

    start
        Loads to begin with, of exactly these trips without a direct way (those of earlier ones, moved as far as the
        trips moved); they must be conserved at every node, which is not checked. None: begins with the lines empty.

    Raises
    ------
    InputError
        Seats or capacity of the wrong length, or more seats than places; an unknown step; see also
        :func:`shaar.engine.assignment.strategies.assign_strategies`.
    """
    discomfort = discomfort or Discomfort()
    lines = int(graph.line_of_way.max(initial=-1)) + 1
    for name, values in (("seats", seats), ("capacity", capacity)):
        if len(values) != lines or not (np.asarray(values) >= 0).all():
            raise InputError(f"{lines} lines need as many figures, not negative", field=name)
    if (np.asarray(seats) > np.asarray(capacity)).any():
        raise InputError("a vehicle has more seats than places", row=int(np.argmax(seats > capacity)), field="seats")
    if start is not None and (direct is not None or len(start.links) != len(graph.cost)):
        raise InputError("loads to begin with are those of all links, and of trips without a direct way", field="start")
    if step not in ("msa", "search") or most < 1 or (denied is not None and not denied > 0):
        raise InputError(
            'the step is "msa" or "search", with one loading at least, and a positive exponent', field="step"
        )
    rides = np.flatnonzero(graph.kind == RIDE)
    hourly = 60.0 * way_frequency(graph)[graph.way[rides]]
    of = graph.line_of_way[graph.way[rides]]
    seat, place = hourly * np.asarray(seats, float)[of], hourly * np.asarray(capacity, float)[of]
    freq = graph.freq.copy()
    cost = graph.cost.copy()
    multiplier = np.ones(len(cost))

    def load(now: F64, met: F64) -> tuple[Loading, float]:
        found = assign_strategies(_with(graph, now, met), trips, direct=direct, wait=wait, threads=threads)
        return found, minutes_on_foot(found, trips, direct)

    if start is None:
        latest, walked = load(cost, freq)
    else:
        latest, walked = start, 0.0
    v, w = latest.links, latest.waiting
    gaps: list[float] = []
    while True:
        multiplier[rides] = discomfort.multiplier(v[rides], seat, place)
        cost = graph.cost * multiplier
        if denied is not None:
            freq = effective_frequency(graph, v, np.asarray(capacity, float), denied)
        latest, walks_now = load(cost, freq)
        mine = float(cost @ v + w.sum()) + walked
        least = float(cost @ latest.links + latest.waiting.sum()) + walks_now
        gaps.append((mine - least) / mine if mine > 0 else 0.0)
        if denied is not None:
            gaps[-1] = abs(gaps[-1])
        if gaps[-1] <= gap or len(gaps) >= most:
            break
        change = latest.links - v
        if step == "search" and denied is None:
            steady = float((latest.waiting - w).sum()) + walks_now - walked
            share = _best_share(graph, discomfort, v, change, steady, rides, seat, place)
        else:
            share = 1.0 / (len(gaps) + 1)
        v = v + share * change
        w = w + share * (latest.waiting - w)
        walked += share * (walks_now - walked)
    return Crowded(
        loading=Loading(latest.minutes, v, w, latest.slope), multiplier=multiplier, felt=float(cost @ v + w.sum()),
        on_foot=walked, gaps=tuple(gaps), converged=gaps[-1] <= gap, frequency=freq,
    )  # fmt: skip


def minutes_on_foot(loading: Loading, trips: F64, direct: F64 | None) -> float:
    """Person-minutes of those for whom no line is quicker than the direct way, shapes (o, d)."""
    if direct is None:
        return 0.0
    walks = (loading.minutes >= direct) & (trips > 0) & np.isfinite(direct)
    return float((trips * np.where(walks, direct, 0.0)).sum())


def _with(graph: TransitGraph, cost: F64, freq: F64) -> TransitGraph:
    return TransitGraph(
        graph.n, graph.tail, graph.head, cost, freq, graph.kind, graph.way, graph.position, graph.line_of_way,
        graph.origins, graph.destinations,
    )  # fmt: skip


def _best_share(
    graph: TransitGraph, discomfort: Discomfort, v: F64, change: F64, steady: float, rides: npt.NDArray[np.int64],
    seat: F64, place: F64,
) -> float:  # fmt: skip
    """Where the derivative of the objective along the direction turns positive, by bisection."""
    still = np.ones(len(v), bool)
    still[rides] = False
    steady += float(graph.cost[still] @ change[still])
    base, dv, at = graph.cost[rides], change[rides], v[rides]

    def derivative(share: float) -> float:
        return steady + float((base * discomfort.multiplier(at + share * dv, seat, place)) @ dv)

    low, high = 0.0, 1.0
    if derivative(1.0) <= 0.0:
        return 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if derivative(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def way_frequency(graph: TransitGraph) -> F64:
    """Vehicles a minute of each directed line, shape (w,)."""
    board = graph.kind == BOARD
    found = np.zeros(len(graph.line_of_way))
    found[graph.way[board]] = graph.freq[board]
    return found


def effective_frequency(graph: TransitGraph, links: F64, capacity: F64, exponent: float, least: float = 0.01) -> F64:
    """Frequencies at which people can board, shape (m,), given the loads of an hour on links.

    Parameters
    ----------
    capacity
        Places of one vehicle of each line, shape (l,).
    exponent, least
        Of the boarding share of the free places; smallest share of the frequency that is left.
    """
    board = np.flatnonzero(graph.kind == BOARD)
    width = int(graph.position.max(initial=0)) + 1
    slot = graph.way * width + graph.position
    size = len(graph.line_of_way) * width
    ride, on, off = np.zeros(size), np.zeros(size), np.zeros(size)
    for kind, into in ((RIDE, ride), (BOARD, on), (ALIGHT, off)):
        at = graph.kind == kind
        into[slot[at]] = links[at]
    # What leaves a stop on board, less who boarded there, has stayed on.
    here = slot[board]
    free = 60.0 * graph.freq[board] * capacity[graph.line_of_way[graph.way[board]]] - (ride[here] - on[here])
    share = np.where(free > 0, np.clip(on[here] / np.maximum(free, 1e-12), 0.0, 1.0), 1.0)
    share = np.where(on[here] > 0, share, np.where(free > 0, 0.0, 1.0))
    freq = graph.freq.copy()
    freq[board] *= np.maximum(1.0 - share**exponent, least)
    return freq
