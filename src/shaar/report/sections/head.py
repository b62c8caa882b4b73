"""The head: one paragraph in plain words, the figures that matter before and after, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shaar.engine.city.model import Badge
from shaar.report import facts as fx
from shaar.report.i18n import Speaker
from shaar.report.numbers import clock
from shaar.report.sections import data_source
from shaar.report.shared import Shared


@dataclass(frozen=True, slots=True)
class Card:
    """A figure of the head: what, before and after as written, a note, and how it came to be."""

    label: str
    before: str | None
    before_label: str
    after: str
    note: str
    badge: Badge


def head(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return the summary, the cards, the data the report stands on, and the unknowns."""
    return {
        "summary": summary(shared, s),
        "cards": cards(shared, s),
        "stands_on": stands_on(shared, s),
        "unknown": unknown(shared, s),
    }


def summary(shared: Shared, s: Speaker) -> str:
    """Return one paragraph: what is proposed, what it does for journeys, for stops near people and for jobs."""
    f = shared.facts
    lines, old_new = f.chosen.lines, shared.stop_counts
    out = [
        s.t(
            "summary.network",
            lines=s.p("count.lines", len(lines)),
            stops=s.p("count.stops", sum(old_new)),
            vehicles=s.p("count.vehicles", f.chosen.fleet),
        )
    ]
    b, a = f.journey.before, f.journey.after
    assert b is not None and a is not None
    kind = "foot" if not f.measured_before else ("less" if b - a >= 0.5 else "more" if a - b >= 0.5 else "same")
    out.append(s.t(f"summary.journey_{kind}", before=s.p("count.minutes", b), after=s.p("count.minutes", a)))
    near = f.city.within_400.after
    if near is not None and f.city.population:
        out.append(s.t("summary.near", n=s.sig(near, 3), share=s.pct(near / f.city.population)))
    jobs = f.city.jobs
    if jobs.after is not None and jobs.before is not None:
        key = "summary.jobs" if f.measured_before else "summary.jobs_foot"
        out.append(s.t(key, before=s.sig(jobs.before), after=s.sig(jobs.after), t=f.threshold))
    return " ".join(out)


def cards(shared: Shared, s: Speaker) -> list[Card]:
    """Return the figures that matter; one that the data cannot give is left out, never guessed."""
    f, result = shared.facts, shared.result
    was = s.t("word.today") if f.measured_before else s.t("word.on_foot")
    limit = s.n(result.options.max_minutes)
    unreached = s.t("card.unreached", before=s.pct(f.unreached.before), after=s.pct(f.unreached.after), limit=limit)
    out = [
        Card(s.t("card.journey"), s.unit(f.journey.before, "min"), was, s.unit(f.journey.after, "min"), unreached,
             "modelled"),
    ]  # fmt: skip
    c = f.city
    if c.within_400.after is not None:
        out.append(
            Card(s.t("card.near"), _people(c.within_400.before, s), was, s.sig(c.within_400.after),
                 s.t("card.of_residents", share=s.pct(c.within_400.after / max(c.population, 1.0)),
                     n=s.sig(c.population)),
                 "modelled")
        )  # fmt: skip
    if c.jobs.after is not None:
        out.append(
            Card(s.t("card.jobs", t=f.threshold), s.sig(c.jobs.before) if c.jobs.before is not None else None, was,
                 s.sig(c.jobs.after), s.t("card.jobs_note", n=s.sig(f.jobs_total)), "modelled")
        )  # fmt: skip
    if f.outlying_population > 0:
        out.append(
            Card(s.t("card.outlying"), _people(f.outlying_served.before, s), was, s.sig(f.outlying_served.after or 0.0),
                 s.t("card.outlying_note", n=s.sig(f.outlying_population)), "modelled")
        )  # fmt: skip
    out.append(
        Card(s.t("card.vehicles"), s.n(f.vehicles.before) if f.vehicles.before is not None else None, was,
             s.n(f.vehicles.after), s.t("card.vehicles_note"), "modelled")
    )  # fmt: skip
    emissions = emission_range(shared)
    if emissions:
        low, high, clean, dirty, today = emissions
        after = _range(low, high, s)
        note = s.t("card.emissions_note", clean=s.word("vehicle", clean), dirty=s.word("vehicle", dirty))
        out.append(Card(s.t("card.emissions"), _range(*today, s) if today is not None else None, was, after,
                        note if clean != dirty else s.word("vehicle", clean), "modelled"))  # fmt: skip
    return out


def emission_range(shared: Shared) -> tuple[float, float, str, str, tuple[float, float] | None] | None:
    """Return the lowest and highest t CO2e a year over the vehicle options, their names, and today's where known."""
    rows = shared.result.climate.rows
    plan = [r for r in rows.iter_rows(named=True) if not fx.is_today(r["scenario"])]
    today = [r["co2e_wtw_t"] for r in rows.iter_rows(named=True) if fx.is_today(r["scenario"])]
    if not plan:
        return None
    low, high = min(plan, key=lambda r: r["co2e_wtw_t"]), max(plan, key=lambda r: r["co2e_wtw_t"])
    return (
        float(low["co2e_wtw_t"]),
        float(high["co2e_wtw_t"]),
        str(low["vehicle"]),
        str(high["vehicle"]),
        (float(min(today)), float(max(today))) if today else None,
    )


def stands_on(shared: Shared, s: Speaker) -> list[tuple[str, str]]:
    """Return what the report stands on: (what, source and date)."""
    meta, result = shared.result.city.meta, shared.result
    rows = [(s.t("on.map"), data_source(shared, "links", s))]
    if "zones.population" in meta.provenance:
        rows.append((s.t("on.population"), data_source(shared, "zones.population", s)))
    if "zones.jobs" in meta.provenance:
        rows.append((s.t("on.jobs"), data_source(shared, "zones.jobs", s)))
    window = f"{clock(result.options.window[0])}–{clock(result.options.window[1])}"
    timetable = s.t("on.timetable_none")
    if shared.facts.measured_before:
        timetable = s.t("on.timetable_day", day=s.date(result.before.day)) if result.before.day else s.t("on.timetable")
    rows.append((s.t("on.service"), timetable))
    rows.append((s.t("on.window"), s.t("on.window_text", window=window, walk=s.n(result.options.walk_kmh, 1))))
    return rows


def unknown(shared: Shared, s: Speaker) -> list[str]:
    """Return what the reader has to know before believing a figure."""
    out = []
    if not shared.facts.measured_before:
        out.append(s.t("unknown.no_timetable"))
    out.append(s.t("unknown.unreached", limit=s.n(shared.result.options.max_minutes)))
    assumed = sum(f.severity == "assumed" for f in shared.facts.findings)
    if assumed:
        out.append(s.p("unknown.assumed", assumed))
    out.append(s.t("unknown.ranges"))
    return out


def _range(low: float, high: float, s: Speaker) -> str:
    return s.sig(low) if low == high else f"{s.sig(low)}–{s.sig(high)}"


def _people(value: float | None, s: Speaker) -> str | None:
    return None if value is None else s.sig(value)
