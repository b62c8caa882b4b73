"""The shipped factor tables: fuels, electricity grids, temperatures of places."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

from shaar.engine.city.model import Badge
from shaar.engine.errors import InputError


@dataclass(frozen=True, slots=True)
class FuelFactor:
    """CO2e of a fuel per energy, kg/TJ: burnt in the vehicle (TTW), and with its making and transport (WTW)."""

    fuel: str
    ttw: float
    wtw: float
    source: str


@dataclass(frozen=True, slots=True)
class GridFactor:
    """Carbon intensity of a country's electricity generation, gCO2e/kWh, annual mean of the year."""

    country: str
    year: int
    gco2e_kwh: float
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Temperatures:
    """Mean temperature of each month, deg C, January first, and where it is from."""

    place: str
    months: tuple[float, ...]
    badge: Badge
    source: str


def rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a table of ``data/emissions``."""
    text = (resources.files("shaar") / "data" / "emissions" / table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def fuel_factor(fuel: str) -> FuelFactor:
    """Return the factor of "diesel" or "cng".

    Raises
    ------
    InputError
        The fuel is not in the table.
    """
    for r in rows("fuel_factors.csv"):
        if r["fuel"] == fuel:
            return FuelFactor(fuel, float(r["co2e_ttw_kg_tj"]), float(r["co2e_wtw_kg_tj"]), r["source"])
    raise InputError(f"no factor is known for the fuel {fuel}", file="fuel_factors.csv", field="fuel")


@cache
def grid_factor(country: str) -> GridFactor | None:
    """Return the grid factor of a country by its ISO code (two or three letters) or English name; None if unknown."""
    wanted = country.strip().casefold()
    for r in rows("grid_factors.csv"):
        if wanted in (r["iso2"].casefold(), r["iso3"].casefold(), r["country"].casefold()):
            return GridFactor(r["country"], int(r["year"]), float(r["gco2e_kwh"]), r["source"], r["note"])
    return None


def monthly(january: float, july: float) -> tuple[float, ...]:
    """Return twelve monthly means from those of January and July, on a cosine between them.

    An approximation for places of which only these two are known; entered monthly means are better.
    In the south January is the warm end of the same curve.
    """
    mean, swing = (january + july) / 2, (january - july) / 2
    return tuple(mean + swing * math.cos(2 * math.pi * m / 12) for m in range(12))


def temperatures_near(lon: float, lat: float, *, within_km: float = 120.0) -> Temperatures | None:
    """Return monthly temperatures of the nearest known place, or None where none is near."""
    best: tuple[float, dict[str, str]] | None = None
    for r in rows("climate_places.csv"):
        dy = math.radians(float(r["lat"]) - lat)
        dx = math.radians(float(r["lon"]) - lon) * math.cos(math.radians(lat))
        km = 6371.0 * math.hypot(dx, dy)
        if km <= within_km and (best is None or km < best[0]):
            best = km, r
    if best is None:
        return None
    r = best[1]
    badge: Badge = "reported" if r["badge"] == "reported" else "assumed"
    return Temperatures(r["place"], monthly(float(r["january_c"]), float(r["july_c"])), badge, r["source"])
