"""From a wish to typed changes: what could be done at a place, each valid, with a reason and quick figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import cast

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.measures.models import Change
from shaar.engine.measures.registry import KINDS, apply_change
from shaar.engine.measures.state import State
from shaar.engine.study import suggest_lines as lines
from shaar.engine.study import suggest_streets as streets
from shaar.engine.study.suggest_ground import Surroundings
from shaar.engine.study.suggest_places import What, facilities
from shaar.engine.study.suggest_stops import new_stop
from shaar.engine.study.suggestion import Suggestion, named

__all__ = ["WISHES", "Suggestion", "Surroundings", "suggest"]

F64 = npt.NDArray[np.float64]
Maker = Callable[[Surroundings, F64], Iterator[Suggestion]]
#: A place farther than this from everybody who lives in the city is not in it (m).
OFF_METRES = 3000.0


def _facility(*kinds: What) -> Maker:
    return lambda s, pin: facilities(s, pin, kinds)


#: What answers each kind of wish, the most likely first; a wish without changes of its own has none.
WISHES: Mapping[str, tuple[Maker, ...]] = {
    "add_line": (lines.longer, lines.around, lines.new_line, lines.more_often),
    "remove_line": (lines.fewer,),
    "set_headway": (lines.more_often, lines.longer),
    "stop": (new_stop, lines.around, lines.longer, streets.footways, streets.crossings),
    "bus_lane": (streets.bus_lanes, streets.priority),
    "road": (streets.footways, streets.crossings, streets.slower),
    "crossing": (streets.crossings, streets.footways, streets.slower),
    "cycle": (streets.cycle_lanes, streets.slower),
    "park": (_facility("park"),),
    "facility": (_facility("school", "clinic"), lines.longer, lines.more_often),
    "service": (_facility("one_stop_centre"),),
    "safety": (streets.crossings, streets.slower),
    "parking": (),
    "building": (),
    "water": (),
    "lighting": (),
    "other": (lines.longer, new_stop, streets.crossings, lines.more_often),
}


def suggest(
    where: Surroundings | State, kind: str, point: tuple[float, float], *, limit: int = 5
) -> tuple[Suggestion, ...]:
    """Suggest changes for a wish at a place.

    Every suggestion has been carried out on a copy, so that it can be taken as it is. Suggestions of one sort stand
    in the order of what they give for what they take; sorts take turns, so that an officer sees different ways.

    Parameters
    ----------
    where
        The city prepared once by :meth:`Surroundings.of`; a state is prepared here, which takes seconds.
    kind
        Kind of the wish: a name of :data:`WISHES`, the kinds of proposals of the platform.
    point
        (lon, lat) of the pin.
    limit
        Most suggestions.

    Raises
    ------
    InputError
        The kind is unknown, or the pin lies outside the city.
    """
    s = where if isinstance(where, Surroundings) else Surroundings.of(where.city, where.feed)
    if kind not in WISHES:
        raise InputError(f"a wish is one of {', '.join(WISHES)}, not {kind!r}", field="kind")
    lon, lat = float(point[0]), float(point[1])
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError(f"{lon:g}, {lat:g} is no longitude and latitude", field="point")
    pin = s.xy(lon, lat)
    far = float(s.streets.near.query(pin)[0])
    if far > OFF_METRES:
        raise InputError(
            f"the place lies outside the city, {far / 1000:.1f} km from where anybody lives", field="point"
        )
    state = State(s.city, s.feed)
    sorts = [sorted(make(s, pin), key=lambda x: -x.gain) for make in WISHES[kind]]
    found: list[Suggestion] = []
    for turn in zip_longest(*sorts):
        for suggestion in turn:
            if len(found) < limit and suggestion is not None and _works(suggestion, state):
                found.append(replace(suggestion, shown=named(suggestion.change, s.line_names, s.stop_names)))
    return tuple(found)


def _works(suggestion: Suggestion, state: State) -> bool:
    """Say whether a change can be carried out: one that cannot is no suggestion."""
    if suggestion.kind not in KINDS:
        return False
    try:
        apply_change(cast(Change, suggestion.change), state)
    except InputError:
        return False
    return True
