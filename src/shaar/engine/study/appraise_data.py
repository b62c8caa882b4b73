"""What an appraisal was made from, as hashes: the city's tables, its timetable, and every parameter table."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

import numpy as np
import polars as pl

from shaar.engine.city import schema
from shaar.engine.city.model import City
from shaar.engine.errors import ShaarError
from shaar.engine.measures.effects import Provenance
from shaar.engine.timetable.feed import SCHEMA, Feed

#: Tables of parameters on which effects rest.
TABLES = (
    "access.csv", "climate.csv", "cmf.csv", "demand.csv", "effects.csv", "effects_values.csv", "measures.csv",
    "mobility.csv", "model.csv", "parking.csv", "roads.csv", "vehicles.csv", "walking_cycling.csv",
)  # fmt: skip
#: Tables of emission factors beside them.
EMISSIONS = ("bus_hot_exhaust.csv", "climate_places.csv", "fuel_factors.csv", "grid_factors.csv")


class StaleError(ShaarError):
    """Saved figures are of other data than those that stand there now."""


def city_hash(city: City, feed: Feed | None) -> str:
    """SHA-256 of all that a city folder holds: its tables, CRS, country and currency, and the timetable."""
    out = hashlib.sha256()
    out.update(f"{city.meta.crs}|{city.meta.country}|{city.meta.currency}|{city.meta.time_zone}".encode())
    for name in schema.TABLES:
        _table(out, name, getattr(city, name))
    if feed is not None:
        for name in SCHEMA:
            _table(out, name, getattr(feed, name))
    return out.hexdigest()


def _table(out: hashlib._Hash, name: str, table: pl.DataFrame) -> None:
    out.update(f"\x1e{name}:{table.height}".encode())
    for column in table.columns:
        values = table[column]
        out.update(f"\x1d{column}:{values.dtype}".encode())
        if values.null_count():
            out.update(np.packbits(values.is_null().to_numpy()).tobytes())
        if values.dtype.is_numeric() or values.dtype == pl.Boolean:
            zero = False if values.dtype == pl.Boolean else 0
            out.update(np.ascontiguousarray(values.fill_null(zero).to_numpy()).tobytes())
        elif values.dtype == pl.Binary:
            for item in values:
                out.update(b"\x1f" if item is None else len(item).to_bytes(8, "little") + item)
        else:
            out.update("\x1f".join("" if v is None else str(v) for v in values.to_list()).encode())


@cache
def parameter_hash() -> str:
    """SHA-256 of the shipped tables of parameters and emission factors."""
    out = hashlib.sha256()
    data = resources.files("shaar") / "data"
    for folder, names in (("parameters", TABLES), ("emissions", EMISSIONS)):
        for name in names:
            out.update(f"\x1e{name}\x1f".encode())
            out.update((data / folder / name).read_bytes())
    return out.hexdigest()


def check_fresh(provenance: Provenance, city: City, feed: Feed | None) -> None:
    """Raise when figures were made from another city or other parameters than those that stand there now.

    Raises
    ------
    StaleError
        The city's data, the parameters or the engine have changed since; the sentence says which.
    """
    from shaar import __version__

    for was, now, what in (
        (provenance.city, city_hash(city, feed), f"the data of {city.meta.name}"),
        (provenance.parameters, parameter_hash(), "a table of parameters"),
        (provenance.engine, __version__, "the version of Shaar"),
    ):
        if was != now:
            raise StaleError(f"{what} has changed since these figures were made; run the scenario again")
