"""What drawing a line needs to know of a city, prepared once: bus streets, stops on them, people and water."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.model import City
from shaar.engine.design.candidates import StopRules, stop_xy
from shaar.engine.design.city_groups import stop_edges
from shaar.engine.design.city_kernels import layered_path
from shaar.engine.design.city_people import People, people
from shaar.engine.design.city_streets import BusStreets, RunTimes, bus_streets, project

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: A stop on a street without a name is called after the nearest named one within this distance (m).
NAME_METRES = 150.0


@dataclass(frozen=True, slots=True)
class Streets:
    """A city's streets, ready to draw lines on.

    Parameters
    ----------
    bus
        Directed edges that a bus may drive, with run times and legal turns.
    stops
        STOPS table: what lines may call at.
    stop_xy
        Their places in metres, shape (s, 2).
    stop_edge, stop_at
        Directed edge that each serves (-1: none), and metres along it, shape (s,).
    crowd
        Where people and jobs are.
    near
        Residents and jobs together within ``rules.reach`` straight metres of any place: a tree over ``crowd``.
    water
        Areas of water in metres, shape (w,) of shapely geometries.
    names
        Street name of each link, "" where none.
    run, rules
        What run times assume, and how stops are proposed.
    """

    city: City
    bus: BusStreets
    stops: pl.DataFrame
    stop_xy: F64
    stop_edge: I64
    stop_at: F64
    crowd: People
    near: cKDTree
    water: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    run: RunTimes
    rules: StopRules
    edge_tree: shapely.STRtree
    stop_tree: shapely.STRtree
    row: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def of(city: City, *, run: RunTimes | None = None, rules: StopRules | None = None) -> Streets:
        """Prepare a city (seconds); drawing on it afterwards takes milliseconds.

        Raises
        ------
        InputError
            The city has no street a bus may use.
        """
        run, rules = run or RunTimes(), rules or StopRules()
        bus = bus_streets(city, run)
        # The compiled search is loaded now, so that the first drawing is as quick as the next.
        end = np.zeros(1, np.int64)
        layered_path(bus.ptr, bus.succ, bus.turn, bus.minutes, np.arange(2), end, np.zeros(1), np.zeros(1), np.inf)
        crowd = people(city)
        wet = city.base.filter(pl.col("kind") == "water")
        shapes = [project(s, bus.to_metric) for s in geoparquet.geometries(wet)] if wet.height else []
        edge, at = stop_edges(city.stops, bus, run.drive_side)
        xy = stop_xy(city.stops, bus)
        return Streets(
            city=city, bus=bus, stops=city.stops, stop_xy=xy, stop_edge=edge, stop_at=at, crowd=crowd,
            near=cKDTree(crowd.xy), water=np.array(shapes, dtype=object),
            names=city.links["name"].fill_null("").to_numpy().astype(object), run=run, rules=rules,
            edge_tree=shapely.STRtree(bus.lines), stop_tree=shapely.STRtree(shapely.points(xy)),
            row={s: k for k, s in enumerate(city.stops["stop_id"].to_list())},
        )  # fmt: skip

    def with_stops(self, places: Sequence[tuple[str, float, float, str]]) -> Streets:
        """Return the streets with further stops, (stop_id, lon, lat, name) each; known ids are passed over."""
        fresh = [p for p in places if p[0] not in self.row]
        if not fresh:
            return self
        rows = [
            {"stop_id": i, "name": name or None, "lon": lon, "lat": lat, "source": "proposed", "link_id": None,
             "offset": None, "side": "unknown", "link_distance": None}
            for i, lon, lat, name in fresh
        ]  # fmt: skip
        more = schema.conform("stops", pl.DataFrame(rows, infer_schema_length=None))
        edge, at = stop_edges(more, self.bus, self.run.drive_side)
        xy = np.concatenate([self.stop_xy, stop_xy(more, self.bus)])
        stops = pl.concat([self.stops, more.select(self.stops.columns)])
        return replace(
            self, stops=stops, stop_xy=xy, stop_edge=np.concatenate([self.stop_edge, edge]),
            stop_at=np.concatenate([self.stop_at, at]), stop_tree=shapely.STRtree(shapely.points(xy)),
            row={s: k for k, s in enumerate(stops["stop_id"].to_list())},
        )  # fmt: skip

    def street_name(self, link: int) -> str:
        """Name of a link, else of the nearest street with one within 150 m; "" where there is none."""
        if self.names[link]:
            return str(self.names[link])
        edge = int(np.flatnonzero(self.bus.link == link)[0])
        near = self.edge_tree.query(self.bus.lines[edge], predicate="dwithin", distance=NAME_METRES)
        called = [int(e) for e in near if self.names[self.bus.link[e]]]
        if not called:
            return ""
        far = shapely.distance(self.bus.lines[called], self.bus.lines[edge])
        return str(self.names[self.bus.link[called[int(np.lexsort((called, far))[0])]]])

    def people_at(self, xy: npt.ArrayLike, metres: float | None = None) -> float:
        """Residents and jobs together within so many straight metres (default: the reach of a stop) of a place."""
        here = self.near.query_ball_point(np.asarray(xy, np.float64), self.rules.reach if metres is None else metres)
        return float((self.crowd.population + self.crowd.jobs)[here].sum())
