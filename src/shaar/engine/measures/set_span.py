"""``set_span``: a line begins and ends its day at other hours; in between it runs as before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.departures import add_run, clear, departures
from shaar.engine.measures.feeds import need, need_route
from shaar.engine.measures.fields import Clock, Identifier, Minutes, Model, need_order, seconds
from shaar.engine.measures.forms import END, ROUTE, START, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State
from shaar.engine.timetable.feed import Feed

#: Beyond every service day, s.
_FOREVER = 72 * 3600
#: Departures at the edge of the day whose gaps make the headway of added hours.
_EDGE = 5


class SetSpan(Model):
    """Other hours of service: the first departure from ``start``, none from ``end`` on."""

    type: Literal["set_span"] = "set_span"
    route_id: Identifier
    start: Clock
    end: Clock
    minutes: Minutes | None = Field(
        default=None, description="headway in added hours; left out: that of the hours next"
    )

    @model_validator(mode="after")
    def _ordered(self) -> SetSpan:
        need_order(self.start, self.end)
        return self


def apply(change: SetSpan, state: State) -> State:
    """Return the timetable with the line's new hours, on every service day type and in each direction.

    Departures outside the hours go. Where the line begins later or ends earlier than the hours say, its first (last)
    trip is run through the added hours every ``minutes``, or as often as its next departures are apart (median gap of
    the five nearest).

    Raises
    ------
    InputError
        There is no timetable, no such line, none of its departures lies within the hours, or it departs but once and
        no headway is given for the added hours.
    """
    feed = need(state.feed, change.type)
    need_route(feed, change.route_id)
    start, end = seconds(change.start), seconds(change.end)
    if not departures(feed, change.route_id, start, end).height:
        raise InputError(
            f"line {change.route_id} does not depart between {change.start} and {change.end}; add_line makes a new one",
            field="start",
        )
    for first, last in ((-_FOREVER, start), (end, _FOREVER)):
        feed = clear(feed, departures(feed, change.route_id, first, last), first, last)
    template = feed
    for _, group in departures(feed, change.route_id, start, end).group_by(
        "service_id", "direction_id", maintain_order=True
    ):
        feed = _fill(template, feed, group, change, start, end)
    return replace(state, feed=replace(feed, stop_times=feed.stop_times.sort("trip_id", "stop_sequence")))


def _fill(template: Feed, feed: Feed, group: pl.DataFrame, change: SetSpan, start: int, end: int) -> Feed:
    times = _times(template, group)
    first, last = times.row(0, named=True), times.row(-1, named=True)
    for early, edge in ((True, first), (False, last)):
        missing = edge["time"] - start if early else end - edge["time"]
        if missing <= 0:
            continue
        headway = _headway(change, times["time"] if early else times["time"].reverse())
        if early and missing >= headway:
            feed = add_run(template, feed, edge["trip_id"], start, edge["time"], headway)
        elif not early and missing > headway:
            feed = add_run(template, feed, edge["trip_id"], edge["time"] + headway, end, headway)
    return feed


def _times(feed: Feed, group: pl.DataFrame) -> pl.DataFrame:
    """Every departure of some trips: trip_id and time, in order; those by headways counted out."""
    spans = feed.frequencies.filter(pl.col("trip_id").is_in(group["trip_id"].implode()))
    counted = spans.select(
        "trip_id", pl.int_ranges("start", "end", pl.col("headway"), dtype=pl.Int64).alias("time")
    ).explode("time")
    single = group.filter(pl.col("span_start").is_null()).select(
        "trip_id", pl.col("begin").cast(pl.Int64).alias("time")
    )
    return pl.concat([single, counted]).sort("time", "trip_id")


def _headway(change: SetSpan, times: pl.Series) -> int:
    if change.minutes is not None:
        return round(change.minutes * 60)
    gaps = times.unique(maintain_order=True).head(_EDGE).diff().drop_nulls().abs()
    if not gaps.len():
        raise InputError(
            f"line {change.route_id} departs only once there, so say how often it runs in the added hours",
            field="minutes",
        )
    return int(gaps.median())  # type: ignore[arg-type]


def _values(change: SetSpan) -> tuple[str, Mapping[str, object]]:
    values = {"route": change.route_id, "start": change.start, "end": change.end}
    if change.minutes is None:
        return "", values
    return "headway", {**values, "minutes": number(change.minutes)}


KIND = Kind(
    model=SetSpan,
    apply=apply,
    tool="pick_line",
    group="lines",
    example={"type": "set_span", "route_id": "1", "start": "05:30", "end": "14:00", "minutes": 20},
    label=words("Hours of service", "Часы работы маршрута", "Иштөө убактысы", "Жұмыс уақыты"),
    form=(
        ROUTE,
        START,
        END,
        asked(
            "minutes",
            "number",
            words(
                "Headway in added hours",
                "Интервал в добавленные часы",
                "Кошумча саатта жүрүү аралыгы",
                "Қосымша сағаттағы жүру аралығы",
            ),
            words(
                "Left out: as in the hours next.",
                "Если не указать, как в соседние часы.",
                "Көрсөтүлбөсө, жанындагы сааттардагыдай.",
                "Көрсетілмесе, көрші сағаттардағыдай.",
            ),
            "min",
        ),
    ),
    sentences={
        "": words(
            "Run line {route} from {start} to {end}.",
            "Маршрут {route} работает с {start} до {end}.",
            "{route} маршруту {start}–{end} аралыгында иштейт.",
            "{route} маршруты {start}–{end} аралығында жұмыс істейді.",
        ),
        "headway": words(
            "Run line {route} from {start} to {end}; headway in added hours: {minutes} min.",
            "Маршрут {route} работает с {start} до {end}; интервал в добавленные часы: {minutes} мин.",
            "{route} маршруту {start}–{end} аралыгында иштейт; кошумча сааттагы аралык: {minutes} мүн.",
            "{route} маршруты {start}–{end} аралығында жұмыс істейді; қосымша сағаттағы аралық: {minutes} мин.",
        ),
    },
    values=_values,
)
