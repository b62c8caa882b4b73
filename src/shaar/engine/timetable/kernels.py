"""Compiled loops of the timetable room."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


@nb.njit(cache=True, nogil=True)
def project_in_order(px: F64, py: F64, sx: F64, sy: F64) -> tuple[F64, F64]:
    """Find where stops lie along a polyline when they are passed in order.

    Of all assignments of stops to segments that never go backwards, the one with the least sum of squared distances
    is taken (dynamic programme over stops and segments), so that loops and streets driven twice come out right.

    Parameters
    ----------
    px, py
        Stops in order, metres, shape (n,).
    sx, sy
        Vertices of the polyline, metres, shape (m,), m >= 2.

    Returns
    -------
    along, off
        Distance of each stop along the polyline (never falling) and to it, metres, shape (n,).
    """
    n, m = px.size, sx.size - 1
    start = np.empty(m)
    total = 0.0
    for j in range(m):
        start[j] = total
        total += np.hypot(sx[j + 1] - sx[j], sy[j + 1] - sy[j])
    best = np.zeros(m)
    came = np.empty((n, m), np.int32)
    pos = np.empty((n, m))
    for i in range(n):
        low, low_j = np.inf, -1
        for j in range(m):
            # running minimum over segments up to j of the cost of the stops before
            if i == 0:
                before, before_j = 0.0, -1
            else:
                if best[j] < low:
                    low, low_j = best[j], j
                before, before_j = low, low_j
            dx, dy = sx[j + 1] - sx[j], sy[j + 1] - sy[j]
            length2 = dx * dx + dy * dy
            f = 0.0
            if length2 > 0.0:
                f = min(1.0, max(0.0, ((px[i] - sx[j]) * dx + (py[i] - sy[j]) * dy) / length2))
            at = start[j] + f * np.sqrt(length2)
            if before_j == j and pos[i - 1, j] > at:  # the same segment: not before the stop before
                at = pos[i - 1, j]
                f = (at - start[j]) / np.sqrt(length2) if length2 > 0.0 else 0.0
            x, y = sx[j] + f * dx, sy[j] + f * dy
            best[j] = before + (px[i] - x) ** 2 + (py[i] - y) ** 2
            came[i, j] = before_j
            pos[i, j] = at
    along, off = np.empty(n), np.empty(n)
    j = 0
    for k in range(1, m):
        if best[k] < best[j]:
            j = k
    for i in range(n - 1, -1, -1):
        along[i] = pos[i, j]
        dx, dy = sx[j + 1] - sx[j], sy[j + 1] - sy[j]
        length = np.hypot(dx, dy)
        f = (along[i] - start[j]) / length if length > 0.0 else 0.0
        off[i] = np.hypot(px[i] - sx[j] - f * dx, py[i] - sy[j] - f * dy)
        j = came[i, j]
    for i in range(1, n):
        along[i] = max(along[i], along[i - 1])
    return along, off


@nb.njit(cache=True, nogil=True)
def interpolate_blank(
    times: npt.NDArray[np.int64], along: F64, trip_ptr: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Fill blank times (-1) between the timed calls of each trip, in proportion to the distance between them.

    Where the distance between two timed calls is zero, in equal steps. Times never fall.

    Parameters
    ----------
    times
        Seconds, -1 where blank, shape (calls,); first and last of each trip are given.
    along
        Distance of each call from the trip's start, never falling within a trip, any unit, shape (calls,).
    trip_ptr
        Calls of trip ``k`` are ``trip_ptr[k]:trip_ptr[k+1]``.
    """
    out = times.copy()
    for k in range(trip_ptr.size - 1):
        last = trip_ptr[k]
        for i in range(trip_ptr[k] + 1, trip_ptr[k + 1]):
            if times[i] < 0:
                continue
            gap = along[i] - along[last]
            for j in range(last + 1, i):
                if gap > 0.0:
                    share = (along[j] - along[last]) / gap
                else:
                    share = (j - last) / (i - last)
                out[j] = np.int64(np.floor(times[last] + share * (times[i] - times[last]) + 0.5))
            last = i
    return out
