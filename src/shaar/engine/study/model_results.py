"""What the model of a city is made of when it is done: demand, roads, lines, parking, and how it was reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.crowding import Crowded
from shaar.engine.assignment.graph import BOARD
from shaar.engine.assignment.road_city import CityRoads
from shaar.engine.assignment.road_equilibrium import RoadFlows
from shaar.engine.assignment.road_skims import RoadSkims
from shaar.engine.city.model import City
from shaar.engine.demand.feedback import Round
from shaar.engine.demand.four_step import DemandModel
from shaar.engine.demand.mode_costs import Parts
from shaar.engine.demand.parameters import Parameters
from shaar.engine.findings import Finding
from shaar.engine.study.model_transit import PeakLines
from shaar.engine.study.parking import ParkingStudy

F64 = npt.NDArray[np.float64]
#: Tables of parameters that the model reads.
TABLES = ("trip_rates", "demand", "mode_choice", "periods", "roads", "parking", "model")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What to model.

    Parameters
    ----------
    day
        Service day of the timetable; None: a typical weekday.
    window
        Span of the morning whose departures make the headways, seconds after midnight.
    shares
        Mode -> share of all journeys; None: those of ``mode_choice.csv``.
    values
        Table (without ``.csv``) -> name -> value in place of the shipped one.
    road_gap, line_gap, change
        Relative gaps of the roads and of the lines, and the change between rounds at which they end.
    """

    day: dt.date | None = None
    window: tuple[int, int] = (7 * 3600, 9 * 3600)
    shares: Mapping[str, float] | None = None
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    road_gap: float = 1e-6
    line_gap: float = 1e-3
    change: float = 1e-3
    rounds: int = 30


@dataclass(frozen=True, slots=True)
class Purpose:
    """Outward journeys of a purpose on a day: how many, and their mean minutes by car on empty streets."""

    journeys: float
    mean_minutes: float
    target_minutes: float


@dataclass(frozen=True, slots=True)
class Transit:
    """Lines of the morning with what they carry in its busiest hour.

    Parameters
    ----------
    lines, loads
        Patterns with their headways, and the assignment.
    routes, stops
        route_id by number of the route in ``lines.route``, stop_id by number of the stop in ``lines.calls``.
    against_router
        Median over the pairs of zones of the minutes by the strategies less those by the timetable router (median of
        the window), and the router's median: two ways to find the same journeys. nan where neither finds any.
    """

    lines: PeakLines
    loads: Crowded
    routes: tuple[str, ...]
    stops: tuple[str, ...]
    against_router: tuple[float, float]

    @property
    def boardings(self) -> float:
        """People who get on in the hour, transfers counted again."""
        return float(self.loads.loading.links[self.lines.graph.kind == BOARD].sum())


@dataclass(frozen=True, slots=True)
class CityModel:
    """The model of a city at present.

    Parameters
    ----------
    tables
        Name -> the parameters used.
    purposes
        Name -> its journeys.
    demand
        Calibrated, to be asked how people answer to other costs (``four_step.demand_at``).
    costs
        Mode -> parts of a journey in the morning peak as the loop left them.
    target
        Mode -> share of all journeys that was asked for.
    peak
        Mode -> persons in the busiest hour of the morning, shape (z, z).
    roads, flows, skims
        Street network, its equilibrium in that hour, and journeys by car on it.
    transit
        Lines and loads; None without a timetable.
    parking
        A day of parking by the modelled cars.
    rounds, converged
        Of the loop between demand and supply.
    findings
        What was assumed or left out.
    """

    city: City
    options: ModelOptions
    day: dt.date | None
    tables: Mapping[str, Parameters]
    purposes: Mapping[str, Purpose]
    demand: DemandModel
    costs: Mapping[str, Parts]
    target: Mapping[str, float]
    peak: Mapping[str, F64]
    roads: CityRoads
    flows: RoadFlows
    skims: RoadSkims
    transit: Transit | None
    parking: ParkingStudy | None
    rounds: tuple[Round, ...]
    converged: bool
    findings: tuple[Finding, ...]

    @property
    def shares(self) -> dict[str, float]:
        """Mode -> share of all journeys, as the calibrated demand has it."""
        return dict(zip(self.demand.tree.modes, map(float, self.demand.constants.shares)))

    @property
    def vehicles(self) -> F64:
        """Cars and taxis between zones in the busiest hour, shape (z, z)."""
        return self.flows.demand[0]
