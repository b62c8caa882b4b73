"""The proposed network: its map, the price of minutes in vehicles, and every line with its reason."""

from __future__ import annotations

import math
from typing import Any

from markupsafe import Markup

from shaar.report.charts.front import front_chart
from shaar.report.facts import peak_headway
from shaar.report.figure import Table, figure, source_line
from shaar.report.i18n import Speaker
from shaar.report.maps.frame import map_box, uses
from shaar.report.maps.lines import badge_layer, line_links
from shaar.report.maps.names import name_layer
from shaar.report.sections import model_source
from shaar.report.sections.lines import line_ends, line_text
from shaar.report.sections.service import period_texts, service
from shaar.report.shared import Shared
from shaar.report.svg import el


def network(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return the map, the front, the table of lines and a description of each."""
    return {
        "map": _map(shared, s),
        "front": _front(shared, s),
        "table": _table(shared, s).html(s),
        "lines": [line_text(shared, d, s, period_texts(shared.facts.chosen.service, d.line, s)) for d in shared.drawn],
        "service": service(shared, s),
        "source": source_line(model_source(shared, s), "modelled", s),
    }


def _map(shared: Shared, s: Speaker) -> Markup:
    n_old, n_new = shared.stop_counts
    frequent = sum(peak_headway(line) <= 10 for line in shared.facts.chosen.lines)
    title = s.t("lines.title", lines=s.p("count.lines", len(shared.drawn)), frequent=s.n(frequent))
    badges, taken = badge_layer(list(shared.drawn), shared.window)
    content = (
        uses("ground", "water", "roads")
        + el("g", line_links(list(shared.drawn), s), class_="lines")
        + uses("stops-old", "stops-new")
        + name_layer(shared.result.city, shared.window, s, taken)
        + badges
    )
    box = map_box(
        content, shared.window, s, label=title, legend=_legend(s, n_old, n_new), osm=shared.osm, links_inside=True
    )
    hint = el("p", s.t("lines.hint"), class_="hint")
    panel = el("div", class_="line-panel", aria_live="polite")
    return figure(
        box,
        s=s,
        ident="lines",
        title=title,
        subtitle=s.t("lines.sub"),
        source=source_line(model_source(shared, s), "modelled", s),
        extra=hint + panel,
    )


def _legend(s: Speaker, n_old: int, n_new: int) -> Markup:
    def sample(inside: str) -> Markup:
        return Markup('<svg class="sw wide" aria-hidden="true" viewBox="0 0 36 16">{}</svg>').format(Markup(inside))

    items = [
        el("li", sample(f'<path class="ln-sample w{w}" d="M2 8h32"/>'), s.t(f"lines.width_{w}")) for w in (0, 1, 2)
    ]
    if n_old:
        items.append(el("li", sample('<path class="stop-case" d="M18 8h0"/><path class="stop-old" d="M18 8h0"/>'),
                        s.t("lines.stop_old", n=s.n(n_old))))  # fmt: skip
    if n_new:
        items.append(el("li", sample('<path class="stop-case" d="M18 8h0"/><path class="stop-new" d="M18 8h0"/>'),
                        s.t("lines.stop_new", n=s.n(n_new))))  # fmt: skip
    return el(
        "div", el("p", s.t("lines.legend"), class_="legend-title"), el("ul", Markup("").join(items)), class_="legend"
    )


def _front(shared: Shared, s: Speaker) -> Markup:
    design = shared.result.design
    plan = shared.facts.chosen
    after = [p for p in design.front if p.fleet > plan.fleet]
    if after:
        nxt = after[0]
        title = s.t(
            "front.title",
            vehicles=s.p("count.vehicles", plan.fleet),
            minutes=s.unit(plan.mean_minutes, "min", 1),
            more=s.p("count.more_vehicles", nxt.fleet - plan.fleet),
            less=s.unit(plan.mean_minutes - nxt.mean_minutes, "min", 1),
        )
    else:
        title = s.t(
            "front.title_last", vehicles=s.p("count.vehicles", plan.fleet), minutes=s.unit(plan.mean_minutes, "min", 1)
        )
    rows = tuple(
        (
            s.n(p.fleet) + (f" ({s.t('front.chosen')})" if i == design.chosen else ""),
            s.n(p.mean_minutes, 1),
            s.pct(p.unserved, 1),
            s.n(len(p.lines)),
            s.n(p.vehicle_km_day),
        )
        for i, p in enumerate(design.front)
    )
    heads = tuple(s.t(f"col.{k}") for k in ("vehicles", "mean_minutes", "unserved", "lines", "vehicle_km_day"))
    return figure(
        front_chart(design, s),
        s=s,
        ident="front",
        title=title,
        subtitle=s.t("front.sub"),
        source=source_line(model_source(shared, s), "modelled", s),
        table=Table(heads, rows, frozenset({1, 2, 3, 4}), s.t("front.sub"), "front"),
    )


def _table(shared: Shared, s: Speaker) -> Table:
    heads = [
        s.t("col.line"),
        s.t("col.from_to"),
        s.t("col.km"),
        s.t("col.stops"),
        s.t("col.headway"),
        s.t("col.vehicles"),
    ]
    trips = any("trips_day" in d.line.why for d in shared.drawn)
    if trips:
        heads.append(s.t("col.trips_day"))
    drawn_again = any("found_in_draws" in d.line.why for d in shared.drawn)
    if drawn_again:
        heads.append(s.t("col.found"))
    rows = []
    for i, d in enumerate(shared.drawn):
        line = d.line
        link = el("a", d.label, href=f"#{s.language}-line-{i}", class_=f"chip c{d.colour}", data_line=i)
        h = peak_headway(line)
        row: list[str | Markup] = [
            link,
            line_ends(shared, line, s),
            s.n((line.km_forward + line.km_backward) / (2 if line.stops_backward else 1), 1),
            s.n(len({*line.stops_forward, *line.stops_backward})),
            s.n(h, 0 if math.isinf(h) or float(h).is_integer() else 1),
            s.n(line.vehicles),
        ]
        if trips:
            value = line.why.get("trips_day")
            row.append("–" if value is None or isinstance(value, str) else s.sig(float(value)))
        if drawn_again:
            found = line.why.get("found_in_draws")
            row.append("–" if found is None or isinstance(found, str) else s.pct(float(found)))
        rows.append(tuple(row))
    return Table(tuple(heads), tuple(rows), frozenset(range(2, len(heads))), s.t("lines.table"), "lines")
