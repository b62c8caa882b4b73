"""Access and equity before and after: where people gain and lose, how evenly, and who they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from shaar.report import facts as fx
from shaar.report.charts.distribution import distribution_chart
from shaar.report.charts.rows import Row, dumbbells
from shaar.report.figure import Table, figure, source_line
from shaar.report.i18n import Speaker
from shaar.report.maps.frame import map_box, swatches, uses
from shaar.report.maps.names import name_layer
from shaar.report.numbers import NBSP
from shaar.report.sections import before_word, model_source, name_of
from shaar.report.sections.service import areas
from shaar.report.shared import Shared

#: Rows of a dumbbell chart; where there are more places, half of it goes to those that gain most, half to least.
MOST_ROWS = 12
#: Smaller places are left to the table then: the mean of a few people moves by chance.
LEAST_RESIDENTS = 500


def access(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return the gain-loss map, the dumbbells, the distribution, equity in words, and winners and losers."""
    return {
        "change": _change(shared, s),
        "places": _places(shared, s),
        "distribution": _distribution(shared, s),
        "equity": equity(shared, s),
        "winners": winners(shared, s),
        "area_map": _area_map(shared, s),
        "areas": areas(shared, s),
        "source": source_line(model_source(shared, s), "modelled", s),
    }


def _change(shared: Shared, s: Speaker) -> Markup:
    f, layer = shared.facts, shared.change
    gain, same, loss = fx.gained_and_lost(shared.result, f)
    total = max(gain + same + loss, 1.0)
    key = "change.title" if f.measured_before else "change.title_foot"
    title = s.t(key, gain=s.pct(gain / total), loss=s.pct(loss / total), t=f.threshold)
    a, b, c = (s.sig(x, 2) for x in layer.breaks)
    words = {
        "d3": s.t("change.more_over", n=c),
        "d2": s.t("change.more", a=b, b=c),
        "d1": s.t("change.more", a=a, b=b),
        "d0": s.t("change.none", n=a),
        "d-1": s.t("change.fewer", a=a, b=b),
        "d-2": s.t("change.fewer", a=b, b=c),
        "d-3": s.t("change.fewer_over", n=c),
    }
    people = dict(zip(("d-3", "d-2", "d-1", "d0", "d1", "d2", "d3"), layer.people))
    shown = [(k, w) for k, w in words.items() if not k.startswith("d-") or loss > 0]
    content = uses("ground", "change", "water", "roads") + name_layer(shared.result.city, shared.window, s)
    rows = tuple((w, s.n(people[k]), s.pct(people[k] / total, 1)) for k, w in words.items())
    head = s.t("change.legend", t=f.threshold)
    return figure(
        map_box(content, shared.window, s, label=title, legend=swatches(head, shown), osm=shared.osm),
        s=s,
        ident="change",
        title=title,
        subtitle=s.t("change.sub", t=f.threshold, before=before_word(shared, s), n=a),
        source=source_line(model_source(shared, s), "modelled", s),
        table=Table((head, s.t("col.residents"), s.t("col.share")), rows, frozenset({1, 2}), head, "change"),
    )


def _area_map(shared: Shared, s: Speaker) -> Markup | None:
    """Return the map of winners and losers by area; its numbers are the table of areas below it."""
    layer = shared.areas
    if layer is None:
        return None
    a, b, c = (s.n(x) for x in layer.breaks)
    words = {
        "d3": s.t("areas.shorter_over", n=c),
        "d2": s.t("areas.shorter", a=b, b=c),
        "d1": s.t("areas.shorter", a=a, b=b),
        "d0": s.t("areas.none", n=a),
        "d-1": s.t("areas.longer", a=a, b=b),
        "d-2": s.t("areas.longer", a=b, b=c),
        "d-3": s.t("areas.longer_over", n=c),
    }
    total = max(sum(layer.people), 1.0)
    title = s.t("areas.title", gain=s.pct(sum(layer.people[4:]) / total), loss=s.pct(sum(layer.people[:3]) / total))
    shown = [(k, w) for k, w in words.items() if not k.startswith("d-") or sum(layer.people[:3]) > 0]
    content = uses("ground", "areas", "water", "roads") + name_layer(shared.result.city, shared.window, s)
    return figure(
        map_box(content, shared.window, s, label=title, legend=swatches(s.t("areas.legend"), shown), osm=shared.osm),
        s=s,
        ident="areas",
        title=title,
        subtitle=s.t("areas.note"),
        source=source_line(model_source(shared, s), "modelled", s),
    )


def _places(shared: Shared, s: Speaker) -> Markup | None:
    f = shared.facts
    known = [p for p in f.places if p.minutes.after is not None]
    if not known:
        return None
    shown = _telling(known)
    rows = [
        Row(
            label=name_of(shared, p, s),
            note=s.p("count.residents", p.population),
            before=p.minutes.before,
            after=p.minutes.after,
            better=p.better,
        )
        for p in shown
    ]
    both = [p for p in shown if p.minutes.before is not None]
    best = max(both, key=lambda p: (p.minutes.before or 0.0) - (p.minutes.after or 0.0), default=None)
    title = s.t("places.plain")
    if best is not None and best.better > 0:
        saved = (best.minutes.before or 0.0) - (best.minutes.after or 0.0)
        title = s.t("places.title", place=name_of(shared, best, s), minutes=s.p("count.minutes_shorter", saved))
    was = before_word(shared, s)
    subtitle = s.t("places.sub", before=was, limit=s.n(shared.result.options.max_minutes))
    if len(shown) == MOST_ROWS < len(_peopled(known)):
        some = s.t("places.some", n=s.n(len(shown) // 2), all=s.n(len(_peopled(known))), least=s.n(LEAST_RESIDENTS))
        subtitle = f"{subtitle}. {some}"
    heads = (
        s.t("col.place"), s.t("col.kind"), s.t("col.residents"),
        s.t("col.minutes", when=was), s.t("col.minutes", when=s.t("word.plan")),
        s.t("col.jobs", t=f.threshold, when=was), s.t("col.jobs", t=f.threshold, when=s.t("word.plan")),
        s.t("col.within_400_plan"),
    )  # fmt: skip
    table = tuple(
        (
            name_of(shared, p, s), s.word("kind", p.kind), s.n(p.population), s.n(p.minutes.before),
            s.n(p.minutes.after),
            "–" if p.jobs.before is None else s.sig(p.jobs.before),
            "–" if p.jobs.after is None else s.sig(p.jobs.after),
            s.pct((p.within_400.after or 0.0) / max(p.population, 1.0)),
        )
        for p in (f.city, *f.places)
    )  # fmt: skip
    key = Markup('<p class="key"><span class="k was"></span>{}<span class="k now"></span>{}</p>').format(
        was, s.t("word.plan")
    )
    chart = dumbbells(rows, s.n, lambda v: s.n(v) if v else f"0{NBSP}{s.t('unit.min')}", label=title)
    return figure(
        key + chart,
        s=s,
        ident="places",
        title=title,
        subtitle=subtitle,
        source=source_line(model_source(shared, s), "modelled", s),
        table=Table(heads, table, frozenset(range(2, 8)), s.t("places.table"), "places"),
    )


def _peopled(places: list[fx.Place]) -> list[fx.Place]:
    """Return the places with a journey before, and people enough for its mean to tell something."""
    return [p for p in places if p.minutes.before is not None and p.population >= LEAST_RESIDENTS]


def _telling(places: list[fx.Place]) -> list[fx.Place]:
    """Return all places where they are few; else those whose mean journey shortens most, then those where least."""
    if len(places) <= MOST_ROWS:
        return places
    both = _peopled(places)
    if len(both) <= MOST_ROWS:
        return places[:MOST_ROWS]
    change = sorted(both, key=lambda p: (p.minutes.after or 0.0) - (p.minutes.before or 0.0))
    return change[: MOST_ROWS // 2] + change[-MOST_ROWS // 2 :]


def _distribution(shared: Shared, s: Speaker) -> Markup:
    f = shared.facts
    table = fx.zone_change(shared.result, f.threshold)
    before = table["jobs_before"].fill_null(0.0).to_numpy()
    after = table["jobs_after"].fill_null(0.0).to_numpy()
    people = table["population"].fill_null(0.0).to_numpy()
    was = before_word(shared, s)
    mid_b, mid_a = fx.weighted_median(before, people), fx.weighted_median(after, people)
    title = s.t("dist.title", before=s.sig(mid_b), after=s.sig(mid_a), t=f.threshold, when=was)
    rows = []
    for q in (0.9, 0.75, 0.5, 0.25, 0.1):
        rows.append((s.pct(q), s.sig(_reached_by(before, people, q)), s.sig(_reached_by(after, people, q))))
    heads = (s.t("dist.col_share"), s.t("col.jobs", t=f.threshold, when=was),
             s.t("col.jobs", t=f.threshold, when=s.t("word.plan")))  # fmt: skip
    return figure(
        distribution_chart(before, after, people, s, before_words=was),
        s=s,
        ident="distribution",
        title=title,
        subtitle=s.t("dist.sub", t=f.threshold),
        source=source_line(model_source(shared, s), "modelled", s),
        table=Table(heads, tuple(rows), frozenset({1, 2}), s.t("dist.sub", t=f.threshold), "distribution"),
    )


def _reached_by(values: np.ndarray, people: np.ndarray, share: float) -> float:
    """Return the number of jobs that this share of residents reaches at least."""
    order = np.argsort(-values, kind="stable")
    cumulated = np.cumsum(people[order])
    return float(values[order][min(len(order) - 1, int(np.searchsorted(cumulated, share * cumulated[-1] - 1e-9)))])


def equity(shared: Shared, s: Speaker) -> list[tuple[str, str, str, str]]:
    """Return (name, before, after, what it means) of each equity measure that the catalogue can explain."""
    b, a = shared.result.before.equity, shared.result.after.equity
    out = []
    for key in a:
        stem, _, threshold = key.rpartition("_")
        if not threshold.isdigit():
            stem, threshold = key, ""
        if not s.has(f"equity.{stem}.name"):
            continue
        if threshold and int(threshold) != shared.facts.threshold:
            continue
        decimals = 2 if stem.startswith(("gini", "palma")) else 0
        values = [fx.finite(x.get(key)) for x in (b, a)]
        out.append(
            (
                s.t(f"equity.{stem}.name", t=threshold),
                s.n(values[0], decimals),
                s.n(values[1], decimals),
                s.t(f"equity.{stem}.means", t=threshold),
            )
        )
    return out


def winners(shared: Shared, s: Speaker) -> list[str]:
    """Return sentences that name who gains most, who loses, and where nothing clearly changes."""
    f = shared.facts
    known = [p for p in f.places if p.minutes.before is not None and p.minutes.after is not None]
    saved = sorted(known, key=lambda p: (p.minutes.after or 0.0) - (p.minutes.before or 0.0))
    gain, lose = [p for p in saved if p.better > 0][:5], [p for p in reversed(saved) if p.better < 0][:5]

    def say(p: fx.Place) -> str:
        difference = (p.minutes.after or 0.0) - (p.minutes.before or 0.0)
        return f"{name_of(shared, p, s)} ({s.signed(difference)}{NBSP}{s.t('unit.min')})"

    out = []
    if gain:
        out.append(s.t("winners.gain", places=s.join([say(p) for p in gain])))
    if lose:
        out.append(s.t("winners.lose", places=s.join([say(p) for p in lose])))
    wider = [
        p for p in known if p.better == 0 and (p.minutes.after or 0.0) - (p.minutes.before or 0.0) >= fx.UNCLEAR_MINUTES
    ]
    if wider:
        out.append(s.t("winners.wider", places=s.join([say(p) for p in wider[:5]])))
    if known and not lose and not wider:
        out.append(s.t("winners.nobody"))
    flat = sum(p.better == 0 for p in known) - len(wider)
    if flat:
        out.append(s.p("winners.flat", flat))
    new = [p for p in f.places if p.minutes.before is None and p.minutes.after is not None]
    if new:
        out.append(s.t("winners.new", places=s.join([name_of(shared, p, s) for p in new[:5]])))
    none = [p for p in f.places if not p.within_800.after and p.population > 0]
    if none:
        out.append(s.t("winners.none", places=s.join([name_of(shared, p, s) for p in none[:5]])))
    return out
