"""Lines on streets: legal ways both ways, stops in order on their own side, run times that grow; straight routes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from design.grid_city import gravity, grid_city
from shaar.engine.design.city_instance import city_instance
from shaar.engine.design.instance import Instance
from shaar.engine.design.lines import StopBook, street_line
from shaar.engine.design.lines_straight import shortest_minutes, straighten, winds


@pytest.fixture(scope="module")
def ci():
    city = grid_city()
    return city_instance(city, gravity(city))


def shortest_route(ci, a: int, b: int) -> tuple[int, ...]:
    _, before = dijkstra(np.where(np.isfinite(ci.instance.time), ci.instance.time, 0), return_predecessors=True)
    route = [b]
    while route[-1] != a:
        route.append(int(before[a, route[-1]]))
    return tuple(route[::-1])


@pytest.mark.parametrize(("a", "b"), [(0, 15), (3, 22), (10, 30)])
def test_a_line_is_legal_in_both_directions(ci, a: int, b: int) -> None:
    streets = ci.streets
    book = StopBook(ci)
    line = street_line(ci, shortest_route(ci, a, b), book)
    table = book.table()
    where = dict(zip(book.ids, book.xy))
    for way in (line.forward, line.backward):
        for e, f in pairwise(way.edges):
            assert f in streets.succ[streets.ptr[e] : streets.ptr[e + 1]]
        assert (np.diff(way.minutes) > 0).all()
        assert way.minutes[0] == 0
        assert len(set(way.stops)) == len(way.stops)
        assert set(way.stops) <= set(table["stop_id"])
        assert len(way.at_group) == len(line.route)
        # Every stop stands beside the way, in driving order.
        course = shapely.LineString(np.concatenate([shapely.get_coordinates(streets.lines[e]) for e in way.edges]))
        for s in way.stops:
            assert shapely.distance(course, shapely.Point(where[s])) < 20.0
        assert shapely.length(way.geometry) > 0
    groups = [book.group[book.ids.index(line.forward.stops[k])] for k in line.forward.at_group]
    assert tuple(groups) == line.route
    back = [book.group[book.ids.index(line.backward.stops[k])] for k in line.backward.at_group]
    assert tuple(back) == line.route[::-1]
    ahead, behind = line.legs()
    assert ahead.sum() == pytest.approx(line.forward.minutes[-1])
    assert behind.sum() == pytest.approx(line.backward.minutes[-1])


def test_two_directions_use_stops_on_their_own_side(ci) -> None:
    book = StopBook(ci)
    line = street_line(ci, shortest_route(ci, 0, 15), book)
    shared = set(line.forward.stops) & set(line.backward.stops)
    assert len(shared) <= 2  # a terminus may have one stop for both
    rows = {r["stop_id"]: r for r in book.table().iter_rows(named=True)}
    edges = {(int(ci.streets.link[e]), bool(ci.streets.forward[e])) for e in line.forward.edges}
    for s in line.forward.stops:
        assert (rows[s]["link_id"], rows[s]["side"] == "right") in edges


def test_search_times_are_near_those_of_the_streets(ci) -> None:
    book = StopBook(ci)
    ratios = []
    for b in range(5, ci.instance.n, 5):
        line = street_line(ci, shortest_route(ci, 0, b), book)
        ratios.append(line.minutes / 2 / ci.shortest[0, b])
    assert 0.75 < np.median(ratios) < 1.25


def ladder(rng: np.random.Generator, n: int = 14) -> Instance:
    xy = rng.uniform(0, 10, (n, 2))
    d = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    time = np.where(d <= np.sort(d, axis=1)[:, 4][:, None], d * 3 + 0.5, np.inf)
    time = np.minimum(time, time.T)
    np.fill_diagonal(time, np.inf)
    demand = rng.uniform(0, 10, (n, n))
    np.fill_diagonal(demand, 0)
    return Instance("t", time, demand, xy, 3, 2, n, 5.0, np.ones(n, bool), np.zeros(n, bool), 60.0, 60.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_straight_routes_lose_no_node_and_do_not_wind(seed: int) -> None:
    rng = np.random.default_rng(seed)
    instance = ladder(rng)
    routes = []
    for _ in range(3):
        route = [int(rng.integers(instance.n))]
        while len(route) < 9:
            options = [v for v in np.flatnonzero(np.isfinite(instance.time[route[-1]])) if v not in route]
            if not options:
                break
            route.append(int(rng.choice(options)))
        if len(route) > 1:
            routes.append(tuple(route))
    shortest = shortest_minutes(instance)
    straight = straighten(instance, tuple(routes), ratio=1.3)
    assert {v for r in routes for v in r} <= {v for r in straight for v in r}
    for r in straight:
        minutes = sum(instance.time[a, b] for a, b in pairwise(r))
        assert np.isfinite(minutes)
        assert len(set(r)) == len(r)
        assert len(r) == 2 or not winds(minutes, shortest[r[0], r[-1]], 1.3)


def test_a_straight_route_stays_as_it_is() -> None:
    instance = ladder(np.random.default_rng(1), 12)
    time = np.full((12, 12), np.inf)
    for k in range(11):
        time[k, k + 1] = time[k + 1, k] = 4.0
    line = Instance(
        "l", time, instance.demand, instance.xy, 1, 2, 12, 5.0, np.ones(12, bool), np.zeros(12, bool), 60.0, 60.0
    )
    assert straighten(line, (tuple(range(12)),)) == (tuple(range(12)),)
