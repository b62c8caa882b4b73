"""Travel times over several real days: each day a draw, so that percentiles hold how reliable the service is."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np

from shaar.engine.progress import Progress, silent
from shaar.engine.routing import kernels
from shaar.engine.routing.journey_tables import lay_out
from shaar.engine.routing.phases import random_phases
from shaar.engine.routing.raptor import TravelTimes
from shaar.engine.routing.walk import WalkLinks
from shaar.engine.timetable.arrays import DayTimetable

CHUNK = 48


def pooled_travel_times(
    days: Sequence[DayTimetable],
    access: WalkLinks,
    transfers: WalkLinks,
    egress: WalkLinks,
    walk: WalkLinks,
    *,
    window: tuple[int, int],
    step_s: int = 60,
    max_rides: int = 4,
    max_minutes: float = 120.0,
    percentiles: tuple[float, ...] = (50,),
    seed: int = 0,
    progress: Progress = silent,
) -> TravelTimes:
    """Travel times between all zones for every departure of a window on every one of several days, pooled.

    As :func:`shaar.engine.routing.raptor.travel_times` with each day in the place of a draw: people who set out know
    the day they are in, vehicles do not wait for a plan. ``days`` are observed ones
    (:func:`shaar.engine.timetable.observed.observed_days`), or any that have the same stops in the same order.

    Raises
    ------
    ValueError
        No day is given, days differ in their stops, or arrays do not fit together.
    """
    if not days or any(d.stop_ids != days[0].stop_ids for d in days):
        raise ValueError("give one day or more, all with the same stops in the same order")
    n_zones, n_stops = access.n, days[0].n_stops
    if walk.n != n_zones or walk.n_to != n_zones or egress.n_to != n_zones:
        raise ValueError("access, egress and walk must speak of the same zones")
    if access.n_to != n_stops or egress.n != n_stops or transfers.n != n_stops:
        raise ValueError("access, egress and transfers must speak of the timetables' stops")
    n_dep = len(range(window[0], window[1], step_s))
    if n_dep == 0:
        raise ValueError("the window holds no departure")
    tables = lay_out([(d, random_phases(d, 1, seed + k)[0]) for k, d in enumerate(days)])
    ranks = np.maximum(np.ceil(np.asarray(percentiles, float) / 100 * n_dep * len(days)) - 1, 0).astype(np.int64)
    out = TravelTimes(
        np.empty((len(percentiles), n_zones, n_zones), np.float32),
        np.empty((n_zones, n_zones), np.float32),
        np.empty((n_zones, n_zones), np.float32),
        tuple(percentiles),
    )
    for lo in range(0, n_zones, CHUNK):
        hi = min(lo + CHUNK, n_zones)
        a, e = access.ptr[lo], access.ptr[hi]
        minutes, out.rides[lo:hi], out.walked[lo:hi] = kernels.matrix(
            access.ptr[lo : hi + 1] - a, access.to[a:e], access.seconds[a:e], window[0], step_s, n_dep, max_rides,
            int(max_minutes * 60), tables.draw_pat, tables.stop_ptr, tables.stops, tables.n_trips, tables.time_ptr,
            tables.dep, tables.arr, tables.serve_ptr, tables.serve_p, tables.serve_i, transfers.ptr, transfers.to,
            transfers.seconds, egress.ptr, egress.to, egress.seconds,
            walk.rows_dense_seconds(lo, hi, int(kernels.INF)), ranks, numba.get_num_threads(),
        )  # fmt: skip
        out.minutes[:, lo:hi] = minutes.reshape(hi - lo, len(percentiles), n_zones).transpose(1, 0, 2)
        progress("travel times", hi, n_zones)
    return out
