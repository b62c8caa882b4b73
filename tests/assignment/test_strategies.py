"""Optimal strategies: the published example, the plain steps of the paper, edsger, and what must always hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.assignment import strategies
from shaar.engine.assignment.graph import BOARD, line_graph, plain_graph
from shaar.engine.assignment.reference import plain_strategy
from shaar.engine.assignment.strategies import assign_strategies
from shaar.engine.errors import InputError

from .networks import paper_network, random_graph, random_lines, random_trips


def test_the_example_of_the_paper_takes_27_75_minutes() -> None:
    graph, shares = paper_network()
    found = assign_strategies(graph, np.array([[1.0], [0.0], [0.0]]))
    assert found.minutes[0, 0] == pytest.approx(27.75, abs=1e-12)
    assert found.links == pytest.approx(shares, abs=1e-12)
    # From X 19.0714...: at Y 11.5 with lines 3 and 4; from X line 3 rides to B in 8, line 2 to Y in 6.
    assert found.minutes[2, 0] == pytest.approx(11.5, abs=1e-12)
    assert found.minutes[1, 0] == pytest.approx((1 + 8 / 15 + 17.5 / 6) / (1 / 15 + 1 / 6), abs=1e-12)
    assert found.waiting.sum() == pytest.approx(3.0 + 0.5 * 2.5, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 1.0))
def test_labels_and_volumes_are_those_of_the_published_steps(seed: int, wait: float) -> None:
    graph = random_graph(seed)
    trips = random_trips(seed, graph.n)
    found = assign_strategies(graph, trips, wait=wait)
    links, waiting = np.zeros(len(graph.tail)), np.zeros(graph.n)
    for d in range(graph.n):
        u, v, w = plain_strategy(graph, d, np.where(np.arange(graph.n) == d, 0.0, trips[:, d]), wait)
        assert found.minutes[:, d] == pytest.approx(u, abs=1e-9)
        reached = np.isfinite(u)
        some = replace(graph, destinations=np.array([d]))
        mine = assign_strategies(some, trips[:, [d]], wait=wait)
        assert float(mine.links @ graph.cost + mine.waiting.sum()) == pytest.approx(
            float(trips[reached, d] @ u[reached]), rel=1e-9
        )
        links += v
        waiting += w
    assert found.links == pytest.approx(links, rel=1e-9, abs=1e-9)
    assert found.waiting == pytest.approx(waiting, rel=1e-9, abs=1e-9)


def test_labels_and_volumes_are_those_of_edsger() -> None:
    """Its ``run`` fails with pandas 3 (read-only columns), so its compiled function is called with its own arrays."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    path = pytest.importorskip("edsger.path", reason="edsger is not installed")
    from edsger.commons import DTYPE_INF_PY
    from edsger.spiess_florian import compute_SF_in

    for seed in range(5):
        graph = random_lines(seed, stops=30, lines=12)
        trips = random_trips(seed, 30)
        found = assign_strategies(graph, trips)
        edges = pd.DataFrame({
            "tail": graph.tail.astype(np.uint32), "head": graph.head.astype(np.uint32), "trav_time": graph.cost,
            "freq": graph.freq,
        })  # fmt: skip
        hyper = path.HyperpathGenerating(edges)
        parts = [hyper._HyperpathGenerating__indptr, hyper._edge_idx, hyper._trav_time, hyper._freq,
                 hyper._tail, hyper._head]  # fmt: skip
        volumes = np.zeros(len(edges))
        for d in range(30):
            one, u = np.zeros(len(edges)), np.full(hyper.vertex_count, DTYPE_INF_PY)
            compute_SF_in(
                *parts, graph.origins.astype(np.uint32), np.ascontiguousarray(trips[:, d]), one, u, hyper.vertex_count,
                int(graph.destinations[d]),
            )  # fmt: skip
            volumes += one
            labels = np.where(u[graph.origins] < 1e300, u[graph.origins], np.inf)
            assert found.minutes[:, d] == pytest.approx(labels, abs=1e-8)
        assert found.links == pytest.approx(volumes, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_trips_are_conserved_and_their_minutes_are_on_links_and_at_stops(seed: int) -> None:
    graph = random_lines(seed)
    trips = random_trips(seed, 10)
    found = assign_strategies(graph, trips, wait=0.5)
    reached = np.isfinite(found.minutes)
    net = np.bincount(graph.head, found.links, graph.n) - np.bincount(graph.tail, found.links, graph.n)
    ends = np.zeros(graph.n)
    np.add.at(ends, graph.destinations, (trips * reached).sum(axis=0))
    np.add.at(ends, graph.origins, -(trips * reached).sum(axis=1))
    assert net == pytest.approx(ends, abs=1e-9)
    assert float(found.links @ graph.cost + found.waiting.sum()) == pytest.approx(
        float((trips[reached] * found.minutes[reached]).sum())
    )
    assert (found.slope <= 1e-12).all()


def test_the_result_is_the_same_to_the_last_bit_with_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategies, "SMALL", 0)
    graph = random_lines(5, stops=60, lines=30)
    trips = random_trips(5, 60)
    one, two, five = (assign_strategies(graph, trips, threads=t) for t in (1, 2, 5))
    for other in (two, five):
        for name in ("minutes", "links", "waiting", "slope"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


def test_the_slope_is_the_derivative_of_all_minutes_by_frequency() -> None:
    graph = random_lines(11)
    trips = random_trips(11, 10)
    found = assign_strategies(graph, trips)
    reached = np.isfinite(found.minutes)
    step = 1e-7
    for line in range(4):
        mine = (graph.kind == BOARD) & (graph.line == line)
        more = replace(graph, freq=np.where(mine, graph.freq + step, graph.freq))
        then = assign_strategies(more, trips)
        change = ((then.minutes - found.minutes)[reached] * trips[reached]).sum() / step
        assert float(found.slope[mine].sum()) == pytest.approx(change, rel=1e-4)


def two_lines(transfer: float) -> np.ndarray:
    graph = line_graph(
        3, [[0, 1], [1, 2]], [[4.0], [6.0]], [0, 1], [8.0, 12.0],
        access=([0, 1, 2, 3], [0, 1, 2], [1.0, 1.0, 1.0]), transfer=transfer,
    )  # fmt: skip
    return assign_strategies(graph, np.zeros((3, 3)), wait=0.5).minutes


def test_a_transfer_is_paid_between_rides_only() -> None:
    assert two_lines(0.0)[0, 2] == pytest.approx(1 + 4 + 4 + 6 + 6 + 1)
    assert two_lines(5.0)[0, 2] == pytest.approx(1 + 4 + 4 + 5 + 6 + 6 + 1)
    assert two_lines(5.0)[0, 1] == pytest.approx(1 + 4 + 4 + 1)
    assert np.isinf(two_lines(5.0)[2, 0])


def test_who_walks_faster_is_on_no_line_and_a_closed_line_carries_nobody() -> None:
    graph = random_lines(3)
    trips = random_trips(3, 10)
    ride = assign_strategies(graph, trips)
    walk = np.full((10, 10), 1.0)
    on_foot = assign_strategies(graph, trips, direct=walk)
    assert (on_foot.minutes == 1.0).all()
    assert on_foot.links.sum() == 0.0
    mixed = assign_strategies(graph, trips, direct=np.full((10, 10), float(np.median(ride.minutes))))
    assert np.array_equal(mixed.minutes, np.minimum(ride.minutes, np.median(ride.minutes)))
    closed = graph.with_headways(np.array([np.inf, 5.0, 6.0, 7.0]))
    assert assign_strategies(closed, trips).links[graph.line == 0].sum() == 0.0


def test_zero_demand_gives_labels_and_no_loads() -> None:
    graph = random_lines(4)
    found = assign_strategies(graph, np.zeros((10, 10)))
    assert found.links.sum() == found.waiting.sum() == found.slope.sum() == 0.0
    assert np.isfinite(found.minutes).any()


@pytest.mark.parametrize(
    ("trips", "direct", "says"),
    [
        (np.zeros((3, 10)), None, "shape"),
        (np.full((10, 10), -1.0), None, "not negative"),
        (np.full((10, 10), np.nan), None, "finite"),
        (np.zeros((10, 10)), np.zeros((2, 2)), "another shape"),
    ],
)
def test_bad_matrices_are_refused(trips: np.ndarray, direct: np.ndarray | None, says: str) -> None:
    with pytest.raises(InputError, match=says):
        assign_strategies(random_lines(1), trips, direct=direct)


def test_bad_graphs_are_refused() -> None:
    with pytest.raises(InputError, match="node 9"):
        plain_graph(3, [0], [9], [1.0], [np.inf], [0], [1])
    with pytest.raises(InputError, match="no sensible value"):
        plain_graph(3, [0], [1], [-1.0], [np.inf], [0], [1])
    access = ([0, 1], [0], [1.0])
    with pytest.raises(InputError, match="run times"):
        line_graph(2, [[0]], [[]], [0], [5.0], access=access)
    with pytest.raises(InputError, match="not one of 0 to 1"):
        line_graph(2, [[0, 4]], [[3.0]], [0], [5.0], access=access)
    with pytest.raises(InputError, match="positive minutes"):
        line_graph(2, [[0, 1]], [[3.0]], [0], [0.0], access=access)
    with pytest.raises(InputError, match="wait"):
        assign_strategies(random_lines(1), np.zeros((10, 10)), wait=0.0)
