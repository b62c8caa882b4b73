"""The city as a scenario leaves it: its tables, its timetable, and what no table holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from shaar.engine.city.model import City
from shaar.engine.measures.fields import Model
from shaar.engine.timetable.feed import Feed

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class State:
    """A city, its timetable, and the changes that neither of them can hold, in the order in which they were made.

    Parameters
    ----------
    city, feed
        Tables of the city; timetable, None where there is none.
    levers
        Changes such as a fare, a purchase of vehicles or the price of parking: the studies that know what they mean
        read them from here. They are only ever added to; of two fares the last one counts.
    """

    city: City
    feed: Feed | None
    levers: tuple[Model, ...] = ()

    def of(self, model: type[M]) -> tuple[M, ...]:
        """Levers of one type."""
        return tuple(lever for lever in self.levers if isinstance(lever, model))
