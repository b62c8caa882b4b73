"""The vehicles of a design: which types there are, what they cost and emit, and which line may have which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.climate.factors import temperatures_near
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.design.lines import StreetLine
from shaar.engine.design.vehicles import WIRED, VehicleType, grams_of_types, vehicle_key, vehicle_types
from shaar.engine.errors import InputError
from shaar.engine.study.design_rules import VEHICLE_TYPE, Wishes
from shaar.engine.study.design_today import Today

I64 = npt.NDArray[np.int64]

#: Mean speed with stops (km/h) for energy, and the temperature (deg C) where none is known.
SPEED = 18.0
MILD = 15.0
#: A line may be run by trolleybuses where this share of its stop groups lies on lines with wires.
WIRED_SHARE = 0.95
#: Stands for the vehicles of lines that are no buses: outside the fleet, and their room is not known.
OTHER = VehicleType("other", seats=1e6, places=1e6)


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Types of buses and how many there are; ``wires`` are the stop groups with wires, None: everywhere.

    ``given`` tells whether types were asked for, else all are 12 m buses as many as the fleet.
    """

    kinds: tuple[VehicleType, ...]
    limits: tuple[int, ...]
    wires: frozenset[int] | None
    given: bool

    @property
    def total(self) -> int:
        """Vehicles of all types together."""
        return sum(self.limits)

    def mean(self, figure: str) -> float:
        """Mean of a figure of the types, by how many there are."""
        if not self.total:
            return float(getattr(self.kinds[0], figure))
        return sum(n * float(getattr(k, figure)) for n, k in zip(self.limits, self.kinds, strict=True)) / self.total

    def room_for(
        self, lines: Sequence[StreetLine], fleet: int
    ) -> tuple[tuple[VehicleType, ...], I64, npt.NDArray[np.bool_]]:
        """Types, limits and which line may have which type, shape (l, k), for a plan of these lines.

        Without types given, the limit is ``fleet``. Lines that are no buses are run by :data:`OTHER`.
        """
        buses = np.array([line.today is None or line.today.mode in BUS_MODES for line in lines])
        kinds, limits = list(self.kinds), list(self.limits) if self.given else [fleet]
        allowed = np.ones((len(lines), len(kinds)), bool)
        for k, kind in enumerate(kinds):
            if kind.key in WIRED and self.wires is not None:
                allowed[:, k] = [self._wired(line) for line in lines]
        allowed &= buses[:, None]
        if not buses.all():
            kinds.append(OTHER)
            limits.append(0)
            allowed = np.column_stack([allowed, ~buses])
        return tuple(kinds), np.array(limits, np.int64), allowed

    def _wired(self, line: StreetLine) -> bool:
        if line.today is not None and line.today.mode == "trolleybus":
            return True
        groups = {*line.route, *line.way_back}
        return self.wires is None or len(groups & self.wires) >= WIRED_SHARE * len(groups)


def city_grams(city: City) -> dict[str, float]:
    """Greenhouse gases of a kilometre of each type in a city's weather and on its electricity, gCO2e, well to wheel."""
    near = temperatures_near(float(np.mean(city.zones["lon"].to_numpy())), float(np.mean(city.zones["lat"].to_numpy())))
    return grams_of_types(city.meta.country, SPEED, near.months if near is not None else (MILD,) * 12)


def vehicles_of(city: City, wishes: Wishes, today: Today | None, fleet: int) -> Vehicles:
    """Take the types of a design from what is asked, with the greenhouse gases of the city's weather and electricity.

    Raises
    ------
    InputError
        Trolleybuses without a line known to have wires, a line that is not in the timetable, or electric vehicles in a
        country of whose electricity nothing is known.
    """
    asked: dict[str, int] = {}
    for name, count in wishes.fleet_types.items():
        if count:
            asked[vehicle_key(name)] = asked.get(vehicle_key(name), 0) + count
    grams = city_grams(city)
    keys = list(asked) or [VEHICLE_TYPE]
    for key in keys:
        if key not in grams:
            raise InputError(
                f"no carbon intensity of electricity is known for the country {city.meta.country!r}, so {key} cannot "
                "be judged",
                field="fleet_types",
            )
    known = vehicle_types(gco2e_km={**dict.fromkeys(vehicle_types(), 0.0), **grams})
    wires: frozenset[int] | None = frozenset()
    if any(key in WIRED for key in keys):
        wires = _wires(wishes.wires, today)
    return Vehicles(tuple(known[key] for key in keys), tuple(asked.values()) if asked else (fleet,), wires, bool(asked))


def _wires(names: Sequence[str], today: Today | None) -> frozenset[int] | None:
    """Stop groups on lines with wires; None for everywhere."""
    if "all" in names:
        return None
    lines = () if today is None else today.lines
    found = [line for line in lines if line.today and line.today.mode == "trolleybus"]
    for name in names:
        mine = [line for line in lines if line.today and name in (line.today.name, line.today.line_id)]
        if not mine:
            raise InputError(f"today's timetable has no line {name} that runs at its busiest time", field="wires")
        found += mine
    if not found:
        raise InputError(
            "trolleybuses run only under wires: name the lines of today that have them, or all", field="wires"
        )
    return frozenset(g for line in found for g in (*line.route, *line.way_back))
