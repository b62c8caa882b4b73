"""Cycling in a city: how low-stress it is, which links are missing, and a network along demand within a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.city.model import City
from shaar.engine.demand.gravity import calibrate, gravity
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.demand.trip_ends import trip_ends
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.cycle_candidates import BRIDGED, NewLinks, new_links, safe_crossings, tracks
from shaar.engine.routing.cycle_crossing import signal_delay
from shaar.engine.routing.cycle_growth import Candidate
from shaar.engine.routing.cycle_links import Found, missing_links
from shaar.engine.routing.cycle_network import CycleNet, Points, cycle_net, rows, with_new_links, zone_points
from shaar.engine.routing.cycle_plan import CyclePlan, propose

F64 = npt.NDArray[np.float64]
#: Zone column -> its weight among the trip ends of ``demand.csv``.
_WEIGHTS = {
    "jobs": "weight_job", "schools": "weight_school", "clinics": "weight_clinic", "shops": "weight_shop",
}  # fmt: skip
#: New links that the plan may choose among: the best of the missing ones.
LINKS_IN_PLAN = 40


@dataclass(frozen=True, slots=True)
class CyclingStudy:
    """What was found; candidates are numbered as in ``candidates``, trips are those between ``points``."""

    net: CycleNet
    points: Points
    parameters: Parameters
    candidates: tuple[Candidate, ...]
    new: NewLinks
    missing: tuple[Found, ...]
    plan: CyclePlan
    trips: F64
    people: F64
    trips_all: float


def cycling(
    city: City,
    *,
    budget_km: float = 30.0,
    parameters: Parameters | Mapping[str, float] | None = None,
    trips: npt.ArrayLike | None = None,
    electric: bool = False,
    points_per_zone: int = 1,
    progress: Progress = silent,
) -> CyclingStudy:
    """Find missing links and propose a cycle network.

    Parameters
    ----------
    city
        Read from its folder.
    budget_km
        Kilometres that may be built; 0 proposes nothing.
    parameters
        A whole table, or single values replacing those of ``data/parameters/walking_cycling.csv``.
    trips
        Trips a day by bicycle that could be made, between zones, shape (z, z); None models them (:func:`potential`).
    electric
        Riders have electric bicycles.
    points_per_zone
        Nodes that stand for a zone.

    Raises
    ------
    InputError
        The budget is negative, the matrix does not fit the zones, or the city has nobody or no streets for bicycles.
    """
    if not (np.isfinite(budget_km) and budget_km >= 0):
        raise InputError("the budget is not a number of kilometres from 0 up", field="budget_km")
    p = (
        parameters
        if isinstance(parameters, Parameters)
        else load_parameters("walking_cycling.csv").with_values(parameters or {})
    )
    crs, zones = city.meta.crs, city.zones
    progress("cycling network", 0, 1)
    net = cycle_net(city.nodes, city.links, p, crs=crs, electric=electric)
    points = zone_points(net, zones, crs=crs, each=points_per_zone)
    if not len(points.node):
        raise InputError("no zone lies near streets that bicycles may use", file=city.path, field="links")
    progress("cycling network", 1, 1)
    if trips is None:
        between, all_trips = potential(city, net, points, p)
    else:
        given = np.asarray(trips, np.float64)
        if given.shape != (zones.height, zones.height):
            raise InputError(f"trips have shape {given.shape}, the city has {zones.height} zones", field="trips")
        between, all_trips = points.spread_matrix(given), float(given.sum())
    np.fill_diagonal(between, 0.0)
    progress("candidates", 0, 1)
    new = new_links(net, p, base=city.base, links=city.links, crs=crs)
    full, candidates = _with_candidates(net, new, city, p)
    progress("candidates", 1, 1)
    people = points.spread(zones["population"].fill_null(0.0).to_numpy())
    wanted = points.spread(destinations(city))
    found, _ = missing_links(full, points, people, wanted, candidates, p, progress=progress)
    link_ids = [f.candidate for f in found if candidates[f.candidate].kind == "link"][:LINKS_IN_PLAN]
    chosen = [k for k, c in enumerate(candidates) if c.kind != "link"] + link_ids
    part = propose(
        full, points, between, [candidates[k] for k in chosen], p, budget_m=1000.0 * budget_km, progress=progress
    )
    plan = _renumbered(part, chosen)
    return CyclingStudy(full, points, p, tuple(candidates), new, tuple(found), plan, between, people, all_trips)


def destinations(city: City) -> F64:
    """Places to go to by zone in job equivalents, with the weights of ``demand.csv``, shape (z,)."""
    weights = load_parameters("demand.csv")
    out = np.zeros(city.zones.height)
    for column, weight in _WEIGHTS.items():
        if column in city.zones.columns:
            out += weights[weight] * city.zones[column].cast(pl.Float64).fill_null(0.0).to_numpy()
    return out


def potential(city: City, net: CycleNet, points: Points, p: Parameters) -> tuple[F64, float]:
    """Model the trips a day that bicycles could carry, between points, and the trips a day by all modes.

    All trips: ends by residents and destinations, distributed by gravity on minutes by bicycle on the quickest legal
    ways. Of those, a share that falls with the minutes (``exp(-distance_decay (t - 5))``), scaled so that it is
    ``cycle_share`` of the trips within ``longest_minutes``. All assumed: it ranks places, and its level is an aim.
    """
    zones = city.zones
    amounts = {c: zones[c].cast(pl.Float64).fill_null(0.0).to_numpy() for c in _WEIGHTS if c in zones.columns}
    weights = load_parameters("demand.csv")
    residents = zones["population"].cast(pl.Float64).fill_null(0.0).to_numpy()
    if not residents.sum() > 0:
        raise InputError("the city has no residents, so nobody cycles", file=city.path, field="population")
    ends = trip_ends(residents, p["trips_per_resident"], amounts, {c: weights[_WEIGHTS[c]] for c in amounts})
    here, drawn = points.spread(ends.productions), points.spread(ends.attractions)
    drawn *= here.sum() / drawn.sum()
    minutes = rows(net, points.node, net.seconds(), np.inf)[:, points.node] / 60.0
    same = points.zone[:, None] == points.zone[None, :]
    joined = np.where(np.isfinite(minutes), minutes, 10.0 * p["longest_minutes"])
    apart = np.where(same, np.inf, joined) if len(np.unique(points.zone)) > 2 else joined
    free = gravity(here, drawn, apart, 0.0)
    made = calibrate(here, drawn, apart, min(p["cycle_mean_minutes"], 0.75 * free.mean_minutes), accuracy=0.01)
    all_trips = (made.matrix + made.matrix.T) / 2
    within = minutes <= p["longest_minutes"]
    share = np.where(within, np.exp(-p["distance_decay"] * np.maximum(minutes - 5.0, 0.0)), 0.0)
    rode = all_trips * share
    reach = float(all_trips[within].sum())
    level = p["cycle_share"] * reach / rode.sum() if rode.sum() > 0 else 0.0
    return rode * level, float(all_trips.sum())


def _with_candidates(net: CycleNet, new: NewLinks, city: City, p: Parameters) -> tuple[CycleNet, list[Candidate]]:
    flat = 3.6 / 16.0
    lights = np.array([o == "street" for o in new.obstacle], bool)
    wait = float(signal_delay(p["cycle_s"], p["green_s"]))
    full = with_new_links(net, new.pairs, new.metres, new.metres * flat + lights * wait)
    made = tracks(full, city.links, p) + safe_crossings(full, p)
    fresh = np.flatnonzero(full.link < 0).astype(np.int32)
    order = fresh[np.argsort(-full.link[fresh], kind="stable")]
    for k in range(len(new.pairs)):
        arcs = np.sort(order[2 * k : 2 * k + 2])
        metres = max(float(new.metres[k]), p["least_m"])
        metres = metres * p["bridge_factor"] if new.obstacle[k] in BRIDGED else metres + lights[k] * p["crossing_m"]
        made.append(Candidate("link", arcs, metres, new.pairs[k].astype(np.int32)))
    return full, made


def _renumbered(plan: CyclePlan, chosen: list[int]) -> CyclePlan:
    from dataclasses import replace

    return replace(plan, steps=tuple(replace(s, candidate=chosen[s.candidate]) for s in plan.steps))


def million_eur(study: CyclingStudy, k: int) -> tuple[float, float, float]:
    """Cost of a candidate: planning value, low and high end, million EUR; all assumed."""
    c, p = study.candidates[k], study.parameters
    row, bridge = p.row("path_cost" if c.kind in ("link", "path") else "track_cost"), p.row("bridge_factor")
    new = new_link_of(study, k)
    if new is None or study.new.obstacle[new] not in BRIDGED:
        return tuple(c.metres / 1000.0 * v for v in (row.value, row.low, row.high))  # type: ignore[return-value]
    km = c.metres / bridge.value / 1000.0
    return km * row.value * bridge.value, km * row.low * bridge.low, km * row.high * bridge.high


def _new_index(study: CyclingStudy, k: int) -> int:
    return k - (len(study.candidates) - len(study.new.pairs))


def new_link_of(study: CyclingStudy, k: int) -> int | None:
    """Row of ``study.new`` that a candidate is, None where it is no new link."""
    return _new_index(study, k) if study.candidates[k].kind == "link" else None


def figures(study: CyclingStudy) -> dict[str, float]:
    """Figures of the whole city with units in the names; modelled."""
    net, plan = study.net, study.plan
    ridden = (net.link >= 0) & ~net.push
    km = np.bincount(net.stress[ridden], net.metres[ridden], minlength=5) / 1000.0
    cost = np.array([million_eur(study, s.candidate) for s in plan.steps]).reshape(-1, 3).sum(axis=0)
    people = study.people
    built = np.array([study.candidates[s.candidate].metres for s in plan.steps])
    return {
        **{f"km by direction at stress {k}": float(km[k]) for k in (1, 2, 3, 4)},
        "trips a day by all modes (assumed)": study.trips_all,
        "trips a day that bicycles could carry (assumed)": plan.trips,
        "of these with a calm way today, %": 100.0 * float(plan.curve_served[0]),
        "with the proposal, %": 100.0 * float(plan.curve_served[-1]),
        "residents whose trips have a calm way today": float((people * plan.served_before).sum()),
        "residents whose trips have a calm way then": float((people * plan.served_after).sum()),
        "proposal, km of the budget": float(built.sum()) / 1000.0,
        "proposal, pieces": float(len(plan.steps)),
        "perceived minutes saved per trip, mean": float(plan.curve_gain[-1]) / 60.0 / max(plan.trips, 1e-9),
        "cost, million EUR": float(cost[0]),
        "cost, low end": float(cost[1]),
        "cost, high end": float(cost[2]),
    }
