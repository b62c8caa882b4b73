"""Walking around the stops and schools of a city: crossings and footways that are missing, as rows of tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.walk_gaps import missing_crossings, missing_footways, node_people
from shaar.engine.study.cycling_output import place_name

F64 = npt.NDArray[np.float64]


def walking_gaps(
    city: City, *, parameters: Parameters | None = None, top: int = 100, progress: Progress = silent
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Find missing crossings and missing footways near stops and schools.

    Returns
    -------
    crossings, footways
        One row each, the worst and the most useful per metre first; places are stops and schools. The gain of a
        footway counts people once for every place that comes within ``walk_minutes`` of them.
    """
    p = parameters or load_parameters("walking_cycling.csv")
    names, kinds, lon, lat = doors(city)
    crs = city.meta.crs
    progress("walking around stops and schools", 0, 2)
    crossings = [
        {
            "rank": rank,
            "place": names[f.place],
            "kind": kinds[f.place],
            "street": place_name(city, [f.node]),
            "lon": float(city.nodes["lon"][f.node]),
            "lat": float(city.nodes["lat"][f.node]),
            "wait_s": f.delay,
            "lanes": f.lanes,
            "km_h": f.speed,
        }
        for rank, f in enumerate(missing_crossings(city.nodes, city.links, lon, lat, p, crs=crs)[:top], start=1)
    ]
    progress("walking around stops and schools", 1, 2)
    graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
    people = node_people(graph, city.links, city.zones, crs=crs)
    found = missing_footways(city.nodes, city.links, people, lon, lat, p, crs=crs, top=top)
    footways = [
        {
            "rank": rank,
            "place": names[f.place],
            "kind": kinds[f.place],
            "street": place_name(city, f.ends),
            "lon": float(np.mean([city.nodes["lon"][v] for v in f.ends])),
            "lat": float(np.mean([city.nodes["lat"][v] for v in f.ends])),
            "metres": f.metres,
            "way_today_m": f.way if np.isfinite(f.way) else None,
            "people_times_places_gained": f.gain,
        }
        for rank, f in enumerate(found, start=1)
    ]
    progress("walking around stops and schools", 2, 2)
    return crossings, footways


def doors(city: City) -> tuple[list[str], list[str], F64, F64]:
    """Stops and schools that people walk to: name ("" where none is known), kind, lon and lat of each."""
    schools = city.places.filter(pl.col("kind").is_in(["school", "kindergarten"]))
    middle = shapely.centroid(geoparquet.geometries(schools)) if schools.height else np.zeros(0, object)
    names = [n or "" for n in [*city.stops["name"], *schools["name"]]]
    kinds = ["stop"] * city.stops.height + schools["kind"].to_list()
    lon = np.concatenate([city.stops["lon"].to_numpy(), shapely.get_x(middle)])
    lat = np.concatenate([city.stops["lat"].to_numpy(), shapely.get_y(middle)])
    return names, kinds, lon, lat
