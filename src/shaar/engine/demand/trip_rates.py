"""Trip ends by purpose and person group: who goes out for what, and what draws them where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
PURPOSES = ("work", "education", "health", "shopping", "visits")
GROUPS = ("child", "adult_car", "adult_no_car", "senior")
#: Zone columns that may attract; ``weight_<purpose>_<column>`` in the table says which do.
ATTRACTORS = ("jobs", "schools", "clinics", "shops", "parks", "population")


@dataclass(frozen=True, slots=True)
class PurposeEnds:
    """Trip ends of one purpose, outward journeys a day.

    Parameters
    ----------
    groups
        Names of the person groups, in the order of the rows of ``by_group``.
    by_group
        Productions by group and zone of home, shape (g, z).
    attractions
        By zone of the activity, shape (z,); sums to the same total.
    """

    groups: tuple[str, ...]
    by_group: F64
    attractions: F64

    @property
    def productions(self) -> F64:
        """Productions of all groups together, shape (z,)."""
        return self.by_group.sum(axis=0)


def trip_rates(parameters: Parameters | Mapping[str, float] | None = None) -> Parameters:
    """Return the table of rates: a whole one as it is, or the shipped one with single values replaced."""
    return (
        parameters
        if isinstance(parameters, Parameters)
        else load_parameters("trip_rates.csv").with_values(parameters or {})
    )


def zone_columns(zones: pl.DataFrame) -> dict[str, F64]:
    """Take from the zones of a city folder what trip ends ask for; unknown attractions count as none.

    ``children``, ``seniors`` and ``car_adults`` are taken where the city has such columns, gaps and all.
    """
    known = [c for c in ATTRACTORS if c in zones.columns]
    groups = [c for c in ("children", "seniors", "car_adults") if c in zones.columns]
    found = {c: zones[c].cast(pl.Float64).fill_null(0.0).to_numpy() for c in known}
    return found | {c: zones[c].cast(pl.Float64).fill_null(np.nan).to_numpy() for c in groups}


def person_groups(
    zones: Mapping[str, F64], parameters: Parameters | Mapping[str, float] | None = None
) -> dict[str, F64]:
    """Divide the residents of each zone into groups by age and car.

    Zones that know their ``children``, ``seniors`` or ``car_adults`` (persons) keep these figures; where a column is
    absent or a cell is not a number, the share of the table stands in.

    Parameters
    ----------
    zones
        ``population`` and, where known, ``children``, ``seniors``, ``car_adults``; persons, each of shape (z,).

    Returns
    -------
    dict
        Group -> persons by zone, shape (z,); the groups sum to the population.

    Raises
    ------
    InputError
        A figure is negative, or children and seniors of a zone are more than its residents.
    """
    p = trip_rates(parameters)
    people = _column(zones, "population")
    child = _known(zones, "children", p["share_child"] * people)
    senior = _known(zones, "seniors", p["share_senior"] * people)
    adult = people - child - senior
    bad = np.flatnonzero(adult < -1e-6 * np.maximum(people, 1.0))
    if len(bad):
        raise InputError("children and seniors are more than all residents", file="zones", row=int(bad[0]) + 2)
    adult = np.maximum(adult, 0.0)
    car = _known(zones, "car_adults", p["share_car"] * adult)
    bad = np.flatnonzero(car > adult * (1 + 1e-6) + 1e-9)
    if len(bad):
        raise InputError("more adults have a car than there are adults", file="zones", row=int(bad[0]) + 2)
    car = np.minimum(car, adult)
    return {"child": child, "adult_car": car, "adult_no_car": adult - car, "senior": senior}


def purpose_ends(
    zones: Mapping[str, F64],
    groups: Mapping[str, F64] | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
) -> dict[str, PurposeEnds]:
    """Compute outward journeys by purpose: ``P_gi = rate_pg persons_gi``, ``A_j ~ sum_k weight_pk x_jk``.

    The people say how many journeys there are, the activities where they end: attractions are scaled to the sum of
    the productions. Purposes are those of the table (``rate_<purpose>_<group>``), so a city may add its own.

    Parameters
    ----------
    zones
        ``population`` and whatever attracts (``jobs``, ``schools``, ``clinics``, ``shops``, ``parks``), shape (z,).
    groups
        Persons by group; None divides ``population`` by :func:`person_groups`.

    Raises
    ------
    InputError
        A figure is negative or missing, or people go out for a purpose that no zone of the city serves.
    """
    p = trip_rates(parameters)
    groups = person_groups(zones, p) if groups is None else groups
    names = tuple(groups)
    persons = np.array([np.asarray(groups[g], dtype=np.float64) for g in names])
    found: dict[str, PurposeEnds] = {}
    for purpose in purposes_of(p):
        rates = np.array([_rate(p, purpose, g) for g in names])
        by_group = rates[:, None] * persons
        weights = {c: p[f"weight_{purpose}_{c}"] for c in ATTRACTORS if f"weight_{purpose}_{c}" in p}
        drawn = np.zeros(persons.shape[1])
        for column, weight in weights.items():
            if weight < 0:
                raise InputError("the weight is negative", field=f"weight_{purpose}_{column}")
            if column in zones:
                drawn += weight * _column(zones, column)
        total, sum_drawn = float(by_group.sum()), float(drawn.sum())
        if total > 0 and sum_drawn <= 0:
            raise InputError(
                f"no zone has {' or '.join(weights)}, so journeys for {purpose} have nowhere to go", field=purpose
            )
        attractions = drawn * (total / sum_drawn) if sum_drawn > 0 else drawn
        found[purpose] = PurposeEnds(names, by_group, attractions)
    return found


def purposes_of(parameters: Parameters) -> tuple[str, ...]:
    """Return the purposes that a table of rates names, in its order."""
    names = [n.removeprefix("rate_") for n in parameters if n.startswith("rate_")]
    return tuple(dict.fromkeys(n.split("_", 1)[0] for n in names))


def _rate(p: Parameters, purpose: str, group: str) -> float:
    name = f"rate_{purpose}_{group}"
    if name not in p:
        raise InputError("the table of trip rates has no such rate", field=name)
    if p[name] < 0:
        raise InputError("the rate is negative", field=name)
    return p[name]


def _column(zones: Mapping[str, F64], name: str) -> F64:
    if name not in zones:
        raise InputError("the column is missing", file="zones", field=name)
    amount = np.asarray(zones[name], dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(amount) & (amount >= 0)))
    if len(bad):
        raise InputError("the number is negative or missing", file="zones", row=int(bad[0]) + 2, field=name)
    return amount


def _known(zones: Mapping[str, F64], name: str, otherwise: F64) -> F64:
    if name not in zones:
        return otherwise
    amount = np.asarray(zones[name], dtype=np.float64)
    bad = np.flatnonzero(amount < 0)
    if len(bad):
        raise InputError("the number is negative", file="zones", row=int(bad[0]) + 2, field=name)
    return np.where(np.isfinite(amount), amount, otherwise)
