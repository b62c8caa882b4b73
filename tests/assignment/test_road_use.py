"""What is read off an assignment: select link and zone, skims, buses, emissions; and the TNTP reader."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.assignment.road_buses import bus_minutes, with_bus_lanes, with_signal_priority
from shaar.engine.assignment.road_emissions import road_emissions
from shaar.engine.assignment.road_equilibrium import equilibrium
from shaar.engine.assignment.road_network import VehicleClass
from shaar.engine.assignment.road_runs import runs_through
from shaar.engine.assignment.road_select import load_trips, select_links, select_zone
from shaar.engine.assignment.road_skims import skims
from shaar.engine.assignment.road_tntp import read_tntp_network, read_tntp_trips
from shaar.engine.errors import InputError

from .road_cases import cheapest, random_roads, roads
from .test_road_equilibrium import with_turns

KINDS = (VehicleClass("car", value_of_time=30.0), VehicleClass("truck", 2.0))


def assigned(seed: int):
    network, trips = random_roads(seed)
    trips[0, 1] += 3.0
    return equilibrium(network, np.stack([trips, 0.3 * trips.T]), classes=KINDS, gap=1e-11)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_selected_trips_are_the_flow_of_the_link(seed: int) -> None:
    flows = assigned(seed)
    for e in (0, 5, int(np.argmax(flows.flow))):
        found = select_links(flows, e)
        assert found.trips.sum(axis=(1, 2)) == pytest.approx(flows.vehicles[:, e], rel=1e-9, abs=1e-9)
        assert found.vehicles[:, e] == pytest.approx(flows.vehicles[:, e], rel=1e-9, abs=1e-9)
        assert (found.trips <= flows.demand + 1e-9).all()
        assert (found.vehicles <= flows.vehicles + 1e-9).all()
        for c in range(2):  # The selected are conserved at nodes, so their way is whole.
            net = flows.network
            ends = np.zeros(net.nodes)
            ends[: net.zones] = found.trips[c].sum(axis=0) - found.trips[c].sum(axis=1)
            gone = np.bincount(net.head, found.vehicles[c], net.nodes) - np.bincount(
                net.tail, found.vehicles[c], net.nodes
            )
            assert gone == pytest.approx(ends, abs=1e-8)
    # All links out of a zone: all trips from there and no other.
    out = np.flatnonzero(flows.network.tail == 0)
    found = select_links(flows, out)
    assert found.trips[:, 0] == pytest.approx(flows.demand[:, 0], rel=1e-9)
    assert found.trips[:, 1:].sum() == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_zones_add_up_to_all_traffic(seed: int) -> None:
    flows = assigned(seed)
    for way in ("from", "to"):
        total = sum(select_zone(flows, z, way).vehicles for z in range(4))
        assert total == pytest.approx(flows.vehicles, rel=1e-9, abs=1e-9)
    both = select_zone(flows, 1)
    assert both.trips[:, 1].sum() + both.trips[:, :, 1].sum() == pytest.approx(both.trips.sum())
    half = load_trips(flows, 0.5 * flows.demand)
    assert half.vehicles == pytest.approx(0.5 * flows.vehicles, rel=1e-9, abs=1e-9)


def test_selecting_in_series_and_in_parallel() -> None:
    """Two equal routes, half of the trips each; a link in series with one of them selects the same trips."""
    rows = [(0, 2, 1, 0, 1, 1), (2, 3, 5, 1, 1, 10), (3, 5, 1, 0, 1, 1), (2, 4, 5, 1, 1, 10), (4, 5, 1, 0, 1, 1),
            (5, 1, 1, 0, 1, 1)]  # fmt: skip
    trips = np.array([[0.0, 20.0], [0.0, 0.0]])
    flows = equilibrium(roads(2, rows), trips, gap=1e-12)
    for links in (1, 2, [1, 2]):
        found = select_links(flows, links)
        assert found.trips[0, 0, 1] == pytest.approx(10.0, rel=1e-6)
        assert found.vehicles[0] == pytest.approx([10, 10, 10, 0, 0, 10], rel=1e-6, abs=1e-9)
    assert select_links(flows, [1, 4]).trips[0, 0, 1] == pytest.approx(20.0)
    with pytest.raises(InputError, match="99 is not a link: there are 0 to 5"):
        select_links(flows, 99)
    with pytest.raises(InputError, match="9 is not a zone"):
        select_zone(flows, 9)
    with pytest.raises(InputError, match="no trips from zone 1 to zone 0 were assigned"):
        load_trips(flows, trips.T)
    with pytest.raises(InputError, match="not negative"):
        load_trips(flows, -trips)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_skims_are_the_cheapest_routes(seed: int) -> None:
    network, trips = with_turns(seed)
    for r in range(4):
        trips[r, ~np.isfinite(cheapest(network, network.free_minutes, r)[:4])] = 0.0
    flows = equilibrium(network, trips, classes=[VehicleClass(value_of_time=40.0, money_per_km=0.1)], gap=1e-11)
    found, used = skims(flows), skims(flows, over="used")
    for r in range(4):
        assert found.cost[r] == pytest.approx(cheapest(network, flows.costs[0], r)[:4], rel=1e-12)
    fine = np.isfinite(found.cost)
    worth = found.minutes + 60.0 / 40.0 * (found.toll + 0.1 * found.km)
    assert worth[fine] == pytest.approx(found.cost[fine], rel=1e-12)
    assert np.diag(found.km).tolist() == [0.0] * 4
    assert used.cost[fine] == pytest.approx(found.cost[fine], rel=1e-6)
    driven = float((used.km * flows.demand[0])[flows.demand[0] > 0].sum())
    assert driven == pytest.approx(float(flows.vehicles[0] @ network.length_km), rel=1e-9)
    ridden = float((used.minutes * flows.demand[0])[flows.demand[0] > 0].sum())
    assert ridden == pytest.approx(flows.tstt, rel=1e-9)


def test_there_is_no_skim_of_a_class_that_is_not_there() -> None:
    with pytest.raises(InputError, match="there are 2 classes"):
        skims(assigned(1), 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_runs_through_a_corridor_carry_its_flow(seed: int) -> None:
    flows = assigned(seed)
    links = np.random.default_rng(seed).permutation(np.flatnonzero(flows.network.alpha > 0))[:8]
    for c, runs in enumerate(runs_through(flows, links, least=0.0)):
        seen = np.zeros(flows.network.links)
        for run, vehicles in runs.items():
            assert all(flows.network.head[a] == flows.network.tail[b] for a, b in itertools.pairwise(run))
            seen[list(run)] += vehicles
        assert seen[links] == pytest.approx(flows.vehicles[c, links], rel=1e-9, abs=1e-9)


def test_buses_wait_with_cars_or_pass_them() -> None:
    cars, free = np.array([4.0, 4.0, 4.0, 4.0]), np.array([2.0, 2.0, 2.0, 0.2])
    plain = {"bus_over_car": 1.5, "priority_seconds": 12.0, "priority_extension": 9.0}
    lane = np.array([False, True, False, False])
    green = np.array([False, False, True, True])
    found = bus_minutes(cars, free, bus_lane=lane, signals=np.full(4, 2.0), priority=green, parameters=plain)
    assert found == pytest.approx([6.0, 3.0, 5.6, 5.6])
    with pytest.raises(InputError, match="priority needs the number of lights"):
        bus_minutes(cars, free, priority=green)
    with pytest.raises(InputError, match="4 links need as many values"):
        bus_minutes(cars, free[:2])


def test_lanes_and_green_are_taken_from_cars() -> None:
    network, _ = random_roads(2)
    lanes = np.full(network.links, 3.0)
    lanes[1] = 1.0
    narrower = with_bus_lanes(network, [0, 2], lanes)
    assert narrower.capacity[[0, 2]] == pytest.approx(network.capacity[[0, 2]] * 2 / 3)
    assert narrower.capacity[1] == network.capacity[1]
    with pytest.raises(InputError, match="link 1 has 1 lane, so a bus lane would close it"):
        with_bus_lanes(network, [0, 1], lanes)
    less = with_signal_priority(network, [0], 45, parameters={"priority_extension": 8.0})
    assert less.capacity[0] == pytest.approx(0.9 * network.capacity[0])
    with pytest.raises(InputError, match="priority would leave link 0 0 % of its capacity"):
        with_signal_priority(network, [0], 450, parameters={"priority_extension": 8.0})


def test_emissions_are_kilometres_times_grams() -> None:
    flows = assigned(4)
    found = road_emissions(
        flows,
        {"car": {"CO2": lambda v: 100.0 + 0.0 * v, "NOx": ([0, 200], [2.0, 0.0])}, "truck": {"CO2": ([0], [800])}},
    )
    km = flows.vehicles * flows.network.length_km
    assert found.kg["car"]["CO2"] == pytest.approx(0.1 * km[0].sum())
    assert found.kg["truck"]["CO2"] == pytest.approx(0.8 * km[1].sum())
    kmh = flows.network.length_km / flows.minutes * 60
    assert found.grams["car"]["NOx"] == pytest.approx(km[0] * np.clip(2.0 - kmh / 100.0, 0.0, 2.0))
    with pytest.raises(InputError, match="no class of this name; there are car, truck"):
        road_emissions(flows, {"tram": {}})
    with pytest.raises(InputError, match="is no factor"):
        road_emissions(flows, {"car": {"CO2": lambda v: -v}})


NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 2
<END OF METADATA>

~ init term capacity length time b power speed toll type ;
1 3 100 1.5 2 0.15 4 0 0.5 1 ;
3 2 {capacity} 1 3 {b} {power} 0 0 1 ;
"""


def test_tntp_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.tntp").write_text(NET.format(capacity=0, b=0.5, power=0))
    net = read_tntp_network(tmp_path / "a.tntp")
    assert (net.zones, net.nodes, net.first_through, net.links) == (2, 3, 2, 2)
    assert (net.tail.tolist(), net.head.tolist()) == ([0, 2], [2, 1])
    assert net.free_minutes.tolist() == [2.0, 4.5]
    assert net.toll.tolist() == [0.5, 0.0]
    (tmp_path / "t.tntp").write_text(
        "<NUMBER OF ZONES> 2\n<END OF METADATA>\nOrigin 1\n 1 : 3.0; 2 : 4.5;\nOrigin 2\n  1 : 1;\n"
    )
    assert read_tntp_trips(tmp_path / "t.tntp").tolist() == [[3.0, 4.5], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("text", "row", "field", "says"),
    [
        (NET.format(capacity=0, b=0.15, power=4), 9, "capacity", "0.0 is no positive capacity"),
        (NET.format(capacity="x", b=0.15, power=4), 9, "capacity", "x is not a number"),
        (
            NET.format(capacity=1, b=0.15, power=4).replace("LINKS> 2", "LINKS> 3"),
            None,
            "NUMBER OF LINKS",
            "3 links are",
        ),
        (NET.format(capacity=1, b=0.15, power=4).replace("3 2 1", "7 2 1"), 9, "tail", "6 is not a node"),
        ("no metadata", None, None, "not a TNTP file"),
        (NET.replace("<NUMBER OF ZONES> 2\n", ""), None, "NUMBER OF ZONES", "no whole number"),
    ],
)
def test_bad_tntp_networks_are_one_sentence(tmp_path: Path, text: str, row: int, field: str, says: str) -> None:
    file = tmp_path / "a.tntp"
    file.write_text(text.format(capacity=1, b=1, power=1) if "{" in text else text)
    with pytest.raises(InputError, match=says) as e:
        read_tntp_network(file)
    assert (e.value.file, e.value.row, e.value.field) == (file, row, field)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Origin 1\n 2 : -4;", "-4.0 trips are not possible"),
        ("Origin 1\n 2 : x;", "x is not a number"),
        ("Origin 1\n 5 : 4;", "5 is not a zone"),
        ("Origin 1\n 2 4;", "is not 'zone : trips'"),
        ("\n 2 : 4;", "before the first origin"),
    ],
)
def test_bad_tntp_trips_are_one_sentence(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "t.tntp"
    file.write_text("<NUMBER OF ZONES> 2\n<END OF METADATA>\n" + line)
    with pytest.raises(InputError, match=says) as e:
        read_tntp_trips(file)
    assert (e.value.file, e.value.row) == (file, 4)


def test_other_capacities_and_times() -> None:
    network, _ = random_roads(0)
    assert network.with_free_minutes([0], 9.0).free_minutes[0] == 9.0
    assert replace(network, zone_names=tuple("abcd")).zone(2) == "c"
    with pytest.raises(InputError, match="is no time"):
        network.with_free_minutes([0], -9.0)
