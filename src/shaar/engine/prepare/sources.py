"""What a build is asked for: files and columns of the user, official numbers with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shaar.engine.city.model import Provenance
from shaar.engine.city.places import Place

OSM_LICENCE = "ODbL 1.0, © OpenStreetMap contributors"


@dataclass(frozen=True, slots=True)
class Official:
    """Official numbers and outlines that the sources of a city do not carry themselves.

    ``population`` and ``employment`` are totals; ``districts`` are outlines with, where known, their persons by id;
    each with its provenance.
    """

    population: float | None = None
    population_source: Provenance | None = None
    district_population: Mapping[str, float] = field(default_factory=dict)
    employment: float | None = None
    employment_source: Provenance | None = None
    outline: Place | None = None
    districts: tuple[Place, ...] = ()
    district_source: Provenance | None = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user gave for zones and people: files, columns, resolution."""

    population: Path | None = None
    population_column: str | None = None
    zones: Path | None = None
    jobs_column: str | None = None
    districts: Path | None = None
    resolution: int | None = None
