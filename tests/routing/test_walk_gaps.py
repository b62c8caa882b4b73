"""Missing crossings and footways: found where they are missing, and gains equal to brute force."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from pyproj import Transformer

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.walk_gaps import missing_crossings, missing_footways, node_people

P = load_parameters("walking_cycling.csv")
CRS = "EPSG:32642"


def tables(xy, ends, highway, *, crossing=(), signal=(), lanes=None):
    lon, lat = Transformer.from_crs(CRS, "OGC:CRS84", always_xy=True).transform(
        500_000 + np.array([x for x, _ in xy], float), 5_650_000 + np.array([y for _, y in xy], float)
    )
    n, m = len(xy), len(ends)
    nodes = pl.DataFrame({
        "node_id": range(n), "lon": lon, "lat": lat, "signal": [k in signal for k in range(n)],
        "crossing": [k in crossing for k in range(n)],
    })  # fmt: skip
    drive = [h not in ("footway",) for h in highway]
    links = pl.DataFrame({
        "link_id": range(m), "from_node": [a for a, _ in ends], "to_node": [b for _, b in ends],
        "length": [float(np.hypot(*np.subtract(xy[a], xy[b]))) for a, b in ends], "highway": highway,
        "lanes": pl.Series([lanes] * m, dtype=pl.Float64), "free_speed": [60.0] * m, "car_forward": drive,
        "car_backward": drive, "walk": [True] * m,
    })  # fmt: skip
    return nodes, links


def test_a_stop_at_a_wide_street_without_crossing_is_found():
    xy = [(0, 0), (100, 0), (200, 0), (400, 0)]
    ends = [(0, 1), (1, 2), (2, 3)]
    nodes, links = tables(xy, ends, ["primary"] * 3, lanes=6.0)
    stop = nodes["lon"][1], nodes["lat"][1]
    found = missing_crossings(nodes, links, [stop[0]], [stop[1]], P, crs=CRS)
    assert [(f.node, f.place, f.lanes) for f in found] == [(1, 0, 6.0)]
    assert found[0].delay == P["delay_cap"]
    for marks in ({"crossing": (2,)}, {"signal": (2,)}):
        assert not missing_crossings(
            *tables(xy, ends, ["primary"] * 3, lanes=6.0, **marks), [stop[0]], [stop[1]], P, crs=CRS
        )
    far = tables(xy, ends, ["primary"] * 3, lanes=6.0, crossing=(3,))
    assert missing_crossings(*far, [stop[0]], [stop[1]], P, crs=CRS)
    quiet = tables(xy, ends, ["residential"] * 3)
    assert not missing_crossings(*quiet, [stop[0]], [stop[1]], P, crs=CRS)


def two_streets():
    """Two streets 100 m apart and 1000 m long, joined at the west end only; a stop at the east end of the first."""
    xy = [(100 * k, 0) for k in range(11)] + [(100 * k, 100) for k in range(11)]
    ends = [(k, k + 1) for k in range(10)] + [(k, k + 1) for k in range(11, 21)] + [(0, 11)]
    return tables(xy, ends, ["residential"] * len(ends)), xy, ends


def brute(xy, ends, people, stop, limit):
    n = len(xy)
    d = np.full((n, n), np.inf)
    np.fill_diagonal(d, 0)
    for a, b in ends:
        d[a, b] = d[b, a] = np.hypot(*np.subtract(xy[a], xy[b]))
    for k in range(n):
        d = np.minimum(d, d[:, k : k + 1] + d[k : k + 1, :])
    return people[d[stop] <= limit].sum()


def test_the_missing_footway_brings_most_people_and_its_gain_is_exact():
    (nodes, links), xy, ends = two_streets()
    people = np.arange(1.0, 23.0)
    found = missing_footways(
        nodes, links, people, [nodes["lon"][10]], [nodes["lat"][10]], P, crs=CRS, longest=150, top=50
    )
    assert found
    limit = P["walk_minutes"] * P["walk_flat"] * 1000 / 60
    base = brute(xy, ends, people, 10, limit)
    for f in found:
        assert f.gain == pytest.approx(brute(xy, [*ends, f.ends], people, 10, limit) - base)
        assert f.way > P["far_ratio"] * f.metres or f.way == np.inf
    best = max(brute(xy, [*ends, (k, k + 11)], people, 10, limit) - base for k in range(11))
    assert found[0].gain == best


def test_people_are_spread_and_none_is_lost():
    (nodes, links), *_ = two_streets()
    g = street_graph(nodes, links, mode="walk", cost="metres")
    zones = pl.DataFrame({
        "lon": [nodes["lon"][2], nodes["lon"][18], 71.0], "lat": [nodes["lat"][2], nodes["lat"][18], 52.0],
        "population": [100.0, 50.0, 7.0],
    })  # fmt: skip
    spread = node_people(g, links, zones, crs=CRS)
    assert spread.sum() == pytest.approx(157)
    assert (spread >= 0).all()
