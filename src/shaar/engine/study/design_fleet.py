"""The fleet limit, kept by the timetable as it is written and not only by the planning count of cycle over headway."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from shaar.engine.city.model import City
from shaar.engine.design.city_lines import BUS_MODES
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import busiest_moment
from shaar.engine.study.design_output import design_feed
from shaar.engine.study.design_service import Service
from shaar.engine.study.results import DesignResult, NetworkPlan
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

#: More allocations made to come within the limit.
TRIES = 4


def written_vehicles(
    city: City, plan: NetworkPlan, stops: pl.DataFrame, periods: Mapping[str, tuple[int, int]], feed: Feed | None
) -> int:
    """Count the buses that the plan's timetable has busy at its busiest moment.

    Lines of today that no headway describes (they run seldom, or at another time) are in it, as are trips that stay
    outside the periods and the run times by which departures are written.
    """
    made = design_feed(city, DesignResult((plan,), 0, stops, periods, {}, {}), plan, feed=feed)
    date = typical_weekday(feed if feed is not None and plan.removed is not None else made)
    return busiest_moment(day_timetable(made, date, previous_day=False, modes=BUS_MODES)).vehicles


def within(
    limit: int, served: Callable[[int], Service], counted: Callable[[Service], int], *, tries: int = TRIES
) -> tuple[Service, int]:
    """Allocate so few vehicles that the written timetable keeps the limit.

    What the timetable needs beyond the limit is taken from the vehicles that are allocated, and the headways are set
    again.

    Returns
    -------
    service, vehicles
        The service and what its timetable needs: more than the limit where no allocation tried comes within it.
    """
    fleet = limit
    best = served(fleet)
    needed = counted(best)
    for _ in range(tries):
        if needed <= limit:
            break
        fleet -= needed - limit
        try:
            service = served(max(fleet, 1))
        except InputError:  # the longest headways take more
            break
        now = counted(service)
        if now >= needed:
            break
        best, needed = service, now
    return best, needed
