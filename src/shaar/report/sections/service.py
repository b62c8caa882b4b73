"""The service of the plan in figures: each line, each period beside today's, the vehicles, and areas against today."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from shaar.engine.study.results import Line, LineService, PeriodTotals, ServicePlan
from shaar.report.figure import Table, source_line
from shaar.report.i18n import Speaker
from shaar.report.numbers import NBSP
from shaar.report.sections import model_source
from shaar.report.sections.lines import stop_words
from shaar.report.shared import Shared
from shaar.report.svg import el

#: A row of all periods together.
DAY = "day"


def service(shared: Shared, s: Speaker) -> dict[str, Any] | None:
    """Return the tables of lines, periods and vehicles; None for a plan whose service was not assigned."""
    plan = shared.facts.chosen.service
    if plan is None:
        return None
    return {
        "lines": _lines(shared, plan, s).html(s),
        "periods": _periods(shared, plan, s).html(),
        "vehicles": _vehicles(plan, s).html(),
        "source": source_line(model_source(shared, s), "modelled", s),
        "vehicles_source": source_line(s.t("service.vehicles_source"), ("assumed", "modelled"), s),
        "short": _short(plan, s),
    }


def period_word(period: str, s: Speaker) -> str:
    """Return the name of a period; of the whole day for "day"."""
    return s.t("service.day") if period == DAY else s.word("period", period)


def _lines(shared: Shared, plan: ServicePlan, s: Speaker) -> Table:
    days = {x.line_id: x for x in plan.with_days() if x.period == DAY}
    where = {(x.line_id, x.period): x for x in plan.lines}
    heads = (
        s.t("col.line"), s.t("col.vehicle_type"), s.t("col.headways"), s.t("col.vehicles"), s.t("col.boardings_day"),
        s.t("col.fullest"), s.t("col.fullest_where"), s.t("col.vehicle_km_day"), s.t("col.cost_day"), s.t("col.g_pkm"),
    )  # fmt: skip
    names = [p.period for p in plan.periods if p.period != DAY]
    rows: list[tuple[str | Markup, ...]] = []
    for i, d in enumerate(shared.drawn):
        day = days.get(d.line.line_id)
        if day is None:
            continue
        each = [d.line.headways.get(name) for name in names]
        said = " · ".join("–" if h is None else s.n(h, 0 if float(h).is_integer() else 1) for h in each)
        top = max((where[d.line.line_id, n] for n in names if (d.line.line_id, n) in where), key=lambda x: x.peak_load)
        rows.append((
            el("a", d.label, href=f"#{s.language}-line-{i}", class_=f"chip c{d.colour}", data_line=i),
            s.word("vehicle", day.vehicle_type), el("span", said, class_="nb"), s.n(d.line.vehicles),
            s.sig(day.boardings), s.pct(day.load_factor), _part(shared, top, s), s.sig(day.vehicle_km),
            _sig(day.cost, s), _sig(day.gco2e_passenger_km, s),
        ))  # fmt: skip
    return Table(heads, tuple(rows), frozenset({3, 4, 5, 7, 8, 9}), s.t("service.lines"), "service-lines", True)


def _part(shared: Shared, x: LineService, s: Speaker) -> str:
    """Between which stops the line is fullest."""
    if not x.peak_from:
        return "–"
    a, b = stop_words(shared, x.peak_from, s), stop_words(shared, x.peak_to, s)
    return a if a == b else f"{a} – {b}"


def _sig(value: float | None, s: Speaker) -> str:
    return "–" if value is None else s.sig(value)


def _periods(shared: Shared, plan: ServicePlan, s: Speaker) -> Table:
    today = shared.result.design.today
    before = None if today is None else today.service
    heads = tuple(
        s.t(f"col.{k}")
        for k in ("period", "vehicles", "boardings", "fullest", "vehicle_kms", "cost", "co2e", "g_pkm", "mean_minutes",
                  "felt")
    )  # fmt: skip
    rows = [
        _totals(p, f"{period_word(p.period, s)}, {p.start // 3600}\u2060–\u2060{p.end // 3600}", s)
        for p in plan.periods
    ]
    if before is not None:
        rows += [_totals(p, f"{s.t('word.today')}: {period_word(p.period, s)}", s) for p in before.periods]
    return Table(heads, tuple(rows), frozenset(range(1, len(heads))), s.t("service.periods"), "service-periods", True)


def _totals(p: PeriodTotals, name: str, s: Speaker) -> tuple[str, ...]:
    return (
        name, s.n(p.vehicles), s.sig(p.boardings), s.pct(p.load_factor), s.sig(p.vehicle_km), s.sig(p.cost),
        s.n(p.kgco2e / 1000.0, 1), _sig(p.gco2e_passenger_km, s), s.n(p.mean_minutes, 1), s.n(p.mean_felt, 1),
    )  # fmt: skip


def _vehicles(plan: ServicePlan, s: Speaker) -> Table:
    heads = tuple(
        s.t(f"col.{k}")
        for k in ("vehicle_type", "there", "in_service", "seats", "places", "cost_hour", "cost_km", "g_km")
    )
    rows = tuple(
        (
            s.word("vehicle", t.key), s.n(t.there), s.n(t.used), s.n(t.seats), s.n(t.places),
            s.n(t.cost_hour, 0 if float(t.cost_hour).is_integer() else 1), s.n(t.cost_km, 2), s.sig(t.gco2e_km),
        )
        for t in plan.types
    )  # fmt: skip
    return Table(heads, rows, frozenset(range(1, len(heads))), s.t("service.vehicles"), "service-vehicles", True)


def _short(plan: ServicePlan, s: Speaker) -> list[str]:
    """Lines that cannot carry everybody, and what would."""
    said = []
    for x in sorted(plan.shortages, key=lambda x: -float(x["load"] or 0.0) / max(float(x["places"] or 0.0), 1e-9))[:8]:
        key = "service.short_never" if x["extra"] is None else "service.short"
        said.append(
            s.t(key, line=x["name"], period=s.word("period", str(x["period"])), load=s.n(float(x["load"] or 0.0)),
                places=s.n(float(x["places"] or 0.0)), extra="" if x["extra"] is None else s.n(float(x["extra"])))
        )  # fmt: skip
    return said


def period_texts(plan: ServicePlan | None, line: Line, s: Speaker) -> list[str]:
    """Say each period of a line: how often, with how many vehicles, who boards and how full it gets."""
    if plan is None:
        return []
    said = []
    for x in plan.lines:
        if x.line_id == line.line_id:
            text = s.t(
                "service.period_line", period=s.word("period", x.period),
                every=s.t("line.every", minutes=s.unit(x.headway, "min", 0 if float(x.headway).is_integer() else 1)),
                vehicles=s.p("count.vehicles", x.vehicles), boardings=s.sig(x.boardings),
            )  # fmt: skip
            if x.load_factor is not None:
                text += f", {s.t('service.full', share=s.pct(x.load_factor))}"
            said.append(text)
    return said


def areas(shared: Shared, s: Speaker) -> Markup | None:
    """Return the table of winners and losers by area, those that lose most first; None where today is not known."""
    rows = shared.facts.chosen.areas
    if not rows:
        return None
    heads = (
        s.t("col.area"), s.t("col.journeys_day"), s.t("col.minutes", when=s.t("word.today")),
        s.t("col.minutes", when=s.t("word.plan")), s.t("col.change"), s.t("col.gain_share"), s.t("col.lose_share"),
    )  # fmt: skip
    body = tuple(
        (
            s.word("area", str(a["area"])), s.sig(float(a["trips_day"])), s.n(float(a["before_minutes"]), 1),
            s.n(float(a["after_minutes"]), 1), f"{s.signed(float(a['change_percent']), 1)}{NBSP}%",
            s.pct(float(a["gain_share"])), s.pct(float(a["lose_share"])),
        )
        for a in rows
    )  # fmt: skip
    return Table(heads, body, frozenset(range(1, len(heads))), s.t("areas.heading"), "areas", True).html(s)
