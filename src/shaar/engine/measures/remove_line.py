"""``remove_line``: a line and all its trips leave the timetable; its stops stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl

from shaar.engine.measures.feeds import drop_trips, need, need_route
from shaar.engine.measures.fields import Identifier, Model
from shaar.engine.measures.forms import ROUTE
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State


class RemoveLine(Model):
    """A line that no longer runs."""

    type: Literal["remove_line"] = "remove_line"
    route_id: Identifier


def apply(change: RemoveLine, state: State) -> State:
    """Return the timetable without the line.

    Raises
    ------
    InputError
        There is no timetable, or no such line in it.
    """
    feed = need(state.feed, change.type)
    need_route(feed, change.route_id)
    trips = feed.trips.filter(pl.col("route_id") == change.route_id)["trip_id"]
    feed = drop_trips(feed, trips)
    return replace(state, feed=replace(feed, routes=feed.routes.filter(pl.col("route_id") != change.route_id)))


def _values(change: RemoveLine) -> tuple[str, Mapping[str, object]]:
    return "", {"route": change.route_id}


KIND = Kind(
    model=RemoveLine,
    apply=apply,
    tool="pick_line",
    group="lines",
    example={"type": "remove_line", "route_id": "1"},
    label=words("Remove a line", "Убрать маршрут", "Маршрутту алып салуу", "Маршрутты алып тастау"),
    form=(ROUTE,),
    sentences={
        "": words(
            "Remove line {route}.",
            "Убрать маршрут {route}.",
            "{route} маршрутун алып салуу.",
            "{route} маршрутын алып тастау.",
        ),
    },
    values=_values,
)
