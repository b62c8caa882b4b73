"""Phases of lines that have only headways: a random number a pattern and draw that depends on nothing else."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from shaar.engine.timetable.arrays import DayTimetable

F64 = npt.NDArray[np.float64]


def has_headways(day: DayTimetable) -> bool:
    """Whether any pattern of the day is known by headways only."""
    return bool((np.diff(day.span_ptr) > 0).any())


def random_phases(day: DayTimetable, draws: int, seed: int) -> F64:
    """Phases in [0, 1) by which the first vehicle of each headway pattern leaves after its span begins.

    The number is a hash (BLAKE2b) of the seed, the draw and the pattern's identity: its line, direction and stops (and
    how many patterns of the same identity come before it). A line that is added, removed or changed therefore leaves
    the phases of all others as they were, and another headway of the same pattern keeps its phase, so that two
    networks differ by their lines and not by luck.

    Returns
    -------
    float[draws, patterns]
        0 for scheduled patterns, which have no phase.
    """
    out = np.zeros((draws, day.n_patterns))
    seen: dict[bytes, int] = {}
    for p in np.flatnonzero(np.diff(day.span_ptr) > 0).tolist():
        stops = day.pattern_stops[day.stop_ptr[p] : day.stop_ptr[p + 1]].tolist()
        names = [
            day.route_ids[day.pattern_route[p]],
            str(int(day.pattern_direction[p])),
            *(day.stop_ids[s] for s in stops),
        ]
        who = "\x1f".join(names).encode()
        seen[who] = seen.get(who, -1) + 1
        for d in range(draws):
            word = blake2b(b"%d %d %d " % (seed, d, seen[who]) + who, digest_size=8).digest()
            out[d, p] = (int.from_bytes(word, "little") >> 11) / 2**53
    return out
