"""The climate account of a plan: a year of service before and after, for every vehicle the city may buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from shaar.engine.city.model import City
from shaar.engine.climate.bus_fleet import VEHICLES, YearOfService, year_of_service
from shaar.engine.climate.factors import Temperatures, grid_factor, temperatures_near
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.study.results import ClimateAccount, NetworkPlan, NetworkStats, Options

_COLUMNS = {
    "scenario": pl.String,
    "vehicle": pl.String,
    "energy_source": pl.String,
    "vehicle_km": pl.Float64,
    "energy_mwh": pl.Float64,
    "climate_share": pl.Float64,
    "co2e_ttw_t": pl.Float64,
    "co2e_wtw_t": pl.Float64,
    "co2e_wtw_t_low": pl.Float64,
    "co2e_wtw_t_high": pl.Float64,
    "nox_kg": pl.Float64,
    "pm_kg": pl.Float64,
    "pm_exhaust_kg": pl.Float64,
}
#: Vehicles of about the same size, so that a kilometre of each carries the same people (a midi bus carries fewer).
STANDARD = tuple(key for key, kind in VEHICLES.items() if not kind.midi)
#: Where no temperature is known: heat and cold are then small, and the finding says so.
_MILD = Temperatures("", (15.0,) * 12, "assumed", "")


def climate_account(
    city: City,
    network_before: NetworkStats | None,
    plan: NetworkPlan,
    network_after: NetworkStats,
    *,
    options: Options | None = None,
    parameters: Parameters | Mapping[str, float] | None = None,
    temperatures: Sequence[float] | None = None,
    vehicles: Sequence[str] = STANDARD,
) -> ClimateAccount:
    """Account energy and emissions of a year of service, before and after, for several vehicles.

    Parameters
    ----------
    network_before
        The service as it stands, None where no timetable is known.
    plan, network_after
        The plan and the figures of its service on one full working day.
    options
        Settings of the study (the account is for the whole day, whatever the window).
    parameters
        A whole table, or single values replacing those of ``data/parameters/climate.csv``.
    temperatures
        Monthly means, deg C; None takes those of the nearest known place.
    vehicles
        Keys of :data:`shaar.engine.climate.bus_fleet.VEHICLES`.

    Returns
    -------
    ClimateAccount
        Rows ``scenario`` (before, after) x vehicle; electric rows are left out where the grid is not known.

    Raises
    ------
    InputError
        A temperature or parameter is not sensible.
    """
    p = (
        parameters
        if isinstance(parameters, Parameters)
        else load_parameters("climate.csv").with_values(parameters or {})
    )
    findings: list[Finding] = []
    air = _temperatures(city, temperatures, findings)
    grid = grid_factor(city.meta.country)
    if grid is None:
        findings.append(
            Finding(
                "climate.no_grid",
                f'No carbon intensity of electricity is known for the country "{city.meta.country}", so electric buses '
                "are left out of the account.",
                where=city.meta.country,
                severity="assumed",
                values={"country": city.meta.country},
            )
        )
    else:
        findings.append(
            Finding(
                "climate.grid",
                f"Electricity in {grid.country} is counted with {grid.gco2e_kwh:.0f} gCO2e/kWh, the annual mean of "
                f"generation in {grid.year} ({grid.source}); winter may differ.",
                where=grid.country,
                severity="assumed",
                values={
                    "country": grid.country,
                    "year": grid.year,
                    "grams": round(grid.gco2e_kwh),
                    "source": grid.source,
                },
            )
        )
    findings.append(
        Finding(
            "climate.days",
            f"A year of service is counted as {p['days_per_year']:.0f} working days, "
            f"with {100 * p['empty_share']:.0f} % more kilometres for empty runs.",
            severity="assumed",
            values={"days": round(p["days_per_year"]), "empty_percent": round(100 * p["empty_share"])},
        )
    )
    kinds = [v for v in vehicles if grid is not None or VEHICLES[_known(v)].energy_source != "electricity"]
    records = []
    for scenario, network in (("before", network_before), ("after", network_after)):
        if network is None or network.vehicle_km <= 0:
            continue
        km = network.vehicle_km * p["days_per_year"] * (1 + p["empty_share"])
        speed = network.vehicle_km / network.vehicle_hours
        for vehicle in kinds:
            row: YearOfService = year_of_service(vehicle, km, speed, air.months, p, grid)
            records.append({"scenario": scenario, **asdict(row)})
        findings.append(
            Finding(
                f"climate.speed_{scenario}",
                f"Emissions of the network {scenario} are those at its mean speed of {speed:.1f} km/h with stops.",
                severity="info",
                values={"speed": round(speed, 1)},
            )
        )
    if network_before is None:
        findings.append(
            Finding(
                "climate.no_before",
                "The city has no timetable, so there is no account of the service as it stands.",
                severity="assumed",
            )
        )
    if plan.vehicle_km_day > 0 and abs(network_after.vehicle_km / plan.vehicle_km_day - 1) > 0.1:
        findings.append(
            Finding(
                "climate.plan_km",
                f"The plan's search counted {plan.vehicle_km_day:,.0f} vehicle-km a day, its timetable has "
                f"{network_after.vehicle_km:,.0f}; the account uses the timetable.",
                values={"search_km": round(plan.vehicle_km_day), "timetable_km": round(network_after.vehicle_km)},
            )
        )
    frame = pl.DataFrame(records, schema=_COLUMNS) if records else pl.DataFrame(schema=_COLUMNS)
    return ClimateAccount(rows=frame, assumptions=tuple(findings))


def _known(vehicle: str) -> str:
    if vehicle not in VEHICLES:
        raise InputError(f"no such vehicle type; known are {', '.join(VEHICLES)}", field="vehicles")
    return vehicle


def _temperatures(city: City, given: Sequence[float] | None, findings: list[Finding]) -> Temperatures:
    if given is not None:
        if len(given) != 12 or not all(np.isfinite(given)):
            raise InputError("twelve monthly temperatures are needed, January first", field="temperatures")
        return Temperatures("", tuple(float(t) for t in given), "reported", "entered by the user")
    air = None
    if city.zones.height:
        air = temperatures_near(float(city.zones["lon"].mean()), float(city.zones["lat"].mean()))  # type: ignore[arg-type]
    if air is None:
        findings.append(
            Finding(
                "climate.no_temperature",
                "No temperatures are known for this place, so buses are counted as at 15 °C all year; "
                "give monthly means to count heating and cooling.",
                severity="assumed",
            )
        )
        return _MILD
    findings.append(
        Finding(
            "climate.temperature",
            f"Heating is counted with monthly means of {air.place} between {min(air.months):.0f} and "
            f"{max(air.months):.0f} °C ({air.source}).",
            where=air.place,
            severity="assumed" if air.badge == "assumed" else "info",
            values={
                "place": air.place,
                "coldest": round(min(air.months)),
                "warmest": round(max(air.months)),
                "source": air.source,
            },
        )
    )
    return air
