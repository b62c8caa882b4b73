"""The tables of a finished run, read once and kept: zones and places that gain and lose, lines that change."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from shaar.engine.errors import ShaarError
from shaar.platform.kernel.saying import language

from .models import Run

#: How many places a page names.
MOST = 10
#: A change of the mean journey below this is none that anybody notices, min.
NOTICED = 0.05


@dataclass(frozen=True, slots=True)
class Tables:
    """What a run gave, beside its effects."""

    zones: pl.DataFrame
    places: pl.DataFrame
    lines: pl.DataFrame
    assumptions: tuple[Any, ...]


def tables_of(run: Run | None) -> Tables | None:
    """Tables of a finished run; None where it is not finished, or its folder is gone or damaged."""
    if run is None or run.state != Run.State.DONE or not run.folder:
        return None
    return _tables(run.folder)


@lru_cache(maxsize=16)
def _tables(folder: str) -> Tables | None:
    from shaar.engine.study.effects import read_appraisal

    from .tasks import appraisals

    try:
        found = read_appraisal(appraisals() / folder)
    except (ShaarError, OSError, ValueError, KeyError):
        return None
    return Tables(found.zones, found.places, found.lines, found.assumptions)


@dataclass(frozen=True, slots=True)
class Affected:
    """A district or settlement and what changes there; minutes are of its mean journey, people those of zones."""

    place: str
    name: str
    kind: str
    population: float
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    gainers: float
    losers: float

    @property
    def moved(self) -> float:
        """How much it is affected: people who clearly gain or lose, then minutes of all its people."""
        return self.gainers + self.losers

    @property
    def clear(self) -> int:
        """1: journeys are clearly shorter, -1: longer, 0: neither."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return 0
        return 1 if self.high < 0 else -1


def affected(tables: Tables, *, most: int = MOST) -> list[Affected]:
    """The places most affected: first where most people clearly gain or lose, then where journeys change most."""
    names = _names(tables.places)
    rows = []
    for row in tables.places.iter_rows(named=True):
        if row["kind"] == "city":
            continue
        one = Affected(
            place=str(row["place_id"]), name=names.get(row["place_id"]) or row["name"], kind=row["kind"],
            population=row["population"] or 0.0, before=_number(row.get("minutes_before")),
            after=_number(row.get("minutes_after")), change=_number(row.get("change")), low=_number(row.get("low")),
            high=_number(row.get("high")), gainers=row.get("gainers") or 0.0, losers=row.get("losers") or 0.0,
        )  # fmt: skip
        if one.moved >= 0.5 or (one.change is not None and abs(one.change) >= NOTICED):
            rows.append(one)
    rows.sort(key=lambda one: (-one.moved, -abs(one.change or 0.0) * one.population, one.place))
    return rows[:most]


def winners_and_losers(tables: Tables) -> tuple[float, float]:
    """Residents of zones that clearly gain and clearly lose."""
    zones = tables.zones
    people = zones["population"].fill_null(0.0)
    return float(people.filter(zones["clear"] == 1).sum()), float(people.filter(zones["clear"] == -1).sum())


def _names(places: pl.DataFrame) -> dict[str, str]:
    """Names of places in the reader's language, from the tree of territories of today, whose codes they are."""
    from shaar.platform.places.models import Territory

    return {one.code: str(one) for one in Territory.objects.filter(code__in=places["place_id"].to_list())}


def place_name(code: str) -> str:
    """The name of one place in the reader's language."""
    from shaar.platform.places.models import Territory

    found = Territory.objects.filter(code=code).first()
    return str(found) if found else code


def _number(value: Any) -> float | None:
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else float(value)


STATUS = {"new": lambda: _("new"), "gone": lambda: _("gone"), "changed": lambda: _("changed")}


def lines_of(tables: Tables) -> Iterable[dict[str, Any]]:
    """Lines that are added, removed or run otherwise, as rows of a page."""
    for row in tables.lines.iter_rows(named=True):
        said, status = STATUS.get(str(row["status"])), str(row["status"])
        yield {**row, "words": said() if said else status}


def assumptions_of(tables: Tables) -> list[str]:
    """What had to be assumed, in the reader's language."""
    from shaar.report.i18n import Speaker

    speaker = Speaker(language())
    return [speaker.finding(one)[0] for one in tables.assumptions]
