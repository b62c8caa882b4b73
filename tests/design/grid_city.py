"""A small city on a grid, built in memory, with what makes real ones hard: one-way pairs, bans, far settlements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import shapely
from pyproj import Transformer

from shaar.engine.city import geoparquet, schema
from shaar.engine.city.model import City, Meta, Provenance

CRS = "EPSG:32642"
X0, Y0 = 610_000.0, 5_665_000.0
TO_LONLAT = Transformer.from_crs(CRS, "OGC:CRS84", always_xy=True)


def lonlat(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return TO_LONLAT.transform(np.asarray(x, float) + X0, np.asarray(y, float) + Y0)


def geometry(points: list[tuple[float, float]]) -> shapely.LineString:
    xy = np.asarray(points, float)
    return shapely.LineString(np.column_stack(lonlat(xy[:, 0], xy[:, 1])))


def grid_city(
    nx: int = 13,
    ny: int = 9,
    step: float = 300.0,
    *,
    stops: bool = True,
    settlement: bool = True,
    bus: bool = True,
    one_way_row: int | None = 4,
    banned: bool = True,
) -> City:
    """A grid of streets, people spread evenly but denser in the middle, and one settlement at the end of a road.

    Every second column and row has tagged stops (both sides); with ``one_way_row`` one street runs east only and its
    neighbour to the north west only.
    """
    node = {(i, j): j * nx + i for i in range(nx) for j in range(ny)}
    xs = np.array([(k % nx) * step for k in range(nx * ny)])
    ys = np.array([(k // nx) * step for k in range(nx * ny)])
    links: list[dict[str, object]] = []

    def add(a: int, b: int, points: list[tuple[float, float]], highway: str, ahead: bool = True, back: bool = True):
        length = float(np.hypot(*np.diff(np.asarray(points), axis=0).T).sum())
        links.append({
            "link_id": len(links), "from_node": a, "to_node": b, "length": length, "highway": highway,
            "name": None, "lanes": 2.0, "free_speed": 50.0, "car_forward": ahead, "car_backward": back,
            "bus_forward": bus and ahead, "bus_backward": bus and back, "cycle_forward": True, "cycle_backward": True,
            "walk": True, "cycle_stress": 2, "slope": None, "points": points,
        })  # fmt: skip

    for (i, j), k in node.items():
        here = (i * step, j * step)
        if i + 1 < nx:
            east_only = one_way_row is not None and j == one_way_row
            west_only = one_way_row is not None and j == one_way_row + 1
            highway = "secondary" if j % 2 == 0 else "residential"
            add(k, node[i + 1, j], [here, (here[0] + step, here[1])], highway, not west_only, not east_only)
        if j + 1 < ny:
            add(k, node[i, j + 1], [here, (here[0], here[1] + step)], "tertiary" if i % 2 == 0 else "residential")
    if settlement:
        end = len(xs)
        far = ((nx - 1) * step + 4000.0, (ny // 2) * step)
        xs, ys = np.append(xs, [far[0], far[0] + 300.0]), np.append(ys, [far[1], far[1]])
        add(node[nx - 1, ny // 2], end, [((nx - 1) * step, far[1]), far], "primary")
        add(end, end + 1, [far, (far[0] + 300.0, far[1])], "residential")
        links[-1]["free_speed"] = 30.0
    lon, lat = lonlat(xs, ys)
    nodes = pl.DataFrame({
        "node_id": np.arange(len(xs)), "lon": lon, "lat": lat, "signal": np.zeros(len(xs), bool),
        "crossing": np.zeros(len(xs), bool),
    })  # fmt: skip
    points = [link.pop("points") for link in links]
    link_frame = geoparquet.with_geometries(pl.DataFrame(links), [geometry(p) for p in points])  # type: ignore[arg-type]
    turns = schema.empty("turns")
    if banned:
        first = next(k for k in links if k["from_node"] == node[2, 2] and k["to_node"] == node[3, 2])
        then = next(k for k in links if k["from_node"] == node[3, 2] and k["to_node"] == node[3, 3])
        turns = pl.DataFrame({
            "from_link": [first["link_id"]], "via_node": [node[3, 2]], "to_link": [then["link_id"]],
            "bus_exempt": [False],
        })  # fmt: skip
    return City(
        path=Path("grid"),
        meta=_meta(),
        zones=schema.conform("zones", _zones(nx, ny, step, settlement)),
        places=schema.conform("places", _places(nx, ny, step, settlement)),
        nodes=schema.conform("nodes", nodes),
        links=schema.conform("links", link_frame),
        turns=schema.conform("turns", turns),
        stops=schema.conform("stops", _stops(links, points, nx, ny, step) if stops and bus else schema.empty("stops")),
        base=schema.empty("base"),
    )


def _meta() -> Meta:
    return Meta(
        name="Gridtown", names={"en": "Gridtown"}, country="KZ", languages=("kk", "ru", "en"),
        time_zone="Asia/Almaty", crs=CRS, currency="KZT", data_date="2017-12-04",
        provenance={"zones.population": Provenance("assumed", "a test")},
    )  # fmt: skip


def _zones(nx: int, ny: int, step: float, settlement: bool) -> pl.DataFrame:
    rows, shapes = [], []
    size = 2 * step
    mid = np.array([(nx - 1) * step / 2, (ny - 1) * step / 2])
    for i in range((nx + 1) // 2):
        for j in range((ny + 1) // 2):
            x, y = i * size, j * size
            near = float(np.exp(-np.hypot(x - mid[0], y - mid[1]) / 1200.0))
            rows.append((f"z{i}_{j}", x, y, 300.0 + 1500.0 * near, 2500.0 * near, None))
    if settlement:
        rows.append(("far", (nx - 1) * step + 4000.0, (ny // 2) * step, 900.0, 50.0, "village"))
    for _, x, y, *_ in rows:
        half = size / 2
        corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        shapes.append(shapely.Polygon(geometry([*corners, corners[0]]).coords))
    lon, lat = lonlat(np.array([r[1] for r in rows]), np.array([r[2] for r in rows]))
    frame = pl.DataFrame({
        "zone_id": [r[0] for r in rows], "lon": lon, "lat": lat, "population": [r[3] for r in rows],
        "jobs": [r[4] for r in rows], "schools": 0.0, "clinics": 0.0, "district": None,
        "settlement": [r[5] for r in rows],
    }, schema_overrides={"district": pl.String, "settlement": pl.String})  # fmt: skip
    return geoparquet.with_geometries(frame, shapes)


def _places(nx: int, ny: int, step: float, settlement: bool) -> pl.DataFrame:
    if not settlement:
        return schema.empty("places")
    lon, lat = lonlat(np.array([(nx - 1) * step + 4000.0]), np.array([(ny // 2) * step]))
    frame = pl.DataFrame({"place_id": ["village"], "kind": ["settlement"], "name": ["Village"], "outlying": [True]})
    return geoparquet.with_geometries(frame, [shapely.Point(lon[0], lat[0])])


def _stops(links: list[dict[str, object]], points: list[list[tuple[float, float]]], nx: int, ny: int, step: float):
    rows = []
    for link, line in zip(links, points, strict=True):
        if link["highway"] != "secondary":
            continue
        x0, y0 = line[0]
        if round(x0 / step) % 2:
            continue
        for side, sign in (("right", -1.0), ("left", 1.0)):
            if not link["bus_forward" if side == "right" else "bus_backward"]:
                continue
            x, y = x0 + 60.0, y0 + sign * 8.0
            lon, lat = lonlat(np.array([x]), np.array([y]))
            rows.append({
                "stop_id": f"s{len(rows)}", "name": f"Stop {len(rows)}", "lon": lon[0], "lat": lat[0], "source": "osm",
                "link_id": link["link_id"], "offset": 60.0, "side": side, "link_distance": 8.0,
            })  # fmt: skip
    return pl.DataFrame(rows)


def gravity(city: City, trips: float = 20_000.0, scale: float = 2000.0) -> np.ndarray:
    """A plain gravity matrix for tests: population x jobs x exp(-distance/scale), daily trips, both directions."""
    zones = city.zones
    to_metric = Transformer.from_crs("OGC:CRS84", city.meta.crs, always_xy=True)
    x, y = to_metric.transform(zones["lon"].to_numpy(), zones["lat"].to_numpy())
    d = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    od = zones["population"].to_numpy()[:, None] * zones["jobs"].to_numpy()[None] * np.exp(-d / scale)
    np.fill_diagonal(od, 0.0)
    od = od + od.T
    return od / od.sum() * trips
