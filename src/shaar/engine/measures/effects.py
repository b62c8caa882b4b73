"""What a scenario would change, as records that every page, file and command shows alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from shaar.engine.city.model import Badge
from shaar.engine.findings import Finding

#: Whom an effect is about: everybody, or a group of the access room; a place is named by ``place_id`` beside it.
Better = Literal["more", "less", "neither"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One indicator, before and after.

    Parameters
    ----------
    indicator
        Its key in the table of indicators (``src/shaar/data/parameters/effects.csv``): ``journey.minutes``,
        ``access.clinics_30``, ``service.vehicle_km``, ``climate.co2e`` ...
    unit
        Of before, after and change: "min", "persons", "vehicles", "t/year", "KZT/year" ...
    before, after, change
        Of the scenario compared with, of this one, and their difference; None where it is not modelled.
    low, high
        Least and most change over what is not known (draws of phases, ranges of parameters); None where not modelled.
    badge
        Whether the figures are measured, reported, modelled or assumed.
    better
        Whether more or less of it is better for people.
    group, place
        Group of people ("all", "carless", "elderly" ...) and ``place_id`` of the place ("" for the whole city).
    method
        Key of the sentence that says how it was computed, and anchor in docs/effects.md.
    source
        Parameters and data that decide it, with their sources.
    not_modelled
        Key of the sentence that says why there is no figure; "" where there is one.
    """

    indicator: str
    unit: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    badge: Badge
    better: Better
    group: str = "all"
    place: str = ""
    method: str = ""
    source: str = ""
    not_modelled: str = ""

    @property
    def clear(self) -> int:
        """1 for a change that is better over its whole range, -1 for one that is worse, 0 for neither."""
        if self.low is None or self.high is None or self.better == "neither" or self.low <= 0 <= self.high:
            return 0
        return 1 if (self.low > 0) == (self.better == "more") else -1


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an appraisal was made from; equal provenance gives equal figures, to the last digit."""

    city: str
    scenario: str
    compared_with: str
    parameters: str
    engine: str
    seed: int
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Effects of a scenario against the one it is compared with.

    Parameters
    ----------
    effects
        One for each indicator, group and place.
    zones
        One row a zone: zone_id, population, minutes_before, minutes_after, change, low, high (minutes of its mean
        journey; null without journeys), clear (1 clearly better, -1 clearly worse, 0 neither), and
        ``<indicator>_before`` and ``<indicator>_after`` of each indicator of access.
    places
        One row a district or settlement: place_id, kind, name, population, the same columns of minutes, and the
        residents of zones that clearly gain and clearly lose: gainers, losers.
    lines
        One row a line that is added, removed or run otherwise: route_id, name, status ("new", "gone", "changed"),
        boardings, vehicle_km, vehicles, each before and after, a working day; null where not modelled.
    provenance, assumptions
        What it was made from, and what had to be assumed.
    """

    effects: tuple[Effect, ...]
    zones: pl.DataFrame
    places: pl.DataFrame
    lines: pl.DataFrame
    provenance: Provenance
    assumptions: tuple[Finding, ...] = ()

    def effect(self, indicator: str, group: str = "all", place: str = "") -> Effect:
        """One effect.

        Raises
        ------
        KeyError
            It was not looked at.
        """
        for effect in self.effects:
            if (effect.indicator, effect.group, effect.place) == (indicator, group, place):
                return effect
        raise KeyError(f"{indicator} of {group} in {place or 'the city'}")
