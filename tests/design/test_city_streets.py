"""Bus streets: one-ways, bans, the connected core, run times, and the walk over layers against plain enumeration."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import shapely

from design.grid_city import grid_city
from shaar.engine.design import city_kernels as kernels
from shaar.engine.design.city_streets import RunTimes, bus_streets
from shaar.engine.errors import InputError


@pytest.fixture(scope="module")
def streets():
    return bus_streets(grid_city())


def test_a_city_without_bus_streets_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match="no street in this city may be used by a bus"):
        bus_streets(grid_city(bus=False))


def test_edges_are_the_legal_directions(streets) -> None:
    links = grid_city().links
    legal = int(links["bus_forward"].sum() + links["bus_backward"].sum())
    assert streets.m + streets.outside == legal
    both = streets.opposite >= 0
    assert (streets.link[streets.opposite[both]] == streets.link[both]).all()
    assert (streets.forward[streets.opposite[both]] != streets.forward[both]).all()
    ends = shapely.get_coordinates(shapely.get_point(streets.lines, -1))
    for e in range(streets.m):
        for f in streets.succ[streets.ptr[e] : streets.ptr[e + 1]]:
            assert streets.tail[f] == streets.head[e]
            start = shapely.get_coordinates(shapely.get_point(streets.lines[f], 0))[0]
            assert np.hypot(*(start - ends[e])) < 0.01


def test_banned_turns_and_u_turns_do_not_follow(streets) -> None:
    turns = grid_city().turns
    banned = {(a, b) for a, b in turns.select("from_link", "to_link").iter_rows()}
    degree = np.diff(streets.ptr)
    for e in range(streets.m):
        for f in streets.succ[streets.ptr[e] : streets.ptr[e + 1]]:
            assert (int(streets.link[e]), int(streets.link[f])) not in banned
            if f == streets.opposite[e]:
                assert degree[e] == 1  # a dead end


def test_a_bus_exempt_ban_does_not_count() -> None:
    city = grid_city()
    free = replace(city, turns=city.turns.with_columns(pl.lit(True).alias("bus_exempt")))
    assert len(bus_streets(free).succ) == len(bus_streets(city).succ) + 1


def test_peak_factor_scales_run_times() -> None:
    slow, plain = (bus_streets(grid_city(), RunTimes(peak=x)) for x in (1.5, 1.0))
    assert slow.minutes == pytest.approx(1.5 * plain.minutes)


def test_every_edge_of_the_core_reaches_every_other(streets) -> None:
    label, _ = kernels.edge_tree(
        streets.ptr, streets.succ, streets.turn, streets.minutes, np.array([0]), np.zeros(1),
        np.zeros(streets.m, bool), np.inf,
    )  # fmt: skip
    assert np.isfinite(label).all()


def test_layered_path_is_the_best_over_every_choice_of_edges(streets) -> None:
    """Against enumeration: the least sum of single-edge searches over all combinations of one edge a layer."""
    rng = np.random.default_rng(5)
    for _ in range(5):
        layers = [rng.choice(streets.m, 3, replace=False) for _ in range(3)]
        costs = [rng.uniform(0, 1, 3) for _ in range(3)]
        best = np.inf
        for i, a in enumerate(layers[0]):
            first = _from(streets, a)
            for j, b in enumerate(layers[1]):
                second = _from(streets, b)
                for k, c in enumerate(layers[2]):
                    best = min(best, costs[0][i] + first[b] + costs[1][j] + second[c] + costs[2][k])
        path, at = kernels.layered_path(
            streets.ptr, streets.succ, streets.turn, streets.minutes, np.array([0, 3, 6, 9]),
            np.concatenate(layers), np.concatenate(costs), np.zeros(9), np.inf,
        )  # fmt: skip
        assert _cost(streets, path) + sum(
            float(costs[q][list(layers[q]).index(path[at[q]])]) for q in range(3)
        ) == pytest.approx(best)


def _from(streets, edge: int) -> np.ndarray:
    return kernels.edge_tree(
        streets.ptr, streets.succ, streets.turn, streets.minutes, np.array([edge]), np.zeros(1),
        np.zeros(streets.m, bool), np.inf,
    )[0]  # fmt: skip


def _cost(streets, path: np.ndarray) -> float:
    total = 0.0
    for a, b in pairwise(path):
        span = slice(streets.ptr[a], streets.ptr[a + 1])
        assert b in streets.succ[span]
        total += streets.minutes[b] + streets.turn[span][list(streets.succ[span]).index(b)]
    return float(total)
