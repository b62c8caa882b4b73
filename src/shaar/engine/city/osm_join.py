"""Put objects that were cut into parts (at tile edges) together again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

F64 = npt.NDArray[np.float64]

#: Two cut ends are the same place when they lie this close: degrees of latitude, about 2 cm and the rounding to 1e-7.
TOLERANCE = 2.5e-7


def join_lines(parts: list[F64], tolerance: float = TOLERANCE) -> list[F64]:
    """Join directed parts of one line where the end of one lies on the start of another.

    Parts keep their direction, because a street's one-way tag depends on it. Parts that lie wholly on another part (a
    line along a tile edge is in both tiles) are dropped.

    Parameters
    ----------
    parts
        Coordinates in degrees, each of shape (k, 2).

    Returns
    -------
    The fewest chains, in the order of their first part.
    """
    parts = _without_repeats([p for p in parts if len(p) >= 2])
    if len(parts) < 2:
        return parts
    starts, ends = np.array([p[0] for p in parts]), np.array([p[-1] for p in parts])
    squeeze = np.array([np.cos(np.radians(starts[0, 1])), 1.0])
    gap = np.hypot(*np.moveaxis((ends[:, None] - starts[None]) * squeeze, 2, 0))
    following: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(gap, axis=None, kind="stable"):
        a, b = divmod(int(flat), len(parts))
        if gap[a, b] > tolerance:
            break
        if a != b and a not in following and b not in taken:
            following[a] = b
            taken.add(b)
    chains, done = [], set()
    for first in [i for i in range(len(parts)) if i not in taken] + list(range(len(parts))):
        if first in done:
            continue
        chain, at = [parts[first]], first
        done.add(first)
        while (at := following.get(at, -1)) >= 0 and at not in done:
            chain.append(parts[at][1:])
            done.add(at)
        line = np.concatenate(chain)
        if at == first:
            line[-1] = line[0]  # a ring cut open: close it exactly
        chains.append(line)
    return chains


def _without_repeats(parts: list[F64]) -> list[F64]:
    kept: list[F64] = []
    seen: set[tuple[float, ...]] = set()
    for p in sorted(parts, key=len, reverse=True):
        rounded = np.round(p, 7)
        segments = {(*a, *b) for a, b in zip(rounded[:-1].tolist(), rounded[1:].tolist())}
        if segments <= seen:
            continue
        seen |= segments
        kept.append(p)
    order = {id(p): i for i, p in enumerate(parts)}
    return sorted(kept, key=lambda p: order[id(p)])


def join_areas(parts: list[object]) -> object:
    """Unite the parts of one area; a single part is returned as it is."""
    if len(parts) == 1:
        return parts[0]
    return shapely.union_all(shapely.make_valid(np.asarray(parts, dtype=object)))
