"""`shaar cba`: what a scenario is worth against what it costs, year by year, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shaar.cli import console
from shaar.cli.options import open_city, scenario_file
from shaar.engine.errors import InputError

if TYPE_CHECKING:
    from shaar.engine.measures.effects import Appraisal
    from shaar.engine.study.cost_benefit import CostBenefit

#: Most rows of a table on the console.
ROWS = 10


@click.command()
@click.argument("where")
@click.argument("scenario", required=False)
@click.option("--against", help="Scenario to compare with, instead of the city as it stands.")
@click.option("--country", help="Whose wages and product decide the values (KZ, KG, ...); default: the city's.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Another value for an assumption.")
@click.option("--works", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Building works, EUR.")
@click.option("--works-life", type=click.IntRange(1), default=25, show_default=True, help="Years that they last.")
@click.option("--draws", type=click.IntRange(2, 1_000_000), default=2000, show_default=True, help="Of the simulation.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead of tables.")
def cba(
    where: str,
    scenario: str | None,
    against: str | None,
    country: str | None,
    values: tuple[str, ...],
    works: float,
    works_life: int,
    draws: int,
    seed: int,
    as_json: bool,
) -> None:
    """Weigh costs and benefits of a scenario over years, in EUR of the price year.

    WHERE is a folder that `shaar appraise --out` has written; or a city, and then SCENARIO is a file of changes or the
    name of one in the city's folder, which is appraised first.
    """
    from shaar.engine.study.cost_benefit import cost_benefit
    from shaar.engine.study.cost_benefit_output import cost_benefit_json

    chosen = dict(_value(text) for text in values)
    if scenario is None:
        from shaar.engine.study.effects import read_appraisal

        appraisal = read_appraisal(where)
    else:
        appraisal, here = _appraised(where, scenario, against, seed)
        country = country or here
    found = cost_benefit(
        appraisal, country=country, works=works, works_life=works_life, values=chosen, draws=draws, seed=seed
    )
    if as_json:
        click.echo(json.dumps(cost_benefit_json(found), ensure_ascii=False, default=float))
        return
    show(found)


def _value(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    try:
        return name.strip(), float(value) if sign else float("nan")
    except ValueError:
        raise InputError(f"a value is given as NAME=NUMBER, not {text!r}", field="--set") from None


def _appraised(city: str, scenario: str, against: str | None, seed: int) -> tuple[Appraisal, str]:
    from shaar.engine.measures.scenario import read_scenario
    from shaar.engine.study.effects import Workshop
    from shaar.engine.study.results import Options

    place, feed = open_city(city)
    wanted = read_scenario(scenario_file(place, scenario))
    base = read_scenario(scenario_file(place, against)) if against else None
    with console.progress() as progress:
        workshop = Workshop.open(place, feed, base=base, options=Options(seed=seed), progress=progress)
        return workshop.appraise(wanted, progress=progress), place.meta.country


def show(found: CostBenefit) -> None:
    """Print who gains first, then the balance, what it hangs on, and what stands beside it."""
    from shaar.engine.study.cost_benefit_output import word
    from shaar.engine.study.effects_table import label

    b, s = found.balance, found.simulation
    ends = found.places if len(found.places) <= ROWS else (*found.places[: ROWS // 2], *found.places[-ROWS // 2 :])
    rows = [(g.group, _money(g.people), f"{g.per_person:+.2f}") for g in ends]
    left = f"; {len(found.places) - len(ends)} places between" if len(ends) < len(found.places) else ""
    _table(f"Minutes saved a trip, who gains least first (modelled{left})", ("place", "residents", "min"), rows)
    parts = [(word("streams", key, "en"), kind, _money(v)) for key, kind, v in b.parts]
    _table(f"Present values, EUR of {found.price_year} (assumed prices)", ("", "", "EUR"), parts)
    low, middle, high = s.percentile(5, 50, 95)
    totals = [
        ("npv", f"{_money(b.npv)} EUR ({_money(b.npv * found.per_eur)} {found.currency})"),
        ("bcr", "-" if b.bcr is None else f"{b.bcr:.2f}"),
        ("irr", "-" if b.irr is None else f"{b.irr:.1%}"),
        ("payback", "-" if b.payback is None else f"{b.payback:.1f}"),
        ("positive", f"{s.positive:.0%}"),
    ]
    for key, text in totals:
        console.out.print(f"{word('totals', key, 'en')}: [bold]{text}[/]", soft_wrap=True)
    console.out.print(
        f"{len(s.values)} draws, seed {s.seed}: 5 % below {_money(low)}, half below {_money(middle)}, "
        f"95 % below {_money(high)} EUR\n",
        soft_wrap=True,
    )
    bars = [
        (word("assumptions", x.name, "en"), f"{x.range.low:g} to {x.range.high:g}", _money(x.at_low), _money(x.at_high))
        for x in found.tornado.bars[:ROWS]
    ]
    _table(
        "What it hangs on: net present value at the ends of each range, EUR", ("", "range", "at low", "at high"), bars
    )
    beside = [key for key, why in found.not_counted if why == "not_money"]
    if beside:
        console.out.print(f"{len(beside)} effects have no price here; `shaar appraise` shows them.", soft_wrap=True)
    for key, why in found.not_counted:
        if why == "not_money":
            continue
        said = f"not counted: {label(key, 'en')}. {word('beside', why, 'en')}"
        console.out.print(said, markup=False, soft_wrap=True)
    for a in found.assumptions:
        if not a.name.startswith("effect."):
            said = f"{a.badge}: {word('assumptions', a.name, 'en')} {a.range.central:g} {a.unit} ({a.source})"
            console.out.print(said, markup=False, soft_wrap=True)


def _money(value: float) -> str:
    return f"{value:,.0f}".replace("-0", "0") if abs(value) < 0.5 else f"{value:,.0f}"


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        console.out.print(f"[bold]{title}[/]")
        console.table("", head, rows)
        console.out.print()
