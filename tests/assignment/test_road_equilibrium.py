"""Road equilibrium: published optima, equal costs by an independent search, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.assignment.road_bushes import load_bushes
from shaar.engine.assignment.road_equilibrium import RoadFlows, equilibrium
from shaar.engine.assignment.road_network import RoadNetwork, VehicleClass, delay_integral, delay_minutes
from shaar.engine.errors import InputError

from .road_cases import cheapest, frank_wolfe, published, random_roads, roads

BRAESS = [(0, 2, 0.0, 0.0, 1.0, 1.0), (3, 1, 0.0, 0.0, 1.0, 1.0), (2, 4, 1e-9, 1e10, 1.0, 1.0),
          (5, 3, 1e-9, 1e10, 1.0, 1.0), (2, 5, 50.0, 0.02, 1.0, 1.0), (4, 3, 50.0, 0.02, 1.0, 1.0)]  # fmt: skip
SHORT_CUT = (4, 5, 10.0, 0.1, 1.0, 1.0)


def conserved(found: RoadFlows) -> None:
    """At every node and for every class what comes in goes out, but for trips that begin or end there."""
    net = found.network
    for c, trips in enumerate(found.demand):
        balance = np.bincount(net.head, found.vehicles[c], net.nodes) - np.bincount(
            net.tail, found.vehicles[c], net.nodes
        )
        ends = np.zeros(net.nodes)
        ends[: net.zones] = trips.sum(axis=0) - trips.sum(axis=1)
        assert balance == pytest.approx(ends, abs=1e-9 * max(1.0, trips.sum()))


def gap_by_search(found: RoadFlows) -> float:
    """Relative gap with the cheapest routes of a search that knows nothing of bushes."""
    least = 0.0
    for c, kind in enumerate(found.classes):
        for r in range(found.network.zones):
            goal = found.demand[c, r] > 0
            if goal.any():
                cost = cheapest(found.network, found.costs[c], r)[: found.network.zones]
                least += kind.pce * float(found.demand[c, r, goal] @ cost[goal])
    return (found.total_cost - least) / found.total_cost if found.total_cost else 0.0


@pytest.mark.parametrize(
    ("name", "objective", "cost", "apart"),
    [
        ("SiouxFalls", 4231335.287107, 7480225.3449, 5e-3),
        ("Anaheim", 1286032.171096, 1419913.8511, 5e-3),
        ("Winnipeg", 827911.494630, 925828.0737, 5e-2),
        ("ChicagoSketch", 17313018.738748, 18935450.2616, 5e-2),
    ],
)
def test_published_optima(shared_data: Path, name: str, objective: float, cost: float, apart: float) -> None:
    """Objectives recomputed from the best-known flows; a toll cent counts 0.02 and a mile 0.04 minutes in Chicago."""
    network, trips, best = published(shared_data, name)
    kind = VehicleClass(value_of_time=3000.0, money_per_km=2.0) if name == "ChicagoSketch" else VehicleClass()
    found = equilibrium(network, trips, classes=[kind], gap=1e-10)
    assert found.gap <= 1e-10
    assert found.objective == pytest.approx(objective, abs=2e-6 + 1e-13 * objective)
    assert found.total_cost == pytest.approx(cost, rel=3e-9)
    delayed = network.alpha > 0  # Where minutes do not depend on flow, equal routes may share it in any way.
    assert np.abs(found.flow - best)[delayed].max() < apart
    conserved(found)


def test_braess_paradox() -> None:
    """Six trips: 83 minutes each, 92 once the short cut is open to all (Braess 1968)."""
    trips = np.array([[0.0, 6.0], [0.0, 0.0]])
    without = equilibrium(roads(2, BRAESS), trips, gap=1e-12)
    with_it = equilibrium(roads(2, [*BRAESS, SHORT_CUT]), trips, gap=1e-12)
    assert without.tstt / 6 == pytest.approx(83.0, abs=1e-6)
    assert with_it.tstt / 6 == pytest.approx(92.0, abs=1e-6)
    assert with_it.flow[6] == pytest.approx(2.0, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_used_routes_cost_the_same_and_no_other_less(seed: int, conical: bool) -> None:
    network, trips = random_roads(seed, conical=conical)
    if not trips.any():
        trips[0, 1] = 5.0
    kinds = [VehicleClass("car", value_of_time=20.0, money_per_km=0.2), VehicleClass("truck", 2.5, value_of_time=60.0)]
    demand = np.stack([trips, trips.T * 0.2])
    found = equilibrium(network, demand, classes=kinds, gap=1e-11)
    assert found.gap <= 1e-11
    assert abs(gap_by_search(found)) < 1e-9
    conserved(found)
    assert found.minutes == pytest.approx(delay_minutes(network, found.flow), rel=1e-12)
    assert found.flow == pytest.approx(found.vehicles[0] + 2.5 * found.vehicles[1], rel=1e-9, abs=1e-9)
    objectives = [s.objective for s in found.steps]
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(objectives))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_between_the_bounds_of_frank_wolfe(seed: int, conical: bool) -> None:
    network, trips = random_roads(seed, conical=conical)
    if not trips.any():
        return
    found = equilibrium(network, trips, gap=1e-11)
    upper, lower = frank_wolfe(network, trips, 60)
    assert lower * (1 - 1e-10) <= found.objective <= upper * (1 + 1e-10)
    assert found.objective == pytest.approx(float(delay_integral(network, found.flow).sum()), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_equal_classes_are_one_class(seed: int) -> None:
    network, trips = random_roads(seed)
    one = equilibrium(network, trips, gap=1e-12)
    two = equilibrium(
        network, np.stack([0.5 * trips, 0.25 * trips]), classes=[VehicleClass("a"), VehicleClass("b", pce=2.0)],
        gap=1e-12,
    )  # fmt: skip
    assert two.objective == pytest.approx(one.objective, rel=1e-10)
    assert delay_minutes(network, two.flow) == pytest.approx(delay_minutes(network, one.flow), rel=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_warm_start_ends_where_a_cold_one_does(seed: int) -> None:
    """After another capacity, another demand, and a link that is gone."""
    rng = np.random.default_rng(seed)
    network, trips = random_roads(seed)
    before = equilibrium(network, trips, gap=1e-9)
    some = rng.choice(np.flatnonzero(network.alpha > 0), 3, replace=False)
    after = network.with_capacity(some, network.capacity[some] * rng.uniform(0.5, 2.0, 3))
    other = trips * rng.uniform(0.0, 2.0, trips.shape)
    left = np.ones(network.links, bool)
    left[8 + int(rng.integers(0, 5))] = False  # A chord: the ring still joins all.
    names = ("tail", "head", "length_km", "free_minutes", "capacity", "alpha", "beta", "delay", "toll")
    for net in (after, replace(after, **{n: getattr(after, n)[left] for n in names})):
        cold = equilibrium(net, other, gap=1e-12)
        warm = equilibrium(net, other, gap=1e-12, start=before)
        assert warm.objective == pytest.approx(cold.objective, rel=1e-9)
        conserved(warm)
        back = equilibrium(network, trips, gap=1e-12, start=warm)
        assert back.objective == pytest.approx(before.objective, rel=1e-7)


def with_turns(seed: int) -> tuple[RoadNetwork, np.ndarray]:
    """Some banned and some slow turns, also at a zone that may be driven through."""
    network, trips = random_roads(seed)
    network = replace(network, first_through=int(seed % 3))
    rng = np.random.default_rng(seed + 5)
    pairs = [(a, b) for a in range(network.links) for b in np.flatnonzero(network.tail == network.head[a])
             if network.head[b] != network.tail[a]]  # fmt: skip
    pick = rng.choice(len(pairs), 6, replace=False)
    return network.with_turns([(*pairs[k], np.inf if n < 2 else 1.5) for n, k in enumerate(pick)]), trips


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_turns_are_paid_and_bans_kept(seed: int) -> None:
    """The search over links knows the turns; equal cost means that nobody drives a banned one."""
    network, trips = with_turns(seed)
    for r in range(network.zones):
        trips[r, ~np.isfinite(cheapest(network, network.free_minutes, r)[: network.zones])] = 0.0
    if not trips.any():
        return
    found = equilibrium(network, trips, gap=1e-11)
    assert found.gap <= 1e-11
    assert abs(gap_by_search(found)) < 1e-9
    conserved(found)
    assert found.tstt == pytest.approx(
        float(found.vehicles.sum(axis=0) @ found.minutes + found.turn_minutes_paid.sum())
    )


def test_a_banned_turn_is_not_driven() -> None:
    """Straight on is short, but banned; a slow turn costs its minutes."""
    rows = [
        (0, 2, 1.0, 0, 1, 1),
        (2, 3, 1.0, 0, 1, 1),
        (3, 1, 1.0, 0, 1, 1),
        (2, 4, 5.0, 0, 1, 1),
        (4, 3, 5.0, 0, 1, 1),
    ]
    trips = np.array([[0.0, 10.0], [0.0, 0.0]])
    free = equilibrium(roads(2, rows), trips)
    banned = equilibrium(roads(2, rows).with_turns([(0, 1, np.inf)]), trips)
    slow = equilibrium(roads(2, rows).with_turns([(0, 1, 2.0)]), trips)
    assert free.vehicles[0].tolist() == [10, 10, 10, 0, 0]
    assert banned.vehicles[0].tolist() == [10, 0, 10, 10, 10]
    assert slow.tstt == pytest.approx(50.0)
    assert slow.turn_minutes_paid.tolist() == pytest.approx([20.0])


def test_each_class_has_its_own_roads_and_tolls() -> None:
    rows = [(0, 2, 1.0, 0, 1, 1), (2, 3, 1.0, 0, 1, 1, 1.0, 4.0), (2, 4, 3.0, 0, 1, 1), (4, 3, 3.0, 0, 1, 1),
            (3, 1, 1.0, 0, 1, 1), (2, 3, 9.0, 0, 1, 1)]  # fmt: skip
    network = roads(2, rows)
    closed = np.zeros(6, bool)
    closed[[1, 2]] = True
    kinds = [
        VehicleClass("rich", value_of_time=60.0), VehicleClass("poor", value_of_time=12.0),
        VehicleClass("truck", 2.0, closed=closed), VehicleClass("free", value_of_time=12.0, toll=np.zeros(6)),
    ]  # fmt: skip
    trips = np.zeros((4, 2, 2))
    trips[:, 0, 1] = [10, 20, 5, 7]
    found = equilibrium(network, trips, classes=kinds)
    assert found.vehicles[:, [1, 2, 5]].tolist() == [[10, 0, 0], [0, 20, 0], [0, 0, 5], [7, 0, 0]]
    assert found.flow.tolist() == [47, 17, 20, 20, 47, 10]
    assert np.isinf(found.costs[2, 1])


def test_progress_hears_and_can_stop_with_feasible_flows(shared_data: Path) -> None:
    network, trips, _ = published(shared_data, "Anaheim")
    notes: list[str] = []

    def stop(stage: str, done: float, total: float | None = None, note: str = "") -> None:
        notes.append(note)
        if len(notes) == 2:
            raise KeyboardInterrupt

    found = equilibrium(network, trips, gap=1e-12, progress=stop)
    assert found.interrupted
    assert found.gap > 1e-12
    assert notes[0].startswith("relative gap")
    conserved(found)
    assert gap_by_search(found) == pytest.approx(found.gap, rel=1e-6)
    on = equilibrium(network, trips, gap=1e-12, start=found)
    assert on.gap <= 1e-12
    assert not on.interrupted


def test_threads_change_nothing(shared_data: Path) -> None:
    network, trips, _ = published(shared_data, "Winnipeg")
    one, two = (equilibrium(network, trips, gap=1e-4, threads=n) for n in (1, 2))
    assert np.array_equal(one.flow, two.flow)


def test_bushes_are_stored_and_read(tmp_path: Path) -> None:
    network, trips = random_roads(3)
    found = equilibrium(network, trips, gap=1e-11)
    found.bushes.save(tmp_path / "base.npz")
    stored = load_bushes(tmp_path / "base.npz")
    again = equilibrium(network, trips, gap=1e-10, start=stored)
    assert len(again.steps) == 1
    assert again.flow == pytest.approx(found.flow, rel=1e-12, abs=1e-12)
    (tmp_path / "other.npz").write_bytes(b"no bushes")
    for name in ("other.npz", "none.npz"):
        with pytest.raises(InputError, match="no stored bushes"):
            load_bushes(tmp_path / name)


def test_no_trips_no_traffic() -> None:
    network, trips = random_roads(1)
    found = equilibrium(network, trips * 0.0)
    assert found.gap == 0.0
    assert found.flow.tolist() == [0.0] * network.links
    assert equilibrium(network, np.diag(np.full(4, 9.0))).tstt == 0.0


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"capacity": 0.0}, "capacity", r"0.0 is no positive capacity \(link from node 4 to node 5\)"),
        ({"free_minutes": -1.0}, "free_minutes", "-1.0 is no time"),
        ({"length_km": np.nan}, "length_km", "nan is no length"),
        ({"beta": 0.5}, "beta", "0.5 is no power"),
        ({"alpha": -0.1}, "alpha", "-0.1 is no parameter"),
        ({"delay": 7}, "delay", "7 is neither BPR"),
        ({"head": 99}, "head", "99 is not a node: there are 0 to 11"),
        ({"tail": 5}, "head", "a link joins two nodes"),
        ({"toll": np.inf}, "toll", "inf is no toll"),
    ],
)
def test_a_bad_network_is_one_sentence(change: dict[str, float], field: str, says: str) -> None:
    network, trips = random_roads(1)
    key, value = next(iter(change.items()))
    values = getattr(network, key).copy()
    values[0] = value
    with pytest.raises(InputError, match=says) as e:
        equilibrium(replace(network, **{key: values}, name="roads of X"), trips)
    assert (e.value.file, e.value.row, e.value.field) == ("roads of X", 0, field)


def test_bad_trips_and_classes_are_one_sentence() -> None:
    network, trips = random_roads(1)
    bad = trips.copy()
    bad[1, 2] = -4.0
    with pytest.raises(InputError, match=r"-4\.0 trips of class car from zone 1 to zone 2 are not possible"):
        equilibrium(network, bad)
    bad[1, 2] = np.nan
    with pytest.raises(InputError, match="nan trips"):
        equilibrium(network, bad)
    with pytest.raises(InputError, match=r"need an array of \(1, 4, 4\), not \(1, 3, 3\)"):
        equilibrium(network, trips[:3, :3])
    with pytest.raises(InputError, match="no class"):
        equilibrium(network, trips, classes=[])
    with pytest.raises(InputError, match="class bus, field pce"):
        equilibrium(network, trips, classes=[VehicleClass("bus", pce=0.0)])
    with pytest.raises(InputError, match="field value_of_time"):
        equilibrium(network, trips, classes=[VehicleClass(value_of_time=0.0)])
    with pytest.raises(InputError, match=r"links, not \(2,\)"):
        equilibrium(network, trips, classes=[VehicleClass(closed=np.ones(2, bool))])
    with pytest.raises(InputError, match="does not leave the node"):
        network.with_turns([(0, 0, 1.0)])
    with pytest.raises(InputError, match="gap"):
        equilibrium(network, trips, gap=-1.0)


def test_a_zone_that_cannot_be_reached_is_named() -> None:
    rows = [
        (0, 3, 1.0, 0, 1, 1),
        (3, 0, 1.0, 0, 1, 1),
        (3, 1, 1.0, 0, 1, 1),
        (1, 3, 1.0, 0, 1, 1),
        (2, 3, 1.0, 0, 1, 1),
    ]
    network = replace(roads(3, rows), zone_names=("north", "south", "east"), name="town")
    trips = np.zeros((3, 3))
    trips[2, 0] = trips[0, 1] = 5.0
    found = equilibrium(network, trips)
    assert found.vehicles[0].tolist() == [5, 5, 5, 0, 5]
    trips[1, 2] = 7.0
    for start in (None, found):
        with pytest.raises(InputError, match=r"town.*class car leads from zone south to zone east, but 7 vehicles"):
            equilibrium(network, trips, start=start)
