"""Carrying out ``population_total``: every zone's residents scaled to another total, with its source."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from shaar.engine.city.model import City, Provenance
from shaar.engine.errors import InputError
from shaar.engine.measures.models import PopulationTotal
from shaar.engine.timetable.feed import Feed


def apply(change: PopulationTotal, city: City, feed: Feed | None) -> tuple[City, Feed | None]:
    """Return the city with scaled residents; where people live within it stays as it was.

    Raises
    ------
    InputError
        Nobody lives in the city, so there is nothing to scale.
    """
    now = float(city.zones["population"].fill_null(0.0).sum())
    if now <= 0:
        raise InputError("no zone has residents, so their number cannot be scaled", field="zones.population")
    before = city.meta.provenance.get("zones.population")
    method = f"every zone scaled by {change.value / now:.4f} to {change.value:,.0f} residents"
    if before is not None and before.method:
        method = f"{before.method}; then {method}"
    provenance = {
        **city.meta.provenance,
        "zones.population": Provenance(
            badge="modelled",
            source=f"{change.source}; {before.source}" if before is not None else change.source,
            date=change.date.isoformat(),
            method=method,
            licence=before.licence if before is not None else "",
        ),
    }
    build = dict(city.meta.build)
    if "population_total" in build:  # the total that the zones are checked against is another one now
        build["population_total"] = change.value
    zones = city.zones.with_columns((pl.col("population") * (change.value / now)).alias("population"))
    return replace(city, zones=zones, meta=replace(city.meta, provenance=provenance, build=build)), feed
