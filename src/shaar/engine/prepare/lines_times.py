"""Headways and service hours from tags, run times from distances: what is tagged, and what is assumed instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from shaar.engine.timetable.lines import Span

F64 = npt.NDArray[np.float64]

#: Headways (s) by mode where none is tagged: assumed, moderate service of a city line.
DEFAULT_HEADWAYS: Mapping[str, int] = MappingProxyType({"bus": 900, "trolleybus": 720, "share_taxi": 480, "tram": 600})
#: Service hours where none are tagged: assumed.
DEFAULT_HOURS = (6 * 3600, 22 * 3600)


@dataclass(frozen=True, slots=True)
class SpeedRules:
    """Running speed between stops (km/h, with traffic and signals, without stops) by street class, and dwell (s).

    Assumed values, set so that with stops every 400 m the commercial speed comes to 15 to 18 km/h on city streets; see
    docs/timetable.md for the speeds of the feeds they were compared with.
    """

    by_class: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {
                "motorway": 60.0, "motorway_link": 40.0, "trunk": 45.0, "trunk_link": 35.0, "primary": 24.0,
                "primary_link": 22.0, "secondary": 22.0, "secondary_link": 20.0, "tertiary": 21.0,
                "tertiary_link": 20.0,
                "residential": 18.0, "unclassified": 20.0, "living_street": 12.0, "service": 12.0, "pedestrian": 10.0,
                "busway": 30.0, "rail": 24.0,
            }
        )
    )  # fmt: skip
    other: float = 20.0
    dwell: float = 20.0

    def speed(self, highway: str) -> float:
        """Running speed on a street class, km/h."""
        return self.by_class.get(highway, self.other)


def run_times(rules: SpeedRules, sections: Sequence[tuple[float, str]], at: F64) -> tuple[int, ...]:
    """Seconds from the first stop to the arrival at each stop, dwell at the stops between included.

    Parameters
    ----------
    sections
        (metres, street class) one after the other from the start of the line.
    at
        Metres along the line of each stop, never falling.
    """
    length = np.array([s[0] for s in sections])
    seconds = length / np.array([rules.speed(s[1]) / 3.6 for s in sections])
    clock = np.interp(at, np.concatenate([[0.0], np.cumsum(length)]), np.concatenate([[0.0], np.cumsum(seconds)]))
    clock = clock - clock[0] + rules.dwell * np.maximum(np.arange(len(at)) - 1, 0)
    whole = np.maximum.accumulate(np.floor(clock + 0.5).astype(np.int64))
    whole[0] = 0
    return tuple(int(v) for v in whole)


def headway_of(tags: Mapping[str, str]) -> int | None:
    """Headway (s) from ``interval`` ("00:10", "10", "10 min", "8-12": the mean) or ``frequency`` ("6/h")."""
    for key in ("interval", "headway"):
        found = parse_minutes(tags.get(key, ""))
        if found is not None:
            return found
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:(?:/|per)\s*(?:h|hour))?\s*", tags.get("frequency", ""))
    if match and 0 < float(match[1]) <= 60:
        return round(3600 / float(match[1]))
    return None


def parse_minutes(text: str) -> int | None:
    """Seconds from "H:MM[:SS]", minutes, or a range of minutes (its mean); None where it is none of these."""
    text = text.strip().lower()
    if match := re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", text):
        total = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
        return total if total > 0 else None
    if match := re.fullmatch(
        r"(\d+(?:[.,]\d+)?)(?:\s*[-–]\s*(\d+(?:[.,]\d+)?))?\s*(?:min(?:utes?)?\.?|мин\.?|м|')?", text
    ):
        low = float(match[1].replace(",", "."))
        high = float((match[2] or match[1]).replace(",", "."))
        seconds = round((low + high) / 2 * 60)
        return seconds if 0 < seconds <= 12 * 3600 else None
    return None


def hours_of(tags: Mapping[str, str]) -> tuple[int, int] | None:
    """First and last time (s) of ``opening_hours`` or ``service_times``: its first H:MM-H:MM, past midnight allowed."""
    for key in ("opening_hours", "service_times", "hours"):
        found = parse_hours(tags.get(key, ""))
        if found is not None:
            return found
    return None


def parse_hours(text: str) -> tuple[int, int] | None:
    """Read "06:00-22:30" anywhere in a text; an end at or before the start is the next day's; "24/7" is a whole day."""
    if "24/7" in text:
        return 0, 86_400
    match = re.search(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", text)
    if not match:
        return None
    start, end = int(match[1]) * 3600 + int(match[2]) * 60, int(match[3]) * 3600 + int(match[4]) * 60
    return start, end if end > start else end + 86_400


def spans_of(tags: Mapping[str, str], default_headway: int) -> tuple[tuple[Span, ...], bool, bool]:
    """Spans of a line with whether the headway and whether the hours are assumed."""
    headway, hours = headway_of(tags), hours_of(tags)
    start, end = hours or DEFAULT_HOURS
    return ((start, end, headway or default_headway),), headway is None, hours is None
