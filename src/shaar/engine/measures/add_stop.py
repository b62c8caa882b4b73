"""``add_stop``: a stop where there was none, and the lines that pass it call at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.assumptions import assumption
from shaar.engine.measures.feeds import need, need_route
from shaar.engine.measures.fields import Identifier, Model, NewStop, Point, need_once
from shaar.engine.measures.forms import POINT, asked
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.new_stops import with_feed_stops, with_stops
from shaar.engine.measures.patterns import Edited, Pattern, Places, along, patterns_of, rewrite, shape_points
from shaar.engine.measures.state import State
from shaar.engine.timetable.distance import local_xy
from shaar.engine.timetable.feed import Feed

#: A line passes a stop whose way comes this near, m; without a shape, this much way round at most.
PASSES_M = 80.0
DETOUR_M = 250.0


class AddStop(Model):
    """A stop, and which lines call there: those named, in both directions or one."""

    type: Literal["add_stop"] = "add_stop"
    stop_id: Identifier
    point: Point
    name: str = ""
    route_ids: tuple[Identifier, ...] = ()
    direction: Literal[0, 1] | None = Field(default=None, description="GTFS direction_id; left out: both")

    @model_validator(mode="after")
    def _once(self) -> AddStop:
        need_once(self.route_ids, "route_ids", "line")
        return self


def apply(change: AddStop, state: State) -> State:
    """Return the city with the stop, and the timetable with the lines calling at it.

    A line calls between the two stops between which its way passes the new one, at the time by the share of the way,
    and everything after it is later by what a stop costs (``stop.lost_seconds`` of ``data/parameters/measures.csv``).

    Raises
    ------
    InputError
        The id is taken, the stop lies outside the city, or a line named does not exist or does not pass there.
    """
    if change.stop_id in set(state.city.stops["stop_id"]):
        raise InputError(f"there is already a stop {change.stop_id}; move_stop moves it", field="stop_id")
    new = NewStop(stop_id=change.stop_id, lon=change.point[0], lat=change.point[1], name=change.name)
    city = with_stops(state.city, (new,), "point")
    if state.feed is None and not change.route_ids:
        return replace(state, city=city)
    feed = need(state.feed, change.type)
    if change.stop_id in set(feed.stops["stop_id"]):
        raise InputError(f"the timetable already has a stop {change.stop_id}", field="stop_id")
    feed = with_feed_stops(city, feed, (change.stop_id,))
    places = Places(feed)
    for route_id in change.route_ids:
        need_route(feed, route_id, "route_ids")
        edits = []
        for pattern in patterns_of(feed, route_id, change.direction):
            found = _where(feed, places, pattern, change.stop_id)
            if found is not None:
                edits.append((pattern, _calling(pattern, change.stop_id, *found)))
        if not edits:
            raise InputError(
                f"line {route_id} does not pass within {PASSES_M:.0f} m of the new stop; reroute_line brings it there",
                field="route_ids",
            )
        feed = rewrite(feed, edits)
    return replace(state, city=city, feed=feed)


def _where(feed: Feed, places: Places, pattern: Pattern, stop_id: str) -> tuple[int, float] | None:
    """Position after which a pattern passes a stop and the share of the way from there to the next; None: nowhere."""
    points = shape_points(feed, pattern.shape)
    if len(points) < 2:
        there = places.metres(pattern.stops, stop_id)
        hops = np.array([places.metres(pattern.stops[k : k + 1], s)[0] for k, s in enumerate(pattern.stops[1:])])
        detour = there[:-1] + there[1:] - hops
        k = int(np.argmin(detour))
        return (k, float(there[k] / (there[k] + there[k + 1]))) if detour[k] <= DETOUR_M else None
    lon0, lat0 = float(points[0, 0]), float(points[:, 1].mean())
    x, y = local_xy(points[:, 0], points[:, 1], lon0, lat0)
    lon, lat = places.at(stop_id)
    px, py = local_xy(np.array([lon]), np.array([lat]), lon0, lat0)
    dx, dy = np.diff(x), np.diff(y)
    span = np.hypot(dx, dy)
    share = np.clip(((px - x[:-1]) * dx + (py - y[:-1]) * dy) / np.maximum(span**2, 1e-9), 0, 1)
    off = np.hypot(x[:-1] + share * dx - px, y[:-1] + share * dy - py)
    at, _ = along(points, places, pattern.stops)
    passed = np.concatenate([[0.0], np.cumsum(span)[:-1]]) + share * span
    off = np.where((passed > at[0]) & (passed < at[-1]), off, np.inf)
    best = int(np.argmin(off))
    if off[best] > PASSES_M:
        return None
    k = int(np.searchsorted(at, passed[best], side="right") - 1)
    k = min(k, len(at) - 2)
    return k, float((passed[best] - at[k]) / max(at[k + 1] - at[k], 1e-9))


def _calling(pattern: Pattern, stop_id: str, k: int, share: float) -> Edited:
    lost = assumption("stop.lost_seconds").value
    run = pattern.arrival[:, [k + 1]] - pattern.departure[:, [k]]
    at = pattern.departure[:, [k]] + share * run + lost / 2
    calls = (*range(k + 1), stop_id, *range(k + 1, len(pattern.stops)))
    arrival = np.hstack([pattern.arrival[:, : k + 1], at, pattern.arrival[:, k + 1 :] + lost])
    departure = np.hstack([pattern.departure[:, : k + 1], at, pattern.departure[:, k + 1 :] + lost])
    return Edited(calls, arrival, departure)


def _values(change: AddStop) -> tuple[str, Mapping[str, object]]:
    return "", {"name": change.name or change.stop_id, "lines": len(change.route_ids)}


KIND = Kind(
    model=AddStop,
    apply=apply,
    tool="pick_point",
    group="stops",
    example={"type": "add_stop", "stop_id": "market", "point": [71.415, 51.1501], "name": "Market", "route_ids": ["1"]},
    label=words("New stop", "Новая остановка", "Жаңы аялдама", "Жаңа аялдама"),
    form=(
        POINT,
        asked(
            "name",
            "text",
            words("Name", "Название", "Аталышы", "Атауы"),
            words(
                "As people know the place.",
                "Как называют это место.",
                "Бул жер кандай аталат.",
                "Бұл жер қалай аталады.",
            ),
        ),
        asked(
            "stop_id",
            "text",
            words("Id", "Идентификатор", "Идентификатор", "Идентификатор"),
            words(
                "A short name that no other stop has.",
                "Короткое имя, которого нет у других остановок.",
                "Башка аялдамаларда жок кыска ат.",
                "Басқа аялдамаларда жоқ қысқа ат.",
            ),
        ),
        asked(
            "route_ids",
            "line",
            words(
                "Lines that call there",
                "Какие маршруты останавливаются",
                "Кайсы маршруттар токтойт",
                "Қай маршруттар тоқтайды",
            ),
            words(
                "Lines that pass the place.",
                "Маршруты, которые проходят мимо.",
                "Жанынан өткөн маршруттар.",
                "Жанынан өтетін маршруттар.",
            ),
        ),
        asked(
            "direction",
            "choice",
            words("Direction", "Направление", "Багыты", "Бағыты"),
            words("Left out, both.", "Если не указать, оба.", "Көрсөтүлбөсө, экөө тең.", "Көрсетілмесе, екеуі де."),
            "",
            ("0", words("There", "Туда", "Барар", "Барар")),
            ("1", words("Back", "Обратно", "Кайтар", "Қайтар")),
        ),
    ),
    sentences={
        "": words(
            "Add a stop {name}; lines that call there: {lines}.",
            "Добавить остановку {name}; маршрутов, которые на ней останавливаются: {lines}.",
            "{name} аялдамасын кошуу; ал жерде токтогон маршруттар: {lines}.",
            "{name} аялдамасын қосу; онда тоқтайтын маршруттар: {lines}.",
        ),
    },
    values=_values,
)
