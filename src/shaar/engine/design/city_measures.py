"""What a network is judged by: minutes of zones and areas, the worst-off tenth, vehicle-hours, vehicle-km, CO2e."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from pyproj import Transformer

from shaar.engine.access.equity import worst_decile
from shaar.engine.city.model import City
from shaar.engine.design import headways_kernels as kernels
from shaar.engine.design.city_front import Point, Score
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.headways_model import HeadwayModel
from shaar.engine.design.lines import StreetLine
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Minutes of the score for each minute by which an area's mean exceeds what it may rise to: more than any line saves.
LOSS_PENALTY = 1000.0
COMPASS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much; the unit is a minute of the mean journey.

    Parameters
    ----------
    passenger
        Mean journey of all trips, crowding included.
    worst
        Mean journey of the tenth of residents whose journeys are longest.
    vehicle_hour, vehicle_km, kg_co2e
        Passenger-hours that one vehicle-hour in service, one vehicle-km and one kg of CO2e are worth.
    """

    passenger: float = 1.0
    worst: float = 0.0
    vehicle_hour: float = 0.0
    vehicle_km: float = 0.0
    kg_co2e: float = 0.0

    def __post_init__(self) -> None:
        """Refuse weights below zero, and none at all.

        Raises
        ------
        InputError
            Naming the weight.
        """
        for name in self.__dataclass_fields__:
            if not 0.0 <= getattr(self, name) < np.inf:
                raise InputError(f"a weight is a number not below zero, not {getattr(self, name):g}", field=name)
        if not any(getattr(self, name) for name in self.__dataclass_fields__):
            raise InputError("every weight is zero, so all networks would be equally good", field="weights")


@dataclass(frozen=True, slots=True)
class Areas:
    """Groups of zones for winners and losers: settlements, else districts, else parts of the compass.

    ``area`` is the area of each zone, shape (z,); ``allowed`` the mean minutes that each may rise to (inf: any).
    """

    names: tuple[str, ...]
    area: I64
    allowed: F64


def zone_minutes(model: HeadwayModel, headways: F64) -> F64:
    """Door-to-door minutes of the quickest way between zones, shape (z, z)."""
    rules, n, z = model.rules, model.n, len(model.ptr) - 1
    freq = np.where(np.isfinite(headways), 1.0 / headways, 0.0)
    cost = np.empty((n, n), np.float32)
    kernels.sections(n, model.start, model.line, model.ride, freq, rules.wait, model.first, model.second, cost)
    d = cost + np.float32(rules.transfer)
    kernels.all_pairs(d)
    d -= np.float32(rules.transfer)
    best, i, j = np.empty((z, z)), np.empty((z, z), np.int32), np.empty((z, z), np.int32)
    kernels.zone_minutes(d, model.ptr, model.group, model.minutes, model.walk, model.od, best, i, j)
    return best


def zone_means(model: HeadwayModel, headways: F64) -> F64:
    """Mean minutes of the trips of each zone, both ways together; nan for a zone without trips, shape (z,)."""
    minutes = zone_minutes(model, headways)
    trips = model.od.sum(axis=1) + model.od.sum(axis=0)
    total = (minutes * model.od).sum(axis=1) + (minutes * model.od).sum(axis=0)
    return np.divide(total, trips, out=np.full(len(trips), np.nan), where=trips > 0)


def worst_tenth(city: CityInstance, means: F64) -> float:
    """Mean minutes of the tenth of residents with the longest journeys."""
    people = np.bincount(city.people.zone, weights=city.people.population, minlength=len(means))
    known = np.isfinite(means) & (people > 0)
    return worst_decile(means[known], people[known], high_is_bad=True)


def area_means(areas: Areas, model: HeadwayModel, means: F64) -> F64:
    """Mean minutes of the trips of each area, shape (a,)."""
    trips = np.where(np.isfinite(means), model.od.sum(axis=1) + model.od.sum(axis=0), 0.0)
    total = np.bincount(areas.area, weights=trips * np.nan_to_num(means), minlength=len(areas.names))
    count = np.bincount(areas.area, weights=trips, minlength=len(areas.names))
    return np.divide(total, count, out=np.full(len(areas.names), np.nan), where=count > 0)


def areas_of(city: City, instance: CityInstance) -> Areas:
    """Name the area of each zone; see :func:`area_names`."""
    said = area_names(city, instance.streets.to_metric)
    unique = tuple(sorted(set(said)))
    place = {name: k for k, name in enumerate(unique)}
    return Areas(unique, np.array([place[s] for s in said], np.int64), np.full(len(unique), np.inf))


def area_names(city: City, to_metric: Transformer | None = None) -> tuple[str, ...]:
    """Name the area of each zone: its settlement, else its district, else a part of the compass around the centre.

    The centre holds the half of the residents nearest to the median place; the rest is cut into eight directions.
    """
    to_metric = to_metric or Transformer.from_crs("OGC:CRS84", city.meta.crs, always_xy=True)
    names = {str(k): str(n or k) for k, n in city.places.select("place_id", "name").iter_rows()}
    zones = city.zones
    label = [s or d for s, d in zones.select("settlement", "district").iter_rows()]
    x, y = to_metric.transform(zones["lon"].to_numpy(), zones["lat"].to_numpy())
    xy = np.column_stack([x, y])
    people = zones["population"].fill_null(0.0).to_numpy().astype(np.float64)
    off = xy - _median_place(xy, people)
    far = np.hypot(*off.T)
    order = np.argsort(far, kind="stable")
    half = far[order[np.searchsorted(np.cumsum(people[order]), people.sum() / 2.0)]] if people.sum() > 0 else np.inf
    sector = np.round(np.arctan2(off[:, 1], off[:, 0]) / (np.pi / 4)).astype(int) % 8
    return tuple(
        names.get(where, where) if where else ("centre" if far[k] <= half else COMPASS[sector[k]])
        for k, where in enumerate(label)
    )


def _median_place(xy: F64, people: F64) -> F64:
    out = np.empty(2)
    for k in range(2):
        order = np.argsort(xy[:, k], kind="stable")
        at = min(int(np.searchsorted(np.cumsum(people[order]), people.sum() / 2.0)), len(xy) - 1)
        out[k] = xy[order[at], k]
    return out


def winners(areas: Areas, model: HeadwayModel, before: F64, after: F64) -> pl.DataFrame:
    """Table of winners and losers, those that lose most first.

    Parameters
    ----------
    before, after
        Mean minutes of each zone's trips, shape (z,).

    Returns
    -------
    polars.DataFrame
        area, zones, trips_day, before_minutes, after_minutes, change_minutes, change_percent, and the share of the
        area's trips from and to zones that gain or lose more than a minute: ``gain_share``, ``lose_share``.
    """
    trips = model.od.sum(axis=1) + model.od.sum(axis=0)
    weight = np.where(np.isfinite(before) & np.isfinite(after), trips, 0.0)
    delta = np.nan_to_num(after - before)
    count = np.bincount(areas.area, weights=weight, minlength=len(areas.names))
    was, now = area_means(areas, model, before), area_means(areas, model, after)

    def share(which: npt.NDArray[np.bool_]) -> F64:
        part = np.bincount(areas.area, weights=weight * which, minlength=len(areas.names))
        return np.divide(part, count, out=np.zeros(len(count)), where=count > 0)

    return (
        pl.DataFrame({
            "area": areas.names,
            "zones": np.bincount(areas.area, minlength=len(areas.names)),
            "trips_day": np.round(count / 2.0),
            "before_minutes": was,
            "after_minutes": now,
            "change_minutes": now - was,
            "change_percent": 100.0 * (now / was - 1.0),
            "gain_share": share(delta < -1.0),
            "lose_share": share(delta > 1.0),
        })
        .filter(pl.col("trips_day") > 0)
        .sort("change_percent", "area", descending=[True, False])
    )  # fmt: skip


def excess(areas: Areas, point: Point) -> tuple[float, str]:
    """Largest rise of an area's mean beyond what is allowed (minutes, 0 where none), and the area."""
    means = area_means(areas, point.model, zone_means(point.model, point.plan.headways))
    over = np.nan_to_num(means - areas.allowed, nan=-np.inf)
    worst = int(np.argmax(over))
    return max(0.0, float(over[worst])), areas.names[worst]


def daily_work(lines: Sequence[StreetLine], headways: F64, peak_minutes: float) -> tuple[float, float]:
    """Vehicle-hours and vehicle-km a day, from headways that would run for ``peak_minutes`` a day."""
    trips = np.where(np.isfinite(headways), peak_minutes / headways, 0.0)
    own = np.array([not (line.today is not None and line.today.vehicles == 0) for line in lines], float)
    minutes = np.array([line.minutes for line in lines])
    km = np.array([(line.forward.metres + line.backward.metres) / 1000.0 for line in lines])
    return float((trips * minutes * own).sum() / 60.0), float((trips * km * own).sum())


def scorer(city: CityInstance, weights: Weights, peak_minutes: float, kg_per_km: float, areas: Areas | None) -> Score:
    """Make the function that the design makes small, in minutes of the mean journey.

    Parameters
    ----------
    peak_minutes
        Service day in minutes of peak service: the length of each period times its share of vehicles.
    kg_per_km
        CO2e of a vehicle-km.
    areas
        Areas whose mean may not rise beyond ``allowed``; None where that does not matter.
    """
    plain = weights == Weights() and areas is None

    def score(point: Point) -> float:
        if plain:
            return point.total()
        value = weights.passenger * point.total()
        if weights.worst:
            value += weights.worst * worst_tenth(city, zone_means(point.model, point.plan.headways))
        hours, km = daily_work(point.lines, point.plan.headways, peak_minutes)
        work = weights.vehicle_hour * hours + (weights.vehicle_km + weights.kg_co2e * kg_per_km) * km
        value += 60.0 * work / float(point.model.od.sum())
        if areas is not None:
            value += LOSS_PENALTY * excess(areas, point)[0]
        return value

    return score
