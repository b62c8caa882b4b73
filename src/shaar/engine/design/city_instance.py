"""A city as a transit network design problem: stop groups, street-legal links between them, demand, terminals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import ConvexHull, QhullError

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.design.candidates import StopRules, propose_stops, stop_xy
from shaar.engine.design.city_access import group_demand, walk_minutes, zone_access
from shaar.engine.design.city_groups import Groups, keep_groups, stop_groups
from shaar.engine.design.city_links import city_links, farthest
from shaar.engine.design.city_people import People, people
from shaar.engine.design.city_rules import CityRules
from shaar.engine.design.city_streets import BusStreets, bus_streets
from shaar.engine.design.instance import Instance
from shaar.engine.design.lines_straight import shortest_minutes
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CityInstance:
    """A city reduced to stop groups.

    Parameters
    ----------
    instance
        The problem for the search; ``n_routes`` is set later. Demand is trips a day between groups.
    streets, groups, people
        What it was made from.
    stops
        STOPS table, existing and proposed.
    od
        Daily trips between zones, shape (z, z).
    access_ptr, access_group, access_minutes
        Zone z may use groups ``access_group[access_ptr[z]:access_ptr[z+1]]``, so many minutes on foot.
    walk
        Minutes on foot between zones, shape (z, z).
    paths
        (i, j) -> directed edges of the street path of the link between two groups, for both directions.
    settlements
        place_id -> the group that stands for an outlying settlement.
    shortest
        Least run time between groups along the links, shape (n, n), minutes.
    findings
        What was counted, assumed or could not be done.
    """

    instance: Instance
    streets: BusStreets
    groups: Groups
    people: People
    stops: pl.DataFrame
    od: F64
    access_ptr: I64
    access_group: I64
    access_minutes: F64
    walk: F64
    paths: Mapping[tuple[int, int], I64]
    settlements: Mapping[str, int]
    rules: CityRules
    shortest: F64
    findings: tuple[Finding, ...] = ()


def city_instance(
    city: City,
    od: F64,
    rules: CityRules | None = None,
    *,
    terminals: tuple[str, ...] = (),
) -> CityInstance:
    """Reduce a city to stop groups, links between neighbouring groups, and demand between them.

    Parameters
    ----------
    od
        Trips a day between the zones of the city, shape (z, z).
    terminals
        place_ids near which lines may also end (stations, depots, turning places).

    Raises
    ------
    InputError
        No bus-legal streets, no demand, or no group of stops that people can walk to.
    """
    rules = rules or CityRules()
    od = _checked_demand(city, od)
    streets = bus_streets(city, rules.run)
    crowd = people(city)
    side = rules.run.drive_side
    findings: list[Finding] = []
    proposed = propose_stops(streets, crowd, city.stops, rules.stops, drive_side=side)
    stops = pl.concat([city.stops.select(proposed.columns), proposed])
    stops, outlying = _settlement_stops(city, streets, crowd, stops, rules, findings)
    groups = stop_groups(stops, streets, target=rules.target_groups, drive_side=side)
    if groups.n < 2:
        raise InputError("fewer than two places in this city can have a bus stop, so no line can be designed")
    ptr, group, minutes = zone_access(crowd, groups, stops, streets, len(city.zones), rules)
    settlements = _settlement_groups(outlying, groups, crowd, stops, streets, rules, findings)
    used = np.zeros(groups.n, bool)
    weight = od.sum(axis=0) + od.sum(axis=1)
    used[group[np.repeat(weight, np.diff(ptr)) > 0]] = True
    used[list(settlements.values())] = True
    if not used.all():
        new = np.cumsum(used) - 1
        groups = keep_groups(groups, used, stops, streets)
        settlements = {k: int(new[g]) for k, g in settlements.items()}
        ptr, group, minutes = zone_access(crowd, groups, stops, streets, len(city.zones), rules)
    time, paths = city_links(streets, groups, rules.run)
    demand = group_demand(od, ptr, group, minutes, groups.n)
    if not demand.sum() > 0:
        raise InputError("no two stop groups have any trips between them, so there is nothing to design for")
    walk = walk_minutes(city, streets, rules)
    without = np.diff(ptr) == 0
    _tell(city, od, without, stops, proposed, streets, findings, rules)
    must = np.zeros(groups.n, bool)
    must[list(settlements.values())] = True
    far = farthest(time, must, demand)
    walk_mean = float((walk * od).sum() / od.sum())
    instance = Instance(
        name=city.meta.name,
        # Demand of a day is the same both ways, so the search takes the mean of both directions, at half the work;
        # headways and timetables use each direction's own times.
        time=(time + time.T) / 2.0,
        demand=demand,
        xy=groups.xy,
        n_routes=1,
        min_nodes=min(rules.min_nodes, groups.n),
        max_nodes=min(rules.max_nodes, groups.n),
        transfer_penalty=rules.transfer + rules.usual_headway / 2.0,
        terminal=_terminals(city, groups, streets, demand, time, must, terminals, rules),
        must_cover=must,
        max_minutes=max(rules.max_minutes, 1.2 * far),
        unserved_minutes=max(60.0, walk_mean),
        max_detour=rules.max_detour,
    )
    return CityInstance(
        instance=instance, streets=streets, groups=groups, people=crowd, stops=stops, od=od, access_ptr=ptr,
        access_group=group, access_minutes=minutes, walk=walk, paths=paths, settlements=settlements, rules=rules,
        shortest=shortest_minutes(instance),
        findings=tuple(findings),
    )  # fmt: skip


def _checked_demand(city: City, od: F64) -> F64:
    od = np.asarray(od, dtype=np.float64)
    z = len(city.zones)
    if od.shape != (z, z):
        raise InputError(f"the demand matrix has shape {od.shape}, but the city has {z} zones", field="od")
    if not np.isfinite(od).all() or (od < 0).any():
        raise InputError("the demand matrix holds negative or missing numbers of trips", field="od")
    if not od.sum() > 0:
        raise InputError("the demand matrix holds no trips, so there is nothing to design for", field="od")
    return od


def _settlement_stops(
    city: City, streets: BusStreets, crowd: People, stops: pl.DataFrame, rules: CityRules, findings: list[Finding]
) -> tuple[pl.DataFrame, dict[str, I64]]:
    """Outlying settlements (place_id -> its sample points), and stops proposed where one has none within reach."""
    outlying: dict[str, I64] = {}
    far = city.places.filter((pl.col("kind") == "settlement") & pl.col("outlying").fill_null(False))
    home = city.zones["settlement"].to_list()
    xy = stop_xy(stops, streets)
    empty = [str(n or p) for p, n in far.select("place_id", "name").iter_rows() if p not in home]
    if empty:
        findings.append(
            Finding(
                "design.settlements_without_zones",
                f"{len(empty)} outlying settlement(s) hold no zone with people, so no line has to reach them: "
                f"{', '.join(empty[:5])}.",
                count=len(empty),
                where=empty[0],
                values={"places": ", ".join(empty[:5])},
            )
        )
    for place in far["place_id"].to_list():
        zones = [z for z, s in enumerate(home) if s == place]
        points = np.flatnonzero(np.isin(crowd.zone, zones) & (crowd.population + crowd.jobs > 0))
        if not len(points):
            continue
        outlying[place] = points
        if crowd.within(xy, rules.reach)[points].any():
            continue
        mask = np.zeros(len(crowd.xy))
        mask[points] = 1.0
        only = People(crowd.xy, crowd.zone, crowd.population * mask, crowd.jobs * mask, crowd.share)
        easy = StopRules(**{**_as_dict(rules.stops), "least_people": 1.0, "reach": rules.reach})
        more = propose_stops(streets, only, stops, easy, drive_side=rules.run.drive_side, prefix=f"new_{place}_")
        stops = pl.concat([stops, more.head(2)])
        xy = stop_xy(stops, streets)
    return stops, outlying


def _as_dict(rules: StopRules) -> dict[str, float]:
    return {name: getattr(rules, name) for name in rules.__dataclass_fields__}


def _settlement_groups(
    outlying: Mapping[str, I64], groups: Groups, crowd: People, stops: pl.DataFrame, streets: BusStreets,
    rules: CityRules, findings: list[Finding],
) -> dict[str, int]:  # fmt: skip
    """For each outlying settlement the group that most of its people can walk to."""
    xy = stop_xy(stops, streets)
    chosen: dict[str, int] = {}
    lost = []
    for place, points in outlying.items():
        best, most = -1, 0.0
        for g in range(groups.n):
            members = xy[groups.stop_group == g]
            d = np.hypot(*(crowd.xy[points][:, None] - members[None]).transpose(2, 0, 1)).min(axis=1)
            near = float((crowd.population + crowd.jobs)[points][d <= rules.reach].sum())
            if near > most:
                best, most = g, near
        if best >= 0:
            chosen[place] = best
        else:
            lost.append(place)
    if lost:
        findings.append(
            Finding(
                "design.settlements_unreachable",
                f"{len(lost)} outlying settlement(s) have no bus-legal street joined to the network within "
                f"{rules.reach:.0f} m of their people, so no line can reach them: {', '.join(lost[:5])}.",
                count=len(lost),
                where=lost[0],
                values={"metres": rules.reach, "places": ", ".join(lost[:5])},
            )
        )
    return chosen


def _terminals(
    city: City, groups: Groups, streets: BusStreets, demand: F64, time: F64, must: npt.NDArray[np.bool_],
    named: tuple[str, ...], rules: CityRules,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Where a line may end: rim of the network, dead ends, large generators, stations, settlements, named places."""
    trips = demand.sum(axis=0) + demand.sum(axis=1)
    terminal = must.copy()
    terminal |= np.isfinite(time).sum(axis=1) <= 2
    terminal[np.argsort(-trips, kind="stable")[: max(2, round(rules.terminal_share * groups.n))]] = True
    terminal |= _rim(groups.xy)
    places = city.places.filter(
        pl.col("kind").is_in(["station", "bus_station", "railway_station", "airport"])
        | pl.col("place_id").is_in(list(named))
    )
    if len(places):
        centre = shapely.get_coordinates(shapely.centroid(geoparquet.geometries(places)))
        x, y = streets.to_metric.transform(centre[:, 0], centre[:, 1])
        d = np.hypot(groups.xy[None, :, 0] - x[:, None], groups.xy[None, :, 1] - y[:, None])
        terminal[np.argmin(d, axis=1)[d.min(axis=1) <= rules.reach]] = True
    return terminal


def _rim(xy: F64, sectors: int = 24) -> npt.NDArray[np.bool_]:
    """The farthest group in each direction from the middle, and the corners of the convex hull."""
    rim = np.zeros(len(xy), bool)
    from_middle = xy - np.median(xy, axis=0)
    sector = ((np.arctan2(from_middle[:, 1], from_middle[:, 0]) + np.pi) / (2 * np.pi) * sectors).astype(int) % sectors
    distance = np.hypot(*from_middle.T)
    for s in range(sectors):
        here = np.flatnonzero(sector == s)
        if len(here):
            rim[here[np.argmax(distance[here])]] = True
    try:
        rim[ConvexHull(xy).vertices] = True
    except (QhullError, ValueError):
        rim[:] = True
    return rim


def _tell(
    city: City, od: F64, without: npt.NDArray[np.bool_], stops: pl.DataFrame, proposed: pl.DataFrame,
    streets: BusStreets, findings: list[Finding], rules: CityRules,
) -> None:  # fmt: skip
    count = int(stops["source"].eq("proposed").sum())
    if count:
        findings.append(
            Finding(
                "design.stops_proposed",
                f"{count} stops are proposals: without them people would be farther than {rules.stops.reach:.0f} m "
                f"from the {len(city.stops)} stops that are known.",
                count=count,
                severity="assumed",
                values={"known": len(city.stops), "metres": rules.stops.reach},
            )
        )
    lost = without & ((od.sum(axis=0) + od.sum(axis=1)) > 0)
    if lost.any():
        persons = float(city.zones["population"].fill_null(0.0).to_numpy()[lost].sum())
        share = float((od[lost].sum() + od[:, lost].sum() - od[np.ix_(lost, lost)].sum()) / od.sum())
        first = int(np.flatnonzero(lost)[0])
        findings.append(
            Finding(
                "design.zones_without_access",
                f"{int(lost.sum())} zones with {persons:,.0f} residents and {share:.1%} of trips have no place for a "
                f"stop within {rules.reach:.0f} m on average; their trips count as walked.",
                count=int(lost.sum()),
                where=str(city.zones["zone_id"][first]),
                values={"persons": round(persons), "share": share, "metres": rules.reach},
                points=((float(city.zones["lon"][first]), float(city.zones["lat"][first])),),
            )
        )
    if streets.outside:
        findings.append(
            Finding(
                "design.streets_outside_core",
                f"{streets.outside} directed bus-legal street edges cannot be reached from the rest and back over "
                "legal turns; no line uses them.",
                count=streets.outside,
                severity="info",
            )
        )
