"""``reroute_line``: a line goes another way between two of its stops; headways and other run times stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.feeds import need, need_route
from shaar.engine.measures.fields import Identifier, Minutes, Model, NewStop, Point, need_growth, need_once
from shaar.engine.measures.forms import NEW_STOPS, ROUTE, YES_NO, asked, drawn
from shaar.engine.measures.ground import need_dry_line
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.new_stops import with_feed_stops, with_stops
from shaar.engine.measures.patterns import Edited, Pattern, Places, along, cut, patterns_of, rewrite, shape_points
from shaar.engine.measures.state import State
from shaar.engine.timetable.feed import Feed


class RerouteLine(Model):
    """Another way between two stops of a line.

    ``stops`` are those in between (none: straight on), ``minutes`` the times from ``from_stop`` to each of them and, as
    the last, to ``to_stop``. The other direction calls at ``stops_back`` (left out: the same in reverse).
    """

    type: Literal["reroute_line"] = "reroute_line"
    route_id: Identifier
    from_stop: Identifier
    to_stop: Identifier
    stops: tuple[Identifier, ...] = ()
    minutes: tuple[Minutes, ...] = Field(min_length=1)
    stops_back: tuple[Identifier, ...] = ()
    minutes_back: tuple[Minutes, ...] = ()
    one_way: bool = Field(default=False, description="leave the other direction as it is")
    new_stops: tuple[NewStop, ...] = ()
    geometry: tuple[Point, ...] = ()
    geometry_back: tuple[Point, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> RerouteLine:
        if self.from_stop == self.to_stop:
            raise ValueError("to_stop must be another stop than from_stop")
        if len(self.minutes) != len(self.stops) + 1:
            raise ValueError(f"minutes has {len(self.minutes)} entries for {len(self.stops)} stops and to_stop")
        if (self.stops_back or self.minutes_back) and len(self.minutes_back) != len(self.stops_back) + 1:
            raise ValueError(
                f"minutes_back has {len(self.minutes_back)} entries for {len(self.stops_back)} stops and from_stop"
            )
        need_growth(self.minutes, "minutes")
        need_growth(self.minutes_back, "minutes_back")
        need_once([s.stop_id for s in self.new_stops], "new_stops", "stop")
        for field in ("geometry", "geometry_back"):
            if len(getattr(self, field)) == 1:
                raise ValueError(f"{field} needs at least two points")
        return self


def apply(change: RerouteLine, state: State) -> State:
    """Return the timetable with the line on its new way.

    Trips leave when they left; after the changed part they are as much later or earlier as it takes more or less.

    Raises
    ------
    InputError
        There is no timetable, no such line, it does not run between these stops, a stop is unknown or outside the
        city, or the course runs through water.
    """
    feed = need(state.feed, change.type)
    route_type = need_route(feed, change.route_id)
    for field in ("geometry", "geometry_back"):
        need_dry_line(state.city, getattr(change, field), field, route_type)
    city = with_stops(state.city, change.new_stops)
    feed = with_feed_stops(city, feed, (change.from_stop, change.to_stop, *change.stops, *change.stops_back))
    places = Places(feed)
    total = change.minutes[-1]
    stops_back = change.stops_back or change.stops[::-1]
    minutes_back = change.minutes_back or (*(total - m for m in change.minutes[-2::-1]), total)
    way_back = change.geometry_back or (() if change.stops_back else change.geometry[::-1])
    there = (change.from_stop, change.to_stop, change.stops, change.minutes, change.geometry)
    ways = [there] if change.one_way else [
        there, (change.to_stop, change.from_stop, stops_back, minutes_back, way_back),
    ]  # fmt: skip
    edits: list[tuple[Pattern, Edited]] = []
    for pattern in patterns_of(feed, change.route_id):
        for first, last, stops, minutes, course in ways:
            i = places.position(pattern.stops, first)
            k = None if i is None else places.position(pattern.stops, last, after=i)
            if i is not None and k is not None:
                edits.append((pattern, _other_way(feed, places, pattern, (i, k), stops, minutes, course)))
                break
    if not edits:
        raise InputError(
            f"line {change.route_id} does not run from stop {change.from_stop} to stop {change.to_stop}",
            field="from_stop",
        )
    return replace(state, city=city, feed=rewrite(feed, edits))


def _other_way(
    feed: Feed, places: Places, pattern: Pattern, part: tuple[int, int], stops: tuple[str, ...],
    minutes: tuple[float, ...], course: tuple[tuple[float, float], ...],
) -> Edited:  # fmt: skip
    i, k = part
    calls = (*range(i + 1), *stops, *range(k, len(pattern.stops)))
    on_way = pattern.departure[:, [i]] + 60.0 * np.array(minutes)
    later = on_way[:, [-1]] - pattern.arrival[:, [k]]
    arrival = np.hstack([pattern.arrival[:, : i + 1], on_way[:, :-1], pattern.arrival[:, k:] + later])
    departure = np.hstack([pattern.departure[:, : i + 1], on_way[:, :-1], pattern.departure[:, k:] + later])
    points = shape_points(feed, pattern.shape)
    if len(points) > 1:
        at, _ = along(points, places, pattern.stops)
        way = course or tuple(places.at(s) for s in (pattern.stops[i], *stops, pattern.stops[k]))
        before = cut(points, float(at[0]), float(at[i])) if i else np.empty((0, 2))
        after = cut(points, float(at[k]), float(at[-1])) if k < len(pattern.stops) - 1 else np.empty((0, 2))
        points = np.vstack([before, np.array(way), after])
    return Edited(calls, arrival, departure, tuple((float(x), float(y)) for x, y in points))


def _values(change: RerouteLine) -> tuple[str, Mapping[str, object]]:
    return "", {
        "route": change.route_id, "first": change.from_stop, "last": change.to_stop, "stops": len(change.stops),
        "minutes": number(change.minutes[-1]),
    }  # fmt: skip


KIND = Kind(
    model=RerouteLine,
    apply=apply,
    tool="draw_line",
    group="lines",
    example={
        "type": "reroute_line",
        "route_id": "1",
        "from_stop": "a",
        "to_stop": "b",
        "stops": ["south"],
        "minutes": [4, 8],
        "new_stops": [{"stop_id": "south", "lon": 71.41, "lat": 51.147, "name": "South"}],
        "geometry": [[71.40, 51.15], [71.40, 51.147], [71.42, 51.147], [71.42, 51.15]],
    },
    label=words(
        "Another way for a line", "Изменить трассу маршрута", "Маршруттун жолун өзгөртүү", "Маршруттың жолын өзгерту"
    ),
    form=(
        ROUTE,
        asked(
            "from_stop",
            "stop",
            words("Leaves its way at", "Сходит с пути у", "Жолдон чыгат", "Жолдан шығады"),
            words(
                "The last stop that stays.",
                "Последняя остановка, которая остаётся.",
                "Кала турган акыркы аялдама.",
                "Қалатын соңғы аялдама.",
            ),
        ),
        asked(
            "to_stop",
            "stop",
            words("Comes back at", "Возвращается у", "Кайра кошулат", "Қайта қосылады"),
            words(
                "The first stop that stays again.",
                "Первая остановка, которая снова остаётся.",
                "Кайра кала турган биринчи аялдама.",
                "Қайта қалатын бірінші аялдама.",
            ),
        ),
        asked(
            "stops",
            "stops",
            words("Stops in between", "Остановки между ними", "Ортосундагы аялдамалар", "Арасындағы аялдамалар"),
            words("None: straight on.", "Нет — без остановок.", "Жок болсо, токтобойт.", "Жоқ болса, тоқтамайды."),
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
        asked(
            "one_way",
            "choice",
            words("Only there", "Только туда", "Барарда гана", "Тек барарда"),
            words(
                "The other direction stays as it is.",
                "Обратное направление не меняется.",
                "Карама-каршы багыт өзгөрбөйт.",
                "Қарсы бағыт өзгермейді.",
            ),
            "",
            *YES_NO,
        ),
        NEW_STOPS,
        drawn("geometry", words("Course there", "Трасса туда", "Барардагы жол", "Барардағы жол")),
        drawn("geometry_back", words("Course back", "Трасса обратно", "Кайтардагы жол", "Қайтардағы жол")),
    ),
    sentences={
        "": words(
            "Run line {route} another way from {first} to {last}; stops in between: {stops}, ride: {minutes} min.",
            "Пустить маршрут {route} другим путём от {first} до {last}; остановок между ними: {stops}, в "
            "пути: {minutes} мин.",
            "{route} маршрутун {first} – {last} аралыгында башка жол менен жүргүзүү; ортосундагы аялдамалар: "
            "{stops}, жол: {minutes} мүн.",
            "{route} маршрутын {first} – {last} аралығында басқа жолмен жүргізу; арасындағы аялдамалар: "
            "{stops}, жол: {minutes} мин.",
        ),
    },
    values=_values,
)
