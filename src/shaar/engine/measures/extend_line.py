"""``extend_line``: a line goes on from a terminus; run times, headways and passing times of the rest stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.feeds import need, need_route
from shaar.engine.measures.fields import Identifier, Minutes, Model, NewStop, Point, need_growth, need_once
from shaar.engine.measures.forms import NEW_STOPS, ROUTE, asked, drawn
from shaar.engine.measures.ground import need_dry_line
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.new_stops import with_feed_stops, with_stops
from shaar.engine.measures.patterns import TWIN_M, Edited, Pattern, Places, patterns_of, rewrite, shape_points
from shaar.engine.measures.state import State
from shaar.engine.timetable.feed import Feed


class ExtendLine(Model):
    """A line that goes on beyond one of its ends.

    ``stops`` are those beyond ``from_stop`` in the order away from it, ``minutes`` the times from there to each. On
    the way back the line calls at ``stops_back`` (away from the new end, left out: the same in reverse), and
    ``minutes_back`` are the times from each of them to today's end.
    """

    type: Literal["extend_line"] = "extend_line"
    route_id: Identifier
    from_stop: Identifier
    stops: tuple[Identifier, ...] = Field(min_length=1)
    minutes: tuple[Minutes, ...]
    stops_back: tuple[Identifier, ...] = ()
    minutes_back: tuple[Minutes, ...] = ()
    new_stops: tuple[NewStop, ...] = ()
    geometry: tuple[Point, ...] = ()
    geometry_back: tuple[Point, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> ExtendLine:
        for field, stops, minutes in (
            ("minutes", self.stops, self.minutes), ("minutes_back", self.stops_back, self.minutes_back),
        ):  # fmt: skip
            if len(stops) != len(minutes):
                raise ValueError(f"{field} has {len(minutes)} entries for {len(stops)} stops")
        need_growth(self.minutes, "minutes")
        need_growth(self.minutes_back[::-1], "minutes_back, read backwards,")
        need_once(self.stops, "stops", "stop")
        need_once([s.stop_id for s in self.new_stops], "new_stops", "stop")
        for field in ("geometry", "geometry_back"):
            if len(getattr(self, field)) == 1:
                raise ValueError(f"{field} needs at least two points")
        return self


def apply(change: ExtendLine, state: State) -> State:
    """Return the timetable with the longer line.

    Patterns that end at ``from_stop`` or within 300 m of it go on; patterns that begin there begin farther out and
    earlier. Patterns that turn elsewhere stay as they are.

    Raises
    ------
    InputError
        There is no timetable, no such line, it has no end at that stop, a stop is unknown or outside the city, or the
        course runs through water.
    """
    feed = need(state.feed, change.type)
    route_type = need_route(feed, change.route_id)
    for field in ("geometry", "geometry_back"):
        need_dry_line(state.city, getattr(change, field), field, route_type)
    city = with_stops(state.city, change.new_stops)
    back = change.stops_back or change.stops[::-1]
    feed = with_feed_stops(city, feed, (change.from_stop, *change.stops, *back))
    places = Places(feed)
    edits = []
    patterns = patterns_of(feed, change.route_id)
    for pattern in patterns:
        first, last = places.metres((pattern.stops[0], pattern.stops[-1]), change.from_stop) <= TWIN_M
        if first or last:
            edits.append((pattern, _longer(change, feed, places, pattern, begins=bool(first), ends=bool(last))))
    if not edits:
        ends = sorted({s for p in patterns for s in (p.stops[0], p.stops[-1])})
        raise InputError(
            f"line {change.route_id} does not end at stop {change.from_stop}; its ends are {', '.join(ends)}",
            field="from_stop",
        )
    return replace(state, city=city, feed=rewrite(feed, edits))


def _longer(change: ExtendLine, feed: Feed, places: Places, pattern: Pattern, *, begins: bool, ends: bool) -> Edited:
    calls: tuple[int | str, ...] = tuple(range(len(pattern.stops)))
    arrival, departure = pattern.arrival, pattern.departure
    points = shape_points(feed, pattern.shape)
    way_out = change.geometry or tuple(places.at(s) for s in (change.from_stop, *change.stops))
    if ends:
        more = arrival[:, -1:] + 60.0 * np.array(change.minutes)
        calls = (*calls, *change.stops)
        arrival = np.hstack([arrival, more])
        departure = np.hstack([departure[:, :-1], arrival[:, [len(pattern.stops) - 1]], more])
        points = np.vstack([points, np.array(way_out)]) if len(points) else points
    if begins:
        stops = change.stops_back or change.stops[::-1]
        minutes = change.minutes_back or change.minutes[::-1]
        less = departure[:, :1] - 60.0 * np.array(minutes)
        calls = (*stops, *calls)
        arrival = np.hstack([less, departure[:, :1], arrival[:, 1:]])
        departure = np.hstack([less, departure])
        own = change.geometry_back or (() if change.stops_back else way_out[::-1])
        way_in = own or tuple(places.at(s) for s in (*stops, pattern.stops[0]))
        points = np.vstack([np.array(way_in), points]) if len(points) else points
    return Edited(calls, arrival, departure, tuple((float(x), float(y)) for x, y in points))


def _values(change: ExtendLine) -> tuple[str, Mapping[str, object]]:
    names = {s.stop_id: s.name for s in change.new_stops}
    return "", {
        "route": change.route_id,
        "first": change.from_stop,
        "last": names.get(change.stops[-1]) or change.stops[-1],
        "stops": len(change.stops),
        "minutes": number(change.minutes[-1]),
    }


KIND = Kind(
    model=ExtendLine,
    apply=apply,
    tool="draw_line",
    group="lines",
    example={
        "type": "extend_line",
        "route_id": "1",
        "from_stop": "b",
        "stops": ["b2", "new-2"],
        "minutes": [2, 5],
        "new_stops": [
            {"stop_id": "b2", "lon": 71.43, "lat": 51.15, "name": "Middle"},
            {"stop_id": "new-2", "lon": 71.44, "lat": 51.15, "name": "River"},
        ],
        "geometry": [[71.42, 51.15], [71.44, 51.15]],
    },
    label=words("Extend a line", "Продлить маршрут", "Маршрутту узартуу", "Маршрутты ұзарту"),
    form=(
        ROUTE,
        asked(
            "from_stop",
            "stop",
            words("Today's end", "Нынешняя конечная", "Азыркы акыркы аялдама", "Қазіргі соңғы аялдама"),
            words(
                "Where the line ends today.",
                "Где маршрут кончается сейчас.",
                "Маршрут азыр кайда бүтөт.",
                "Маршрут қазір қай жерде аяқталады.",
            ),
        ),
        asked(
            "stops",
            "stops",
            words("Further stops", "Новые остановки пути", "Кийинки аялдамалар", "Келесі аялдамалар"),
            words(
                "Away from today's end.",
                "В сторону от нынешней конечной.",
                "Азыркы акыркы аялдамадан ары.",
                "Қазіргі соңғы аялдамадан әрі.",
            ),
        ),
        drawn("minutes", words("Minutes there", "Минуты туда", "Барардагы мүнөттөр", "Барардағы минуттар")),
        asked(
            "stops_back",
            "stops",
            words("Stops back", "Остановки обратно", "Кайтардагы аялдамалар", "Қайтардағы аялдамалар"),
            words(
                "Left out: the same.",
                "Если не указать, те же.",
                "Көрсөтүлбөсө, ошол эле.",
                "Көрсетілмесе, сол күйінде.",
            ),
        ),
        drawn("minutes_back", words("Minutes back", "Минуты обратно", "Кайтардагы мүнөттөр", "Қайтардағы минуттар")),
        NEW_STOPS,
        drawn("geometry", words("Course there", "Трасса туда", "Барардагы жол", "Барардағы жол")),
        drawn("geometry_back", words("Course back", "Трасса обратно", "Кайтардагы жол", "Қайтардағы жол")),
    ),
    sentences={
        "": words(
            "Extend line {route} from {first} to {last}; further stops: {stops}, ride from today's end: {minutes} min.",
            "Продлить маршрут {route} от {first} до {last}; остановок дальше: {stops}, в пути от нынешней "
            "конечной: {minutes} мин.",
            "{route} маршрутун {first} аялдамасынан {last} аялдамасына чейин узартуу; кошумча аялдамалар: "
            "{stops}, азыркы акыркы аялдамадан жол: {minutes} мүн.",
            "{route} маршрутын {first} аялдамасынан {last} аялдамасына дейін ұзарту; қосымша аялдамалар: "
            "{stops}, қазіргі соңғы аялдамадан жол: {minutes} мин.",
        ),
    },
    values=_values,
)
