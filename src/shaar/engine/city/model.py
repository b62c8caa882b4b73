"""The city in memory: what stands in a city folder, read-only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

Badge = Literal["measured", "reported", "modelled", "assumed"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a column or table comes from; shown wherever its figures are shown."""

    badge: Badge
    source: str
    date: str = ""
    method: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Meta:
    """``city.toml``: what the city is called and how its data came to be.

    ``crs`` is a metric projected CRS ("EPSG:32642"), ``languages`` are BCP 47 codes, the first one local.
    ``provenance`` maps "zones.population", "links", "stops" ... to its source.
    """

    name: str
    names: dict[str, str]
    country: str
    languages: tuple[str, ...]
    time_zone: str
    crs: str
    currency: str
    data_date: str
    provenance: dict[str, Provenance] = field(default_factory=dict)
    build: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class City:
    """A city as read from its folder. Tables follow :mod:`shaar.engine.city.schema`."""

    path: Path
    meta: Meta
    zones: pl.DataFrame
    places: pl.DataFrame
    nodes: pl.DataFrame
    links: pl.DataFrame
    turns: pl.DataFrame
    stops: pl.DataFrame
    base: pl.DataFrame

    @property
    def gtfs(self) -> Path | None:
        """The timetable as it stands, or None where the city has none."""
        path = self.path / "gtfs.zip"
        return path if path.exists() else None
