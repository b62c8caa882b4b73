"""The minimum fleet against bipartite matching, brute force and the no-waiting bound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from fleet.days import day
from shaar.engine.errors import InputError
from shaar.engine.fleet.minimum import deadhead_seconds, minimum_fleet
from shaar.engine.fleet.service import DayTrips, day_trips


def trips_of(rows: list[tuple[int, int, int, int]]) -> DayTrips:
    rows = sorted(rows)
    start, end, a, b = (np.array(x) for x in zip(*rows))
    z = np.zeros(len(rows), dtype=np.int32)
    return DayTrips(z, z, start.astype(np.int64), end.astype(np.int64), a.astype(np.int32), b.astype(np.int32), z == 0)


def follows(t: DayTrips, dead: np.ndarray, limit: int) -> np.ndarray:
    empty = dead[t.last_stop[:, None], t.first_stop[None, :]]
    return (t.end[:, None] + 2 + empty <= t.start[None, :]) & (empty <= limit)


@st.composite
def instances(draw, most: int):
    stops = draw(st.integers(1, 4))
    xy = np.array(draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=stops, max_size=stops)))
    dead = np.abs(xy[:, None] - xy[None]).sum(axis=2).astype(np.int64)
    stop = st.integers(0, stops - 1)
    rows = draw(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 30), stop, stop), min_size=1, max_size=most))
    return trips_of([(a, a + r, f, t) for a, r, f, t in rows]), dead, draw(st.sampled_from([0, 15, 1000]))


@given(instances(40))
@settings(max_examples=150, deadline=None)
def test_equals_path_cover_by_bipartite_matching(case):
    t, dead, limit = case
    fleet = minimum_fleet(t, dead, max_deadhead_s=limit, layover_share=0.0, layover_min_s=2)
    matched = maximum_bipartite_matching(csr_array(follows(t, dead, limit).astype(int)), perm_type="column")
    assert fleet.vehicles == t.n - int((matched >= 0).sum())
    assert fleet.at_once <= fleet.vehicles <= t.n


@given(instances(6))
@settings(max_examples=60, deadline=None)
def test_equals_brute_force_over_all_partitions(case):
    t, dead, limit = case
    can = follows(t, dead, limit)
    best = t.n
    for owner in itertools.product(range(t.n), repeat=t.n):
        if len(set(owner)) >= best:
            continue
        chains = [[k for k in range(t.n) if owner[k] == v] for v in set(owner)]
        if all(can[a, b] for c in chains for a, b in itertools.pairwise(c)):
            best = len(chains)
    assert minimum_fleet(t, dead, max_deadhead_s=limit, layover_share=0.0, layover_min_s=2).vehicles == best


def test_sharing_vehicles_between_lines_saves_one():
    """A ends at stop 1 at 10:00; B starts there at 10:10 after 5 min of layover: one vehicle does both."""
    d = day(
        [
            {"route": "A", "stops": [0, 1], "trips": [[34200, 36000]]},
            {"route": "B", "stops": [1, 2], "trips": [[36600, 37000]]},
        ]
    )
    zero = np.zeros((4, 4), dtype=np.int64)
    assert minimum_fleet(day_trips(d), zero).vehicles == 1
    far = np.full((4, 4), 900, dtype=np.int64)
    assert minimum_fleet(day_trips(d), far).vehicles == 2


def test_empty_runs_from_distance():
    dead = deadhead_seconds(np.array([71.4, 71.4]), np.array([51.1, 51.1 + 1 / 111.195]), detour=1.3, kmh=22.0)
    assert dead[0, 0] == 0
    assert dead[0, 1] == dead[1, 0] == pytest.approx(1.3 / 22 * 3600, abs=2)


def test_no_trips_and_bad_matrices():
    assert minimum_fleet(day_trips(day([])), np.zeros((4, 4), dtype=np.int64)).vehicles == 0
    t = trips_of([(0, 10, 0, 1)])
    with pytest.raises(InputError, match="need 2 stops"):
        minimum_fleet(t, np.zeros((1, 1), dtype=np.int64))
    with pytest.raises(InputError, match="negative"):
        minimum_fleet(t, np.full((2, 2), -1, dtype=np.int64))
