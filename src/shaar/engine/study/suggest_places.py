"""A school, clinic, park or service centre at a place: how far the nearest one is, and who lives around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.access.facilities import facilities_of
from shaar.engine.measures.facility import Facility
from shaar.engine.study.suggest_ground import Surroundings
from shaar.engine.study.suggest_words import why, words
from shaar.engine.study.suggestion import Suggestion, point

F64 = npt.NDArray[np.float64]
What = Literal["school", "clinic", "park", "one_stop_centre"]
#: Which purpose of the access room each is.
PURPOSE: dict[What, str] = {
    "school": "schools", "clinic": "clinics", "park": "parks", "one_stop_centre": "one_stop",
}  # fmt: skip
#: People within this straight distance are said to live around (m): some 15 minutes on foot.
AROUND_METRES = 1000.0


def facilities(s: Surroundings, pin: F64, kinds: tuple[What, ...]) -> Iterator[Suggestion]:
    """A facility of each kind at the place, the farthest from those that there are first."""
    lonlat = s.lonlat(pin)
    people = s.residents(pin, AROUND_METRES)
    for kind in kinds:
        there = facilities_of(s.city.places, s.city.zones, PURPOSE[kind])
        figures = {"people": people}
        far = 0.0
        if there.n:
            x, y = s.streets.bus.to_metric.transform(there.lon, there.lat)
            far = float(np.hypot(np.asarray(x) - pin[0], np.asarray(y) - pin[1]).min())
            figures["metres"] = round(far)
        yield Suggestion(
            Facility(kind=kind, point=lonlat),
            why("facility" if there.n else "facility_none", what=words(kind), metres=far, people=people,
                reach=AROUND_METRES),
            point(lonlat),
            figures,
            gain=far * people,
        )  # fmt: skip
