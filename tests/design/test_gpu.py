"""The GPU evaluator: equal to the CPU's to the last bit, in the simulator and on a GPU where there is one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tndp_cases import mandl

from shaar.engine.design import gpu
from shaar.engine.errors import InputError, ShaarError

HERE = Path(__file__).parent

COMPARE = """
import sys
from dataclasses import replace
import numpy as np
sys.path.insert(0, sys.argv[1])
from tndp_cases import mandl
from shaar.engine.design import gpu
from shaar.engine.design.evaluate import evaluate, fastest
threads, count = int(sys.argv[2]), int(sys.argv[3])
assert gpu.available() is None, gpu.available()
rng = np.random.default_rng(5)

def walks(instance, count, routes):
    links = np.isfinite(instance.time) & np.isfinite(instance.time.T)
    for _ in range(count):
        drawn = []
        for _ in range(routes):
            path = [int(rng.integers(instance.n))]
            while len(path) < instance.max_nodes and rng.random() > 0.08:
                onward = [int(v) for v in np.flatnonzero(links[path[-1]]) if v not in path]
                if not onward:
                    break
                path.append(onward[int(rng.integers(len(onward)))])
            drawn.append(tuple(path))
        yield tuple(drawn)

one_way = mandl(6)
skew = np.where(np.isfinite(one_way.time), one_way.time + np.triu(np.ones((15, 15)), 1), np.inf)
lopsided = replace(one_way, time=skew, demand=np.floor(one_way.demand * rng.random((15, 15))), unserved_minutes=40.0)
cases = 0
for instance in (mandl(6), lopsided, replace(mandl(6), transfer_penalty=0.0, unserved_minutes=25.0)):
    sets = list(walks(instance, count, 6)) + list(walks(instance, 1, 1))
    judged = gpu.evaluate_many(instance, sets, batch=3, threads=threads)
    minutes, transfers = gpu.fastest_many(instance, sets, batch=4, threads=threads)
    for k, routes in enumerate(sets):
        with np.errstate(invalid="ignore"):
            assert judged[k] == evaluate(instance, routes), (judged[k], evaluate(instance, routes))
        cpu_minutes, cpu_transfers = fastest(instance, routes)
        assert np.array_equal(minutes[k], np.where(np.isfinite(cpu_minutes), cpu_minutes, -1))
        assert np.array_equal(transfers[k], cpu_transfers)
        cases += 1
print(cases, "equal")
"""


def _compare(threads: int, count: int, **environment: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", COMPARE, str(HERE), str(threads), str(count)],
        check=False, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.strip()


def test_equal_in_the_simulator() -> None:
    assert _compare(4, 3, NUMBA_ENABLE_CUDASIM="1") == "12 equal"


def test_equal_on_a_gpu() -> None:
    if reason := gpu.available():
        pytest.skip(reason)
    assert _compare(128, 500) == "1503 equal"


def test_without_a_gpu_the_reason_is_said() -> None:
    reason = gpu.available()
    if reason is None:
        pytest.skip("there is a GPU")
    assert "\n" not in reason
    with pytest.raises(ShaarError, match="cannot be judged on a GPU: "):
        gpu.evaluate_many(mandl(6), [((0, 1, 2),)])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transfer_penalty": 2.5}, "not all of the transfer penalty of mandl are"),
        ({"demand": np.full((15, 15), 0.5) - 0.5 * np.eye(15)}, "not all of the demand of mandl are"),
        ({"demand": np.zeros((15, 15))}, "no demand"),
        ({"demand": np.ones((15, 15))}, "to itself"),
        ({"transfer_penalty": 3000.0}, "do not fit the 16 bits"),
        ({"unserved_minutes": 33.3}, "whole minutes"),
        ({"demand": 1e13 * (np.ones((15, 15)) - np.eye(15))}, "too many for exact sums"),
    ],
)
def test_what_does_not_fit_whole_numbers_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        gpu.evaluate_many(replace(mandl(6), **changes), [((0, 1, 2),)])


def test_routes_over_no_link_are_refused_before_the_gpu_is_asked() -> None:
    with pytest.raises(InputError, match="route 1 runs 0 - 2"):
        gpu.evaluate_many(mandl(6), [((0, 2),)])
