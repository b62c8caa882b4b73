"""Mobility profiles: how fast somebody moves on a street, what stops them, which stops and vehicles they can use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.routing.graph import StreetGraph, street_graph
from shaar.engine.routing.snap import Snapped
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]
#: Profiles that the table ``mobility.csv`` describes.
PROFILES = ("adult", "elderly", "wheelchair", "pram")


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of person moves; the meaning and source of each value stand in ``mobility.csv``.

    Parameters
    ----------
    name
        One of :data:`PROFILES`, or any name of a table's own.
    kmh
        Speed on the level.
    slope, slope_best
        On a link rising by s (a fraction, negative downhill) speed is
        ``kmh * exp(-slope * (|s + slope_best| - slope_best))``: Tobler's hiking function relative to the level.
    max_slope
        Per cent; steeper links are not used.
    steps_kmh
        Speed along steps, 0 where they cannot be passed.
    crossing_s
        Seconds lost at a node with a marked crossing or traffic lights.
    max_walk_m, max_change_m
        Longest walk to or from a stop and between stops, in *level metres*: the metres that would take as long on a
        level street.
    stop_needed, vehicle_needed
        1: only stops and vehicles that are accessible.
    unknown_stop, unknown_vehicle
        1: those of which the timetable says nothing count as accessible.
    """

    name: str
    kmh: float
    slope: float
    slope_best: float
    max_slope: float
    steps_kmh: float
    crossing_s: float
    max_walk_m: float
    max_change_m: float
    stop_needed: float
    vehicle_needed: float
    unknown_stop: float
    unknown_vehicle: float


@dataclass(frozen=True, slots=True)
class Usable:
    """What of a timetable a profile can use.

    Parameters
    ----------
    feed
        The feed without trips that cannot be used.
    stop_ids
        Stops that can be used, in the feed's order (for ``day_timetable(..., stop_ids=...)``); the vehicles still run
        through the others.
    trips, trips_unknown, stops, stops_unknown
        Numbers of trips and stops before filtering, and of those of which the timetable says nothing.
    trips_left
        Trips that can be used.
    """

    feed: Feed
    stop_ids: tuple[str, ...]
    trips: int
    trips_unknown: int
    trips_left: int
    stops: int
    stops_unknown: int


def profile(name: str, parameters: Mapping[str, float]) -> Profile:
    """Take one profile out of a parameter table (``mobility.csv``, or one like it with further names).

    Raises
    ------
    InputError
        The table has no such profile, or a value makes no sense.
    """
    rows = [f.name for f in fields(Profile) if f.name != "name"]
    missing = [row for row in rows if f"{name}_{row}" not in parameters]
    if missing:
        known = ", ".join(
            sorted({n.removesuffix("_kmh") for n in parameters if n.endswith("_kmh") and "_steps" not in n})
        )
        raise InputError(f"there is no whole profile of this name; known are {known}", field=f"{name}_{missing[0]}")
    values = {row: float(parameters[f"{name}_{row}"]) for row in rows}
    if values["kmh"] <= 0:
        raise InputError("a walking speed has to be positive", field=f"{name}_kmh")
    negative = [row for row, v in values.items() if v < 0]
    if negative:
        raise InputError("the value must not be negative", field=f"{name}_{negative[0]}")
    return Profile(name=name, **values)


def level_factor(links: pl.DataFrame, who: Profile) -> tuple[F64, F64]:
    """Level metres per metre of each link, along it and against it, shapes (l,); inf where it cannot be passed.

    Links without a known slope count as level.
    """
    slope = links["slope"].fill_null(0.0).fill_nan(0.0).to_numpy().astype(np.float64) / 100
    steps = (links["highway"] == "steps").fill_null(False).to_numpy()
    closed = (np.abs(slope) * 100 > who.max_slope) & ~steps
    out = []
    for s in (slope, -slope):
        factor = np.exp(who.slope * (np.abs(s + who.slope_best) - who.slope_best))
        factor[steps] = who.kmh / who.steps_kmh if who.steps_kmh > 0 else np.inf
        factor[closed] = np.inf
        out.append(factor)
    return out[0], out[1]


def walking_graph(nodes: pl.DataFrame, links: pl.DataFrame, who: Profile) -> StreetGraph:
    """Street graph of a profile whose costs are level metres; what cannot be passed is not in it.

    A link that is too steep, or steps where they cannot be passed, is closed both ways. The loss at a crossing stands
    on the arcs that lead to its node.
    """
    along, against = level_factor(links, who)
    passable = np.isfinite(along) & np.isfinite(against)
    open_links = links.with_columns(pl.col("walk").fill_null(False) & pl.Series(passable))
    graph = street_graph(nodes, open_links, mode="walk", cost="metres")
    cost = graph.cost * np.where(graph.forward, along[graph.link], against[graph.link])
    if who.crossing_s:
        slow = (nodes["crossing"].fill_null(False) | nodes["signal"].fill_null(False)).to_numpy()
        cost = cost + slow[graph.head] * who.crossing_s * who.kmh / 3.6
    return replace(graph, cost=cost)


def level_points(at: Snapped, graph: StreetGraph) -> Snapped:
    """Points with their place on the link in level metres (the mean of both directions), as ``walk_links`` wants them.

    Only the way between two points on one and the same link is measured by this; all other ways cost what the arcs
    say.
    """
    link = np.maximum(at.link, 0)
    if not len(graph.arc_forward):
        return at
    f, b = graph.arc_forward[link], graph.arc_backward[link]
    mean = (graph.cost[np.maximum(f, 0)] + graph.cost[np.maximum(b, 0)]) / 2 if graph.n_arcs else at.length
    scale = np.where((at.link >= 0) & (f >= 0) & (b >= 0), mean / np.maximum(at.length, 1e-9), 1.0)
    return replace(at, along=at.along * scale, length=at.length * scale)


def usable(feed: Feed, who: Profile) -> Usable:
    """Leave out the stops and trips that a profile cannot use.

    Stops: ``wheelchair_boarding`` 1 accessible, 2 not, 0 or blank: as the parent station says, else unknown. Trips:
    ``wheelchair_accessible`` 1, 2, 0 or blank: unknown (GTFS reference).
    """
    own = feed.stops["wheelchair_boarding"].fill_null(0)
    parent = dict(zip(feed.stops["stop_id"], own, strict=True))
    says = [v or parent.get(p or "", 0) for v, p in zip(own, feed.stops["parent_station"], strict=True)]
    stop = pl.Series("says", says, dtype=pl.Int32)
    used = feed.stop_times["stop_id"].unique()
    call = feed.stops["stop_id"].is_in(used.implode())
    good = call & _allowed(stop, bool(who.stop_needed), bool(who.unknown_stop))
    trips = feed.trips
    if "wheelchair_accessible" in trips.columns:
        trip = trips["wheelchair_accessible"].cast(pl.Int32, strict=False).fill_null(0)
    else:
        trip = pl.Series([0] * trips.height, dtype=pl.Int32)
    left = trips.filter(_allowed(trip, bool(who.vehicle_needed), bool(who.unknown_vehicle)))
    if left.height < trips.height:
        keep = left["trip_id"].implode()
        feed = replace(
            feed,
            trips=left,
            stop_times=feed.stop_times.filter(pl.col("trip_id").is_in(keep)),
            frequencies=feed.frequencies.filter(pl.col("trip_id").is_in(keep)),
        )
    return Usable(
        feed=feed,
        stop_ids=tuple(feed.stops["stop_id"].filter(good)),
        trips=trips.height,
        trips_unknown=int((~trip.is_in([1, 2])).sum()),
        trips_left=left.height,
        stops=int(call.sum()),
        stops_unknown=int((call & ~stop.is_in([1, 2])).sum()),
    )


def _allowed(says: pl.Series, needed: bool, unknown: bool) -> pl.Series:
    if not needed:
        return pl.Series([True] * len(says), dtype=pl.Boolean)
    return (says == 1) | (~says.is_in([1, 2]) & unknown)
