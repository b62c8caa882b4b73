"""Parking of a city on a day: supply from its folder, arrivals modelled or given, before and after a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.assignment.parking import KINDS, Lots, lots
from shaar.engine.assignment.parking_choice import ParkingDay, park
from shaar.engine.assignment.parking_defaults import complete, default_lots
from shaar.engine.assignment.parking_inventory import read_inventory
from shaar.engine.assignment.parking_occupancy import Stays, fixed_stay, mixed_stay
from shaar.engine.city.model import City
from shaar.engine.city.projection import project
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.progress import Progress, silent

F64 = npt.NDArray[np.float64]
CLASSES = ("overnight", "work", "errand", "home")
#: Which class may use which kind (street, lot, yard): yards belong to houses.
RIGHTS = np.array([[True, True, True], [True, True, False], [True, True, False], [True, True, True]])
#: Share of the day's arrivals by hour of the day from 0 to 23. Assumed shapes: work around 8 and 9, errands over the
#: day with an evening peak, homecoming around 18 and 19; leaving home mirrors the arrivals at work and errands.
PROFILES = {
    "work": (0, 0, 0, 0, 0, 1, 4, 14, 30, 22, 8, 4, 3, 5, 3, 2, 1, 1, 1, 1, 0, 0, 0, 0),
    "errand": (0, 0, 0, 0, 0, 0, 1, 3, 5, 6, 8, 8, 8, 7, 7, 7, 8, 10, 9, 7, 4, 2, 0, 0),
    "home": (1, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 9, 14, 18, 13, 8, 5, 3, 1),
    "leaving": (0, 0, 0, 0, 1, 3, 9, 22, 21, 11, 6, 5, 4, 4, 3, 3, 3, 2, 2, 1, 0, 0, 0, 0),
}


@dataclass(frozen=True, slots=True)
class ParkingStudy:
    """A day of parking of a city: the model's day, and what its rows mean."""

    day: ParkingDay
    parameters: Parameters
    value_of_time: float
    currency: str
    inventory_rows: int
    zone_ids: tuple[str, ...]


def supply(city: City, parameters: Parameters | None = None) -> tuple[Lots, int]:
    """Return the places to park of a city, and how many of its rows come from ``parking.csv`` in its folder."""
    p = parameters or load_parameters("parking.csv")
    assumed = default_lots(city, p)
    file = city.path / "parking.csv"
    inventory = read_inventory(file, city) if file.exists() else lots([], [], [])
    return complete(inventory, assumed, city.zones.height), len(inventory)


def modelled_stays(city: City, parameters: Parameters, *, step_hours: float = 1.0) -> Stays:
    """Model arrivals of cars and how long they stay: all assumed, until a demand model or a count replaces it.

    Cars stand at home in the morning (class "overnight": residents x cars per resident), a share of them leaves and
    comes home in the evening (class "home"); each used car parks ``arrivals_per_car`` times elsewhere, at jobs for a
    working day ("work") or at jobs, shops and clinics for an errand ("errand").
    """
    zones = city.zones

    def column(name: str) -> F64:
        if name not in zones.columns:
            return np.zeros(zones.height)
        return np.nan_to_num(zones[name].cast(pl.Float64).fill_null(0.0).to_numpy(), nan=0.0)

    p, steps = parameters, round(24 / step_hours)
    cars = column("population") * p["cars_per_resident"]
    used = cars * p["cars_used"]
    away = float(used.sum()) * p["arrivals_per_car"]
    jobs = column("jobs")
    pull = jobs + p["weight_shop"] * column("shops") + p["weight_clinic"] * column("clinics")
    daily = {
        "overnight": cars,
        "work": _spread(away * p["work_share"], jobs if jobs.sum() > 0 else pull),
        "errand": _spread(away * (1 - p["work_share"]), pull),
        "home": used,
    }
    arrivals = np.zeros((zones.height, len(CLASSES), steps))
    for c, name in enumerate(CLASSES):
        share = np.eye(1, steps)[0] if name == "overnight" else _profile(name, steps)
        arrivals[:, c, :] = daily[name][:, None] * share
    gone = np.concatenate([[0.0], np.cumsum(_profile("leaving", steps))])
    staying = np.stack(
        [
            np.concatenate([[1.0], 1.0 - p["cars_used"] * np.minimum(gone[2:], 1.0), [1.0 - p["cars_used"]]])[
                : steps + 1
            ],
            fixed_stay(p["work_hours"], steps, step_hours),
            mixed_stay(p["errand_hours"], steps, step_hours),
            np.ones(steps + 1),
        ]
    )
    return Stays(CLASSES, arrivals, staying, step_hours)


def _spread(total: float, weights: F64) -> F64:
    return weights * (total / weights.sum()) if weights.sum() > 0 else np.zeros(len(weights))


def _profile(name: str, steps: int) -> F64:
    """Share of the day by step: the hourly shape, even within its hours."""
    hourly = np.array(PROFILES[name], np.float64)
    at = np.linspace(0.0, 24.0, steps + 1)
    grown = np.interp(at, np.arange(25), np.concatenate([[0.0], np.cumsum(hourly)]))
    return np.diff(grown) / hourly.sum()


def parking(
    city: City,
    *,
    lots_: Lots | None = None,
    stays: Stays | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
    value_of_time: float | None = None,
    progress: Progress = silent,
) -> ParkingStudy:
    """Say how full parking is over the day, what a stay costs and how long the search and the walk take, by zone.

    Parameters
    ----------
    city
        Read from its folder; ``parking.csv`` in it is taken where there is one.
    lots_
        Supply instead of the folder's (for a change of price or spaces: :func:`.assignment.parking.change`).
    stays
        Arrivals and durations instead of the modelled ones. Classes named other than :data:`CLASSES` may use all kinds.
    parameters
        A whole table, or single values replacing those of ``data/parameters/parking.csv``.
    value_of_time
        Currency of the city per hour; None takes the parameter of its currency.

    Raises
    ------
    InputError
        The city's currency has no value of time and none is given, or the inventory cannot be read.
    """
    p = (
        parameters
        if isinstance(parameters, Parameters)
        else load_parameters("parking.csv").with_values(parameters or {})
    )
    rows = 0
    if lots_ is None:
        lots_, rows = supply(city, p)
    else:
        rows = sum(b == "reported" for b in lots_.badge)
    currency = city.meta.currency
    if value_of_time is None:
        if f"value_of_time.{currency}" not in p:
            raise InputError(
                f"no value of time is known in {currency or 'a city without currency'}; give one",
                field="value_of_time",
            )
        value_of_time = p[f"value_of_time.{currency}"]
    stays = stays or modelled_stays(city, p)
    known = [CLASSES.index(n) if n in CLASSES else None for n in stays.names]
    rights = np.array([RIGHTS[k] if k is not None else np.ones(len(KINDS), bool) for k in known])
    x, y = project(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy(), city.meta.crs)
    day = park(lots_, stays, x, y, p, value_of_time=value_of_time, allowed=rights, progress=progress)
    return ParkingStudy(day, p, value_of_time, currency, rows, tuple(city.zones["zone_id"]))


def period_arrays(study: ParkingStudy, hours: tuple[float, float]) -> tuple[F64, F64, F64]:
    """Cost of a stay, minutes of search and minutes on foot by zone of destination, for arrivals in a period.

    Parameters
    ----------
    hours
        From and to, hours of the day; steps that begin in them are averaged, weighed by the arrivals of visitors.

    Returns
    -------
    cost, search, walk
        Shape (z,), currency and minutes; nan where no place to park is within reach.
    """
    stays = study.day.stays
    begin = np.arange(stays.steps) * stays.step_hours
    inside = (begin >= hours[0]) & (begin < hours[1])
    if not inside.any():
        raise InputError("no step of the day begins in the period", field="hours")
    visiting = [k for k, n in enumerate(stays.names) if n not in ("overnight", "home")] or list(range(len(stays.names)))
    weight = stays.arrivals[:, visiting, :].sum(axis=1)[:, inside] + 1e-9
    return tuple(_mean(a[:, inside], weight) for a in (study.day.cost, study.day.search, study.day.walk))  # type: ignore[return-value]


def _mean(values: F64, weight: F64) -> F64:
    known = np.isfinite(values)
    total = (weight * known).sum(axis=1)
    return np.divide(
        (np.where(known, values, 0.0) * weight).sum(axis=1), total, out=np.full(len(values), np.nan), where=total > 0
    )


def zone_table(study: ParkingStudy, hours: tuple[float, float]) -> pl.DataFrame:
    """One row a zone: spaces by kind with ranges, busiest occupancy, cars without a space, cost and minutes."""
    day, n = study.day, len(study.zone_ids)
    room = day.lots.by_zone(n)
    low, high = np.zeros(n), np.zeros(n)
    np.add.at(low, day.lots.zone, day.lots.low)
    np.add.at(high, day.lots.zone, day.lots.high)
    full = day.zone_occupancy(n)
    cost, search, walk = period_arrays(study, hours)
    money = np.zeros(n)
    np.add.at(money, day.lots.zone, day.revenue)
    known = np.asarray(np.isfinite(full).any(axis=1))
    return pl.DataFrame(
        {
            "zone_id": study.zone_ids,
            **{f"spaces_{k}": room[:, i] for i, k in enumerate(KINDS)},
            "spaces_low": low,
            "spaces_high": high,
            "busiest_occupancy": np.where(known, np.nanmax(np.where(known[:, None], full, 0.0), axis=1), np.nan),
            "busiest_hour": np.argmax(np.nan_to_num(full), axis=1) * day.stays.step_hours,
            "arrivals": day.stays.arrivals.sum(axis=(1, 2)),
            "without_space": day.unplaced.sum(axis=(1, 2)),
            "cost": cost,
            "search_minutes": search,
            "walk_minutes": walk,
            "revenue": money,
        }
    )


def summary(study: ParkingStudy, hours: tuple[float, float]) -> dict[str, float]:
    """Figures of the whole city, with their units in the names."""
    day, n = study.day, len(study.zone_ids)
    room = day.lots.by_zone(n).sum(axis=0)
    cost, search, walk = period_arrays(study, hours)
    stays = day.stays
    begin = np.arange(stays.steps) * stays.step_hours
    inside = (begin >= hours[0]) & (begin < hours[1])
    visiting = [k for k, name in enumerate(stays.names) if name not in ("overnight", "home")]
    came = stays.arrivals[:, visiting][:, :, inside].sum(axis=(1, 2))
    full = day.parked.sum(axis=0) / max(float(day.lots.spaces.sum()), 1e-9)

    def mean(values: F64) -> float:
        known = np.isfinite(values) & (came > 0)
        return float(np.average(values[known], weights=came[known])) if known.any() else float("nan")

    return {
        **{f"spaces, {k}": float(room[i]) for i, k in enumerate(KINDS)},
        "least to most spaces, low end": float(day.lots.low.sum()),
        "least to most spaces, high end": float(day.lots.high.sum()),
        "arrivals a day": float(stays.arrivals.sum() - stays.arrivals[:, :, 0].sum()),
        "busiest hour begins at, h": float(begin[int(np.argmax(full))]),
        "share of spaces taken then, %": 100.0 * float(full.max()),
        "visitors: search, min": mean(search),
        "visitors: walk one way, min": mean(walk),
        f"visitors: cost of a stay, {study.currency}": mean(cost),
        "cars a day without a legal space": float(day.unplaced.sum()),
        f"revenue a day, {study.currency}": float(day.revenue.sum()),
    }
