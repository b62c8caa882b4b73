"""The workshop: a city whose slow part is done once, and in which changes are then appraised within a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.measures.effects import Appraisal, Effect, Provenance
from shaar.engine.measures.scenario import Scenario, carry_out
from shaar.engine.measures.set_vehicle_type import vehicle_types_of
from shaar.engine.measures.state import State
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.street_times import street_minutes
from shaar.engine.study import effects_figures as figures
from shaar.engine.study.appraise import (
    appraisal_json,
    most_affected,
    read_appraisal,
    reference_of,
    write_appraisal,
)
from shaar.engine.study.appraise_data import StaleError, check_fresh, city_hash, parameter_hash
from shaar.engine.study.baseline_walks import walks
from shaar.engine.study.demand import demand_parameters, model_demand
from shaar.engine.study.effects_assumptions import assumptions
from shaar.engine.study.effects_isochrone import Isochrones
from shaar.engine.study.effects_loads import Period, boardings, periods_of
from shaar.engine.study.effects_movers import MOVERS, mover_effects, mover_reached, what_is_unknown
from shaar.engine.study.effects_rest import rest_effects
from shaar.engine.study.effects_router import DRAWS, Router, check_people, service_day, timetables_of
from shaar.engine.study.effects_service import day_service, year_of
from shaar.engine.study.effects_side import ORDINARY, Journeys, Side, side_of
from shaar.engine.study.effects_standing import Standing, standing
from shaar.engine.study.effects_table import indicators
from shaar.engine.study.results import Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.feed import Feed

__all__ = [
    "StaleError", "Standing", "Workshop", "appraisal_json", "check_fresh", "city_hash", "indicators", "most_affected",
    "read_appraisal", "reference_of", "write_appraisal",
]  # fmt: skip

F64 = npt.NDArray[np.float64]
#: Draws of the parameters of the demand that stand for what it could be as well.
DEMAND_DRAWS = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """Trips that both networks are judged by: the demand, what it could be as well, and the day's periods.

    ``scale`` is the least and most trips over those of the demand.
    """

    ods: tuple[F64, ...]
    periods: tuple[Period, ...]
    scale: tuple[float, float]
    modelled: bool


class Workshop:
    """A city opened for appraisals; safe for many threads.

    Open it with :meth:`open`. Scenarios are changes to the city as it stands: to its timetable, or where it has none to
    its reference network (:func:`shaar.engine.study.appraise.reference_of`). They are compared with that, or with the
    scenario given as ``base``.
    """

    def __init__(
        self, ground: State, base: State, demand: Demand, options: Options, tables: Mapping[str, Parameters],
        provenance: Provenance, *, reference: bool, progress: Progress,
    ) -> None:  # fmt: skip
        self._ground, self._demand, self._options, self._tables = ground, demand, options, tables
        self._provenance, self._reference = provenance, reference
        self._lock = Lock()
        self._date = options.day
        self._router = Router(base.city, base.feed, service_day(self._date, base.feed), options, progress=progress)
        self._sides: dict[int, tuple[Side, Journeys]] = {}
        self._base = base
        self._places = figures.places_of(self._before(options.seed)[0])
        self._slow: dict[str, Any] = {}
        self._isochrones = Isochrones(self._date, options)
        self._standing = standing(
            self._before(options.seed)[0], self._before(options.seed)[1], demand.ods[0], demand.periods,
            self._loads(base, self._before(options.seed)[0], progress),
        )  # fmt: skip

    @staticmethod
    def open(
        city: City,
        feed: Feed | None,
        *,
        base: Scenario | None = None,
        options: Options | None = None,
        od: F64 | None = None,
        others: Sequence[F64] = (),
        parameters: Mapping[str, Mapping[str, float]] | None = None,
        progress: Progress = silent,
    ) -> Workshop:
        """Do the slow part: walks, travel times, demand and boardings of the network compared with.

        Parameters
        ----------
        city, feed
            As read from the folder; feed None where the city has no timetable.
        base
            Scenario to compare with; None: the city as it stands (its reference network where it has no timetable).
        options
            Day, window, walking, limits, thresholds and seed.
        od, others
            Daily trips float[z, z] that weigh the journeys, and what they could be as well; modelled when None.
        parameters
            Table ("vehicles") -> name -> value in place of the shipped one.

        Raises
        ------
        InputError
            The city has no zones or streets, the demand does not fit, or the scenario cannot be carried out.
        """
        from shaar import __version__

        check_people(city)
        options = options or Options()
        tables = _tables(parameters or {})
        reference = reference_of(city) if feed is None else None
        ground = State(city, feed)
        if reference is not None:
            ground = carry_out(ground, reference)
        if ground.feed is None:
            options = replace(options, day=None)  # a line that is added then runs on the days that it brings with it
        elif options.day is None:
            options = replace(options, day=typical_weekday(ground.feed))
        elif not timetables_of(ground.feed, options.day)[0].n_patterns:
            raise InputError(f"no trip runs on {options.day.isoformat()}; choose another day with --day")
        own = base is None or (reference is not None and base.hash == reference.hash)
        before = ground if own or base is None else carry_out(ground, base)
        demand = _demand(city, od, others, tables["demand"], options.seed, progress)
        shown: dict[str, object] = {
            "window": list(options.window), "day": options.day.isoformat() if options.day else None,
            "walk_kmh": options.walk_kmh, "max_walk_m": options.max_walk_m, "max_minutes": options.max_minutes,
            "max_rides": options.max_rides, "thresholds": list(options.thresholds), "draws": DRAWS,
            "demand_draws": len(demand.ods) - 1, "reference": reference.hash if reference else None,
            "country": city.meta.country, "trips_day": float(demand.ods[0].sum()),
        }  # fmt: skip
        if parameters:
            shown["values"] = {t: dict(v) for t, v in sorted(parameters.items())}
        against = Scenario(name="as it stands") if base is None or own else base
        provenance = Provenance(
            city=city_hash(city, feed), scenario="", compared_with=against.hash, parameters=parameter_hash(),
            engine=__version__, seed=options.seed, options=shown,
        )  # fmt: skip
        return Workshop(
            ground, before, demand, options, tables, provenance, reference=reference is not None, progress=progress
        )

    @property
    def baseline(self) -> Standing:
        """The network compared with, as tables of zones, places and lines."""
        return self._standing

    @property
    def state(self) -> State:
        """The city as it stands, with its reference network where it has no timetable: what scenarios change."""
        return self._ground

    @property
    def options(self) -> Options:
        """The options, with the service day."""
        return self._options

    @property
    def provenance(self) -> Provenance:
        """What appraisals are made from; ``scenario`` is empty."""
        return self._provenance

    def quick(self, scenario: Scenario, seed: int | None = None) -> Appraisal:
        """Appraise what is quick: journeys, stops, access of those who move as everyone, service, money and climate.

        Boardings, people who move otherwise, and what streets alone decide are left to :meth:`appraise`; the figures
        given here are the same there, to the last digit.

        Raises
        ------
        InputError
            A change cannot be made.
        """
        return self._appraise(scenario, self._options.seed if seed is None else seed, None)

    def appraise(self, scenario: Scenario, progress: Progress = silent) -> Appraisal:
        """Appraise everything.

        Raises
        ------
        InputError
            A change cannot be made.
        """
        return self._appraise(scenario, self._options.seed, progress)

    def isochrone(
        self,
        lon: float,
        lat: float,
        scenario: Scenario | None = None,
        minutes: tuple[float, ...] = (15, 30, 45, 60),
        at: int | None = None,
    ) -> dict[str, Any]:
        """What one reaches from a point within some minutes, as GeoJSON.

        Parameters
        ----------
        at
            Departure, seconds after midnight; None: the median over the departures of the window.

        Raises
        ------
        InputError
            The point lies far from any street, or a change cannot be made.
        """
        state = self._base if scenario is None else carry_out(self._ground, scenario)
        key = "" if scenario is None else scenario.hash
        return self._isochrones.ask(key, state, lon, lat, minutes, at)

    def _appraise(self, scenario: Scenario, seed: int, full: Progress | None) -> Appraisal:
        say = full or silent
        state = carry_out(self._ground, scenario)
        say("appraisal", 0, 6)
        before, was = self._before(seed)
        after, now = self._after(state, before, was, seed)
        say("appraisal", 1, 6)
        ods, options, shares = self._demand.ods, self._options, self._tables["access"]
        effects: list[Effect] = [
            *figures.journey_effects(before, after, was, now, self._places, ods),
            *figures.stop_effects(before, after, self._places),
            *figures.access_effects(before, after, before.reached, after.reached, ORDINARY, self._places, shares),
            *figures.equity_effects(before, after, options),
            *figures.service_effects(before, after, self._tables["effects_values"]),
        ]
        loads: tuple[Mapping[str, float], Mapping[str, float]] | None = None
        told: tuple[Finding, ...] = ()
        if full is not None:
            say("appraisal", 2, 6)
            loads = self._base_loads(), self._loads(state, after, silent)
            effects.append(self._boarding_effect(*loads))
            say("appraisal", 3, 6)
            effects += self._movers(before, after, seed, say)
            told = what_is_unknown(state, self._tables["mobility"])
            say("appraisal", 5, 6)
        effects += rest_effects(before, after, scenario, ods[0], self._tables, options, full=full is not None)
        zones = figures.zone_table(before, after, was, now, ods)
        found = Appraisal(
            effects=tuple(effects),
            zones=zones,
            places=figures.place_table(before, zones, self._places, effects),
            lines=figures.line_table(before, after, loads),
            provenance=replace(self._provenance, scenario=scenario.hash, seed=seed),
            assumptions=(
                *assumptions(
                    before, after, options, reference=self._reference, modelled=self._demand.modelled, scenario=scenario
                ),
                *told,
            ),
        )
        say("appraisal", 6, 6)
        return found

    def _before(self, seed: int) -> tuple[Side, Journeys]:
        with self._lock:
            found = self._sides.get(seed)
        if found is None:
            found = self._side(self._base, seed, None)
            with self._lock:
                while len(self._sides) > 2:
                    self._sides.pop(next(iter(self._sides)))
                self._sides[seed] = found
        return found

    def _after(self, state: State, before: Side, was: Journeys, seed: int) -> tuple[Side, Journeys]:
        return self._side(state, seed, (before, was))

    def _side(self, state: State, seed: int, before: tuple[Side, Journeys] | None) -> tuple[Side, Journeys]:
        own, day = timetables_of(state.feed, service_day(self._date, state.feed))
        looked = self._router.base(seed) if before is None else self._router.edited(state.city, day, seed)
        service = day_service(state.feed, own, {} if state.feed is None else vehicle_types_of(state.feed))
        t = self._tables
        year = year_of(service, state.city, t["vehicles"], t["climate"], t["effects_values"])
        side = side_of(state, looked, service, year, t["access"], self._options)
        return side, Journeys(looked.minutes, self._demand.ods, self._options.max_minutes)

    def _loads(self, state: State, side: Side, progress: Progress) -> dict[str, float]:
        if not side.service.day.n_patterns:
            return {}
        on_foot = walks(state.city, side.service.day, self._options, silent)
        return boardings(side.service.day, on_foot, self._demand.periods, progress=progress)

    def _base_loads(self) -> Mapping[str, float]:
        return self._standing.boardings

    def _boarding_effect(self, was: Mapping[str, float], now: Mapping[str, float]) -> Effect:
        a, b = (float(sum(x[k] for k in sorted(x))) for x in (was, now))
        more = [(b - a) * x for x in self._demand.scale]
        return figures.ranged("service.boardings", [a], [b], more=more)

    def _movers(self, before: Side, after: Side, seed: int, say: Progress) -> list[Effect]:
        out: list[Effect] = []
        for step, group in enumerate(MOVERS):
            say("appraisal", 3 + step, 6)
            key = f"{group}:{seed}"
            with self._lock:
                was = self._slow.get(key)
            if was is None:
                was = mover_reached(
                    before.state,
                    service_day(self._date, before.state.feed),
                    group,
                    self._tables["mobility"],
                    self._options,
                    seed,
                )
                with self._lock:
                    self._slow[key] = was
            now = mover_reached(
                after.state,
                service_day(self._date, after.state.feed),
                group,
                self._tables["mobility"],
                self._options,
                seed,
            )
            out += mover_effects(before, after, was, now, group, self._tables["access"])
        return out


#: Tables of parameters of which values may be replaced.
_TABLES = ("access", "climate", "demand", "effects_values", "mobility", "vehicles", "walking_cycling")


def _tables(values: Mapping[str, Mapping[str, float]]) -> dict[str, Parameters]:
    if unknown := set(values) - set(_TABLES):
        raise InputError(f"there is no such table; there are {', '.join(_TABLES)}", field=min(unknown))
    return {name: load_parameters(f"{name}.csv").with_values(values.get(name, {})) for name in _TABLES}


def _demand(
    city: City, od: F64 | None, others: Sequence[F64], parameters: Parameters, seed: int, progress: Progress
) -> Demand:
    z = city.zones.height
    if od is not None:
        for matrix in (od, *others):
            if matrix.shape != (z, z):
                raise InputError(f"the demand has shape {matrix.shape} but the city has {z} zones", field="demand")
            if not (np.isfinite(matrix).all() and (matrix >= 0).all()):
                raise InputError("a number of trips between two zones is negative or missing", field="demand")
        sums = [float(m.sum()) / float(od.sum()) if od.sum() > 0 else 1.0 for m in (od, *others)]
        return Demand((od, *others), periods_of(od, None), (min(sums), max(sums)), modelled=False)
    table = demand_parameters(parameters)
    minutes = street_minutes(city, mode="car", progress=progress)
    found = model_demand(city, parameters=table, minutes=minutes, progress=progress)
    more = [model_demand(city, parameters=table.draw(seed + 1 + k), minutes=minutes).daily for k in range(DEMAND_DRAWS)]
    row = table.row("trips_per_resident")
    scale = (row.low / row.value, row.high / row.value)
    return Demand((found.daily, *more), periods_of(found.daily, found.outward), scale, modelled=True)
