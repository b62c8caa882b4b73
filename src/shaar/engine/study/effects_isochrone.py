"""Isochrones of a network and of scenarios: the streets are made ready once for each network, then asked often."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import Any

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError
from shaar.engine.measures.state import State
from shaar.engine.routing.isochrone import Reach, node_times, reach
from shaar.engine.routing.isochrone_areas import Ground, as_geojson, ground, isochrones
from shaar.engine.routing.journey_network import network, points
from shaar.engine.routing.mobility import Profile, profile
from shaar.engine.study.baseline_walks import TRANSFER_M
from shaar.engine.study.effects_router import service_day
from shaar.engine.study.results import Options

#: Networks that are kept ready.
KEPT = 3


def everyone(options: Options) -> Profile:
    """How people get about in effects: the pace and longest walk of the options, every street level."""
    return replace(
        profile("adult", load_parameters("mobility.csv")), kmh=options.walk_kmh, slope=0.0, max_slope=float("inf"),
        steps_kmh=options.walk_kmh, crossing_s=0.0, max_walk_m=options.max_walk_m, max_change_m=TRANSFER_M,
    )  # fmt: skip


class Isochrones:
    """Networks made ready for isochrones, the last few of them kept; safe for many threads."""

    def __init__(self, date: dt.date | None, options: Options) -> None:
        self._date, self._options, self._lock = date, options, Lock()
        self._ready: OrderedDict[str, tuple[Reach, Ground]] = OrderedDict()

    def ask(
        self, key: str, state: State, lon: float, lat: float, minutes: tuple[float, ...], at: int | None
    ) -> dict[str, Any]:
        """GeoJSON of what one reaches; ``key`` names the network (see ``Workshop.isochrone``).

        Raises
        ------
        InputError
            The point lies far from any street, or the minutes are none.
        """
        if not minutes or min(minutes) <= 0 or max(minutes) > 180:
            raise InputError("minutes are numbers above 0, at most 180", field="minutes")
        around, on = self._network(key, state)
        where = points(around.net, [lon], [lat], max_minutes=max(minutes)).at
        window = None if at is not None else self._options.window
        times = node_times(
            around, where, departure=at, window=window, max_minutes=max(minutes), max_rides=self._options.max_rides
        )
        areas = isochrones(on, times, tuple(sorted(set(minutes))))
        said = f"{at // 3600:02d}:{at // 60 % 60:02d}" if at is not None else "median over the window"
        return as_geojson(areas, when=said, day=self._date.isoformat() if self._date else None)

    def _network(self, key: str, state: State) -> tuple[Reach, Ground]:
        with self._lock:
            if key not in self._ready:
                date = service_day(self._date, state.feed)
                net = network(state.city, state.feed, date, everyone(self._options), seed=self._options.seed)
                around = reach(net)
                self._ready[key] = around, ground(around)
                while len(self._ready) > KEPT:
                    self._ready.popitem(last=False)
            self._ready.move_to_end(key)
            return self._ready[key]
