"""``add_line``: a new line; its stops join city and timetable, with one frequency trip a direction and headways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.feeds import AGENCY, EVERY_DAY, append, empty_feed, with_column, with_every_day
from shaar.engine.measures.fields import (
    Clock,
    Identifier,
    Lat,
    Lon,
    Minutes,
    Model,
    NewStop,
    need_growth,
    need_once,
    need_order,
    seconds,
)
from shaar.engine.measures.forms import NEW_STOPS, asked, drawn
from shaar.engine.measures.ground import need_dry_line
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.new_stops import with_feed_stops, with_stops
from shaar.engine.measures.state import State
from shaar.engine.measures.vehicle_types import VEHICLE_TYPE, need_vehicle_type
from shaar.engine.timetable.feed import Feed


class Headway(Model):
    """Departures every so many minutes from ``start`` until before ``end``."""

    start: Clock
    end: Clock
    minutes: Minutes
    period: str = Field(default="", description="name of the period, as shown to people")

    @model_validator(mode="after")
    def _ordered(self) -> Headway:
        need_order(self.start, self.end)
        return self


class AddLine(Model):
    """A new line with its stops, course, run times and headways.

    ``minutes_*`` are the times from the first stop to each stop (the first is 0). A line without a backward direction
    is a loop. Geometries are (lon, lat) along the street; they may be left out.
    """

    type: Literal["add_line"] = "add_line"
    line_id: Identifier
    name: Identifier
    stops_forward: tuple[Identifier, ...] = Field(min_length=2)
    minutes_forward: tuple[float, ...]
    stops_backward: tuple[Identifier, ...] = ()
    minutes_backward: tuple[float, ...] = ()
    headways: tuple[Headway, ...] = Field(min_length=1)
    new_stops: tuple[NewStop, ...] = ()
    geometry_forward: tuple[tuple[Lon, Lat], ...] = ()
    geometry_backward: tuple[tuple[Lon, Lat], ...] = ()
    vehicle_type: str = "bus_12m"
    route_type: int = Field(default=3, ge=0, description="GTFS route_type; 3 is a bus")

    @model_validator(mode="after")
    def _consistent(self) -> AddLine:
        for way, stops, minutes, course in (
            ("forward", self.stops_forward, self.minutes_forward, self.geometry_forward),
            ("backward", self.stops_backward, self.minutes_backward, self.geometry_backward),
        ):
            if len(stops) == 1:
                raise ValueError(f"stops_{way} needs at least two stops")
            if len(stops) != len(minutes):
                raise ValueError(f"minutes_{way} has {len(minutes)} entries for {len(stops)} stops")
            if minutes and minutes[0] != 0:
                raise ValueError(f"minutes_{way} must begin with 0")
            need_growth(minutes, f"minutes_{way}")
            if len(course) == 1:
                raise ValueError(f"geometry_{way} needs at least two points")
        for earlier, later in pairwise(self.headways):
            if seconds(later.start) < seconds(earlier.end):
                raise ValueError("headways overlap or are out of order")
        need_once([s.stop_id for s in self.new_stops], "new_stops", "stop")
        return self


def apply(change: AddLine, state: State) -> State:
    """Return the city with the line's new stops and the timetable with the line; without a timetable one is begun.

    Raises
    ------
    InputError
        The line's id is taken, a stop is not known or lies outside the city, a new stop has the id of another one, the
        vehicle type is not known, or the course runs through water.
    """
    city = state.city
    vehicle_type = need_vehicle_type(change.vehicle_type)
    feed = with_every_day(state.feed if state.feed is not None else empty_feed(), city)
    if feed.routes.filter(pl.col("route_id") == change.line_id).height:
        raise InputError(f"a line {change.line_id} already runs", field="line_id")
    for field in ("geometry_forward", "geometry_backward"):
        need_dry_line(city, getattr(change, field), field, change.route_type)
    city = with_stops(city, change.new_stops)
    feed = with_feed_stops(city, feed, (*change.stops_forward, *change.stops_backward))
    feed = append(
        feed,
        "routes",
        [
            {
                "route_id": change.line_id,
                "agency_id": AGENCY,
                "route_short_name": change.name,
                "route_type": change.route_type,
            }
        ],
    )
    feed = with_column(feed, "routes", "vehicle_type", "route_id", change.line_id, vehicle_type)
    for direction in (0, 1):
        feed = _with_direction(change, feed, direction)
    feed = replace(feed, stop_times=feed.stop_times.sort("trip_id", "stop_sequence"))
    return replace(state, city=city, feed=feed)


def _with_direction(change: AddLine, feed: Feed, direction: int) -> Feed:
    stops = change.stops_backward if direction else change.stops_forward
    minutes = change.minutes_backward if direction else change.minutes_forward
    course = change.geometry_backward if direction else change.geometry_forward
    if not stops:
        return feed
    headsign = dict(feed.stops.select("stop_id", "stop_name").iter_rows()).get(stops[-1])
    trip = f"{change.line_id}:{direction}"
    shape = trip if course else None
    start = seconds(change.headways[0].start)
    times = [start + round(m * 60) for m in minutes]
    feed = append(
        feed,
        "trips",
        [
            {
                "trip_id": trip,
                "route_id": change.line_id,
                "service_id": EVERY_DAY,
                "direction_id": direction,
                "trip_headsign": headsign,
                "shape_id": shape,
            }
        ],
    )
    feed = append(
        feed,
        "stop_times",
        [
            {"trip_id": trip, "stop_sequence": k + 1, "stop_id": s, "arrival": t, "departure": t}
            for k, (s, t) in enumerate(zip(stops, times))
        ],
    )
    feed = append(
        feed,
        "frequencies",
        [
            {
                "trip_id": trip,
                "start": seconds(h.start),
                "end": seconds(h.end),
                "headway": round(h.minutes * 60),
                "exact_times": 0,
            }
            for h in change.headways
        ],
    )
    points = [{"shape_id": shape, "sequence": k, "lat": lat, "lon": lon} for k, (lon, lat) in enumerate(course)]
    return append(feed, "shapes", points)


def _values(change: AddLine) -> tuple[str, Mapping[str, object]]:
    names = {s.stop_id: s.name for s in change.new_stops}
    ends = change.stops_forward[0], change.stops_forward[-1]
    return "", {
        "name": change.name,
        "first": names.get(ends[0]) or ends[0],
        "last": names.get(ends[1]) or ends[1],
        "stops": len(set(change.stops_forward) | set(change.stops_backward)),
        "minutes": number(min(h.minutes for h in change.headways)),
    }


KIND = Kind(
    model=AddLine,
    apply=apply,
    tool="draw_line",
    group="lines",
    example={
        "type": "add_line",
        "line_id": "N1",
        "name": "N1",
        "stops_forward": ["a", "b", "new-1"],
        "minutes_forward": [0, 4.5, 11],
        "stops_backward": ["new-1", "b", "a"],
        "minutes_backward": [0, 6, 12],
        "headways": [
            {"start": "06:00", "end": "10:00", "minutes": 8, "period": "morning"},
            {"start": "10:00", "end": "23:00", "minutes": 15},
        ],
        "new_stops": [{"stop_id": "new-1", "lon": 71.44, "lat": 51.15, "name": "New quarter"}],
        "geometry_forward": [[71.40, 51.15], [71.42, 51.15], [71.44, 51.15]],
        "geometry_backward": [[71.44, 51.15], [71.42, 51.15], [71.40, 51.15]],
    },
    label=words("New line", "Новый маршрут", "Жаңы маршрут", "Жаңа маршрут"),
    form=(
        asked(
            "name",
            "text",
            words("Number or name", "Номер или название", "Номери же аталышы", "Нөмірі немесе атауы"),
            words(
                "As people will read it on the vehicle.",
                "Как будет написано на автобусе.",
                "Автобуста кандай жазылат.",
                "Автобуста қалай жазылады.",
            ),
        ),
        asked(
            "line_id",
            "text",
            words("Id", "Идентификатор", "Идентификатор", "Идентификатор"),
            words(
                "A short name that no other line has.",
                "Короткое имя, которого нет у других маршрутов.",
                "Башка маршруттарда жок кыска ат.",
                "Басқа маршруттарда жоқ қысқа ат.",
            ),
        ),
        asked(
            "stops_forward",
            "stops",
            words("Stops there", "Остановки туда", "Барардагы аялдамалар", "Барардағы аялдамалар"),
            words(
                "In the order in which the line calls at them.",
                "По порядку движения.",
                "Жүрүү тартиби боюнча.",
                "Жүру реті бойынша.",
            ),
        ),
        drawn("minutes_forward", words("Minutes there", "Минуты туда", "Барардагы мүнөттөр", "Барардағы минуттар")),
        asked(
            "stops_backward",
            "stops",
            words("Stops back", "Остановки обратно", "Кайтардагы аялдамалар", "Қайтардағы аялдамалар"),
            words(
                "Left out, the line is a loop.",
                "Если не указать, маршрут кольцевой.",
                "Көрсөтүлбөсө, маршрут айланма болот.",
                "Көрсетілмесе, маршрут айналма болады.",
            ),
        ),
        drawn(
            "minutes_backward", words("Minutes back", "Минуты обратно", "Кайтардагы мүнөттөр", "Қайтардағы минуттар")
        ),
        asked(
            "headways",
            "headways",
            words("Headways", "Интервалы", "Жүрүү аралыктары", "Жүру аралықтары"),
            words(
                "How often it runs, by time of day.",
                "Как часто ходит по времени дня.",
                "Күндүн убактысы боюнча канча тез-тез жүрөт.",
                "Тәулік уақыты бойынша қаншалықты жиі жүреді.",
            ),
            "min",
        ),
        VEHICLE_TYPE,
        NEW_STOPS,
        drawn("geometry_forward", words("Course there", "Трасса туда", "Барардагы жол", "Барардағы жол")),
        drawn("geometry_backward", words("Course back", "Трасса обратно", "Кайтардагы жол", "Қайтардағы жол")),
        drawn("route_type", words("Mode (GTFS)", "Вид транспорта (GTFS)", "Унаа түрү (GTFS)", "Көлік түрі (GTFS)")),
    ),
    sentences={
        "": words(
            "Add line {name} from {first} to {last}; stops: {stops}, best headway: {minutes} min.",
            "Добавить маршрут {name}: {first} — {last}; остановок: {stops}, наименьший интервал: {minutes} мин.",
            "{name} маршрутун кошуу: {first} — {last}; аялдамалар: {stops}, эң кыска аралык: {minutes} мүн.",
            "{name} маршрутын қосу: {first} — {last}; аялдамалар: {stops}, ең қысқа аралық: {minutes} мин.",
        ),
    },
    values=_values,
)
