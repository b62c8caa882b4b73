"""Street graphs, shortest paths with and without banned turns, snapping and walks: hand-made cases and scipy."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import street_tables
from scipy.sparse.csgraph import dijkstra

from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.shortest import paths, times, times_from_arcs
from shaar.engine.routing.snap import snap
from shaar.engine.routing.walk import walk_links, without_self

CRS = "EPSG:32633"
DEG = 1 / 111_319.49  # degrees of longitude a metre on the equator, near enough for layouts

#      3
#      |
# 0 -- 1 -- 2     a crossing; 4 hangs on 2
#           |
#           4
NODES = [(15.0, 0.0), (15.001, 0.0), (15.002, 0.0), (15.001, 0.001), (15.002, -0.001)]
LINKS = [(0, 1, {}), (1, 2, {}), (1, 3, {}), (2, 4, {})]


def turns(*rows):
    schema = {"from_link": pl.Int32, "via_node": pl.Int32, "to_link": pl.Int32, "bus_exempt": pl.Boolean}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def test_parallel_arcs_stay_apart_and_the_shorter_counts():
    """A matrix that adds parallel arcs up would say 300; the way there is 100 and back 100."""
    nodes, links = street_tables(NODES[:2], [(0, 1, {"length": 200.0}), (0, 1, {"length": 100.0})])
    g = street_graph(nodes, links, mode="walk", cost="metres")
    assert g.n_arcs == 4
    assert times(g, [0, 1]).tolist() == [[0, 100], [100, 0]]
    assert paths(g, [0], [1]).links.tolist() == [1]


def test_one_way_closed_modes_and_speeds():
    one_way = {"car_backward": False, "bus_backward": False, "walk": False, "cycle_forward": False}
    nodes, links = street_tables(NODES[:2], [(0, 1, one_way | {"highway": "primary", "free_speed": 60.0})])
    car = street_graph(nodes, links, mode="car")
    np.testing.assert_allclose(times(car, [0, 1]), [[0, 100 * 3.6 / (60 * 0.65)], [np.inf, 0]])
    bus = street_graph(nodes, links, mode="bus")
    assert times(bus, [0], [1])[0, 0] == pytest.approx(100 * 3.6 / (60 * 0.65 * 0.6))
    assert times(street_graph(nodes, links, mode="car", kmh=36), [0], [1])[0, 0] == pytest.approx(10)
    assert street_graph(nodes, links, mode="walk").n_arcs == 0
    assert times(street_graph(nodes, links, mode="cycle", kmh=36), [1], [0])[0, 0] == pytest.approx(10)


def test_banned_turn_costs_a_detour_or_the_way():
    """From 0 left into 3 is banned; turning round is not allowed at 2 (4 hangs there) but at the dead end 4."""
    nodes, links = street_tables(NODES, LINKS)
    free = street_graph(nodes, links, mode="bus", cost="metres")
    banned = street_graph(nodes, links, mode="bus", cost="metres", turns=turns((0, 1, 2, False)))
    assert times(free, [0], [3])[0, 0] == 200
    assert times(banned, [0], [3])[0, 0] == 600
    p = paths(banned, [0, 0, 3], [3, 0, 0])
    assert p.links_of(0).tolist() == [0, 1, 3, 3, 1, 2]
    assert p.forward[p.ptr[0] : p.ptr[1]].tolist() == [True, True, True, False, False, True]
    assert p.cost.tolist() == [600, 0, 200]
    assert p.links_of(1).tolist() == []
    exempt = street_graph(nodes, links, mode="bus", cost="metres", turns=turns((0, 1, 2, True)))
    assert times(exempt, [0], [3])[0, 0] == 200
    assert times(street_graph(nodes, links, mode="car", cost="metres", turns=turns((0, 1, 2, True))), [0], [3]) == 600


def test_from_an_arc_one_cannot_turn_round():
    nodes, links = street_tables(NODES, LINKS)
    g = street_graph(nodes, links, mode="bus", cost="metres", turns=turns())
    east = g.arc_forward[0]  # just came from 0 to 1
    assert times_from_arcs(g, [east])[0].tolist() == [300, 0, 100, 100, 200]  # back to 0 by the dead end 3


def test_unreachable_and_limit():
    nodes, links = street_tables([*NODES, (15.1, 0.1), (15.1, 0.2)], [*LINKS, (5, 6, {})])
    g = street_graph(nodes, links, mode="walk", cost="metres")
    assert np.isinf(times(g, [0], [5])[0, 0])
    assert times(g, [0], limit=100)[0].tolist() == [0, 100, np.inf, np.inf, np.inf, np.inf, np.inf]
    p = paths(g, [0, 5], [6, 6])
    assert p.cost.tolist() == [np.inf, 100]
    assert p.ptr.tolist() == [0, 0, 1]
    assert g.component.tolist() == [0, 0, 0, 0, 0, 1, 1]


@st.composite
def random_streets(draw):
    n = draw(st.integers(2, 8))
    link = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(1, 50), st.booleans(), st.booleans())
    rows = draw(st.lists(link, min_size=1, max_size=20))
    nodes = [(15 + 0.001 * k, 0.001 * (k * k % 5)) for k in range(n)]
    links = [(a, b, {"length": float(w), "bus_forward": f, "bus_backward": g}) for a, b, w, f, g in rows]
    return nodes, links


@settings(max_examples=80, deadline=None)
@given(random_streets())
def test_equals_scipy(streets):
    nodes, links = street_tables(*streets)
    g = street_graph(nodes, links, mode="bus", cost="metres")
    dense = np.full((g.n_nodes, g.n_nodes), np.inf)
    np.minimum.at(dense, (g.tail, g.head), g.cost)
    expected = dijkstra(np.where(np.isinf(dense), 0, dense))
    every = np.arange(g.n_nodes)
    np.testing.assert_allclose(times(g, every), expected)
    o, d = (x.ravel() for x in np.meshgrid(every, every, indexing="ij"))
    p = paths(g, o, d)
    np.testing.assert_allclose(p.cost.reshape(expected.shape), expected)
    _check_steps(g, p, o, d)


@settings(max_examples=80, deadline=None)
@given(random_streets(), st.lists(st.tuples(st.integers(0, 19), st.integers(0, 7), st.integers(0, 19)), max_size=12))
def test_turn_aware_equals_search_on_the_line_graph(streets, bans):
    """Arcs as nodes of a second graph, legal turns as its edges, scipy's Dijkstra on it."""
    nodes, links = street_tables(*streets)
    n_l = links.height
    bans = [(f, v, t, False) for f, v, t in bans if f < n_l and t < n_l and v < nodes.height]
    g = street_graph(nodes, links, mode="bus", cost="metres", turns=turns(*bans))
    banned = {(f, v, t) for f, v, t, _ in bans}
    m = g.n_arcs
    line = np.zeros((m, m))
    for a in range(m):
        v = g.head[a]
        out = range(g.ptr[v], g.ptr[v + 1])
        for b in out:
            round_turn = g.link[a] == g.link[b] and g.forward[a] != g.forward[b]
            if (g.link[a], v, g.link[b]) not in banned and (not round_turn or len(out) == 1):
                line[a, b] = g.cost[b]
    between = dijkstra(line) if m else line
    expected = np.full((g.n_nodes, g.n_nodes), np.inf)
    np.fill_diagonal(expected, 0)
    for a in range(m):
        for b in range(m):
            o, d = g.tail[a], g.head[b]
            expected[o, d] = min(expected[o, d], g.cost[a] + between[a, b])
    every = np.arange(g.n_nodes)
    np.testing.assert_allclose(times(g, every), expected)
    o, d = (x.ravel() for x in np.meshgrid(every, every, indexing="ij"))
    p = paths(g, o, d)
    np.testing.assert_allclose(p.cost.reshape(expected.shape), expected)
    _check_steps(g, p, o, d)


def _check_steps(g, p, o, d):
    """Paths are connected chains of legal arcs from origin to destination whose costs add up."""
    for i in range(len(o)):
        arcs = p.arcs[p.ptr[i] : p.ptr[i + 1]]
        if len(arcs):
            assert (g.tail[arcs[0]], g.head[arcs[-1]]) == (o[i], d[i])
            assert (g.head[arcs[:-1]] == g.tail[arcs[1:]]).all()
            assert g.cost[arcs].sum() == pytest.approx(p.cost[i])


def test_snap_finds_the_link_and_the_place_on_it():
    nodes, links = street_tables(NODES, LINKS)
    g = street_graph(nodes, links, mode="walk", cost="metres")
    at = snap([15.00025, 15.0021, 15.5], [0.0001, -0.0005, 0.0], g, links, crs=CRS, max_metres=500)
    assert at.link.tolist() == [0, 3, -1]
    assert at.along[:2] == pytest.approx([25, 50], abs=0.1)
    assert at.beside[:2] == pytest.approx([0.0001 / DEG, 0.0001 / DEG], rel=0.01)
    assert np.isinf(at.beside[2])


def test_snap_passes_over_islands():
    island = [(15.0001, 0.00005), (15.0001, 0.00006)]
    many = [(15.0 + 0.001 * k, 0.0) for k in range(200)]
    nodes, links = street_tables(many + island, [(k, k + 1, {}) for k in range(199)] + [(200, 201, {})])
    g = street_graph(nodes, links, mode="walk", cost="metres")
    assert snap([15.0001], [0.00005], g, links, crs=CRS).link.tolist() == [0]


def test_walks_between_points_on_streets():
    """Hand-computed: 25 m + 1 link + ...; two on one link walk straight along it; the limit cuts."""
    nodes, links = street_tables(NODES, LINKS)
    g = street_graph(nodes, links, mode="walk", cost="metres")
    lon = [15.00025, 15.00075, 15.002, 15.001]
    lat = [0.0, 0.0, -0.0005, 0.001]
    at = snap(lon, lat, g, links, crs=CRS)
    w = walk_links(g, at, at, limit=1000, kmh=3.6)
    assert w.n == w.n_to == 4
    full = np.full((4, 4), np.nan)
    full[np.repeat(np.arange(4), np.diff(w.ptr)), w.to] = w.metres
    expected = [[0, 50, 225, 175], [50, 0, 175, 125], [225, 175, 0, 250], [175, 125, 250, 0]]
    np.testing.assert_allclose(full, expected, atol=0.3)
    assert (w.seconds >= w.metres - 1e-3).all()
    assert (w.seconds <= w.metres + 1).all()
    near = without_self(walk_links(g, at, at, limit=130, kmh=3.6))
    assert [near.to[near.ptr[i] : near.ptr[i + 1]].tolist() for i in range(4)] == [[1], [0, 3], [], [1]]
    t = w.transposed()
    assert np.array_equal(t.to, w.to)
    np.testing.assert_allclose(t.metres, w.metres, atol=1e-3)
    assert near.nearest_metres()[[0, 1, 3]] == pytest.approx([50, 50, 125], abs=0.3)
    assert np.isnan(near.nearest_metres()[2])


def test_more_targets_than_room_are_all_found():
    nodes, links = street_tables(NODES, LINKS)
    g = street_graph(nodes, links, mode="walk", cost="metres")
    many = snap(np.linspace(15.0001, 15.0009, 150), np.zeros(150), g, links, crs=CRS)
    w = walk_links(g, many, many, limit=200, kmh=4)
    assert np.diff(w.ptr).tolist() == [150] * 150


def test_walks_need_metres():
    nodes, links = street_tables(NODES, LINKS)
    g = street_graph(nodes, links, mode="walk")
    at = snap([15.0], [0.0], g, links, crs=CRS)
    with pytest.raises(ValueError, match="metres"):
        walk_links(g, at, at, limit=100, kmh=4)
