"""Vehicle types for planning: room, cost and greenhouse gases, from a table that anybody may replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shaar.engine.climate.bus_fleet import year_of_service
from shaar.engine.climate.factors import grid_factor
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError

#: The kind of the climate room that each type of the shipped table is counted as.
CLIMATE_KINDS = {
    "bus_12m": "diesel_euro_vi",
    "articulated_18m": "diesel_euro_vi",
    "midi_9m": "midi_diesel_euro_v",
    "minibus_6m": "midi_diesel_euro_v",
    "trolleybus_12m": "trolleybus",
    "battery_12m": "battery_12m",
}
#: Short names of the types, as a planner gives them.
NAMES = {
    "standard": "bus_12m",
    "articulated": "articulated_18m",
    "midi": "midi_9m",
    "minibus": "minibus_6m",
    "trolleybus": "trolleybus_12m",
    "battery": "battery_12m",
}
#: Types that need wires above the street.
WIRED = frozenset({"trolleybus_12m"})
_FIELDS = ("seats", "places", "cost_hour", "cost_km")


@dataclass(frozen=True, slots=True)
class VehicleType:
    """A type of vehicle.

    Parameters
    ----------
    key
        Name in the table.
    seats, places
        Seats; persons that it should carry at most, seats included.
    cost_hour, cost_km
        Cost of an hour in service and of a kilometre, in one currency.
    gco2e_km
        Greenhouse gases of a kilometre, well to wheel, gCO2e.
    """

    key: str
    seats: float
    places: float
    cost_hour: float = 0.0
    cost_km: float = 0.0
    gco2e_km: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.seats <= self.places or not self.places > 0:
            raise InputError(f"{self.key} has {self.seats:g} seats of {self.places:g} places", field="seats")
        if not (self.cost_hour >= 0 and self.cost_km >= 0 and self.gco2e_km >= 0):
            raise InputError(f"costs and emissions of {self.key} must not be negative", field="cost")


def vehicle_types(
    table: Parameters | str | Path = "vehicles.csv", *, gco2e_km: Mapping[str, float] | None = None
) -> dict[str, VehicleType]:
    """Read the vehicle types of a parameter table with rows ``TYPE.seats``, ``TYPE.places``, ``TYPE.cost_hour`` ...

    Parameters
    ----------
    table
        A table, a path, or the name of a shipped one.
    gco2e_km
        Greenhouse gases of a kilometre of each type, as :func:`grams_of_types` has them; None: not counted (0).

    Raises
    ------
    InputError
        A type lacks a row, or no grams are given for it.
    """
    rows = table if isinstance(table, Parameters) else load_parameters(table)
    found = {}
    for key in dict.fromkeys(name.split(".", 1)[0] for name in rows if "." in name):
        lacking = [f for f in _FIELDS if f"{key}.{f}" not in rows]
        if lacking:
            raise InputError(f"the vehicle type {key} lacks a row", field=f"{key}.{lacking[0]}")
        if gco2e_km is not None and key not in gco2e_km:
            raise InputError("no greenhouse gases are given for this vehicle type", field=key)
        figures = {f: rows[f"{key}.{f}"] for f in _FIELDS}
        found[key] = VehicleType(key, **figures, gco2e_km=0.0 if gco2e_km is None else float(gco2e_km[key]))
    return found


def vehicle_key(name: str) -> str:
    """Return the key of a type given by its key or its short name (:data:`NAMES`).

    Raises
    ------
    InputError
        No such type; the sentence lists those that are known.
    """
    key = NAMES.get(name.strip().lower(), name.strip())
    if key not in CLIMATE_KINDS:
        raise InputError(f"there is no vehicle type {name!r}; known are {', '.join(NAMES)}", field="fleet_types")
    return key


def grams_of_types(
    country: str,
    speed: float,
    months: Sequence[float],
    *,
    table: Parameters | None = None,
    climate: Parameters | None = None,
    kinds: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Greenhouse gases of a kilometre of each type, gCO2e, from the climate room's account of a year.

    Parameters
    ----------
    country
        Whose electricity is used; types that need it are left out where it is not known.
    speed
        Mean speed with stops, km/h.
    months
        Mean temperatures of the months, deg C.
    table, climate
        Vehicle and climate parameters; default: the shipped ones.
    kinds
        Kind of the climate room for each type; default :data:`CLIMATE_KINDS`.

    Raises
    ------
    InputError
        An unknown kind, or a speed that is not sensible.
    """
    rows = table or load_parameters("vehicles.csv")
    weather = climate or load_parameters("climate.csv")
    grid = grid_factor(country)
    found = {}
    for key, kind in (kinds or CLIMATE_KINDS).items():
        if grid is None and kind in ("trolleybus", "battery_12m", "battery_12m_fuel_heater"):
            continue
        year = year_of_service(kind, 1e6, speed, months, weather, grid)
        # Tonnes of a million kilometres are grams of one.
        found[key] = year.co2e_wtw_t * rows.get(f"{key}.energy_ratio", 1.0)
    return found
