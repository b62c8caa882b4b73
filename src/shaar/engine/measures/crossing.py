"""``crossing``: a place where people cross a street more safely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from shaar.engine.errors import InputError
from shaar.engine.measures.fields import Model, Point
from shaar.engine.measures.forms import POINT, asked
from shaar.engine.measures.ground import need_inside
from shaar.engine.measures.kinds import Kind, words
from shaar.engine.measures.road_edit import node_at
from shaar.engine.measures.state import State

#: A street within this distance of the point is the one that is crossed, m.
REACH_M = 30.0
CONTROL = "crossing_control"
_NAMES = {
    "marked": words("Zebra crossing", "Пешеходный переход с разметкой", "Зебра өтмөгү", "Зебра өткелі"),
    "signals": words("Traffic lights", "Светофор", "Светофор", "Бағдаршам"),
    "refuge_island": words("Refuge island", "Островок безопасности", "Коопсуздук аралчасы", "Қауіпсіздік аралшығы"),
    "flashing_beacon": words("Flashing beacon", "Мигающий сигнал", "Жанып-өчүүчү сигнал", "Жыпылықтайтын сигнал"),
    "hybrid_beacon": words(
        "Lights on demand", "Светофор по вызову", "Чакыруу боюнча светофор", "Шақыру бойынша бағдаршам"
    ),
}


class Crossing(Model):
    """A crossing of a street on foot; kinds beside marked and signals are those of ``cmf.csv``."""

    type: Literal["crossing"] = "crossing"
    point: Point
    kind: Literal["marked", "signals", "refuge_island", "flashing_beacon", "hybrid_beacon"] = "marked"


def apply(change: Crossing, state: State) -> State:
    """Return the city with the crossing at the nearest street, split there if it had no node.

    The node is marked; ``signals`` and ``hybrid_beacon`` are traffic lights; every kind stands in the column
    ``crossing_control`` and, for the safety study, as a lever.

    Raises
    ------
    InputError
        The point lies outside the city, no street for cars is within 30 m, or the crossing is there already.
    """
    need_inside(state.city, *change.point, "point", "the crossing")
    cars = pl.col("car_forward").fill_null(False) | pl.col("car_backward").fill_null(False)
    city, node = node_at(state.city, change.point, REACH_M, cars)
    if node is None:
        raise InputError(f"no street for cars lies within {REACH_M:.0f} m", field="point")
    nodes = city.nodes
    lights = change.kind in ("signals", "hybrid_beacon")
    control = nodes[CONTROL] if CONTROL in nodes.columns else pl.Series(CONTROL, [None] * nodes.height, dtype=pl.String)
    there = bool(nodes["signal"][node]) if lights else bool(nodes["crossing"][node]) and change.kind == "marked"
    if there or control[node] == change.kind:
        raise InputError("there is a crossing like this already", field="kind")
    at = pl.Series(np.arange(nodes.height) == node)
    nodes = nodes.with_columns(
        pl.col("crossing").fill_null(False) | at,
        pl.col("signal").fill_null(False) | (at & pl.lit(lights)),
        pl.when(at).then(pl.lit(change.kind)).otherwise(control).alias(CONTROL),
    )
    return replace(state, city=replace(city, nodes=nodes), levers=(*state.levers, change))


def _values(change: Crossing) -> tuple[str, Mapping[str, object]]:
    return change.kind, {"lon": f"{change.point[0]:.5f}", "lat": f"{change.point[1]:.5f}"}


KIND = Kind(
    model=Crossing,
    apply=apply,
    tool="pick_point",
    group="walking",
    example={"type": "crossing", "point": [71.4125, 51.15], "kind": "marked"},
    label=words("Crossing", "Переход", "Жол өтмөгү", "Жол өткелі"),
    form=(
        POINT,
        asked(
            "kind",
            "choice",
            words("Kind", "Вид", "Түрү", "Түрі"),
            words("How people cross.", "Как переходят.", "Кантип өтүшөт.", "Қалай өтеді."),
            "",
            *_NAMES.items(),
        ),
    ),
    sentences={
        key: words(
            f"Make a crossing at {{lat}}, {{lon}}: {names['en'].lower()}.",
            f"Сделать переход в точке {{lat}}, {{lon}}: {names['ru'].lower()}.",
            f"{{lat}}, {{lon}} жеринде өтмөк жасоо: {names['ky'].lower()}.",
            f"{{lat}}, {{lon}} жерінде өткел жасау: {names['kk'].lower()}.",
        )
        for key, names in _NAMES.items()
    },
    values=_values,
)
