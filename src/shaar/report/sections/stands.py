"""How the city stands: where people live, how far a stop is, and the figures by district and settlement."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from shaar.report.figure import Table, figure, source_line
from shaar.report.i18n import Speaker
from shaar.report.maps.frame import class_words, map_box, swatches, uses
from shaar.report.maps.names import name_layer
from shaar.report.maps.zone_maps import ZoneLayer
from shaar.report.sections import before_word, data_source, model_source, name_of
from shaar.report.shared import Shared


def stands(shared: Shared, s: Speaker) -> dict[str, Any]:
    """Return the two maps and the table of places."""
    return {
        "density": _density(shared, s),
        "stops": _stops(shared, s),
        "table": _table(shared, s).html(s),
        "source": source_line(model_source(shared, s), "modelled", s),
    }


def _class_table(layer: ZoneLayer, words: list[str], head: str, name: str, s: Speaker) -> Table:
    total = sum(layer.people) or 1.0
    rows = tuple((w, s.n(p), s.pct(p / total, 1)) for w, p in zip(words, layer.people))
    return Table((head, s.t("col.residents"), s.t("col.share")), rows, frozenset({1, 2}), head, name)


def _density(shared: Shared, s: Speaker) -> Markup:
    layer = shared.density
    words = class_words(layer.breaks, s)
    n = len(words)
    total = sum(layer.people) or 1.0
    top = layer.people[-1] / total
    title = s.t("density.title", share=s.pct(top), n=s.n(layer.breaks[-1])) if layer.breaks else s.t("density.plain")
    legend = swatches(s.t("density.legend"), [(f"q{n}-{k}", w) for k, w in enumerate(words)])
    content = uses("ground", "density", "water", "roads") + name_layer(shared.result.city, shared.window, s)
    prov = shared.result.city.meta.provenance.get("zones.population")
    return figure(
        map_box(content, shared.window, s, label=title, legend=legend, osm=shared.osm),
        s=s,
        ident="density",
        title=title,
        subtitle=s.t("density.sub"),
        source=source_line(data_source(shared, "zones.population", s), prov.badge if prov else "modelled", s),
        table=_class_table(layer, words, s.t("density.legend"), "density", s),
    )


def _stops(shared: Shared, s: Speaker) -> Markup | None:
    layer = shared.stops
    if layer is None:
        return None
    words = class_words(layer.breaks, s)
    total = sum(layer.people) or 1.0
    far = sum(p for p, cut in zip(layer.people[1:], layer.breaks) if cut >= 400) / total
    known = shared.facts.measured_before
    key = "stopdist" if known else "stopdist_map"
    title = s.t(f"{key}.title", share=s.pct(far))
    legend = swatches(s.t(f"{key}.legend"), [(f"q{len(words)}-{k}", w) for k, w in enumerate(words)])
    content = uses("ground", "stopdist", "water", "roads") + name_layer(shared.result.city, shared.window, s)
    source = model_source(shared, s) if known else data_source(shared, "stops", s)
    prov = shared.result.city.meta.provenance.get("stops")
    return figure(
        map_box(content, shared.window, s, label=title, legend=legend, osm=shared.osm),
        s=s,
        ident="stopdist",
        title=title,
        subtitle=s.t(f"{key}.sub"),
        source=source_line(source, "modelled" if known or prov is None else prov.badge, s),
        table=_class_table(layer, words, s.t(f"{key}.legend"), "stop-distance", s),
    )


def _table(shared: Shared, s: Speaker) -> Table:
    f = shared.facts
    was = before_word(shared, s)
    heads = [s.t("col.place"), s.t("col.kind"), s.t("col.residents")]
    if f.measured_before:
        heads.append(s.t("col.within_400"))
    heads += [s.t("col.minutes", when=was), s.t("col.jobs", t=f.threshold, when=was)]
    rows = []
    for p in (f.city, *f.places):
        row: list[str | Markup] = [name_of(shared, p, s), s.word("kind", p.kind), s.n(p.population)]
        if f.measured_before:
            near = p.within_400.before
            row.append("–" if near is None else f"{s.n(near)} ({s.pct(near / max(p.population, 1.0))})")
        row += [s.n(p.minutes.before), "–" if p.jobs.before is None else s.sig(p.jobs.before)]
        rows.append(tuple(row))
    return Table(
        tuple(heads), tuple(rows), frozenset(range(2, len(heads))), s.t("stands.table", when=was), "places-before"
    )
