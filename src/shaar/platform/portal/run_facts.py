"""Everything that a page shows of a finished run: the card, the map, who is affected, all figures, how it was made."""

from __future__ import annotations

from typing import Any

from shaar.platform.appraise import geometry, results, words
from shaar.platform.appraise.models import Alternative, Run
from shaar.platform.appraise.sayings import sentence_of
from shaar.platform.appraise.selectors import study as selectors

from .maps import gains
from .maps.things import Thing


def run_facts(alternative: Alternative, run: Run) -> dict[str, Any]:
    """Everything that a page shows of a finished run: the card, the map, who is affected, all figures, how."""
    rows = selectors.effects_of(run)
    tables = results.tables_of(run)
    names = {row.place: results.place_name(row.place) for row in rows if row.place}
    city = [words.figure(row) for row in rows if not row.place and row.group == "all"]
    facts: dict[str, Any] = {
        "alternative": alternative, "run": run, "stale": selectors.is_stale(run), "said": words.card(run, rows),
        "changes": [sentence_of(change) for change in run.changes], "sections": sections(city),
        "others": [words.figure(row, names) for row in rows if row.place or row.group != "all"],
        "provenance": words.facts_of(run), "methods": methods(city), "against": run.against_name,
        "reference": bool(run.provenance.get("options", {}).get("reference")),
    }  # fmt: skip
    if tables is not None:
        gain, loss = results.winners_and_losers(tables)
        things = [Thing("", shape) for shape in geometry.shapes_of(run.changes)]
        facts |= {
            "map": gains.context(tables.zones, things), "affected": results.affected(tables), "gainers": gain,
            "losers": loss, "lines": list(results.lines_of(tables)), "assumptions": results.assumptions_of(tables),
        }  # fmt: skip
    return facts


def sections(figures: list[words.Figure]) -> list[tuple[str, list[words.Figure]]]:
    """Figures of the whole city by subject, in the order of the engine."""
    found: dict[str, list[words.Figure]] = {}
    for one in figures:
        found.setdefault(words.section(one.row.indicator), []).append(one)
    return [(words.section_words(key), rows) for key, rows in found.items()]


def methods(figures: list[words.Figure]) -> list[tuple[str, str, str]]:
    """How figures are computed, each method once: names of its figures, words, source."""
    found: dict[str, tuple[list[str], str, str]] = {}
    for one in figures:
        if one.known:
            names, _said, _source = found.setdefault(one.row.method, ([], one.method, one.row.source))
            names.append(one.name)
    return [(", ".join(names), said, source) for names, said, source in found.values() if said]
