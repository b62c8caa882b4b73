"""What people reach who move otherwise than most: the elderly, and those in a wheelchair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.parameters import Parameters
from shaar.engine.findings import Finding
from shaar.engine.measures.effects import Effect
from shaar.engine.measures.state import State
from shaar.engine.routing.mobility import level_points, profile, usable, walking_graph
from shaar.engine.routing.phases import has_headways
from shaar.engine.routing.raptor import travel_times
from shaar.engine.routing.snap import snap
from shaar.engine.routing.walk import walk_links, without_self
from shaar.engine.study.access_times import _inside
from shaar.engine.study.baseline_walks import STOP_TO_STREET_M, ZONE_TO_STREET_M
from shaar.engine.study.effects_figures import access_effects, missing
from shaar.engine.study.effects_router import DRAWS, draw_seed
from shaar.engine.study.effects_side import GROUPS, Side, reached
from shaar.engine.study.results import Options
from shaar.engine.timetable.arrays import no_service
from shaar.engine.timetable.day import day_timetable

F64 = npt.NDArray[np.float64]
MOVERS = ("elderly", "wheelchair")


def mover_reached(
    state: State, date: dt.date | None, group: str, mobility: Parameters, options: Options, seed: int
) -> tuple[dict[str, F64], ...]:
    """Opportunities that people of a group reach from each zone, by draw of phases (see :func:`.effects_side.reached`).

    They walk as ``mobility.csv`` says: speed, longest walk, slopes and steps; vehicles and stops that they cannot use
    are left out.
    """
    city, who = state.city, profile(group, mobility)
    timetable = no_service()
    if state.feed is not None and date is not None:
        can = usable(state.feed, who)
        if can.trips_left:
            found = day_timetable(can.feed, date, stop_ids=can.stop_ids)
            timetable = found if found.n_patterns else timetable
    graph, links, crs = walking_graph(city.nodes, city.links, who), city.links, city.meta.crs
    served = np.zeros(timetable.n_stops, bool)
    served[timetable.pattern_stops] = True
    stops = snap(timetable.stop_lon, timetable.stop_lat, graph, links, crs=crs, max_metres=STOP_TO_STREET_M)
    stops.link[~served] = -1
    lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    homes = level_points(snap(lon, lat, graph, links, crs=crs, max_metres=ZONE_TO_STREET_M), graph)
    stops = level_points(stops, graph)
    limit, far = who.max_walk_m, options.max_minutes / 60 * who.kmh * 1000
    access = walk_links(graph, homes, stops, limit=limit, kmh=who.kmh)
    change = without_self(walk_links(graph, stops, stops, limit=min(who.max_change_m, limit), kmh=who.kmh))
    egress = access.transposed()
    direct = _inside(walk_links(graph, homes, homes, limit=far, kmh=who.kmh), city, who.kmh)
    out = []
    for k in range(DRAWS if has_headways(timetable) else 1):
        times = travel_times(
            timetable, access, change, egress, direct, window=options.window, max_rides=options.max_rides,
            max_minutes=options.max_minutes, headway_draws=1, seed=draw_seed(seed, k),
        )  # fmt: skip
        out.append(reached(city, times.minutes[0], options))
    return tuple(out)


def what_is_unknown(state: State, mobility: Parameters) -> tuple[Finding, ...]:
    """Say what the timetable does not tell about wheelchairs, and how that is taken."""
    if state.feed is None:
        return ()
    who = profile("wheelchair", mobility)
    can = usable(state.feed, who)
    parts = []
    for unknown, every, taken, what in (
        (can.trips_unknown, can.trips, who.unknown_vehicle, "trips whether a wheelchair can ride"),
        (can.stops_unknown, can.stops, who.unknown_stop, "stops whether one can board there"),
    ):
        if unknown:
            parts.append(f"of {unknown:,} of {every:,} {what} (taken as {'usable' if taken else 'not usable'})")
    if not parts:
        return ()
    return (
        Finding(
            "access.wheelchair_unknown",
            f"The timetable does not say {' and '.join(parts)}.",
            can.trips_unknown + can.stops_unknown,
            severity="assumed",
            values={"trips": can.trips_unknown, "stops": can.stops_unknown},
        ),
    )


def mover_effects(
    before: Side,
    after: Side,
    was: Sequence[Mapping[str, F64]],
    now: Sequence[Mapping[str, F64]],
    group: str,
    shares: Parameters,
) -> list[Effect]:
    """Effects of one group; not modelled where no person of it is known."""
    if not before.groups.persons[GROUPS[group]].sum() > 0:
        return [missing(f"access.{key}", "nobody", group=group) for key in was[0]]
    return access_effects(before, after, was, now, (group,), (), shares)
