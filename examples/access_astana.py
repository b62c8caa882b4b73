"""Who reaches a clinic or hospital within 30 minutes on foot in Astana, by district.

    python examples/access_astana.py [MINUTES]

People stand at the point of their zone and walk along the streets at 4 km/h. Residents are modelled from buildings and
official totals, clinics are those in OpenStreetMap of December 2017: the figures show the method, not today's city.
"""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
import shapely

from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.snap import snap
from shaar.engine.routing.walk import walk_links

WALK_KMH = 4.0


def main(arguments: list[str]) -> int:
    """Walk and print."""
    minutes = float(arguments[0]) if arguments else 30.0
    city = read(example_city_path("astana"))
    graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
    clinics = city.places.filter(pl.col("kind").is_in(["clinic", "hospital"]))
    at = shapely.centroid(shapely.from_wkb(clinics["geometry"].to_numpy()))
    lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    zones = snap(lon, lat, graph, city.links, crs=city.meta.crs, max_metres=1500.0)
    doors = snap(shapely.get_x(at), shapely.get_y(at), graph, city.links, crs=city.meta.crs, max_metres=300.0)
    limit = minutes / 60 * WALK_KMH * 1000
    metres = walk_links(graph, zones, doors, limit=limit, kmh=WALK_KMH).nearest_metres()
    names = dict(city.places.filter(pl.col("kind") == "district").select("place_id", "name").iter_rows())
    table = (
        city.zones.select("district", "population")
        .with_columns(pl.Series("near", np.isfinite(metres)))
        .with_columns(pl.col("district").replace_strict(names, default="outside the districts"))
        .group_by("district")
        .agg(pl.col("population").sum(), pl.col("population").filter("near").sum().alias("near"))
        .filter(pl.col("population") >= 1)
        .sort("population", descending=True)
    )
    total, near = float(table["population"].sum()), float(table["near"].sum())
    print(f"{city.meta.name}: {clinics.height} clinics and hospitals, {minutes:g} minutes on foot")
    for name, people, reached in [*table.iter_rows(), ("all", total, near)]:
        print(f"{name:32} {people:>11,.0f} people {reached / people:>6.1%} reach one")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
