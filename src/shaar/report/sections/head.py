"""The head: one paragraph in plain words, the figures that matter before and after, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shaar.engine.city.model import Badge
from shaar.report import facts as fx
from shaar.report.i18n import Speaker
from shaar.report.numbers import NBSP, clock
from shaar.report.sections import data_source
from shaar.report.shared import Shared


@dataclass(frozen=True, slots=True)
class Card:
    """A figure of the head: what, before and after as written, a note, and how it came to be.

    ``options`` are (before, after, words) where the figure depends on a choice; ``partial`` tells that today is known
    but not comparable, so that the note says so.
    """

    label: str
    before: str | None
    before_label: str
    after: str
    note: str
    badge: Badge
    options: tuple[tuple[str | None, str, str], ...] = ()
    partial: bool = False


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
    b, a = (fx.finite(x.journeys.mean_all) for x in (result.before, result.after))
    if b is not None and a is not None:
        same = s.t("card.mean_all", before=s.n(b), after=s.unit(a, "min"), limit=limit)
        unreached = f"{unreached} {same}"
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
    emissions = _emissions(shared, s)
    return [*out, emissions] if emissions else out


def _emissions(shared: Shared, s: Speaker) -> Card | None:
    """Return the tonnes a year of the cleanest and the dirtiest vehicles: a choice, not a range of one figure."""
    account = fx.account(shared.result, shared.facts)
    plan = [r for r in account if not fx.is_today(r["scenario"])]
    if not plan:
        return None
    today = {r["vehicle"]: float(r["co2e_wtw_t"]) for r in account if fx.is_today(r["scenario"])}
    ends = plan[:1] if plan[0]["vehicle"] == plan[-1]["vehicle"] else [plan[0], plan[-1]]

    def tonnes(value: float) -> str:
        return f"{s.sig(value)}{NBSP}{s.t('unit.t')}"

    options = tuple(
        (tonnes(today[r["vehicle"]]) if r["vehicle"] in today else None, tonnes(float(r["co2e_wtw_t"])),
         s.word("vehicle", str(r["vehicle"])))
        for r in ends
    )  # fmt: skip
    was = s.t("word.today")
    note = s.t("card.emissions_note")
    partial = shared.facts.partial_day is not None
    if partial:
        note = f"{s.t('card.emissions_partial')} {note}"
    return Card(s.t("card.emissions"), options[0][0], was, options[0][1], note, "modelled", options, partial)


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
    partial = shared.facts.partial_day
    if partial is not None:
        out += [s.finding(partial)[0], s.t("unknown.partial_day")]
    out.append(s.t("unknown.unreached", limit=s.n(shared.result.options.max_minutes)))
    assumed = sum(f.severity == "assumed" for f in shared.facts.findings)
    if assumed:
        out.append(s.p("unknown.assumed", assumed))
    out.append(s.t("unknown.ranges"))
    return out


def _people(value: float | None, s: Speaker) -> str | None:
    return None if value is None else s.sig(value)
