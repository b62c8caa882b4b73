"""A line in words: from where to where, why it is there, whom it serves, what is lost without it, how stable it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from shaar.engine.study.results import Line
from shaar.report.i18n import Speaker
from shaar.report.maps.lines import DrawnLine
from shaar.report.maps.names import place_name
from shaar.report.numbers import NBSP
from shaar.report.shared import Shared

#: The questions a line answers, and the figures of ``Line.why`` in which each answer is given, in this order.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("exists", ("trips_day", "peak_load", "speed", "detour")),
    ("serves", ("people_400", "jobs_400", "settlements")),
    ("lost", ("minutes_lost", "loss_range", "people_losing", "lost")),
    ("stable", ("found_in_draws", "rank_range")),
)
#: Pairs that make one sentence: its key, and the keys of its ends.
RANGES = {"loss_range": ("loss_low", "loss_high"), "rank_range": ("rank_low", "rank_high")}
SHARES = frozenset({"found_in_draws"})
MINUTES = frozenset({"minutes_lost", "loss_low", "loss_high"})
#: Those of which zero says something.
ZEROS = frozenset({"minutes_lost", "people_losing", "found_in_draws"})
STATUSES = frozenset({"designed", "kept", "headway"})


@dataclass(frozen=True, slots=True)
class LineText:
    """One line in words; ``why`` holds (question, sentences), ``periods`` a sentence for each period, where known."""

    label: str
    colour: int
    ends: str
    facts: list[str]
    headways: str
    why: list[tuple[str, str]]
    periods: list[str]


def line_ends(shared: Shared, line: Line, s: Speaker) -> str:
    """Return "from – to": names of the first and last stop, else their streets, else the places they are in."""
    return " – ".join(stop_words(shared, x, s) for x in (line.stops_forward[0], line.stops_forward[-1]))


def stop_words(shared: Shared, stop_id: str, s: Speaker) -> str:
    """Return a stop's name, else its street, else the street near it, else the place it is in."""
    stop = shared.result.design.stops.filter(pl.col("stop_id") == stop_id)
    if not stop.height:
        return s.t("line.unnamed")
    if stop["name"][0]:
        return str(stop["name"][0])
    city, link = shared.result.city, stop["link_id"][0]
    lon, lat = float(stop["lon"][0]), float(stop["lat"][0])
    street = city.links["name"][link] if link is not None and 0 <= link < city.links.height else None
    nearest = ((city.zones["lon"] - lon) ** 2 + (city.zones["lat"] - lat) ** 2).arg_min()
    zone = city.zones.row(nearest, named=True) if nearest is not None else {}
    place = zone.get("settlement") or zone.get("district")
    place = place_name(city, place, "", s) if place else ""
    if street:
        return ", ".join(x for x in (street, place if zone.get("settlement") else "") if x)
    near = shared.streets.near(lon, lat)
    if near:
        return s.t("line.near", street=near)
    return place or s.t("line.unnamed")


def headway_text(line: Line, s: Speaker) -> str:
    """Return the headway of each period in words."""
    return "; ".join(
        f"{s.word('period', name)}: {s.t('line.every', minutes=s.unit(h, 'min', 0 if float(h).is_integer() else 1))}"
        for name, h in line.headways.items()
        if h > 0 and math.isfinite(h)
    )


def why_texts(line: Line, s: Speaker) -> list[tuple[str, str]]:
    """Return the answers to the questions about a line; a figure for which there are no words is left out."""
    out = []
    for part, keys in PARTS:
        sentences = [x for x in (_sentence(line.why, key, s) for key in keys) if x]
        if sentences:
            out.append((s.t(f"why_part.{part}"), " ".join(sentences)))
    return out


def _sentence(why: Mapping[str, float | str], key: str, s: Speaker) -> str:
    ends = RANGES.get(key)
    if ends is not None:
        low, high = (why.get(e) for e in ends)
        if not (_known(low) and _known(high) and s.has(f"why.{key}")):
            return ""
        words = [_value(e, float(v), s) for e, v in zip(ends, (low, high)) if isinstance(v, int | float)]
        return s.t(f"why.{key}", low=words[0], high=words[1])
    value = why.get(key)
    if value is None or not s.has(f"why.{key}"):
        return ""
    if isinstance(value, str):
        return s.t(f"why.{key}", v=value) if value else ""
    if not _known(value):
        return ""
    if value <= 0:
        return s.t(f"why_none.{key}") if key in ZEROS else ""
    return s.t(f"why.{key}", v=_value(key, float(value), s))


def _known(value: float | str | None) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _value(key: str, value: float, s: Speaker) -> str:
    """Write a figure of ``Line.why``; part of a minute in seconds, as a line of many rarely moves the mean by more."""
    if key in MINUTES:
        if abs(value) >= 1:
            return f"{s.n(value, 1)}{NBSP}{s.t('unit.min')}"
        return f"{s.n(60 * value, 0 if abs(value) >= 1 / 6 else 1)}{NBSP}{s.t('unit.s')}"
    if key in SHARES:
        return s.pct(value)
    if key.startswith("rank_"):
        return s.n(value)
    return s.sig(value, 2 if abs(value) < 100 else 3)


def line_text(shared: Shared, d: DrawnLine, s: Speaker, periods: Sequence[str] = ()) -> LineText:
    """Say one line in words; ``periods`` are its sentences by period, which take the place of its headways."""
    line = d.line
    ways = 2 if line.stops_backward else 1
    facts = [
        s.unit((line.km_forward + line.km_backward) / ways, "km", 1),
        s.unit((line.minutes_forward + line.minutes_backward) / ways, "min"),
        s.p("count.stops", len({*line.stops_forward, *line.stops_backward})),
        s.p("count.vehicles", line.vehicles),
        s.word("vehicle", line.vehicle_type),
    ]
    if any(x.status != "designed" for x in shared.facts.chosen.lines) and line.status in STATUSES:
        facts.insert(0, s.t(f"status.{line.status}"))
    return LineText(
        d.label, d.colour, line_ends(shared, line, s), facts, "" if periods else headway_text(line, s),
        why_texts(line, s), list(periods),
    )  # fmt: skip
