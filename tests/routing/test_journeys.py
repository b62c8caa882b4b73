"""Journeys with legs: as quick as the matrix, each leg really there, none missing from a window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import brute_force, explicit_trips, timetable, walks

from shaar.engine.routing.journeys import journeys
from shaar.engine.routing.raptor import travel_times

N_STOPS, N_ZONES = 6, 4


@st.composite
def networks(draw):
    patterns = []
    for _ in range(draw(st.integers(1, 4))):
        sequence = draw(st.lists(st.integers(0, N_STOPS - 1), min_size=2, max_size=5))
        steps = draw(st.lists(st.integers(0, 90), min_size=len(sequence), max_size=len(sequence)))
        dwell = draw(st.integers(0, 20))
        shape = []
        now = 0
        for k, s in enumerate(steps):
            now += s if k else 0
            shape.append((now, now + dwell))
            now += dwell
        if draw(st.booleans()):
            starts = sorted(draw(st.lists(st.integers(0, 900), min_size=1, max_size=4)))
            patterns.append((sequence, [[(a + t, d + t) for a, d in shape] for t in starts], []))
        else:
            first = shape[0][1]
            row = [(max(0, a - first), d - first) for a, d in shape]
            patterns.append((sequence, [row], [(0, 900, draw(st.integers(60, 400)))]))
    day = timetable(N_STOPS, patterns)
    seconds = st.integers(0, 120)
    triples = lambda n, m: draw(  # noqa: E731
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, m - 1), seconds), max_size=8)
    )
    feet = [(a, b, s) for a, b, s in triples(N_STOPS, N_STOPS) if a != b]
    phases = np.array([[draw(st.floats(0, 0.99)) for _ in patterns]])
    return (
        day, walks(N_ZONES, N_STOPS, triples(N_ZONES, N_STOPS)), walks(N_STOPS, N_STOPS, feet),
        walks(N_STOPS, N_ZONES, triples(N_STOPS, N_ZONES)), walks(N_ZONES, N_ZONES, triples(N_ZONES, N_ZONES)), phases,
    )  # fmt: skip


def check_legs(j, day, phases, access, transfers, egress, origin, destination):
    """Every leg exists: rides are trips of the timetable, walks are walks, times follow one another."""
    trips = {tuple(t) for t in explicit_trips(day, phases)}
    now, stop, rides = j.departure, None, 0
    for leg in j.legs:
        if leg.kind == "ride":
            assert stop in (None, leg.from_stop)
            rides += 1
            assert leg.start - leg.wait >= now or rides == 1
            assert leg.start >= now
            assert any(
                t[i][0] == leg.from_stop and t[i][2] == leg.start and t[k][0] == leg.to_stop and t[k][1] == leg.end
                for t in trips for i in range(len(t)) for k in range(i + 1, len(t))
            )  # fmt: skip
            stop = leg.to_stop
        else:
            stop = leg.to_stop if leg.to_stop >= 0 else None
        now = leg.end
    assert (now, rides) == (j.arrival, j.rides)


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(0, N_ZONES - 1), st.integers(0, N_ZONES - 1), st.integers(0, 600))
def test_single_departure_equals_the_matrix_and_brute_force(net, origin, destination, t):
    *parts, phases = net
    day, access, transfers, egress, walk = parts
    tt = travel_times(*parts, window=(t, t + 60), max_rides=3, max_minutes=30, phases=phases)
    found = journeys(
        *parts, origin=origin, destination=destination, departure=t, max_rides=3, max_minutes=30, phases=phases[0]
    )
    least = min((j.seconds for j in found), default=np.inf)
    expected = tt.minutes[0, origin, destination]
    assert (least == np.inf) == bool(np.isnan(expected))
    if found:
        assert np.float32(least / 60) == expected
    trips = explicit_trips(day, phases[0])
    seen = []
    for rides in range(4):  # the front by rides: the least time with at most so many
        best = brute_force(trips, access, transfers, egress, walk, origin, t, rides, 1800).get(destination)
        ours = min((j.seconds for j in found if j.rides <= rides), default=None)
        assert ours == (None if best is None else best[0])
        seen.append(ours)
    assert len({(j.arrival, j.rides) for j in found}) == len(found)
    for j in found:
        assert not any(o.arrival <= j.arrival and o.rides < j.rides for o in found)
        check_legs(j, day, phases[0], access, transfers, egress, origin, destination)


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(0, N_ZONES - 1), st.integers(0, N_ZONES - 1), st.integers(0, 400), st.integers(1, 300))
def test_a_window_holds_every_journey_worth_taking(net, origin, destination, lo, width):
    *parts, phases = net
    day, access, transfers, egress, _ = parts
    ask = {"origin": origin, "destination": destination, "max_rides": 3, "max_minutes": 30, "phases": phases[0]}
    found = journeys(*parts, window=(lo, lo + width), **ask)
    on_foot = [j for j in found if j.rides == 0]
    riding = [j for j in found if j.rides]
    after = journeys(*parts, departure=lo + width, **ask)
    for j in riding:
        assert lo <= j.departure < lo + width
        assert j.leave == j.departure
        assert not any(
            o is not j and o.departure >= j.departure and o.arrival <= j.arrival and o.rides <= j.rides for o in riding
        )
        check_legs(j, day, phases[0], access, transfers, egress, origin, destination)
    for t in range(lo, lo + width, 7):
        now = journeys(*parts, departure=t, **ask)
        for k in range(1, 4):
            single = min((j.arrival for j in now if 1 <= j.rides <= k), default=None)
            later = [
                j.arrival for j in riding + after if j.departure >= t and 1 <= j.rides <= k and j.arrival - t <= 1800
            ]
            if on_foot:
                later = [v for v in later if v - t < on_foot[0].seconds]
            assert single == min(later, default=None)


def test_a_known_journey_leg_by_leg():
    day = timetable(4, [([0, 1], [[(100, 100), (200, 210)], [(400, 400), (500, 510)]], []),
                        ([2, 3], [[(0, 250), (330, 340)], [(0, 600), (680, 690)]], [])])  # fmt: skip
    net = day, walks(1, 4, [(0, 0, 30)]), walks(4, 4, [(1, 2, 40)]), walks(4, 1, [(3, 0, 20)]), walks(1, 1, [])
    (j,) = journeys(*net, origin=0, destination=0, departure=50)
    assert (j.departure, j.leave, j.arrival, j.rides) == (50, 70, 350, 2)
    assert [(g.kind, g.start, g.end, g.wait, g.from_stop, g.to_stop) for g in j.legs] == [
        ("walk", 70, 100, 0, -1, 0), ("ride", 100, 200, 0, 0, 1), ("walk", 200, 240, 0, 1, 2),
        ("ride", 250, 330, 10, 2, 3), ("walk", 330, 350, 0, 3, -1),
    ]  # fmt: skip
    assert [g.trip for g in j.legs if g.kind == "ride"] == ["1.0", "2.0"]
    assert (j.walk_metres, j.wait_seconds) == (90, 10)
    assert [x.departure for x in journeys(*net, origin=0, destination=0, window=(0, 900))] == [70, 370]


def test_one_question_at_a_time():
    day = timetable(1, [])
    none = walks(1, 1, [])
    with pytest.raises(ValueError, match="either"):
        journeys(day, none, none, none, none, origin=0, destination=0)
