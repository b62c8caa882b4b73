"""How people get to stop groups on foot, and demand between groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.city.model import City
from shaar.engine.design.candidates import stop_xy
from shaar.engine.design.city_groups import Groups
from shaar.engine.design.city_people import People
from shaar.engine.design.city_rules import CityRules
from shaar.engine.design.city_streets import BusStreets

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


def zone_access(
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


def group_demand(od: F64, ptr: I64, group: I64, minutes: F64, n: int) -> F64:
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


def walk_minutes(city: City, streets: BusStreets, rules: CityRules) -> F64:
    """Minutes on foot between zones: straight distance times the walking detour, shape (z, z)."""
    x, y = streets.to_metric.transform(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy())
    metres = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    return metres * rules.walk_detour / (rules.walk_kmh * 1000.0 / 60.0)
