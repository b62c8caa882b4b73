"""A city as a transit network design problem: stop groups, street-legal links between them, demand, terminals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import ConvexHull, QhullError

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.design import city_kernels as kernels
from shaar.engine.design.candidates import StopRules, propose_stops, stop_xy
from shaar.engine.design.city_groups import Groups, keep_groups, stop_groups
from shaar.engine.design.city_people import People, people
from shaar.engine.design.city_streets import BusStreets, RunTimes, bus_streets
from shaar.engine.design.instance import Instance
from shaar.engine.design.lines_straight import shortest_minutes
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Speed at which a wide stop group is crossed (km/h) and usual distance between stops (m); both assumed.
ASIDE_KMH = 25.0
STOP_SPACING = 420.0


@dataclass(frozen=True, slots=True)
class CityRules:
    """What the reduction of a city assumes; every value can be replaced.

    Parameters
    ----------
    target_groups
        About so many stop groups.
    walk_kmh, walk_detour, reach
        Walking speed, street over straight distance, and how far (straight metres) people walk to a stop.
    choices
        A zone's people use at most so many groups.
    transfer_walk, transfer_discomfort
        Minutes that a transfer costs besides its wait.
    usual_headway
        Headway (min) from which the search takes the wait of a transfer: half of it.
    min_nodes, max_nodes, max_minutes
        Stop groups of a line and its longest one-direction run time.
    max_detour
        Run time of a line over the least between its ends; see :func:`shaar.engine.design.lines_straight.straighten`.
    terminal_share
        Share of groups with most trips that may be termini because many people start there.
    """

    target_groups: int = 220
    walk_kmh: float = 4.0
    walk_detour: float = 1.3
    reach: float = 800.0
    choices: int = 4
    transfer_walk: float = 1.0
    transfer_discomfort: float = 4.0
    usual_headway: float = 10.0
    min_nodes: int = 5
    max_nodes: int = 36
    max_minutes: float = 60.0
    max_detour: float = 1.4
    terminal_share: float = 0.15
    run: RunTimes = field(default_factory=RunTimes)
    stops: StopRules = field(default_factory=StopRules)

    @property
    def transfer(self) -> float:
        """Minutes a transfer costs besides its wait."""
        return self.transfer_walk + self.transfer_discomfort


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
    ptr, group, minutes = _access(crowd, groups, stops, streets, len(city.zones), rules)
    settlements = _settlement_groups(outlying, groups, crowd, stops, streets, rules, findings)
    used = np.zeros(groups.n, bool)
    weight = od.sum(axis=0) + od.sum(axis=1)
    used[group[np.repeat(weight, np.diff(ptr)) > 0]] = True
    used[list(settlements.values())] = True
    if not used.all():
        new = np.cumsum(used) - 1
        groups = keep_groups(groups, used, stops, streets)
        settlements = {k: int(new[g]) for k, g in settlements.items()}
        ptr, group, minutes = _access(crowd, groups, stops, streets, len(city.zones), rules)
    time, paths = _links(streets, groups, rules)
    demand = _group_demand(od, ptr, group, minutes, groups.n)
    if not demand.sum() > 0:
        raise InputError("no two stop groups have any trips between them, so there is nothing to design for")
    walk = _walk(city, streets, rules)
    without = np.diff(ptr) == 0
    _tell(city, od, without, stops, proposed, streets, findings, rules)
    must = np.zeros(groups.n, bool)
    must[list(settlements.values())] = True
    far = _farthest(time, must, demand)
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
    )
    return CityInstance(
        instance=instance, streets=streets, groups=groups, people=crowd, stops=stops, od=od, access_ptr=ptr,
        access_group=group, access_minutes=minutes, walk=walk, paths=paths, settlements=settlements, rules=rules, shortest=shortest_minutes(instance),
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
                count=len(empty), where=empty[0], values={"places": ", ".join(empty[:5])},
            )  # fmt: skip
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
        more = propose_stops(
            streets, only, stops, easy, drive_side=rules.run.drive_side, prefix=f"new_{place}_"
        )
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
                count=len(lost), where=lost[0], values={"metres": rules.reach, "places": ", ".join(lost[:5])},
            )  # fmt: skip
        )
    return chosen


def _access(
    crowd: People, groups: Groups, stops: pl.DataFrame, streets: BusStreets, n_zones: int, rules: CityRules
) -> tuple[I64, I64, F64]:
    """Walking minutes from zones to the nearest stop of each group in reach, averaged over the zone's points."""
    xy = stop_xy(stops, streets)
    per_zone = np.bincount(crowd.zone, minlength=n_zones)
    rows: list[tuple[int, float, int]] = []
    for g in range(groups.n):
        members = xy[groups.stop_group == g]
        near = np.flatnonzero(np.hypot(*(crowd.xy - members.mean(axis=0)).T) <= 2.5 * rules.reach)
        if not len(near):
            continue
        d = np.hypot(*(crowd.xy[near][:, None] - members[None]).transpose(2, 0, 1)).min(axis=1)
        total = np.bincount(crowd.zone[near], weights=d, minlength=n_zones)
        seen = np.bincount(crowd.zone[near], minlength=n_zones)
        mean = np.where((seen == per_zone) & (seen > 0), total / np.maximum(seen, 1), np.inf)
        rows += [(int(z), float(mean[z]), g) for z in np.flatnonzero(mean <= rules.reach)]
    rows.sort()
    kept: list[tuple[int, float, int]] = []
    count = np.zeros(n_zones, np.int64)
    for z, d, g in rows:
        if count[z] < rules.choices:
            kept.append((z, d, g))
            count[z] += 1
    ptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    group = np.array([k[2] for k in kept], np.int64)
    minutes = np.array([k[1] for k in kept], np.float64) * rules.walk_detour / (rules.walk_kmh * 1000.0 / 60.0)
    return ptr, group, minutes


def _group_demand(od: F64, ptr: I64, group: I64, minutes: F64, n: int) -> F64:
    """Split each zone's trips over its groups, nearer ones more: weight exp(-minutes / 4)."""
    zone = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    weight = np.exp(-minutes / 4.0)
    share = np.zeros((len(ptr) - 1, n))
    share[zone, group] = weight
    total = share.sum(axis=1, keepdims=True)
    share = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    demand = share.T @ od @ share
    np.fill_diagonal(demand, 0.0)
    return demand


def _walk(city: City, streets: BusStreets, rules: CityRules) -> F64:
    x, y = streets.to_metric.transform(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy())
    metres = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    return metres * rules.walk_detour / (rules.walk_kmh * 1000.0 / 60.0)


def _links(streets: BusStreets, groups: Groups, rules: CityRules) -> tuple[F64, dict[tuple[int, int], I64]]:
    """Minutes (dwell included) and street paths between groups whose least path meets no third group."""
    n = groups.n
    lengths = np.maximum(streets.metres, 1e-9)
    full = np.full((n, n), np.inf)
    near = np.zeros((n, n), bool)
    best = np.full((n, n), -1, np.int64)
    nothing = np.zeros(streets.m, bool)
    trees = []
    owner = np.repeat(np.arange(n), np.diff(groups.edge_ptr))
    # Where a group is wide, a line that calls at one end of it and goes on from the other has that way to run as well:
    # times count half the way from and to the group's representative point, since lines seldom cross all of it.
    place = shapely.get_coordinates(shapely.line_interpolate_point(streets.lines[groups.edge], groups.edge_at))
    aside = 0.5 * np.hypot(*(place - groups.xy[owner]).T) / (ASIDE_KMH * 1000.0 / 60.0)
    remain = streets.minutes[groups.edge] * (1.0 - np.minimum(groups.edge_at / lengths[groups.edge], 1.0))
    for g in range(n):
        mine = slice(groups.edge_ptr[g], groups.edge_ptr[g + 1])
        edges, rest = groups.edge[mine], (remain + aside)[mine]
        label, pred = kernels.edge_tree(
            streets.ptr, streets.succ, streets.turn, streets.minutes, edges, rest, nothing, np.inf
        )
        through = kernels.pass_through(label, pred, groups.edge_owner, g)
        trees.append(pred)
        arrive = label[groups.edge] - remain + aside
        # On an edge that the way starts on, a place behind the start is not reached by standing still.
        begun = np.full(streets.m, -np.inf)
        begun[edges] = groups.edge_at[mine]
        arrive[(pred[groups.edge] < 0) & (groups.edge_at < begun[groups.edge])] = np.inf
        for h in range(n):
            if h == g:
                continue
            part = slice(groups.edge_ptr[h], groups.edge_ptr[h + 1])
            k = int(np.argmin(arrive[part])) + int(groups.edge_ptr[h])
            full[g, h], best[g, h] = arrive[k], groups.edge[k]
            near[g, h] = not through[groups.edge[k]]
    near |= near.T
    near &= np.isfinite(full) & np.isfinite(full.T)
    time = np.full((n, n), np.inf)
    # A long link between far groups (over open country) has no stops on its way.
    stops_near = np.hypot(*(groups.xy[:, None] - groups.xy[None]).transpose(2, 0, 1)) < 2500.0
    paths: dict[tuple[int, int], I64] = {}
    for g, h in zip(*np.nonzero(near), strict=True):
        path = [int(best[g, h])]
        while trees[g][path[-1]] >= 0:
            path.append(int(trees[g][path[-1]]))
        edges = np.array(path[::-1], np.int64)
        paths[int(g), int(h)] = edges
        # Lines also stop between the groups, about every 400 m.
        calls = max(1.0, float(streets.metres[edges].sum()) / STOP_SPACING) if stops_near[g, h] else 1.0
        time[g, h] = max(float(full[g, h]), 0.2) + rules.run.dwell_minutes * calls
    return time, paths


def _farthest(time: F64, must: npt.NDArray[np.bool_], demand: F64) -> float:
    """Minutes between the busiest group and the farthest group that has to be served."""
    from scipy.sparse.csgraph import dijkstra

    if not must.any():
        return 0.0
    hub = int(np.argmax(demand.sum(axis=0) + demand.sum(axis=1)))
    weights = np.where(np.isfinite(time), time, 0.0)
    there, back = dijkstra(weights, indices=hub), dijkstra(weights.T, indices=hub)
    reach = np.maximum(there, back)[must]
    return float(reach[np.isfinite(reach)].max(initial=0.0))


def _terminals(
    city: City, groups: Groups, streets: BusStreets, demand: F64, time: F64, must: npt.NDArray[np.bool_],
    named: tuple[str, ...], rules: CityRules,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Where a line may end: the rim of the network, dead ends, large generators, stations, settlements, named places."""
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
                count=count, severity="assumed", values={"known": len(city.stops), "metres": rules.stops.reach},
            )  # fmt: skip
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
                count=int(lost.sum()), where=str(city.zones["zone_id"][first]),
                values={"persons": round(persons), "share": share, "metres": rules.reach},
                points=((float(city.zones["lon"][first]), float(city.zones["lat"][first])),),
            )  # fmt: skip
        )
    if streets.outside:
        findings.append(
            Finding(
                "design.streets_outside_core",
                f"{streets.outside} directed bus-legal street edges cannot be reached from the rest and back over "
                "legal turns; no line uses them.",
                count=streets.outside, severity="info",
            )  # fmt: skip
        )
