"""``cycle_lane``: a painted lane or a track of its own for bicycles along streets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl
from pydantic import Field

from shaar.engine.errors import InputError
from shaar.engine.measures.fields import Links, Model
from shaar.engine.measures.forms import LINKS, YES_NO, asked
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.state import State
from shaar.engine.measures.streets import need_links, open_to_cars, take_lane, with_links, with_stress


class CycleLane(Model):
    """Room for bicycles along streets, in both directions."""

    type: Literal["cycle_lane"] = "cycle_lane"
    links: Links
    kind: Literal["lane", "track"] = "lane"
    takes_lane: bool = Field(default=False, description="from cars, in each direction in which they drive")


def apply(change: CycleLane, state: State) -> State:
    """Return the city with the lane: stress of cycling by the tag ``cycleway``, both directions open to bicycles.

    A track counts 1; a painted lane by table 3 of the levels of traffic stress, which lanes and speed decide. What is
    better already stays.

    Raises
    ------
    InputError
        No such link, it is no street, it has a lane like this or better, or cars have no second lane to give.
    """
    city = state.city
    rows = need_links(city, change.links)
    forward, backward = open_to_cars(city, rows)
    closed = ~(forward | backward)
    if closed.any():
        raise InputError(f"link {rows[closed.argmax()]} is no street; footway and add_road build ways", field="links")
    if change.takes_lane:
        city = take_lane(city, rows, True, True, f"a cycle {change.kind}")
    before = city.links.select("cycle_stress", "cycle_stress_tag").gather(rows.tolist())
    city = with_stress(city, rows, {"cycleway": change.kind})
    after = city.links.select("cycle_stress", "cycle_stress_tag").gather(rows.tolist())
    worse = (after["cycle_stress"] > before["cycle_stress"]).fill_null(False)
    kept = {
        c: pl.Series(
            c, [b if w else a for a, b, w in zip(after[c], before[c], worse, strict=True)], dtype=after[c].dtype
        )
        for c in after.columns
    }
    city = with_links(city, rows, {**kept, "cycle_forward": True, "cycle_backward": True})
    if city.links.equals(state.city.links):
        raise InputError(f"a cycle {change.kind} changes nothing on these links", field="links")
    return replace(state, city=city)


def _values(change: CycleLane) -> tuple[str, Mapping[str, object]]:
    return change.kind, {"links": len(set(change.links))}


KIND = Kind(
    model=CycleLane,
    apply=apply,
    tool="pick_links",
    group="walking",
    example={"type": "cycle_lane", "links": [16, 17, 18], "kind": "track"},
    label=words("Cycle lane", "Велодорожка", "Велосипед жолу", "Велосипед жолағы"),
    form=(
        LINKS,
        asked(
            "kind",
            "choice",
            words("Kind", "Вид", "Түрү", "Түрі"),
            words(
                "A track is kept apart from cars.",
                "Дорожка отделена от машин.",
                "Өзүнчө жол унаалардан бөлүнгөн.",
                "Бөлек жол көліктерден ажыратылған.",
            ),
            "",
            ("lane", words("Painted lane", "Полоса с разметкой", "Чийилген тилке", "Сызылған жолақ")),
            ("track", words("Track of its own", "Отдельная дорожка", "Өзүнчө жол", "Бөлек жол")),
        ),
        asked(
            "takes_lane",
            "choice",
            words(
                "Takes a lane from cars", "Занимает полосу у машин", "Унаалардан тилке алат", "Көліктерден жолақ алады"
            ),
            words("In each direction.", "В каждом направлении.", "Ар бир багытта.", "Әр бағытта."),
            "",
            *YES_NO,
        ),
    ),
    sentences={
        "lane": words(
            "Paint cycle lanes; street sections: {links}.",
            "Нанести велополосы; участков улиц: {links}.",
            "Велосипед тилкелерин чийүү; көчө тилкелери: {links}.",
            "Велосипед жолақтарын сызу; көше учаскелері: {links}.",
        ),
        "track": words(
            "Build cycle tracks; street sections: {links}.",
            "Построить отдельные велодорожки; участков улиц: {links}.",
            "Өзүнчө велосипед жолдорун куруу; көчө тилкелери: {links}.",
            "Бөлек велосипед жолдарын салу; көше учаскелері: {links}.",
        ),
    },
    values=_values,
)
