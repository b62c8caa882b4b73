"""Gather what had to be guessed while lines were laid, and say it in a few findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from shaar.engine.findings import Finding, Severity
from shaar.engine.prepare.lines_stops import StopTable

Topic = Literal[
    "headway", "hours", "bridged", "split", "against", "outside", "return", "from_stops", "unordered", "dropped",
    "uncovered", "reordered", "undrawn",
]  # fmt: skip

_TEXT: dict[Topic, tuple[Severity, str]] = {
    "headway": ("assumed", "{n} lines ({names}) state no headway; a usual one for their mode is assumed."),
    "hours": ("assumed", "{n} lines ({names}) state no hours of service; 06:00 to 22:00 is assumed."),
    "bridged": ("assumed", "{n} lines ({names}) have gaps, {km} km in all, closed along streets that buses may use."),
    "split": ("warning", "{n} lines ({names}) have gaps too long to close and are kept in parts."),
    "against": ("warning", "{n} lines ({names}) run {km} km against the traffic rules of the street data."),
    "outside": ("warning", "{n} lines ({names}) have {items} ways outside the data; the part inside is kept."),
    "return": ("assumed", "{n} lines ({names}) are known in one direction; the way back follows the same streets."),
    "from_stops": ("assumed", "{n} lines ({names}) are known by their stops only and laid on the shortest streets."),
    "unordered": ("info", "{n} lines ({names}) have ways in no order; termini and directions were worked out."),
    "dropped": ("warning", "{n} route relations ({names}) have neither ways nor two stops here and are left out."),
    "uncovered": ("warning", "{n} lines ({names}) have {km} km of ways that no direction drives."),
    "undrawn": ("assumed", "{n} lines ({names}) have no drawn way; lengths are crow distances times a factor."),
    "reordered": ("assumed", "{n} lines ({names}) list stops in no order; they were put in order along the line."),
}  # fmt: skip


@dataclass(slots=True)
class Report:
    """Lines by topic, with metres and numbers of things where a topic has them."""

    _lines: dict[Topic, list[str]] = field(default_factory=dict)
    _metres: dict[Topic, float] = field(default_factory=dict)
    _items: dict[Topic, int] = field(default_factory=dict)
    _laid: set[str] = field(default_factory=set)
    _made: int = 0
    _added: int = 0
    _points: tuple[tuple[float, float], ...] = ()

    def note(self, topic: Topic, ref: str, *, metres: float = 0.0, items: int = 0) -> None:
        """Note a topic for a line (each line once a topic)."""
        names = self._lines.setdefault(topic, [])
        if ref not in names:
            names.append(ref)
        self._metres[topic] = self._metres.get(topic, 0.0) + metres
        self._items[topic] = self._items.get(topic, 0) + items

    def assumed_times(self, ref: str, headway: bool, hours: bool) -> None:
        """Note assumed headways and hours."""
        if headway:
            self.note("headway", ref)
        if hours:
            self.note("hours", ref)

    def laid(self, ref: str) -> None:
        """Note that a direction of a line came out, so that the line as such is not left out."""
        self._laid.add(ref)

    def return_assumed(self, ref: str) -> None:
        """Note that the other direction is a copy."""
        self.note("return", ref)

    def stops(self, table: StopTable, given: int) -> None:
        """Count the stops that were added to those given."""
        new = range(given, len(table.ids))
        self._made = sum(table.source[i] == "synthesised" for i in new)
        self._added = len(new) - self._made
        made = [i for i in new if table.source[i] == "synthesised"]
        self._points = tuple((table.lon[i], table.lat[i]) for i in made[:50])

    def findings(self, relations: int, lines: int) -> tuple[Finding, ...]:
        """Say everything noted; the numbers of a finding are in its values."""
        out = [
            Finding(
                "lines.read",
                f"{lines} lines were made from {relations} lines in the data.",
                lines,
                severity="info",
                values={"lines": lines, "relations": relations},
            )
        ]
        for topic, (severity, text) in _TEXT.items():
            if topic == "dropped":
                self._lines["dropped"] = [r for r in self._lines.get("dropped", []) if r not in self._laid]
            if self._lines.get(topic):
                out.append(self._say(topic, severity, text))
        if self._made:
            out.append(
                Finding(
                    "lines.synthesised",
                    f"{self._made} stops were synthesised, about 400 m apart, where none is known.",
                    self._made,
                    severity="assumed",
                    values={"stops": self._made},
                    points=self._points,
                )
            )
        if self._added:
            out.append(
                Finding(
                    "lines.stops_added",
                    f"{self._added} stops of lines were not among the known stops and were added.",
                    self._added,
                    severity="info",
                    values={"stops": self._added},
                )
            )
        return tuple(out)

    def _say(self, topic: Topic, severity: Severity, text: str) -> Finding:
        lines = self._lines[topic]
        km = round(self._metres.get(topic, 0.0) / 1000, 1)
        values: dict[str, str | int | float] = {
            "n": len(lines), "names": _some(lines), "km": km, "items": self._items.get(topic, 0),
        }  # fmt: skip
        return Finding(f"lines.{topic}", text.format(**values), len(lines), lines[0], severity, values)


def _some(names: Sequence[str], limit: int = 5) -> str:
    return ", ".join(names[:limit]) + (", ..." if len(names) > limit else "")
