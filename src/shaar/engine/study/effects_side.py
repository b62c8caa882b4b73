"""One side of a comparison: a network with its minutes, its people and its service, and figures of it by draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.access.equity import gini, worst_decile
from shaar.engine.access.groups import Groups, group_people
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters
from shaar.engine.measures.state import State
from shaar.engine.study.access import _outlying
from shaar.engine.study.baseline_walks import COVERAGE_M
from shaar.engine.study.effects_router import Looked
from shaar.engine.study.effects_service import DayService, Year
from shaar.engine.study.results import Options

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
#: What may be reached, a column of the zones each; services are those of which one is enough for most.
OPPORTUNITIES = ("jobs", "schools", "clinics", "parks")
SERVICES = ("schools", "clinics", "parks")
#: Groups as effects name them, and as the access room does; those that move as everyone does.
GROUPS = {
    "all": "everyone", "carless": "carless", "children": "children", "settlement": "settlement",
    "elderly": "elderly", "wheelchair": "wheelchair",
}  # fmt: skip
ORDINARY = ("all", "carless", "children", "settlement")
#: Threshold of the figures of equity, minutes; the middle one where it is not among those asked for.
EQUITY_MINUTES = 45


@dataclass(frozen=True, slots=True)
class Side:
    """A network and what it gives.

    Parameters
    ----------
    state
        City, timetable and levers.
    looked
        Minutes by draw, people near stops.
    service, year
        What runs on the day, and what a year of it takes.
    groups
        Persons by group and zone.
    reached
        Of every mover and draw: opportunities within each threshold, key ``jobs_45``, float64[z].
    """

    state: State
    looked: Looked
    service: DayService
    year: Year
    groups: Groups
    reached: tuple[Mapping[str, F64], ...]

    @property
    def city(self) -> City:
        """The city's tables."""
        return self.state.city

    @property
    def draws(self) -> int:
        """How many draws of phases there are."""
        return len(self.looked.minutes)


def side_of(
    state: State, looked: Looked, service: DayService, year: Year, shares: Parameters, options: Options
) -> Side:
    """Put a side together; ``shares`` is the table ``access.csv``."""
    city = state.city
    groups = group_people(city.zones, shares, outlying=_outlying(city), file=city.path / "zones.parquet")
    return Side(
        state=state,
        looked=looked,
        service=service,
        year=year,
        groups=groups,
        reached=tuple(reached(city, m, options) for m in looked.minutes),
    )


def reached(city: City, minutes: F32, options: Options) -> dict[str, F64]:
    """Opportunities that one reaches from each zone within each threshold, by key, float64[z]."""
    out = {}
    for name in OPPORTUNITIES:
        value = amount(city, name)
        some = np.flatnonzero(value)
        part, value = minutes[:, some], value[some]
        for t in options.thresholds:
            # masks are summed and no matrices multiplied: the sum does not depend on the threads of a library
            out[f"{name}_{t}"] = np.where(part <= t, value, 0.0).sum(axis=1)
    return out


def amount(city: City, name: str) -> F64:
    """A column of the zones as numbers, zero where nothing is known."""
    if name not in city.zones.columns:
        return np.zeros(city.zones.height)
    found: F64 = np.nan_to_num(city.zones[name].cast(float).fill_null(0.0).to_numpy(), nan=0.0)
    return found


class Journeys:
    """Journeys of one side, weighed by several matrices of trips.

    Parameters
    ----------
    minutes
        One matrix a draw, nan beyond ``limit``.
    ods
        Trips between zones; the first is the demand, others are what it could be as well.
    """

    def __init__(self, minutes: Sequence[F32], ods: Sequence[F64], limit: float) -> None:
        self.zone_sums: list[list[F64]] = []
        self.totals: list[list[float]] = []
        self.lost: list[float] = []
        for m in minutes:
            filled = np.where(np.isnan(m), limit, m).astype(np.float64)
            sums, totals = [], []
            for od in ods:
                product = filled * od
                rows = product.sum(axis=1)
                sums.append(rows + product.sum(axis=0))
                totals.append(float(rows.sum()) / float(od.sum()))
            self.zone_sums.append(sums)
            self.totals.append(totals)
            self.lost.append(100.0 * float(ods[0][np.isnan(m)].sum()) / float(ods[0].sum()))


def equity_of(side: Side, options: Options) -> list[dict[str, float]]:
    """Figures of equity by draw: key -> value."""
    limits = sorted(options.thresholds)
    t = EQUITY_MINUTES if EQUITY_MINUTES in limits else limits[len(limits) // 2]
    people = side.groups.persons["everyone"]
    return [
        {
            f"equity.gini_jobs_{t}": gini(r[f"jobs_{t}"], people),
            f"equity.worst_tenth_jobs_{t}": worst_decile(r[f"jobs_{t}"], people),
        }
        for r in side.reached
    ]


def people_near(side: Side) -> dict[str, F64]:
    """Residents of each zone near a served stop, by key."""
    people = side.groups.persons["everyone"]
    return {f"stops.within_{m}": side.looked.near[c] * people for c, m in enumerate(COVERAGE_M)}
