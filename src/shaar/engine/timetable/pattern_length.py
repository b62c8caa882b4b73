"""How long each pattern of a day is, and by which evidence."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl

from shaar.engine.findings import Finding
from shaar.engine.timetable.arrays import F64, DayTimetable
from shaar.engine.timetable.day import pattern_trip_source
from shaar.engine.timetable.distance import CROW_FACTOR, Distances, stated_metres
from shaar.engine.timetable.feed import Feed


def pattern_km(feed: Feed, day_timetable: DayTimetable) -> F64:
    """Length of each pattern from its first to its last stop, km, shape (patterns,).

    Along the trips' shapes where they have one, else by ``shape_dist_traveled`` of the calls, else crow distance from
    stop to stop times ``CROW_FACTOR``. Runs of one pattern may have different shapes: the mean over its runs is given,
    so that length times runs is the vehicle distance exactly. What was used is told by :func:`pattern_km_findings`.
    """
    return _measure(feed, day_timetable)[0]


def pattern_km_findings(feed: Feed, day_timetable: DayTimetable) -> tuple[Finding, ...]:
    """Say for how many patterns the length is assumed from crow distances, and which shapes do not fit their stops."""
    km, by, distances = _measure(feed, day_timetable)
    out = []
    crow = [p for p, how in enumerate(by) if how == "crow"]
    if crow:
        route = day_timetable.route_ids[day_timetable.pattern_route[crow[0]]]
        share = 100 * float(km[crow].sum()) / max(float(km.sum()), 1e-9)
        out.append(
            Finding(
                "timetable.length_by_crow",
                f"{len(crow)} of {len(by)} patterns have no shape or stated distance; their "
                f"length is the crow distance between stops times {CROW_FACTOR} ({share:.0f} % of the length).",
                len(crow),
                route,
                "assumed",
                {"patterns": len(crow), "all": len(by), "factor": CROW_FACTOR, "share": round(share)},
            )
        )
    if distances.far:
        out.append(
            Finding(
                "timetable.shape_far",
                f"{distances.far} shapes pass a stop of their trip at more than 1 km and are not used.",
                distances.far,
                "",
                "warning",
                {"shapes": distances.far},
            )
        )
    return tuple(out)


def _measure(feed: Feed, tt: DayTimetable) -> tuple[F64, list[str], Distances]:
    distances = Distances.of(feed)
    shape_of = dict(feed.trips.select("trip_id", "shape_id").iter_rows())
    stated = stated_metres(feed, distances)
    rows: dict[str, F64] = {}
    if stated is not None:
        table = feed.stop_times.select("trip_id").with_columns(stated[0].alias("m"))
        whole = table.group_by("trip_id").agg(pl.col("m"), (pl.col("m").null_count() == 0).alias("full"))
        rows = {t: np.maximum.accumulate(np.array(m)) for t, m, full in whole.iter_rows() if full}
    km = np.zeros(tt.n_patterns)
    by: list[str] = []
    for p in range(tt.n_patterns):
        stops = tuple(tt.stop_ids[s] for s in tt.pattern_stops[tt.stop_ptr[p] : tt.stop_ptr[p + 1]])
        names = tt.trip_ids[tt.trip_ptr[p] : tt.trip_ptr[p + 1]]
        trips = [t if t in shape_of else pattern_trip_source(t) for t in names]
        weights: Counter[str | None] = Counter()
        total = 0.0
        how = "crow"
        for t in trips:
            shape = shape_of.get(t)
            if shape not in distances.shapes and t in rows and len(rows[t]) == len(stops):
                total += float(rows[t][-1] - rows[t][0])
                how = "stated"
            else:
                weights[shape] += 1
        for shape, n in weights.items():
            before = distances.by_crow
            total += n * float(distances.along(shape, stops)[-1])
            if shape in distances.shapes and distances.by_crow == before:
                how = "shape"
        km[p] = total / len(trips) / 1000
        by.append(how)
    return km, by, distances
