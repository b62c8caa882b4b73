"""Energy and emissions of a year of bus service for one type of vehicle, with a low and a high estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shaar.engine.climate.exhaust import hot
from shaar.engine.climate.factors import GridFactor, fuel_factor
from shaar.engine.climate.heating import electric_climate_kw, heater_fuel_kw
from shaar.engine.climate.wear import wear_pm10
from shaar.engine.demand.parameters import Parameters
from shaar.engine.errors import InputError

_STANDARD = "Urban Buses Standard 15 - 18 t"
_MIDI = "Urban Buses Midi <=15 t"
_HYBRID = "Urban Buses Diesel Hybrid"
_CNG = "Urban CNG Buses"


@dataclass(frozen=True, slots=True)
class VehicleType:
    """A type of bus: its key, what it runs on, and its curve in the exhaust table (empty for electric ones)."""

    key: str
    energy_source: str
    drive: str
    fuel: str = ""
    segment: str = ""
    euro: str = ""
    technology: str = ""
    midi: bool = False
    fuel_heater: bool = False


VEHICLES: dict[str, VehicleType] = {
    v.key: v
    for v in (
        VehicleType("diesel_euro_iii", "diesel", "engine", "D", _STANDARD, "III"),
        VehicleType("diesel_euro_v", "diesel", "engine", "D", _STANDARD, "V", "SCR"),
        VehicleType("diesel_euro_vi", "diesel", "engine", "D", _STANDARD, "VI D/E", "DPF+SCR"),
        VehicleType("hybrid_euro_vi", "diesel", "hybrid", "D", _STANDARD, "VI D/E", "DPF+SCR"),
        VehicleType("cng_eev", "cng", "engine", "CNG", _CNG, "EEV"),
        VehicleType("midi_diesel_euro_v", "diesel", "engine", "D", _MIDI, "V", "SCR", midi=True),
        VehicleType("trolleybus", "electricity", "trolley"),
        VehicleType("battery_12m", "electricity", "battery"),
        VehicleType("battery_12m_fuel_heater", "electricity", "battery", fuel_heater=True),
    )
}


@dataclass(frozen=True, slots=True)
class YearOfService:
    """What a year of service takes and emits.

    ``energy_mwh`` is fuel burnt and electricity taken from the grid; ``climate_share`` the part of it for heating and
    cooling; ``co2e_*`` tonnes; ``nox_kg`` and ``pm_kg`` kg in the street (PM10 with wear, ``pm_exhaust_kg`` without).
    """

    vehicle: str
    energy_source: str
    vehicle_km: float
    energy_mwh: float
    climate_share: float
    co2e_ttw_t: float
    co2e_wtw_t: float
    co2e_wtw_t_low: float
    co2e_wtw_t_high: float
    nox_kg: float
    pm_kg: float
    pm_exhaust_kg: float


def year_of_service(
    vehicle: str,
    vehicle_km: float,
    speed: float,
    months: Sequence[float],
    parameters: Parameters,
    grid: GridFactor | None = None,
) -> YearOfService:
    """Account a year of service run by one type of vehicle.

    Engines: ``energy = EC(V) km + heater``, the heater covering the heat that the engine's waste heat does not.
    Electric: ``energy = (traction + (auxiliaries + heating and cooling) / V) km / (1 - losses)``, and
    ``WTW = energy x grid / (1 - grid losses)``, ``TTW = 0`` but for a fuel-fired heater.
    The low and high estimates put every parameter at the end of its range that lowers or raises CO2e.

    Parameters
    ----------
    vehicle
        A key of :data:`VEHICLES`.
    vehicle_km
        Kilometres a year, empty runs included.
    speed
        Mean speed with stops, km/h.
    months
        Mean temperatures of the months, deg C.
    parameters
        The table ``climate.csv``.
    grid
        Electricity of the country; needed for electric vehicles.

    Raises
    ------
    InputError
        Unknown vehicle, no grid factor for an electric one, kilometres or speed not sensible.
    """
    middle, low, high = year_range(vehicle, vehicle_km, speed, months, parameters, grid)
    return replace(middle, co2e_wtw_t_low=low.co2e_wtw_t, co2e_wtw_t_high=high.co2e_wtw_t)


def year_range(
    vehicle: str,
    vehicle_km: float,
    speed: float,
    months: Sequence[float],
    parameters: Parameters,
    grid: GridFactor | None = None,
) -> tuple[YearOfService, YearOfService, YearOfService]:
    """Account as :func:`year_of_service` does: the middle, the low and the high estimate, each whole.

    Raises
    ------
    InputError
        As :func:`year_of_service`.
    """
    if vehicle not in VEHICLES:
        raise InputError(f"no such vehicle type; known are {', '.join(VEHICLES)}", field="vehicle")
    if not vehicle_km >= 0 or not speed > 0 or not months:
        raise InputError("kilometres must not be negative, speed positive, and months given", field="vehicle_km, speed")
    kind = VEHICLES[vehicle]
    if kind.energy_source == "electricity" and grid is None:
        raise InputError("an electric vehicle needs the grid factor of the country", field="grid")
    middle = _account(kind, vehicle_km, speed, months, parameters, grid, 0)
    low = _account(kind, vehicle_km, speed, months, ends(parameters, low=True), grid, -1)
    high = _account(kind, vehicle_km, speed, months, ends(parameters, low=False), grid, +1)
    return middle, low, high


#: Parameters of which more means less CO2e.
_SPARING = {"hybrid_saving", "cooling_above", "cop_cold", "cop_mild", "cop_cooling", "waste_heat", "heater_efficiency"}
#: Not part of the range: how much is run is another question than what running takes.
_FIXED = {"days_per_year", "empty_share", "load", "fuel_spread", "brake_wear_electric"}


def ends(parameters: Parameters, *, low: bool) -> dict[str, float]:
    """Return every parameter at the end of its range with the least (or most) CO2e."""
    out = {}
    for name in parameters:
        row = parameters.row(name)
        if name in _FIXED:
            out[name] = row.value
        else:
            out[name] = row.high if (name in _SPARING) == low else row.low
    return out


def _account(
    kind: VehicleType,
    km: float,
    speed: float,
    months: Sequence[float],
    p: Mapping[str, float],
    grid: GridFactor | None,
    side: int,
) -> YearOfService:
    wear = wear_pm10(speed, load=p["load"])
    hours = km / speed
    diesel = fuel_factor("diesel")
    if kind.drive in ("trolley", "battery"):
        assert grid is not None
        loss = p["charging_loss" if kind.drive == "battery" else "overhead_loss"]
        drive = p["traction_battery" if kind.drive == "battery" else "traction_trolley"] * km
        air = electric_climate_kw(months, p, fuel_heater=kind.fuel_heater) * hours
        grid_kwh = (drive + p["auxiliaries_kw"] * hours + air) / (1 - loss)
        heater = heater_fuel_kw(months, 0.0, p) * hours if kind.fuel_heater else 0.0
        ttw = heater * 3.6 * diesel.ttw / 1e9
        wtw = grid_kwh * grid.gco2e_kwh / (1 - p["grid_loss"]) / 1e6 + heater * 3.6 * diesel.wtw / 1e9
        pm = wear["tyre"] + wear["road"] + wear["brake"] * p["brake_wear_electric"]
        total = grid_kwh + heater
        share = (air / (1 - loss) + heater) / total if total else 0.0
        return YearOfService(
            kind.key, kind.energy_source, km, total / 1e3, share, ttw, wtw, wtw, wtw, 0.0, pm * km / 1e3, 0.0
        )
    load = p["load"]

    def curve(pollutant: str, segment: str = kind.segment, fuel: str = kind.fuel) -> float:
        return hot(fuel, segment, kind.euro, pollutant, speed, load=load, technology=kind.technology)

    mj_km = curve("EC") * (1 + side * p["fuel_spread"])
    segment, fuel = kind.segment, kind.fuel
    if kind.drive == "hybrid":
        mj_km *= 1 - p["hybrid_saving"]
        segment, fuel = _HYBRID, "D HY D"
    engine_kwh = mj_km * km / 3.6
    heater = heater_fuel_kw(months, mj_km * speed / 3.6, p, midi=kind.midi) * hours
    total = engine_kwh + heater
    factor = fuel_factor(kind.energy_source)
    # The heater burns what the engine burns.
    ttw, wtw = total * 3.6 * factor.ttw / 1e9, total * 3.6 * factor.wtw / 1e9
    exhaust = curve("PM", segment, fuel)
    return YearOfService(
        kind.key,
        kind.energy_source,
        km,
        total / 1e3,
        heater / total if total else 0.0,
        ttw,
        wtw,
        wtw,
        wtw,
        curve("NOx", segment, fuel) * km / 1e3,
        (exhaust + sum(wear.values())) * km / 1e3,
        exhaust * km / 1e3,
    )
