"""The tables of a city folder: column names, types, units and meaning. Docs and checks are made from this."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of the city folder."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    unit: str
    meaning: str
    required: bool = True


ZONES = (
    Column("zone_id", pl.String, "", "H3 index or the id of the source"),
    Column("geometry", pl.Binary, "WKB", "outline, WGS84"),
    Column(
        "lon", pl.Float64, "deg", "where the zone's people are (population-weighted where known, else the centroid)"
    ),
    Column("lat", pl.Float64, "deg", "as lon"),
    Column("population", pl.Float64, "persons", "residents"),
    Column("jobs", pl.Float64, "jobs", "workplaces"),
    Column("schools", pl.Float64, "places", "schools in the zone"),
    Column("clinics", pl.Float64, "places", "clinics and hospitals (any outpatient health care) in the zone"),
    Column("shops", pl.Float64, "places", "shops, markets and malls in the zone", required=False),
    Column("parks", pl.Float64, "places", "parks in the zone", required=False),
    Column("district", pl.String, "", "place_id of the district, null where unknown"),
    Column("settlement", pl.String, "", "place_id of the settlement (novostroyka, village, suburb), null where none"),
)

PLACES = (
    Column("place_id", pl.String, "", "stable id"),
    Column("kind", pl.String, "", "city, district, settlement, quarter, or a point of interest: school, clinic, ..."),
    Column("name", pl.String, "", "local name"),
    Column("name_ru", pl.String, "", "Russian name", required=False),
    Column("name_kk", pl.String, "", "Kazakh name", required=False),
    Column("name_ky", pl.String, "", "Kyrgyz name", required=False),
    Column("name_en", pl.String, "", "English name", required=False),
    Column("geometry", pl.Binary, "WKB", "outline or point, WGS84"),
    Column("outlying", pl.Boolean, "", "settlement away from the built core: lines must reach it", required=False),
)

NODES = (
    Column("node_id", pl.Int32, "", "0-based and dense: the row number"),
    Column("lon", pl.Float64, "deg", "WGS84"),
    Column("lat", pl.Float64, "deg", "WGS84"),
    Column("osm_id", pl.Int64, "", "OSM node, null where the source has none", required=False),
    Column("signal", pl.Boolean, "", "traffic lights"),
    Column("crossing", pl.Boolean, "", "marked pedestrian crossing"),
)

LINKS = (
    Column("link_id", pl.Int32, "", "0-based and dense: the row number; one row for both directions"),
    Column("from_node", pl.Int32, "", "node_id"),
    Column("to_node", pl.Int32, "", "node_id"),
    Column("geometry", pl.Binary, "WKB", "LineString from from_node to to_node, WGS84"),
    Column("length", pl.Float64, "m", "along the geometry, on the ellipsoid"),
    Column("highway", pl.String, "", "OSM class: primary, residential, footway, ..."),
    Column("name", pl.String, "", "street name, null where none"),
    Column("lanes", pl.Float64, "", "lanes in both directions together, null where not tagged"),
    Column("free_speed", pl.Float64, "km/h", "tagged maxspeed, else the class default"),
    Column("car_forward", pl.Boolean, "", "general traffic may drive from_node -> to_node"),
    Column("car_backward", pl.Boolean, "", "... to_node -> from_node"),
    Column("bus_forward", pl.Boolean, "", "a bus may drive (incl. bus-only links, excl. too narrow classes)"),
    Column("bus_backward", pl.Boolean, "", "..."),
    Column("cycle_forward", pl.Boolean, "", "..."),
    Column("cycle_backward", pl.Boolean, "", "..."),
    Column("walk", pl.Boolean, "", "walking allowed (both ways)"),
    Column("cycle_stress", pl.Int8, "1-4", "level of traffic stress from tags, 1 calm to 4 heavy"),
    Column("slope", pl.Float64, "%", "rise over run from_node -> to_node, null where no elevation was given"),
    Column("osm_way", pl.Int64, "", "OSM way, null where the source has none", required=False),
    Column("structure", pl.String, "", "bridge or tunnel, null where neither", required=False),
    Column("cycle_stress_tag", pl.String, "", "what decided cycle_stress", required=False),
)

TURNS = (
    Column("from_link", pl.Int32, "", "link_id"),
    Column("via_node", pl.Int32, "", "node_id"),
    Column("to_link", pl.Int32, "", "link_id: turning from from_link at via_node into to_link is banned"),
    Column("bus_exempt", pl.Boolean, "", "buses may turn all the same"),
)

STOPS = (
    Column("stop_id", pl.String, "", "GTFS stop_id or made from the OSM id"),
    Column("name", pl.String, "", "null where none is known"),
    Column("lon", pl.Float64, "deg", "WGS84"),
    Column("lat", pl.Float64, "deg", "WGS84"),
    Column("source", pl.String, "", "gtfs, osm, entered, synthesised (between known ends of a line) or proposed"),
    Column("link_id", pl.Int32, "", "street link it stands at, null where none within reach"),
    Column("offset", pl.Float64, "m", "from from_node along that link"),
    Column("side", pl.String, "", "right or left of the link's from -> to direction, or unknown"),
    Column("link_distance", pl.Float64, "m", "from the stop to the link"),
)

BASE = (
    Column("kind", pl.String, "", "water, green, built, rail: background of maps"),
    Column("name", pl.String, "", "null where none"),
    Column("geometry", pl.Binary, "WKB", "simplified outline or line, WGS84"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "zones": ZONES,
    "places": PLACES,
    "nodes": NODES,
    "links": LINKS,
    "turns": TURNS,
    "stops": STOPS,
    "base": BASE,
}


def empty(table: str) -> pl.DataFrame:
    """Return an empty frame with every column of the named table."""
    return pl.DataFrame(schema={c.name: c.dtype for c in TABLES[table]})


def conform(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Order and cast the columns of a frame as the schema says; absent optional columns become null.

    Raises
    ------
    KeyError
        A required column is absent.
    """
    out = []
    for c in TABLES[table]:
        if c.name in frame.columns:
            out.append(pl.col(c.name).cast(c.dtype))
        elif c.required:
            raise KeyError(f"{table}.{c.name}")
        else:
            out.append(pl.lit(None, dtype=c.dtype).alias(c.name))
    extra = [pl.col(n) for n in frame.columns if n not in {c.name for c in TABLES[table]}]
    return frame.select(*out, *extra)
