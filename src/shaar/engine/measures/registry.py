"""The registry of change types: the model, the function that carries it out, and an example of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shaar.engine.city.model import City
from shaar.engine.measures import add_line, population_total, remove_line, set_headway
from shaar.engine.measures.models import AddLine, Change, Model, PopulationTotal, RemoveLine, SetHeadway
from shaar.engine.measures.state import State
from shaar.engine.timetable.feed import Feed

Apply = Callable[[Any, City, Feed | None], tuple[City, Feed | None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of change."""

    model: type[Model]
    apply: Apply
    example: dict[str, Any]


KINDS: dict[str, Kind] = {
    "add_line": Kind(
        AddLine,
        add_line.apply,
        {
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
    ),
    "remove_line": Kind(RemoveLine, remove_line.apply, {"type": "remove_line", "route_id": "1"}),
    "set_headway": Kind(
        SetHeadway,
        set_headway.apply,
        {"type": "set_headway", "route_id": "1", "start": "07:00", "end": "09:00", "minutes": 6},
    ),
    "population_total": Kind(
        PopulationTotal,
        population_total.apply,
        {"type": "population_total", "value": 1_649_242, "date": "2026-02-01", "source": "statistics office"},
    ),
}


def apply_change(change: Change, state: State) -> State:
    """Carry out one change on copies; see the file of its type for what it does and raises."""
    city, feed = KINDS[change.type].apply(change, state.city, state.feed)
    return replace(state, city=city, feed=feed)
