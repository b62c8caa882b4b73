"""The figures of the report, taken from the results once and the same for every language."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from shaar.engine.findings import Finding
from shaar.engine.study.results import Baseline, Line, NetworkPlan, PlanResult

#: A change of the jobs within reach smaller than this share of all jobs is not called a change.
UNCLEAR_SHARE = 0.01
#: A change of a place's mean journey smaller than this is not called a change.
UNCLEAR_MINUTES = 1.0
#: A rise of the share of journeys that are possible from which a longer mean is no loss: the new ones are the far ones.
WIDER_SHARE = 0.005
#: Names that the account may give to the service as it stands.
TODAY = frozenset({"today", "before", "baseline"})
#: Code of the finding that a timetable holds only some hours of the day.
PARTIAL_DAY = "check.concentrated"


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure before and after; None where nothing is known."""

    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """One district, settlement or the whole city, before and after. Jobs are means per resident."""

    place_id: str
    kind: str
    name: str
    outlying: bool
    population: float
    within_400: Pair
    within_800: Pair
    minutes: Pair
    jobs: Pair
    reached: Pair = Pair(None, None)

    @property
    def wider(self) -> bool:
        """Whether clearly more of its journeys are possible after, so that its two means are not of the same ones."""
        b, a = self.reached.before, self.reached.after
        return b is not None and a is not None and a - b >= WIDER_SHARE

    @property
    def better(self) -> int:
        """1 where the mean journey gets clearly shorter, -1 where longer, 0 where neither or not comparable."""
        if self.minutes.before is None or self.minutes.after is None:
            return 0
        saved = self.minutes.before - self.minutes.after
        if saved <= -UNCLEAR_MINUTES:
            return 0 if self.wider else -1
        return 1 if saved >= UNCLEAR_MINUTES else 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What every language of the report says alike.

    ``measured_before`` tells whether "before" is a timetable (True) or going on foot because none is in the data.
    ``threshold`` is the travel time, minutes, of the jobs within reach; ``emissions`` are t CO2e a year of the plan's
    service (low, value, high) by the vehicle named, the lowest and the highest option beside it.
    """

    measured_before: bool
    threshold: int
    population: float
    jobs_total: float
    city: Place
    districts: tuple[Place, ...]
    settlements: tuple[Place, ...]
    journey: Pair
    unreached: Pair
    outlying_population: float
    outlying_served: Pair
    vehicles: Pair
    chosen: NetworkPlan
    findings: tuple[Finding, ...]

    @property
    def partial_day(self) -> Finding | None:
        """The finding that today's timetable holds only some hours, so that its sums over a day are no measure."""
        if not self.measured_before:
            return None
        return next((f for f in self.findings if f.code == PARTIAL_DAY), None)

    @property
    def places(self) -> tuple[Place, ...]:
        """Districts, then settlements."""
        return self.districts + self.settlements


def gather(result: PlanResult) -> Facts:
    """Take the figures of the report from a plan's results."""
    before, after = result.before, result.after
    known = before.network is not None
    threshold = _threshold(result)
    places = _places(result, threshold, known)
    city = next((p for p in places if p.kind == "city"), None) or _whole(result, threshold, known)
    chosen = result.design.front[result.design.chosen]
    outlying = _outlying_zones(result)
    return Facts(
        measured_before=known,
        threshold=threshold,
        population=_total(result.city.zones, "population"),
        jobs_total=_total(result.city.zones, "jobs"),
        city=city,
        districts=_ordered(p for p in places if p.kind == "district"),
        settlements=_ordered(p for p in places if p.kind not in {"city", "district"}),
        journey=Pair(before.journeys.mean, after.journeys.mean),
        unreached=Pair(before.journeys.unreached, after.journeys.unreached),
        outlying_population=_total(outlying, "population"),
        outlying_served=Pair(
            _near(before, outlying, 800.0) if known else None,
            _near(after, outlying, 800.0),
        ),
        vehicles=Pair(float(before.network.fleet) if before.network else None, float(chosen.fleet)),
        chosen=chosen,
        findings=_findings(result),
    )


def peak_headway(line: Line) -> float:
    """Return the shortest headway of the line, minutes; infinite where it has none."""
    return min((h for h in line.headways.values() if h > 0), default=math.inf)


def account(result: PlanResult, facts: Facts) -> list[dict[str, Any]]:
    """Return the rows of the climate account by the plan's tonnes, today's of a vehicle before the plan's.

    Today is left out where its timetable holds only a part of the day.
    """
    rows = result.climate.rows.iter_rows(named=True)
    kept = [r for r in rows if facts.partial_day is None or not is_today(r["scenario"])]
    tonnes = {r["vehicle"]: r["co2e_wtw_t"] for r in kept if not is_today(r["scenario"])}
    return sorted(
        kept, key=lambda r: (tonnes.get(r["vehicle"], r["co2e_wtw_t"]), r["vehicle"], not is_today(r["scenario"]))
    )


def is_today(scenario: str) -> bool:
    """Tell whether a row of the climate account is the service as it stands."""
    return scenario in TODAY


def finite(value: float | None) -> float | None:
    """Return the value, or None where it is missing or not a number."""
    return None if value is None or not math.isfinite(value) else float(value)


def _threshold(result: PlanResult) -> int:
    there = [t for t in result.options.thresholds if f"jobs_{t}" in result.after.zones.columns]
    return 45 if 45 in there or not there else min(there, key=lambda t: abs(t - 45))


def _total(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].fill_null(0.0).fill_nan(0.0).sum()) if frame.height else 0.0


def _places(result: PlanResult, threshold: int, known: bool) -> list[Place]:
    jobs = f"jobs_{threshold}"
    old = {r["place_id"]: r for r in result.before.places.iter_rows(named=True)}
    outlying = dict(zip(result.city.places["place_id"], result.city.places["outlying"]))
    rows = []
    for r in result.after.places.iter_rows(named=True):
        b = old.get(r["place_id"], {})
        rows.append(
            Place(
                place_id=r["place_id"],
                kind=r["kind"],
                name=r["name"] or r["place_id"],
                outlying=bool(outlying.get(r["place_id"])),
                population=float(r["population"] or 0.0),
                within_400=Pair(finite(b.get("within_400")) if known else None, finite(r["within_400"])),
                within_800=Pair(finite(b.get("within_800")) if known else None, finite(r["within_800"])),
                minutes=Pair(finite(b.get("mean_minutes")), finite(r["mean_minutes"])),
                jobs=Pair(finite(b.get(jobs)), finite(r.get(jobs))),
                reached=Pair(
                    _reached(result, result.before, r["kind"], r["place_id"]),
                    _reached(result, result.after, r["kind"], r["place_id"]),
                ),
            )
        )
    return rows


def _whole(result: PlanResult, threshold: int, known: bool) -> Place:
    """Sum the zones where the places table has no row of the whole city."""

    def near(b: Baseline, metres: float) -> float:
        return float(b.zones.filter(pl.col("stop_m") <= metres)["population"].sum())

    def jobs(b: Baseline) -> float | None:
        column = f"jobs_{threshold}"
        if column not in b.zones.columns:
            return None
        people = float(b.zones["population"].sum())
        return float((b.zones["population"] * b.zones[column]).sum()) / people if people else None

    b, a = result.before, result.after
    return Place(
        place_id="",
        kind="city",
        name=result.city.meta.name,
        outlying=False,
        population=_total(result.city.zones, "population"),
        within_400=Pair(near(b, 400) if known else None, near(a, 400)),
        within_800=Pair(near(b, 800) if known else None, near(a, 800)),
        minutes=Pair(finite(b.journeys.mean), finite(a.journeys.mean)),
        jobs=Pair(jobs(b), jobs(a)),
    )


def _reached(result: PlanResult, b: Baseline, kind: str, place_id: str) -> float | None:
    """Return the share of a place's trips that arrive within the limit; None where the zones do not tell."""
    if not {"trips", "trips_reached"} <= set(b.zones.columns):
        return None
    inside = result.city.zones
    if kind in inside.columns:
        inside = inside.filter(pl.col(kind) == place_id)
    part = b.zones.filter(pl.col("zone_id").is_in(inside["zone_id"].to_list()))
    trips = float(part["trips"].sum())
    return float(part["trips_reached"].sum()) / trips if trips > 0 else None


def _ordered(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted((p for p in places if p.population > 0), key=lambda p: (-p.population, p.name)))


def _outlying_zones(result: PlanResult) -> pl.DataFrame:
    """Zones of outlying settlements; of all settlements where the city does not say which are outlying."""
    places = result.city.places.filter(pl.col("kind") == "settlement")
    marked = places.filter(pl.col("outlying").fill_null(value=False))
    ids = (marked if marked.height else places)["place_id"]
    return result.city.zones.filter(pl.col("settlement").is_in(ids.to_list()))


def _near(b: Baseline, zones: pl.DataFrame, metres: float) -> float:
    near = b.zones.filter(pl.col("stop_m") <= metres)["zone_id"].to_list()
    return _total(zones.filter(pl.col("zone_id").is_in(near)), "population")


def _findings(result: PlanResult) -> tuple[Finding, ...]:
    seen: dict[tuple[str, str], Finding] = {}
    sources = (
        result.findings,
        result.design.findings,
        result.before.assumptions,
        result.after.assumptions,
        result.climate.assumptions,
    )
    for f in (f for group in sources for f in group):
        seen.setdefault((f.code, f.message), f)
    order = {"error": 0, "warning": 1, "assumed": 2, "info": 3}
    return tuple(sorted(seen.values(), key=lambda f: order[f.severity]))


def zone_change(result: PlanResult, threshold: int) -> pl.DataFrame:
    """Return zone_id, population, jobs_before, jobs_after and their change (jobs within the threshold)."""
    column = f"jobs_{threshold}"
    old = result.before.zones.select("zone_id", pl.col(column).alias("jobs_before"))
    new = result.after.zones.select("zone_id", "population", pl.col(column).alias("jobs_after"))
    joined = new.join(old, on="zone_id", how="left")
    return joined.with_columns((pl.col("jobs_after") - pl.col("jobs_before")).alias("change"))


def gained_and_lost(result: PlanResult, facts: Facts) -> tuple[float, float, float]:
    """Return the residents who gain, who see no clear change, and who lose, by jobs within reach."""
    change = zone_change(result, facts.threshold)
    d = change["change"].fill_null(0.0).to_numpy()
    people = change["population"].fill_null(0.0).to_numpy()
    clear = facts.jobs_total * UNCLEAR_SHARE
    gain, loss = float(people[d >= clear].sum()), float(people[d <= -clear].sum())
    return gain, float(people.sum()) - gain - loss, loss


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the value that half of the weight does not exceed; nan for no weight."""
    keep = np.isfinite(values) & (weights > 0)
    if not keep.any():
        return math.nan
    order = np.argsort(values[keep], kind="stable")
    v, w = values[keep][order], np.cumsum(weights[keep][order])
    return float(v[np.searchsorted(w, w[-1] / 2)])
