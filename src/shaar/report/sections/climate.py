"""Energy and climate: tonnes a year of running the service, by vehicle, with ranges."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from shaar.report import facts as fx
from shaar.report.charts.rows import Row, bars
from shaar.report.figure import Table, figure, source_line
from shaar.report.i18n import Speaker
from shaar.report.shared import Shared


def climate(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return the bars with their table, or None where there is no account, and why today is not beside the plan."""
    note = ""
    if shared.facts.partial_day is not None:
        note = s.t("climate.partial_day")
    return {"bars": _bars(shared, s), "note": note}


def option_name(row: dict[str, Any], s: Speaker, *, with_scenario: bool) -> tuple[str, str]:
    """Return the name of a row of the account, and its energy source."""
    name = s.word("vehicle", str(row["vehicle"]))
    if with_scenario:
        name = f"{s.t('word.today') if fx.is_today(row['scenario']) else s.t('word.plan')}: {name}"
    return name, s.word("energy", str(row["energy_source"] or ""))


def _bars(shared: Shared, s: Speaker) -> Markup | None:
    account = fx.account(shared.result, shared.facts)
    if not account:
        return None
    several = any(fx.is_today(r["scenario"]) for r in account)
    rows = []
    for r in account:
        name, energy = option_name(r, s, with_scenario=several)
        rows.append(
            Row(name, energy, None, float(r["co2e_wtw_t"]), low=fx.finite(r["co2e_wtw_t_low"]),
                high=fx.finite(r["co2e_wtw_t_high"]), css="was" if fx.is_today(r["scenario"]) else "")
        )  # fmt: skip
    plan = [r for r in account if not fx.is_today(r["scenario"])]
    title = s.t("climate.plain")
    if len(plan) > 1 and plan[-1]["co2e_wtw_t"] > 0:
        title = s.t(
            "climate.title",
            clean=s.word("vehicle", str(plan[0]["vehicle"])),
            dirty=s.word("vehicle", str(plan[-1]["vehicle"])),
            share=s.pct(1 - plan[0]["co2e_wtw_t"] / plan[-1]["co2e_wtw_t"]),
        )

    def words(row: Row) -> str:
        text = s.sig(row.after or 0.0)
        if row.low is not None and row.high is not None:
            text += f" ({s.sig(row.low)}–{s.sig(row.high)})"
        return text

    heads = tuple(
        s.t(f"col.{k}")
        for k in ("option", "energy_source", "vehicle_km", "energy_mwh", "ttw", "wtw", "range", "nox", "pm")
    )
    table = []
    for r in account:
        name, energy = option_name(r, s, with_scenario=several)
        low, high = fx.finite(r["co2e_wtw_t_low"]), fx.finite(r["co2e_wtw_t_high"])
        table.append(
            (
                name, energy, s.sig(r["vehicle_km"], 4), s.sig(r["energy_mwh"]), s.sig(r["co2e_ttw_t"]),
                s.sig(r["co2e_wtw_t"]),
                f"{s.sig(low)}–{s.sig(high)}" if low is not None and high is not None else "–",
                s.sig(r["nox_kg"]), s.sig(r["pm_kg"]),
            )
        )  # fmt: skip
    return figure(
        bars(rows, words, s.n, label=title),
        s=s,
        ident="emissions",
        title=title,
        subtitle=s.t("climate.sub"),
        source=source_line(s.t("climate.source", made=s.date(shared.result.made.date())), "modelled", s),
        table=Table(heads, tuple(table), frozenset(range(2, 9)), s.t("climate.table"), "climate"),
    )
