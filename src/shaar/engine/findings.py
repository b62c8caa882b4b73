"""What a check found: odd, missing or assumed things, in plain words with a count and an example of where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info", "assumed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    code
        Stable key ("streets.islands"); the message catalogues of the report translate by it.
    message
        The sentence in English, complete, with its numbers.
    count
        How many things are concerned.
    where
        An example: a place name, an id, a file and line.
    severity
        ``error`` (results would be wrong), ``warning`` (odd), ``assumed`` (missing, and what replaced it), ``info``.
    values
        The numbers and names that the translated sentences fill in.
    points
        Some of the places, (lon, lat), for a map.
    """

    code: str
    message: str
    count: int = 1
    where: str = ""
    severity: Severity = "warning"
    values: Mapping[str, str | int | float] = field(default_factory=dict)
    points: tuple[tuple[float, float], ...] = ()
