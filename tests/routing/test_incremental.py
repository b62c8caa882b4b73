"""Edits worked out from what is known equal full runs, cell by cell, in any order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import street_tables, timetable, walks

from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.incremental import Routed
from shaar.engine.routing.incremental_walks import Reach, StopWalks
from shaar.engine.routing.phases import random_phases
from shaar.engine.routing.raptor import travel_times

N_STOPS, N_ZONES = 7, 4


def line(times):
    return [[(t, t) for t in times]]


@st.composite
def pattern(draw, n_stops=N_STOPS):
    stops = draw(st.lists(st.integers(0, n_stops - 1), min_size=2, max_size=5))
    clock = np.cumsum(draw(st.lists(st.integers(0, 9), min_size=2 * len(stops), max_size=2 * len(stops))))
    run = [(int(clock[2 * i]), int(clock[2 * i + 1])) for i in range(len(stops))]
    if draw(st.integers(0, 3)):
        starts = sorted(draw(st.lists(st.integers(0, 60), min_size=1, max_size=4)))
        return stops, [[(a + t, d + t) for a, d in run] for t in starts], []
    zero = [(a - run[0][1], d - run[0][1]) for a, d in run]
    lo = draw(st.integers(0, 20))
    return stops, [zero, zero], [(lo, lo + 25, draw(st.integers(1, 20))), (lo + 25, lo + 50, draw(st.integers(1, 20)))]


def pairs(a, b, most):
    return st.lists(st.tuples(st.integers(0, a - 1), st.integers(0, b - 1), st.integers(0, 30)), max_size=most)


#: Zone -> stop, stop -> stop and stop -> zone walks, all stops.
feet = st.tuples(pairs(N_ZONES, N_STOPS, 8), pairs(N_STOPS, N_STOPS, 10), pairs(N_STOPS, N_ZONES, 8))


def on_foot(three):
    a, t, e = three
    return walks(N_ZONES, N_STOPS, a), walks(N_STOPS, N_STOPS, t), walks(N_STOPS, N_ZONES, e)


@st.composite
def edits(draw):
    """A base, and edits of it: patterns dropped, moved in time and put in, and perhaps other walks at one stop."""
    base = draw(st.lists(pattern(), min_size=1, max_size=5))
    three = draw(feet)
    changes = []
    for _ in range(draw(st.integers(1, 3))):
        kept = [p for p in base if draw(st.integers(0, 3))]
        if kept and draw(st.booleans()):
            stops, trips, spans = kept[0]
            moved = [[(a + 5, d + 5) for a, d in t] for t in trips] if not spans else trips
            kept[0] = (stops, moved, [(a, b, h + 3) for a, b, h in spans])
        kept += draw(st.lists(pattern(), max_size=2))
        other = None
        if draw(st.booleans()):
            s = draw(st.integers(0, N_STOPS - 1))
            extra = draw(feet)
            other = tuple(
                [w for w in old if w[side] != s and w[1 - side if both else side] != s]
                + [w for w in new if w[side] == s]
                for old, new, side, both in zip(three, extra, (1, 0, 0), (False, True, False), strict=True)
            )
        changes.append((kept, other))
    return base, three, draw(pairs(N_ZONES, N_ZONES, 2)), changes, draw(st.integers(0, 3))


def same(a, b):
    np.testing.assert_array_equal(a.minutes, b.minutes)
    np.testing.assert_array_equal(a.rides, b.rides)
    np.testing.assert_array_equal(a.walked, b.walked)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(edits())
def test_sequences_of_edits_equal_full_runs(case):
    base, three, direct, changes, max_rides = case
    asked = {
        "window": (0, 42), "step_s": 7, "max_rides": max_rides, "max_minutes": 1.0, "percentiles": (1, 40, 100),
        "headway_draws": 2, "seed": 5,
    }  # fmt: skip
    walk = walks(N_ZONES, N_ZONES, direct)
    routed = Routed(timetable(N_STOPS, base), *on_foot(three), walk, **asked)
    first = travel_times(timetable(N_STOPS, base), *on_foot(three), walk, **asked, method="raptor")
    same(routed.times, first)
    for patterns, other in changes:
        day = timetable(N_STOPS, patterns)
        ways = on_foot(three if other is None else other)
        full = travel_times(day, *ways, walk, **asked, method="raptor")
        named = dict(zip(("access", "transfers", "egress"), ways, strict=True)) if other is not None else {}
        edited = routed.edit(day, **named)
        same(edited.times, full)
        differ = np.zeros((N_ZONES, N_ZONES), bool)
        for a, b in zip((*full.minutes, full.rides, full.walked), (*first.minutes, first.rides, first.walked)):
            differ |= ~((a == b) | (np.isnan(a) & np.isnan(b)))
        np.testing.assert_array_equal(edited.changed, differ)
        same(routed.times, first)


def two_lines():
    """0 -> 1 -> 2 slowly, and a connection 1 -> 3."""
    return [([0, 1, 2], line([60, 360, 660]), []), ([1, 3], line([400, 500]), [])]


def reach(n_stops=4):
    return (
        walks(4, n_stops, [(z, z, 0) for z in range(4)]),
        walks(n_stops, n_stops, []),
        walks(n_stops, 4, [(z, z, 0) for z in range(4)]),
    )


def test_a_faster_line_changes_only_what_it_serves():
    routed = Routed(timetable(4, two_lines()), *reach(), walks(4, 4, []), window=(0, 60))
    assert routed.times.minutes[0, 0, 2] == pytest.approx(11.0)
    faster = routed.edit(timetable(4, [*two_lines(), ([0, 2], line([60, 300]), [])]))
    assert faster.times.minutes[0, 0, 2] == pytest.approx(5.0)
    assert np.argwhere(faster.changed).tolist() == [[0, 2]]
    assert (faster.removed, faster.added) == (0, 1)
    gone = routed.edit(timetable(4, two_lines()[:1]))
    assert np.argwhere(gone.changed).tolist() == [[0, 3], [1, 3]]
    assert np.isnan(gone.times.minutes[0, 0, 3])
    assert (gone.removed, gone.added) == (1, 0)
    nothing = routed.edit(timetable(4, two_lines()))
    assert not nothing.changed.any()
    assert nothing.looked_at == 0


def test_stops_are_known_by_their_ids():
    """A new stop stands first in the edited timetable, so that all others have other numbers."""
    routed = Routed(timetable(4, two_lines()), *reach(), walks(4, 4, []), window=(0, 60))
    shifted = timetable(5, [([k + 1 for k in s], t, x) for s, t, x in two_lines()] + [([1, 0], line([60, 90]), [])])
    shifted = replace(shifted, stop_ids=("new", "s0", "s1", "s2", "s3"))
    with pytest.raises(ValueError, match='stop "new" is new'):
        routed.edit(shifted)
    access = walks(4, 5, [(z, z + 1, 0) for z in range(4)])
    egress = walks(5, 4, [(z + 1, z, 0) for z in range(4)] + [(0, 3, 60)])
    edited = routed.edit(shifted, access=access, transfers=walks(5, 5, []), egress=egress)
    assert edited.times.minutes[0, 0, 3] == pytest.approx(2.5)
    assert (edited.removed, edited.added) == (0, 1)
    assert np.argwhere(edited.changed).tolist() == [[0, 3]]
    with pytest.raises(ValueError, match="or none of them"):
        routed.edit(shifted, access=access)
    with pytest.raises(ValueError, match="the timetable's stops"):
        routed.edit(shifted, access=access, transfers=walks(4, 4, []), egress=egress)


def test_walks_of_moved_stops_equal_walks_from_the_start():
    """Stops of a street grid: one moves, one comes, one goes, one that nothing served is called at."""
    side = 8
    nodes = [(-15.45 + 0.002 * x, 28.1 + 0.002 * y) for y in range(side) for x in range(side)]
    pair = [(k, k + 1) for k in range(side * side) if (k + 1) % side] + [
        (k, k + side) for k in range(side * (side - 1))
    ]
    metres = 200.0
    tables = street_tables(nodes, [(a, b, {"length": metres}) for a, b in pair])
    graph = street_graph(*tables, mode="walk", cost="metres")
    rng = np.random.default_rng(4)
    zone_lon, zone_lat = rng.uniform(-15.45, -15.436, 30), rng.uniform(28.1, 28.114, 30)
    lon, lat = rng.uniform(-15.45, -15.436, 9), rng.uniform(28.1, 28.114, 9)
    reach = Reach(kmh=4.0, to_stop=800.0, change=900.0, zone_to_street=150.0, stop_to_street=90.0)
    make = lambda day: StopWalks(graph, tables[1], zone_lon, zone_lat, day, reach, crs="EPSG:32628")  # noqa: E731

    def day(ids, lon, lat, patterns):
        return replace(timetable(len(ids), patterns), stop_ids=tuple(ids), stop_lon=lon, stop_lat=lat)

    ids = [f"s{k}" for k in range(9)]
    ride = lambda stops: (stops, [[(60 * k, 60 * k) for k in range(len(stops))]], [])  # noqa: E731
    base = make(day(ids, lon, lat, [ride([0, 1, 2, 3, 4, 5, 6, 7])]))
    assert len(base.transfers.to) > 10
    moved = lon.copy()
    moved[3] += 0.0011
    edited = day(
        ["new", *ids[:2], *ids[3:]], np.r_[-15.443, moved[:2], moved[3:]], np.r_[28.1061, lat[:2], lat[3:]],
        [ride([0, 1, 2, 3, 4]), ride([5, 6, 7, 8])],
    )  # fmt: skip
    fresh = make(edited)
    for got, expected in zip(base.edited(edited), (fresh.access, fresh.transfers, fresh.egress), strict=True):
        for field in ("ptr", "to", "metres", "seconds"):
            np.testing.assert_array_equal(getattr(got, field), getattr(expected, field))
        assert (got.n, got.n_to) == (expected.n, expected.n_to)
    assert base.edited(day(ids, lon, lat, [ride([7, 6])]))[0] is base.access


def test_more_new_trips_than_there_was_room_for():
    many = [([0, 1, 2, 3, 0, 1, 2, 3], [[(k + 9 * i, k + 9 * i) for i in range(8)] for k in range(60, 1000)], [])]
    routed = Routed(timetable(4, two_lines()), *reach(), walks(4, 4, []), window=(0, 600))
    before = routed.n_bytes
    day = timetable(4, [*two_lines(), *many])
    same(routed.edit(day).times, travel_times(day, *reach(), walks(4, 4, []), window=(0, 600)))
    assert routed.n_bytes > before
    less = timetable(4, two_lines()[1:])
    same(routed.edit(less).times, travel_times(less, *reach(), walks(4, 4, []), window=(0, 600)))


def test_phases_depend_on_the_pattern_alone():
    a, b = ([0, 1], line([0, 300]), [(0, 7200, 600)]), ([1, 2], line([0, 300]), [(0, 7200, 900)])
    both, one = timetable(3, [a, b]), timetable(3, [b])
    one = one.__class__(**{f: getattr(one, f) for f in one.__dataclass_fields__ if f != "route_ids"}, route_ids=("r1",))
    assert random_phases(both, 3, 0)[:, 1].tolist() == random_phases(one, 3, 0)[:, 0].tolist()
    drawn = random_phases(both, 400, 7)
    assert ((drawn >= 0) & (drawn < 1)).all()
    assert drawn.mean() == pytest.approx(0.5, abs=0.05)
    assert not np.array_equal(random_phases(both, 3, 0), random_phases(both, 3, 1))
    assert random_phases(both, 3, 0).tolist() == random_phases(both, 5, 0)[:3].tolist()
