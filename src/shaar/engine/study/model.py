"""One model of how a city moves: who travels, by what, on which roads and lines, until demand and supply agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Crowded
from shaar.engine.assignment.graph import RIDE
from shaar.engine.assignment.road_bushes import Bushes
from shaar.engine.assignment.road_city import CityRoads, road_network
from shaar.engine.assignment.road_equilibrium import RoadFlows, equilibrium
from shaar.engine.assignment.road_skims import RoadSkims, skims
from shaar.engine.city.model import City
from shaar.engine.demand.feedback import feedback
from shaar.engine.demand.four_step import calibrate_demand, vehicles
from shaar.engine.demand.mode_constants import Constants
from shaar.engine.demand.mode_costs import Parts, active_parts, car_parts, taxi_parts
from shaar.engine.demand.mode_split import GroupChoice, calibrate_split, default_tree, group_choices, target_shares
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.demand.periods import read_periods
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.street_times import street_minutes
from shaar.engine.study.baseline_walks import walks
from shaar.engine.study.model_demand import Journeys, arrivals, city_journeys, peak_hour
from shaar.engine.study.model_parking import ARRIVALS, parking_at
from shaar.engine.study.model_results import TABLES, CityModel, ModelOptions, Transit
from shaar.engine.study.model_transit import (
    BusCosts,
    PeakLines,
    Weights,
    against_router,
    bus_costs,
    load_lines,
    moved,
    peak_lines,
)
from shaar.engine.study.parking import ParkingStudy, period_arrays
from shaar.engine.study.results import Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]
MODES = ("car", "bus", "walk", "cycle", "taxi")
#: The step of a round, half of the way at first: demand and supply answer each other with about the same strength and
#: opposite sign, so that all of it swings from side to side (14.9, 14.4, 13.3 % in the first rounds of a city of 550
#: zones). After so many rounds it falls as 1/k, since overfull lines answer several times as strongly.
STEP, EVEN_ROUNDS = 0.5, 5
#: Loadings of the lines in a round, and relative gap of the roads before the last round.
LOADINGS, ROUGH = 6, 1e-6
#: Parking is looked at again when the cars that arrive have moved by this share.
STEADY = 1e-2


def model_city(
    city: City, feed: Feed | None, *, options: ModelOptions | None = None, progress: Progress = silent
) -> CityModel:
    """Model a city as it stands.

    Trip ends by purpose and group; gravity on empty streets; nested logit calibrated to the shares of modes; the
    busiest hour of the morning on the roads (equilibrium) and in the vehicles (strategies with crowding); parking by
    the cars that arrive. The minutes on full roads, in full vehicles and of looking for a place go back into the choice
    of mode, and its constants are calibrated anew, until a round changes less than ``options.change``.

    Raises
    ------
    InputError
        The city has no zones or streets, a table lacks a value, or the mode shares cannot be met.
    """
    options = options or ModelOptions()
    tables = _tables(options)
    if city.zones.height < 2:
        raise InputError("a model needs at least two zones", file=city.path / "zones.parquet")
    loop = _Loop(city, feed, options, tables, progress)
    start = loop.demand(loop.costs_of())
    found = feedback(
        loop.supply, loop.demand, start, target=options.change, max_rounds=options.rounds, steps=step,
        progress=progress,
    )  # fmt: skip
    return loop.result(found.rounds, found.converged)


def step(number: int) -> float:
    """How far a round goes."""
    return STEP * min(1.0, EVEN_ROUNDS / number)


def _tables(options: ModelOptions) -> dict[str, Parameters]:
    if unknown := set(options.values) - set(TABLES):
        raise InputError(f"there is no such table; there are {', '.join(TABLES)}", field=min(unknown))
    return {name: load_parameters(f"{name}.csv").with_values(options.values.get(name, {})) for name in TABLES}


class _Loop:
    """The two sides of the loop, and what the last round left: costs and loads belong to its trips."""

    def __init__(
        self, city: City, feed: Feed | None, options: ModelOptions, tables: dict[str, Parameters], progress: Progress
    ) -> None:
        self.city, self.options, self.tables, self.progress = city, options, tables, progress
        self.findings: list[Finding] = []
        p = tables["mode_choice"]
        self.modes = MODES
        wanted = target_shares(p) if options.shares is None else dict(options.shares)
        if missing := [m for m in self.modes if m not in wanted]:
            raise InputError(f"a share is needed for each of {', '.join(self.modes)}", field=missing[0])
        total = sum(wanted[m] for m in self.modes)
        self.target = {m: wanted[m] / total for m in self.modes}
        self.tree = default_tree(p, self.modes)
        self.free = street_minutes(city, mode="car", progress=progress).astype(float)
        self.walk = street_minutes(city, mode="walk", progress=progress).astype(float)
        self.cycle = street_minutes(city, mode="cycle", progress=progress).astype(float)
        self.journeys: Journeys = city_journeys(city, self.free, tables, read_periods(tables["periods"]), progress)
        self.roads: CityRoads = road_network(city, parameters=tables["roads"])
        self.weights = Weights(p["weight_walk"], p["weight_wait"], p["transfer_minutes"])
        self.lines: PeakLines | None = None
        self.routes: tuple[str, ...] = ()
        self.stops: tuple[str, ...] = ()
        self.against = (float("nan"), float("nan"))
        self.day = None
        if feed is not None:
            self.day = options.day or typical_weekday(feed)
            day = day_timetable(feed, self.day, previous_day=False)
            on_foot = walks(city, day, Options(), progress)
            self.lines = peak_lines(day, on_foot, options.window)
            self.against = against_router(self.lines, day, on_foot, options.window, self.weights)
            self.routes, self.stops = day.route_ids, day.stop_ids
        else:
            m = tables["model"]
            facts = {"ratio": m["unknown_bus_ratio"], "walk": m["unknown_bus_walk"], "wait": m["unknown_bus_wait"]}
            self.findings.append(
                Finding(
                    "model.no_timetable",
                    "There is no timetable: a journey by bus is taken to last {ratio:g} times the minutes by car, with "
                    "{walk:g} minutes on foot and {wait:g} of waiting; nobody is sent to a line.".format(**facts),
                    severity="assumed", values=facts,
                )
            )  # fmt: skip
        self.start: Bushes | None = None
        self.flows: RoadFlows | None = None
        self.skims: RoadSkims | None = None
        self.loads: Crowded | None = None
        #: Persons whose loads stand, and those that demand wanted then.
        self.riding: F64 = np.zeros((0, 0))
        self.wanted: F64 = np.zeros((0, 0))
        self.parking: ParkingStudy | None = None
        self.places: list[F64] = []
        self.parked: F64 = np.zeros(city.zones.height)
        self.parts: dict[str, Parts] = {}
        self.constants: Constants | None = None
        self.choices: dict[str, GroupChoice] = {}
        self.peak: dict[str, F64] = {}

    def supply(self, trips: Mapping[str, F64]) -> dict[str, F64]:
        """Minutes by car and by line when so many travel."""
        self._drive(trips["car"], max(self.options.road_gap, ROUGH))
        if self.lines is not None:
            most = LOADINGS if self.loads is not None else 2 * LOADINGS
            self._ride(trips["bus"], gap=self.options.line_gap / 10, most=most)
        if self.constants is not None and self.city.meta.currency:
            self.parking = self._parking()
        return self.costs_of()

    def _ride(self, trips: F64, *, gap: float, most: int) -> None:
        """Load the lines, going on from the loads of the round before: they come nearer their gap in every round."""
        assert self.lines is not None
        begin = None
        if self.loads is not None:
            begin = moved(self.lines, self.loads, self.riding, self.wanted, trips, self.weights)
        m, room = self.tables["model"], len(self.lines.pattern)
        self.loads = load_lines(
            self.lines, trips, self.weights, np.full(room, m["seats"]), np.full(room, m["places"]),
            gap=gap, most=most, start=begin,
        )  # fmt: skip
        self.riding = trips

    def _drive(self, cars: F64, gap: float) -> None:
        self.flows = equilibrium(self.roads.network, cars, gap=gap, start=self.start)
        # Means over the routes in use: of two routes of one cost the cheapest tree takes now the long one, now the
        # short one, and the money for their kilometres would never come to rest.
        self.start, self.skims = self.flows.bushes, skims(self.flows, over="used")

    def costs_of(self) -> dict[str, F64]:
        """Parts of a journey by every mode on what the last supply left; before the first, on empty streets."""
        p = self.tables["mode_choice"]
        inside = np.diagonal(self.free)
        if self.skims is None:
            minutes, km = self.free, self.free / 60.0 * 25.0
        else:
            minutes, km = self.skims.minutes.copy(), self.skims.km.copy()
            np.fill_diagonal(minutes, inside)
            np.fill_diagonal(km, inside / 60.0 * 18.0)
        parts: dict[str, Parts] = {
            "car": car_parts(minutes, km, p, **self._parking_parts(p)),
            "taxi": taxi_parts(minutes, km, p),
            "walk": active_parts(self.walk, p["walk_limit"]),
            "cycle": active_parts(self.cycle, p["cycle_limit"]),
        }
        bus = self._bus(minutes)
        parts["bus"] = {
            "in_vehicle": bus.ride, "walk": bus.walk, "wait": bus.wait, "transfers": bus.transfers,
            "fare": self.tables["model"]["bus_fare"],
        }  # fmt: skip
        self.parts = {m: parts[m] for m in self.modes}
        return {"car": minutes, "bus": bus.minutes}

    def demand(self, _costs: Mapping[str, F64]) -> dict[str, F64]:
        """Vehicles and persons of the busiest hour at the costs last made, modes calibrated to their shares."""
        p = self.tables["mode_choice"]
        self.constants = calibrate_split(
            self.journeys.daily, self.parts, self.target, tree=self.tree, parameters=p, tolerance=1e-6
        )
        groups = tuple(self.journeys.daily)
        self.choices = group_choices(groups, self.parts, constants=self.constants.values, tree=self.tree, parameters=p)
        self.peak = peak_hour(self.journeys, self.choices, self.tree)
        self.wanted = self.peak["bus"]
        return {"car": vehicles(self.peak, p), "bus": self.wanted}

    def _bus(self, by_car: F64) -> BusCosts:
        if self.lines is None:
            m = self.tables["model"]
            ride = by_car * m["unknown_bus_ratio"]
            np.fill_diagonal(ride, np.inf)
            even = np.where(np.isfinite(ride), 1.0, np.inf)
            return BusCosts(ride, even * m["unknown_bus_walk"], even * m["unknown_bus_wait"], np.zeros_like(ride))
        if self.loads is None:
            return bus_costs(self.lines, self.weights)
        felt = self.lines.graph.cost.copy()
        riding = self.lines.graph.kind == RIDE
        felt[riding] *= self.loads.multiplier[riding]
        return bus_costs(self.lines, self.weights, felt=felt)

    def _parking(self) -> ParkingStudy:
        came = arrivals(self.journeys, self.choices, self.tree, "car")
        each = self.tables["mode_choice"]["car_occupancy"]
        total = np.sum([*came.values()], axis=0)
        if self.parking is not None and np.abs(total - self.parked).sum() < STEADY * total.sum():
            return self.parking
        self.parked = total
        found = parking_at(self.city, {q: persons / each for q, persons in came.items()}, self.tables["parking"])
        cap = self.tables["parking"]["search_cap"]
        now = [np.where(np.isfinite(x), x, y) for x, y in zip(period_arrays(found, ARRIVALS), (0.0, cap, 0.0))]
        self.places = now
        return found

    def _parking_parts(self, p: Parameters) -> dict[str, F64 | float]:
        if self.parking is None:
            return {}
        cost, search, walk = self.places
        # Parking is paid in the city's currency, modes are chosen in that of their table: an hour of income joins both.
        rate = p["income_hour"] * p["vot_adult_car"] / self.parking.value_of_time

        return {"parking": cost[None, :] * rate, "search": search[None, :], "walk": walk[None, :]}

    def result(self, rounds: tuple, converged: bool) -> CityModel:  # type: ignore[type-arg]
        """Close the loop: lines to their gap, demand ready to be asked."""
        assert self.flows is not None and self.skims is not None and self.constants is not None
        self._drive(self.flows.demand[0], self.options.road_gap)
        p, transit = self.tables["mode_choice"], None
        if self.lines is not None:
            self._ride(self.riding, gap=self.options.line_gap, most=100)
            assert self.loads is not None
            transit = Transit(self.lines, self.loads, self.routes, self.stops, self.against)
        demand = calibrate_demand(
            self.journeys.matrices, self.journeys.ends, self.parts, self.target, tree=self.tree, parameters=p
        )
        return CityModel(
            city=self.city, options=self.options, day=self.day, tables=self.tables, purposes=self.journeys.purposes,
            demand=demand, costs=self.parts, target=self.target, peak=self.peak, roads=self.roads, flows=self.flows,
            skims=self.skims, transit=transit, parking=self.parking, rounds=rounds, converged=converged,
            findings=(*self.findings, *self.roads.findings),
        )  # fmt: skip
