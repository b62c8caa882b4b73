"""Crossing a street: how long one waits, and how much stress it is, by the crossed street's class and its control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from shaar.engine.city.projection import project

F64 = npt.NDArray[np.float64]
#: Lanes both ways where not tagged, by class; one-way streets have half.
LANES = {"motorway": 4.0, "trunk": 4.0, "primary": 4.0, "secondary": 4.0}
#: Classes that are crossed rather than joined, in the order of their rank.
RANK = {
    "service": 0, "living_street": 0, "track": 0, "residential": 1, "unclassified": 2, "road": 2, "tertiary": 3,
    "secondary": 4, "primary": 5, "trunk": 6, "motorway": 7,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crossings:
    """What it means to arrive at each node.

    Parameters
    ----------
    rank
        Shape (n,): rank of the greatest street that passes the node (:data:`RANK`), -1 where no cars drive.
    signal, marked
        Shape (n,): whether lights, or a marked crossing, control it.
    lanes, speed
        Shape (n,): lanes (both ways) and km/h of that street.
    delay
        Shape (n,): mean seconds until it can be crossed.
    stress
        Shape (n,): level 1 to 4 of crossing it by bicycle.
    """

    rank: npt.NDArray[np.int8]
    signal: npt.NDArray[np.bool_]
    marked: npt.NDArray[np.bool_]
    lanes: F64
    speed: F64
    delay: F64
    stress: npt.NDArray[np.int8]


def gap_delay(flow: npt.ArrayLike, crossing_s: npt.ArrayLike) -> F64:
    """Mean wait for a gap in random traffic, s: ``(exp(q c) - q c - 1) / q`` (Adams 1936).

    This is the delay of people on foot at crossings without control in the Highway Capacity Manual 2000, eq. 18-21.

    Parameters
    ----------
    flow
        q, vehicles per second over all lanes that are crossed at once.
    crossing_s
        c, seconds that crossing takes.
    """
    q, c = np.asarray(flow, np.float64), np.asarray(crossing_s, np.float64)
    x = np.minimum(q * c, 50.0)
    return np.where(x > 1e-6, (np.expm1(x) - x) / np.where(q > 0, q, 1.0), q * c**2 / 2)


def yield_delay(flow: npt.ArrayLike, crossing_s: npt.ArrayLike, yielding: npt.ArrayLike) -> F64:
    """Mean wait where a share of drivers gives way: only the others make up the traffic that one waits for."""
    return gap_delay(np.asarray(flow, np.float64) * (1.0 - np.asarray(yielding, np.float64)), crossing_s)


def signal_delay(cycle_s: npt.ArrayLike, green_s: npt.ArrayLike) -> F64:
    """Mean wait at lights, s, for arrivals at random: ``(C - g)^2 / (2 C)`` (Highway Capacity Manual 2010, ch. 18)."""
    c, g = np.asarray(cycle_s, np.float64), np.asarray(green_s, np.float64)
    return np.square(np.maximum(c - g, 0.0)) / (2.0 * c)


def crossing_stress(lanes: npt.ArrayLike, speed: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Level of stress of crossing without lights and without a refuge.

    Mekuria, Furth and Nixon (2012), MTI report 11-19, table 7, with 25, 30, 35 mph read as 40, 50, 60 km/h as for the
    links: up to 3 lanes 1, 1, 2, 3; 4 and 5 lanes 2, 2, 3, 4; 6 and more 4, for up to 40, 50, 60 km/h and faster.
    """
    table = np.array([[1, 1, 2, 3], [2, 2, 3, 4], [4, 4, 4, 4]], np.int8)
    wide = np.digitize(np.asarray(lanes, np.float64), [3.01, 5.01])
    fast = np.digitize(np.asarray(speed, np.float64), [40.01, 50.01, 60.01])
    return table[wide, fast]


def crossings(
    nodes: pl.DataFrame, links: pl.DataFrame, p: Mapping[str, float], *, crs: str, walking: bool = False
) -> Crossings:
    """Work out every node: its greatest street, its control, its wait and its stress.

    Lights within ``signal_reach`` metres control a node, because the nodes of one junction of wide streets are several
    and only some carry the tag. Lanes and flow of one-way streets count for their own carriageway, so that a street
    with two of them is crossed in two stages.

    Parameters
    ----------
    nodes, links
        Tables of the city folder.
    p
        ``data/parameters/walking_cycling.csv``.
    crs
        Metric CRS of the city.
    walking
        Crossing at a walk instead of on a bicycle.
    """
    n = nodes.height
    rank = np.full(n, -1, np.int8)
    cars = (links["car_forward"] | links["car_backward"]).to_numpy()
    kind = links["highway"].str.strip_suffix("_link")
    by_link = kind.replace_strict(RANK, default=-1, return_dtype=pl.Int8).to_numpy()
    by_link = np.where(cars, by_link, -1).astype(np.int8)
    one_way = (links["car_forward"] != links["car_backward"]).to_numpy()
    default = kind.replace_strict(LANES, default=2.0, return_dtype=pl.Float64).to_numpy() / np.where(one_way, 2.0, 1.0)
    lane = np.where(links["lanes"].is_null().to_numpy(), default, links["lanes"].fill_null(0.0).to_numpy())
    ends = np.concatenate([links["from_node"].to_numpy(), links["to_node"].to_numpy()])
    both = np.tile(by_link, 2)
    np.maximum.at(rank, ends, both)
    top = (both == rank[ends]) & (both >= 0)
    lanes, speed = np.zeros(n), np.zeros(n)
    np.maximum.at(lanes, ends[top], np.tile(lane, 2)[top])
    np.maximum.at(speed, ends[top], np.tile(links["free_speed"].fill_null(40.0).to_numpy(), 2)[top])
    signal = nodes["signal"].fill_null(False).to_numpy().copy()
    marked = nodes["crossing"].fill_null(False).to_numpy().copy()
    if signal.any():
        xy = np.column_stack(project(nodes["lon"].to_numpy(), nodes["lat"].to_numpy(), crs))
        near, _ = cKDTree(xy[signal]).query(xy, distance_upper_bound=p["signal_reach"])
        signal = np.isfinite(near) & (rank >= RANK["tertiary"]) | signal
    per_lane = np.array([0.0] + [p[f"flow.{c}"] for c in _FLOW])[np.clip(rank, 0, len(_FLOW))]
    flow = per_lane * lanes / 3600.0
    pace = p["cross_walk"] if walking else p["cross_cycle"]
    seconds = p["step_off_s"] + lanes * p["lane_m"] / pace
    yielding = np.where(marked, p["yield_marked"], p["yield_none"])
    delay = np.minimum(yield_delay(flow, seconds, yielding), p["delay_cap"])
    delay = np.where(signal, signal_delay(p["cycle_s"], p["green_s"]), delay)
    stress = np.where(signal | (rank < RANK["tertiary"]), 1, crossing_stress(lanes, speed)).astype(np.int8)
    return Crossings(rank, signal, marked, lanes, speed, np.where(rank < 0, 0.0, delay), stress)


#: Flow parameter of each rank from 1 up; trunk roads and motorways take that of primary streets.
_FLOW = ("residential", "unclassified", "tertiary", "secondary", "primary", "primary", "primary")


def arrival(c: Crossings, head: npt.NDArray[np.int32], rank: npt.NDArray[np.int8]) -> tuple[F64, npt.NDArray[np.int8]]:
    """Wait (s) and crossing stress of arcs that arrive at nodes: those of a lesser street wait, at lights everybody.

    Parameters
    ----------
    head, rank
        Shape (m,): node of arrival, and rank of the arc's own street.
    """
    lesser = rank < c.rank[head]
    wait = np.where(lesser | (c.signal[head] & (c.rank[head] >= RANK["tertiary"])), c.delay[head], 0.0)
    return wait, np.where(lesser, c.stress[head], 1).astype(np.int8)
