"""Which assumption a result hangs on most: each moved over its range while the others stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shaar.engine.errors import InputError

Result = Callable[[Mapping[str, float]], float]


@dataclass(frozen=True, slots=True)
class Range:
    """What a figure may be: least, central, most."""

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.central <= self.high:
            raise InputError(f"a range goes from low to high around its centre, not {self.low:g}, {self.central:g}, "
                             f"{self.high:g}", field="range")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One assumption: its range, and the result at either end of it."""

    name: str
    range: Range
    at_low: float
    at_high: float

    @property
    def swing(self) -> float:
        """How far the result moves between the ends."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Tornado:
    """The result with every assumption at its centre, and a bar for each that can move, the widest first."""

    central: float
    bars: tuple[Bar, ...]

    @property
    def decisive(self) -> tuple[str, ...]:
        """Assumptions that alone change the sign of the result."""
        return tuple(b.name for b in self.bars if (min(b.at_low, b.at_high) < 0) != (self.central < 0)
                     or (max(b.at_low, b.at_high) < 0) != (self.central < 0))  # fmt: skip


def tornado(result: Result, ranges: Mapping[str, Range]) -> Tornado:
    """Move one assumption at a time from low to high (one-way sensitivity; Howard 1988, Management Science 34(6)).

    Parameters
    ----------
    result
        The figure for one set of assumptions.
    ranges
        Range of each; those without width have no bar.
    """
    centre = {name: r.central for name, r in ranges.items()}
    bars = [
        Bar(name, r, result({**centre, name: r.low}), result({**centre, name: r.high}))
        for name, r in ranges.items()
        if r.high > r.low
    ]
    return Tornado(result(centre), tuple(sorted(bars, key=lambda b: (-b.swing, b.name))))
