"""``set_headway``: departures in a part of the day give way to one every so many minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from shaar.engine.errors import InputError
from shaar.engine.measures.departures import add_run, clear, departures, usual_trip
from shaar.engine.measures.feeds import need, need_route
from shaar.engine.measures.fields import Clock, Identifier, Minutes, Model, need_order, seconds
from shaar.engine.measures.forms import END, ROUTE, START, asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State


class SetHeadway(Model):
    """Another headway for a line in a part of the day: trips that depart then are replaced."""

    type: Literal["set_headway"] = "set_headway"
    route_id: Identifier
    start: Clock
    end: Clock
    minutes: Minutes
    direction: Literal[0, 1] | None = Field(default=None, description="GTFS direction_id; left out: both")

    @model_validator(mode="after")
    def _ordered(self) -> SetHeadway:
        need_order(self.start, self.end)
        return self


def apply(change: SetHeadway, state: State) -> State:
    """Return the timetable with the new headway.

    On every service day type (service_id) and in each direction in which the line departs between ``start`` and
    ``end``, those departures are removed and the most frequent stop sequence among them is run every ``minutes``, with
    the run times of its median departure. Headway spans that reach beyond the window keep their parts outside it.

    Raises
    ------
    InputError
        There is no timetable, no such line, or the line does not run in that part of the day.
    """
    feed = need(state.feed, change.type)
    need_route(feed, change.route_id)
    start, end = seconds(change.start), seconds(change.end)
    inside = departures(feed, change.route_id, start, end, change.direction)
    if not inside.height:
        raise InputError(
            f"line {change.route_id} does not depart between {change.start} and {change.end}; add_line makes a new one",
            field="start",
        )
    template = feed
    feed = clear(feed, inside, start, end)
    for _, group in inside.group_by("service_id", "direction_id", maintain_order=True):
        feed = add_run(template, feed, usual_trip(group), start, end, round(change.minutes * 60))
    return replace(state, feed=replace(feed, stop_times=feed.stop_times.sort("trip_id", "stop_sequence")))


def _values(change: SetHeadway) -> tuple[str, Mapping[str, object]]:
    return "" if change.direction is None else "direction", {
        "route": change.route_id,
        "minutes": number(change.minutes),
        "start": change.start,
        "end": change.end,
        "direction": change.direction,
    }


KIND = Kind(
    model=SetHeadway,
    apply=apply,
    tool="pick_line",
    group="lines",
    example={"type": "set_headway", "route_id": "1", "start": "07:00", "end": "09:00", "minutes": 6},
    label=words("Headway", "Интервал движения", "Жүрүү аралыгы", "Жүру аралығы"),
    form=(
        ROUTE,
        START,
        END,
        asked(
            "minutes",
            "number",
            words("Every", "Каждые", "Ар бир", "Әр"),
            words(
                "Minutes between departures.",
                "Минуты между отправлениями.",
                "Жөнөөлөрдүн ортосундагы мүнөттөр.",
                "Жөнелулер арасындағы минуттар.",
            ),
            "min",
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
            "Run line {route} every {minutes} min from {start} to {end}.",
            "Интервал маршрута {route} с {start} до {end}: {minutes} мин.",
            "{route} маршрутунун {start}–{end} аралыгындагы жүрүү аралыгы: {minutes} мүн.",
            "{route} маршрутының {start}–{end} аралығындағы жүру аралығы: {minutes} мин.",
        ),
        "direction": words(
            "Run line {route} in direction {direction} every {minutes} min from {start} to {end}.",
            "Интервал маршрута {route} в направлении {direction} с {start} до {end}: {minutes} мин.",
            "{route} маршрутунун {direction}-багыттагы {start}–{end} аралыгындагы жүрүү аралыгы: {minutes} мүн.",
            "{route} маршрутының {direction}-бағыттағы {start}–{end} аралығындағы жүру аралығы: {minutes} мин.",
        ),
    },
    values=_values,
)
