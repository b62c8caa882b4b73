"""Many searches: the same route sets whatever carries them out, and an honest merge."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.example import example_instance_path
from shaar.engine.design.feasible import violations
from shaar.engine.design.front import dominates, front
from shaar.engine.design.instance import Instance, RouteSet
from shaar.engine.design.search import search
from shaar.engine.design.tndp import read_tndp
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.study.executor import Executor, open_executor
from shaar.engine.study.many import ManyResult, draw_demand, front_many, search_many

BACKENDS = [("serial", 1), ("processes", 1), ("processes", 2), ("ray", 2)]


@functools.cache
def mandl() -> Instance:
    return read_tndp(example_instance_path("mandl"), n_routes=6, min_nodes=2, max_nodes=8)


@contextmanager
def opened(backend: str, workers: int) -> Iterator[Executor]:
    if backend == "ray":
        pytest.importorskip("ray", reason="Ray is not installed (pip install shaar[scale])")
    with open_executor(backend, workers=workers) as executor:
        yield executor


def routes(result: ManyResult) -> list[tuple[RouteSet, float, float]]:
    return [(one.routes, one.att, one.trt) for one in result.front]


@functools.cache
def alone() -> tuple[list[tuple[RouteSet, float, float]], list[RouteSet], list[tuple[RouteSet, float, float]]]:
    """What the plain functions give, called one after the other."""
    swept = front_many(mandl(), seeds=(4, 9), caps=4, iterations=3000)
    found = search_many(mandl(), seeds=(1, 2), draws=1, caps=(None, 150.0), iterations=3000)
    return routes(found), [one.result.routes for one in found.found], routes(swept)


@pytest.mark.parametrize(("backend", "workers"), BACKENDS)
def test_the_same_routes_on_every_backend(backend: str, workers: int) -> None:
    expected_front, expected_found, expected_sweep = alone()
    with opened(backend, workers) as executor:
        found = search_many(
            mandl(), seeds=(1, 2), draws=1, caps=(None, 150.0), iterations=3000, executor=executor
        )  # fmt: skip
        swept = front_many(mandl(), seeds=(4, 9), caps=4, iterations=3000, executor=executor)
    assert routes(found) == expected_front
    assert [one.result.routes for one in found.found] == expected_found
    assert routes(swept) == expected_sweep
    assert not found.errors
    assert not swept.interrupted


def test_what_is_found_is_what_the_search_finds() -> None:
    found = search_many(mandl(), seeds=(3,), draws=1, caps=(None, 150.0), iterations=3000)
    asked = [(one.draw, one.cap, one.seed) for one in found.found]
    assert asked == [(0, None, 3), (0, 150.0, 3), (1, None, 3), (1, 150.0, 3)]
    plain = search(mandl(), iterations=3000, seed=3)
    assert (found.found[0].result.routes, found.found[0].result.att) == (plain.routes, plain.att)
    for one in found.found:
        assert not violations(mandl(), one.result.routes)
        assert one.result.att == evaluate(mandl(), one.result.routes).att, "judged on the demand as given"
        assert one.att_drawn == evaluate(draw_demand(mandl(), one.draw, spread=0.2), one.result.routes).att
        assert one.cap is None or one.result.trt <= one.cap


def test_the_front_is_the_non_dominated_part_of_all_fronts() -> None:
    merged = front_many(mandl(), seeds=(4, 9), caps=4, iterations=800)
    alone = [one for seed in (4, 9) for one in front(mandl(), seed=seed, caps=4, iterations=800)]
    assert {(one.att, one.trt) for one in merged.front} == {
        (one.att, one.trt) for one in alone if not any(dominates(other, one) for other in alone)
    }
    assert all(a.trt > b.trt and a.att < b.att for a, b in pairwise(merged.front))


def test_demand_draws() -> None:
    drawn = draw_demand(mandl(), 2, spread=0.3)
    assert np.array_equal(drawn.demand, draw_demand(mandl(), 2, spread=0.3).demand)
    assert not np.array_equal(drawn.demand, draw_demand(mandl(), 1, spread=0.3).demand)
    assert np.array_equal(drawn.demand, drawn.demand.T), "symmetric demand stays so"
    assert np.array_equal(drawn.demand > 0, mandl().demand > 0)
    assert draw_demand(mandl(), 0, spread=0.3) is mandl()
    factors = np.concatenate(
        [
            (draw_demand(mandl(), k, spread=0.3).demand / np.where(mandl().demand > 0, mandl().demand, np.nan))[
                np.triu(mandl().demand > 0)
            ]
            for k in range(1, 101)
        ]
    )
    assert len(factors) == 8600
    assert abs(factors.mean() - 1.0) < 0.02
    assert abs(factors.std() - 0.3) < 0.02


def test_a_cap_that_cannot_be_kept_is_said_and_the_rest_stands() -> None:
    found = search_many(mandl(), seeds=(1,), caps=(None, 64.0), iterations=300)
    assert len(found.found) == 1
    assert len(found.errors) == 1
    assert found.errors[0].startswith("seed 1, at most 64 min of routes: ")
    with pytest.raises(ShaarError, match="seed 1, at most 64 min of routes: "):
        search_many(mandl(), seeds=(1,), caps=(64.0,), iterations=300)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"seeds": ()}, "at least one seed"),
        ({"seeds": (1, 1)}, "none twice"),
        ({"caps": ()}, "above zero"),
        ({"caps": (0.0,)}, "above zero"),
        ({"draws": -1}, "not below zero"),
        ({"draws": 1, "spread": float("nan")}, "spread"),
    ],
)
def test_nonsense_is_refused(asked: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        search_many(mandl(), iterations=10, **asked)  # type: ignore[arg-type]
