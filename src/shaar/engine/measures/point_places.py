"""Points of interest that a change brings: rows of the city's place table."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import shapely

from shaar.engine.city import schema
from shaar.engine.city.model import City


def with_place(city: City, kind: str, point: tuple[float, float], name: str, *, capacity: float | None = None) -> City:
    """Return the city with one more place of a kind, ``proposed-KIND-n``.

    Where the table has a column ``capacity`` the new place has its own there, or null.
    """
    taken = set(city.places["place_id"])
    number = 1
    while f"proposed-{kind}-{number}" in taken:
        number += 1
    row = pl.DataFrame(
        {
            "place_id": [f"proposed-{kind}-{number}"], "kind": [kind], "name": [name or None],
            "geometry": [shapely.to_wkb(shapely.Point(*point))],
        },
        schema={"place_id": pl.String, "kind": pl.String, "name": pl.String, "geometry": pl.Binary},
    )  # fmt: skip
    fresh = schema.conform("places", row)
    if capacity is not None and "capacity" in city.places.columns:
        fresh = fresh.with_columns(pl.lit(capacity).cast(city.places.schema["capacity"]).alias("capacity"))
    return replace(city, places=pl.concat([city.places, fresh], how="diagonal"))
