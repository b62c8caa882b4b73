"""``move_stop``: a stop stands elsewhere; the lines that call at it keep their times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures.fields import Identifier, Model, Point
from shaar.engine.measures.forms import POINT, asked
from shaar.engine.measures.ground import need_inside
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.new_stops import on_streets
from shaar.engine.measures.state import State
from shaar.engine.timetable.distance import crow_metres

#: A stop that moves farther is another stop: run times would no longer hold, m.
MOVED_M = 500.0


class MoveStop(Model):
    """Another place for a stop."""

    type: Literal["move_stop"] = "move_stop"
    stop_id: Identifier
    point: Point


def apply(change: MoveStop, state: State) -> State:
    """Return city and timetable with the stop at its new place, put on the nearest street.

    Raises
    ------
    InputError
        There is no such stop, it would move more than 500 m, or its new place lies outside the city.
    """
    city, feed = state.city, state.feed
    here = pl.col("stop_id") == change.stop_id
    where = [tuple(r) for r in city.stops.filter(here).select("lon", "lat").iter_rows()]
    if feed is not None:
        where += [tuple(r) for r in feed.stops.filter(here).select("stop_lon", "stop_lat").iter_rows()]
    if not where:
        raise InputError(f"there is no stop {change.stop_id}", field="stop_id")
    (lon, lat), (x, y) = where[0], change.point
    metres = float(crow_metres(*(np.array([v]) for v in (lon, lat, x, y)))[0])
    if metres > MOVED_M:
        raise InputError(
            f"stop {change.stop_id} would move {metres:.0f} m; more than {MOVED_M:.0f} m is a new stop (add_stop)",
            field="point",
        )
    need_inside(city, x, y, "point", f"stop {change.stop_id}")
    if city.stops.filter(here).height:
        city = replace(city, stops=_moved(city, change))
    if feed is not None:
        stops = feed.stops.with_columns(
            pl.when(here).then(pl.lit(v)).otherwise(pl.col(c)).alias(c) for c, v in (("stop_lon", x), ("stop_lat", y))
        )
        feed = replace(feed, stops=stops)
    return replace(state, city=city, feed=feed)


def _moved(city: City, change: MoveStop) -> pl.DataFrame:
    here = pl.col("stop_id") == change.stop_id
    old = city.stops.filter(here).with_columns(lon=pl.lit(change.point[0]), lat=pl.lit(change.point[1]))
    new = on_streets(city, old.drop("link_id", "offset", "side", "link_distance")).select(city.stops.columns)
    at = int(city.stops.select(here.arg_true()).item(0, 0))
    return pl.concat([city.stops[:at], new, city.stops[at + 1 :]])


def _values(change: MoveStop) -> tuple[str, Mapping[str, object]]:
    return "", {"stop": change.stop_id, "lon": f"{change.point[0]:.5f}", "lat": f"{change.point[1]:.5f}"}


KIND = Kind(
    model=MoveStop,
    apply=apply,
    tool="pick_stop",
    group="stops",
    example={"type": "move_stop", "stop_id": "m", "point": [71.412, 51.15]},
    label=words("Move a stop", "Перенести остановку", "Аялдаманы жылдыруу", "Аялдаманы жылжыту"),
    form=(
        asked(
            "stop_id",
            "stop",
            words("Stop", "Остановка", "Аялдама", "Аялдама"),
            words("The stop that moves.", "Остановка, которую переносят.", "Жыла турган аялдама.", "Жылжитын аялдама."),
        ),
        POINT,
    ),
    sentences={
        "": words(
            "Move stop {stop} to {lat}, {lon}.",
            "Перенести остановку {stop} в точку {lat}, {lon}.",
            "{stop} аялдамасын {lat}, {lon} жерине жылдыруу.",
            "{stop} аялдамасын {lat}, {lon} жеріне жылжыту.",
        ),
    },
    values=_values,
)
