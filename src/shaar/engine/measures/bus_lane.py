"""``bus_lane``: a lane for buses on street links; cars lose it, buses along it are faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl
from pydantic import Field

from shaar.engine.errors import InputError
from shaar.engine.measures.along_links import faster, follows
from shaar.engine.measures.assumptions import assumption
from shaar.engine.measures.fields import Links, Model
from shaar.engine.measures.forms import LINKS, YES_NO, asked
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import need_links, take_lane, with_links

Ways = Literal["both", "forward", "backward"]
#: Along and against the direction of a link.
WAYS: dict[str, tuple[bool, bool]] = {"both": (True, True), "forward": (True, False), "backward": (False, True)}
LANES = ("bus_lane_forward", "bus_lane_backward")


class BusLane(Model):
    """A lane that only buses may use."""

    type: Literal["bus_lane"] = "bus_lane"
    links: Links
    direction: Ways = Field(default="both", description="along the links, against them, or both")
    takes_lane: bool = Field(default=True, description="from cars; false: the street is widened for it")


def apply(change: BusLane, state: State) -> State:
    """Return the city with the lane, and the timetable with faster trips along it.

    Cars lose the share of capacity of one lane (``capacity_share_*``, read by the road room). Trips whose course
    follows the links save ``bus_lane.minutes_per_km`` (``measures.csv``) on them, and keep half of their time between
    two stops at least. Where there is a lane already, nothing more is taken or saved.

    Raises
    ------
    InputError
        No such link, buses may not use it, there is a bus lane already, or cars have no second lane there.
    """
    city = state.city
    rows = need_links(city, change.links)
    way = WAYS[change.direction]
    for name, lane, wanted in zip(("bus_forward", "bus_backward"), LANES, way, strict=True):
        if not wanted:
            continue
        if lane in city.links.columns and city.links[lane].fill_null(False).to_numpy()[rows].any():
            raise InputError("there is already a bus lane on one of these links", field="links")
        closed = ~city.links[name].fill_null(False).to_numpy()[rows]
        if change.direction != "both" and closed.any():
            raise InputError(
                f"buses may not drive {change.direction} on link {rows[closed.argmax()]}", field="direction"
            )
    buses = [city.links[n].fill_null(False).to_numpy()[rows] & w
             for n, w in zip(("bus_forward", "bus_backward"), way, strict=True)]  # fmt: skip
    nobody = ~(buses[0] | buses[1])
    if nobody.any():
        raise InputError(f"buses may not use link {rows[nobody.argmax()]}", field="links")
    if change.takes_lane:
        city = take_lane(city, rows, buses[0], buses[1], "a bus lane")
    city = with_links(city, rows, {n: pl.Series(n, b) for n, b in zip(LANES, buses, strict=True)})
    feed = state.feed
    if feed is not None:
        found = follows(city, feed, rows, list(zip(*(b.tolist() for b in buses), strict=True)))
        pace = assumption("bus_lane.minutes_per_km").value * 60.0 / 1000.0
        feed = faster(feed, found, [m.sum(axis=(1, 2)) * pace for m in found.metres])
    return replace(state, city=city, feed=feed)


def _values(change: BusLane) -> tuple[str, Mapping[str, object]]:
    return ("" if change.takes_lane else "widened"), {"links": len(set(change.links))}


KIND = Kind(
    model=BusLane,
    apply=apply,
    tool="pick_links",
    group="streets",
    example={"type": "bus_lane", "links": [16, 17, 18]},
    label=words("Bus lane", "Автобусная полоса", "Автобус тилкеси", "Автобус жолағы"),
    form=(
        LINKS,
        asked(
            "direction",
            "choice",
            words("Direction", "Направление", "Багыты", "Бағыты"),
            words(
                "Of the street on the map.",
                "Относительно улицы на карте.",
                "Картадагы көчөгө карата.",
                "Картадағы көшеге қатысты.",
            ),
            "",
            ("both", words("Both", "Оба", "Экөө тең", "Екеуі де")),
            ("forward", words("Along", "Вдоль", "Багыты боюнча", "Бағыты бойынша")),
            ("backward", words("Against", "Навстречу", "Карама-каршы", "Қарсы")),
        ),
        asked(
            "takes_lane",
            "choice",
            words(
                "Takes a lane from cars", "Занимает полосу у машин", "Унаалардан тилке алат", "Көліктерден жолақ алады"
            ),
            words(
                "No: the street is widened.",
                "Нет — улицу расширяют.",
                "Жок болсо, көчө кеңейтилет.",
                "Жоқ болса, көше кеңейтіледі.",
            ),
            "",
            *YES_NO,
        ),
    ),
    sentences={
        "": words(
            "Give buses a lane of their own; street sections: {links}; cars lose that lane.",
            "Выделить полосу для автобусов; участков улиц: {links}; у машин этой полосы не будет.",
            "Автобустарга өзүнчө тилке берүү; көчө тилкелери: {links}; унаалар ал тилкеден ажырайт.",
            "Автобустарға бөлек жолақ беру; көше учаскелері: {links}; көліктер ол жолақтан айырылады.",
        ),
        "widened": words(
            "Widen streets by a lane for buses; street sections: {links}.",
            "Расширить улицы полосой для автобусов; участков улиц: {links}.",
            "Көчөлөрдү автобус тилкеси менен кеңейтүү; көчө тилкелери: {links}.",
            "Көшелерді автобус жолағымен кеңейту; көше учаскелері: {links}.",
        ),
    },
    values=_values,
)
