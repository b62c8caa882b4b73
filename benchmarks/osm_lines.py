"""Las Palmas: lines rebuilt from OpenStreetMap against the real timetable of the city's operator.

Two tables. The first takes the route relations of the extract and compares those whose ref is a route short name of
the feed. The extract's relations are mostly interurban lines of another operator, so few or none compare; that is
printed as it is. The second gives the laying of lines a fair test on every route: the stops of each route's commonest
pattern, and nothing else, go in as a relation without ways, and the way that comes out over the OSM streets is
compared with the shape of the feed.

    python benchmarks/osm_lines.py --shared shared/data
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from pyproj import Transformer
from shapely import LineString, Point

from shaar.engine.city.extract import Feature, Relation
from shaar.engine.city.osm import read_osm
from shaar.engine.city.stops import stops_from_osm
from shaar.engine.city.streets import build_streets
from shaar.engine.prepare.lines_osm import lines_from_osm
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.lines import ServiceLine
from shaar.engine.timetable.read import read_gtfs

CRS = "EPSG:32628"
TO = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)


def metric(lonlat: np.ndarray) -> np.ndarray:
    return np.column_stack(TO.transform(lonlat[:, 0], lonlat[:, 1]))


def commonest(feed: Feed) -> pl.DataFrame:
    """The most frequent stop sequence of each route and direction, with its shape."""
    seq = feed.stop_times.group_by("trip_id", maintain_order=True).agg("stop_id")
    trips = feed.trips.select("trip_id", "route_id", "direction_id", "shape_id").join(seq, on="trip_id")
    return (
        trips.with_columns(pl.col("stop_id").list.join("\x1f").alias("key"))
        .group_by("route_id", "direction_id", "key")
        .agg(pl.len().alias("n"), pl.col("shape_id").mode().sort().first(), pl.col("stop_id").first())
        .sort("route_id", "direction_id", "n", "key", descending=[False, False, True, False])
        .unique(["route_id", "direction_id"], keep="first", maintain_order=True)
        .join(feed.routes.select("route_id", "route_short_name"), on="route_id")
        .sort("route_short_name", "direction_id")
    )


def compare(
    lines: list[ServiceLine], stops: pl.DataFrame, feed: Feed, pattern: pl.DataFrame
) -> tuple[float, float, float]:
    """Share of the feed's stops within 50 m of a stop of the line, share of its length within 30 m of a shape, km."""
    at = {r["stop_id"]: (r["stop_lon"], r["stop_lat"]) for r in feed.stops.iter_rows(named=True)}
    mine = {r["stop_id"]: (r["lon"], r["lat"]) for r in stops.iter_rows(named=True)}
    real = metric(np.array([at[s] for row in pattern["stop_id"] for s in row]))
    ours = metric(np.array([mine[s] for line in lines for d in line.directions for s in d.stop_ids]))
    near = np.hypot(*(real[:, None] - ours[None]).transpose(2, 0, 1)).min(axis=1) <= 50
    shapes = []
    for s in pattern["shape_id"].drop_nulls():
        part = feed.shapes.filter(pl.col("shape_id") == s)
        shapes.append(LineString(metric(part.select("lon", "lat").to_numpy())))
    zone = shapely.union_all([s.buffer(30) for s in shapes])
    laid = [LineString(metric(np.array(d.geometry.coords))) for line in lines for d in line.directions if d.geometry]
    length = sum(g.length for g in laid)
    return float(near.mean()), sum(g.intersection(zone).length for g in laid) / length, length / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", default=os.environ.get("SHAAR_SHARED_DATA"), help="folder with cities/las_palmas")
    args = parser.parse_args()
    if not args.shared:
        parser.error("give --shared or set SHAAR_SHARED_DATA")
    folder = Path(args.shared) / "cities" / "las_palmas"
    feed = read_gtfs(folder / "gtfs_guaguas_20230222.zip")
    extract = read_osm(folder / "las_palmas_osm_20230221.osm.pbf")
    streets = build_streets(extract)
    known = stops_from_osm(extract)
    patterns = commonest(feed)

    started = time.perf_counter()
    lines, stops, _ = lines_from_osm(extract, streets.nodes, streets.links, streets.way_links, known, crs=CRS)
    names = set(feed.routes["route_short_name"])
    print(f"relations as mapped: {len(lines)} lines in {time.perf_counter() - started:.1f} s")
    same = [line for line in lines if line.name in names]
    print(f"  with the ref of a route of the feed: {', '.join(line.name for line in same) or 'none'}")
    for line in same:
        a, b, km = compare([line], stops, feed, patterns.filter(pl.col("route_short_name") == line.name))
        print(f"  {line.name:>6} stops within 50 m {a:6.1%}  length within 30 m {b:6.1%} of {km:.1f} km")

    points: dict[str, Feature] = {}
    relations = []
    number = {s: 10**12 + i for i, s in enumerate(feed.stops["stop_id"])}
    for r in feed.stops.iter_rows(named=True):
        points[r["stop_id"]] = Feature("node", number[r["stop_id"]], {}, Point(r["stop_lon"], r["stop_lat"]))
    for i, r in enumerate(patterns.iter_rows(named=True)):
        members = tuple(("n", number[s], "platform") for s in r["stop_id"])
        tags = {"type": "route", "route": "bus", "ref": r["route_short_name"], "roundtrip": "yes"}
        relations.append(Relation(i + 1, tags, members))
    made = replace(extract, relations=tuple(relations), points=tuple(points.values()))
    none = known.clear()
    started = time.perf_counter()
    lines, stops, findings = lines_from_osm(made, streets.nodes, streets.links, streets.way_links, none, crs=CRS)
    print(f"\nfrom the feed's stops alone: {len(lines)} lines in {time.perf_counter() - started:.1f} s")
    print(f"{'route':>8} {'stops <= 50 m':>14} {'length <= 30 m':>15} {'km':>7}")
    rows = []
    for route in patterns["route_short_name"].unique(maintain_order=True):
        own = [line for line in lines if line.name == route or line.name.startswith(f"{route} (")]
        if not own:
            print(f"{route:>8} not laid")
            continue
        a, b, km = compare(own, stops, feed, patterns.filter(pl.col("route_short_name") == route))
        rows.append((a, b, km))
        print(f"{route:>8} {a:14.1%} {b:15.1%} {km:7.1f}")
    total = sum(r[2] for r in rows)
    near, inside = float(np.mean([r[0] for r in rows])), sum(r[1] * r[2] for r in rows) / total
    print(f"{'all':>8} {near:14.1%} {inside:15.1%} {total:7.1f}")
    for f in findings:
        print(f"  {f.severity}: {f.message}")


if __name__ == "__main__":
    main()
