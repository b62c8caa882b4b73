"""Range-RAPTOR against hand-made journeys and a brute-force search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import brute_force, explicit_trips, timetable, walks

from shaar.engine.routing.raptor import travel_times


def line(times):
    return [[(t, t) for t in times]]


def test_one_ride_by_the_clock():
    """Walk 60 s, wait for 08:05:00, ride 600 s, walk 30 s: from 08:00 that is 15.5 min, from 08:05 never."""
    day = timetable(2, [([0, 1], line([29100, 29700]), [])])
    args = (walks(2, 2, [(0, 0, 60)]), walks(2, 2, []), walks(2, 2, [(1, 1, 30)]), walks(2, 2, []))
    tt = travel_times(day, *args, window=(28800, 28860))
    assert tt.minutes[0, 0, 1] == pytest.approx(15.5)
    assert tt.rides[0, 1] == 1
    assert tt.walked[0, 1] == 0
    assert np.isnan(tt.minutes[0, 1, 0])
    # five of ten departures (08:00 to 08:04) catch it, at 15.5, 14.5 ... 11.5 minutes
    ten = travel_times(day, *args, window=(28800, 29400), percentiles=(10, 50, 51))
    assert ten.minutes[0, 0, 1] == pytest.approx(11.5)
    assert ten.minutes[1, 0, 1] == pytest.approx(15.5)
    assert np.isnan(ten.minutes[2, 0, 1])


def test_walking_all_the_way_when_as_quick():
    day = timetable(2, [([0, 1], line([60, 360]), [])])
    args = (walks(2, 2, [(0, 0, 60)]), walks(2, 2, []), walks(2, 2, [(1, 1, 40)]))
    tied = travel_times(day, *args, walks(2, 2, [(0, 1, 400)]), window=(0, 60))
    assert tied.minutes[0, 0, 1] == pytest.approx(400 / 60)
    assert (tied.walked[0, 1], tied.rides[0, 1]) == (1, 0)
    slower = travel_times(day, *args, walks(2, 2, [(0, 1, 401)]), window=(0, 60))
    assert slower.minutes[0, 0, 1] == pytest.approx(400 / 60)
    assert (slower.walked[0, 1], slower.rides[0, 1]) == (0, 1)


def test_footpath_starts_from_a_slower_ride_where_walks_do_not_chain():
    """Stop 1 is reached sooner on foot from stop 2, but only who rode there may walk on to stop 3."""
    day = timetable(4, [([0, 1], line([0, 300]), []), ([0, 2], line([0, 100]), [])])
    tt = travel_times(
        day,
        walks(2, 4, [(0, 0, 0)]),
        walks(4, 4, [(2, 1, 50), (1, 3, 60)]),
        walks(4, 2, [(3, 1, 0), (1, 1, 500)]),
        walks(2, 2, []),
        window=(0, 60),
    )
    # egress counts from rides only, so the ride to 1 and its own egress is the journey: 300 + 500
    assert tt.minutes[0, 0, 1] == pytest.approx(800 / 60)
    onward = timetable(5, [([0, 1], line([0, 300]), []), ([0, 2], line([0, 100]), []), ([3, 4], line([360, 400]), [])])
    tt = travel_times(
        onward,
        walks(2, 5, [(0, 0, 0)]),
        walks(5, 5, [(2, 1, 50), (1, 3, 60)]),
        walks(5, 2, [(4, 1, 0)]),
        walks(2, 2, []),
        window=(0, 60),
    )
    assert tt.minutes[0, 0, 1] == pytest.approx(400 / 60)
    assert tt.rides[0, 1] == 2


def test_headway_phase_is_kept_over_the_window():
    """Every 10 minutes at a fixed phase: waits fall minute by minute and jump once, as with a real timetable."""
    day = timetable(2, [([0, 1], line([0, 300]), [(0, 7200, 600)])])
    args = (walks(2, 2, [(0, 0, 0)]), walks(2, 2, []), walks(2, 2, [(1, 1, 0)]), walks(2, 2, []))
    tt = travel_times(day, *args, window=(600, 1200), percentiles=(10, 50, 100), phases=np.array([[0.5]]))
    # vehicles at :05, :15; departures at minutes 10..19 wait 5,4,3,2,1,0,9,8,7,6 minutes
    assert tt.minutes[:, 0, 1].tolist() == pytest.approx([5.0, 9.0, 14.0])
    many = travel_times(day, *args, window=(1200, 4800), percentiles=(50,), headway_draws=200, seed=3)
    assert many.minutes[0, 0, 1] == pytest.approx(5 + 5, abs=0.3)  # half the headway and the ride
    again = travel_times(day, *args, window=(1200, 4800), percentiles=(50,), headway_draws=200, seed=3)
    assert np.array_equal(many.minutes, again.minutes, equal_nan=True)


@st.composite
def networks(draw):
    n_stops, n_zones = draw(st.integers(3, 7)), draw(st.integers(2, 4))
    patterns = []
    for _ in range(draw(st.integers(1, 4))):
        stops = draw(st.lists(st.integers(0, n_stops - 1), min_size=2, max_size=5))
        steps = draw(st.lists(st.integers(0, 9), min_size=2 * len(stops), max_size=2 * len(stops)))
        clock = np.cumsum(steps)
        run = [(int(clock[2 * i]), int(clock[2 * i + 1])) for i in range(len(stops))]
        first = run[0][1]
        if draw(st.booleans()):
            starts = sorted(draw(st.lists(st.integers(0, 60), min_size=1, max_size=4)))
            patterns.append((stops, [[(a + t, d + t) for a, d in run] for t in starts], []))
        else:
            lo = draw(st.integers(0, 20))
            spans = [(lo, lo + 25, draw(st.integers(1, 20))), (lo + 25, lo + 50, draw(st.integers(1, 20)))]
            zero = [(a - first, d - first) for a, d in run]
            slower = [(a - first, d - first + i) for i, (a, d) in enumerate(run)]
            slower = [(a + max(0, i - 1), d) for i, (a, d) in enumerate(slower)]
            patterns.append((stops, [zero, slower], spans))
    pair = lambda a, b, most: st.lists(  # noqa: E731
        st.tuples(st.integers(0, a - 1), st.integers(0, b - 1), st.integers(0, 30)), max_size=most
    )
    return (
        timetable(n_stops, patterns),
        walks(n_zones, n_stops, draw(pair(n_zones, n_stops, 6))),
        walks(n_stops, n_stops, draw(pair(n_stops, n_stops, 8))),
        walks(n_stops, n_zones, draw(pair(n_stops, n_zones, 6))),
        walks(n_zones, n_zones, draw(pair(n_zones, n_zones, 2))),
        draw(st.integers(0, 3)),
        draw(st.lists(st.sampled_from([0.0, 0.3, 0.99]), min_size=4, max_size=4)),
    )


@pytest.mark.parametrize("method", ["events", "raptor"])
@settings(max_examples=150, deadline=None)
@given(network=networks())
def test_equals_brute_force(method, network):
    """Every percentile of a window equals what single searches of a slow reference give, rides included."""
    day, access, transfers, egress, walk, max_rides, phases = network
    limit, step, window = 60, 7, (0, 42)
    departures = list(range(window[0], window[1], step))
    percentiles = tuple(100 * (k + 1) / len(departures) for k in range(len(departures)))
    tt = travel_times(
        day, access, transfers, egress, walk, window=window, step_s=step, max_rides=max_rides, max_minutes=limit / 60,
        percentiles=percentiles, phases=np.array([phases[: day.n_patterns]]), method=method,
    )  # fmt: skip
    trips = explicit_trips(day, phases)
    for o in range(access.n):
        found = [brute_force(trips, access, transfers, egress, walk, o, t, max_rides, limit) for t in departures]
        for z in range(access.n):
            each = sorted(f[z][0] if z in f else np.inf for f in found)
            expected = np.where(np.isfinite(each), np.array(each) / 60, np.nan)
            np.testing.assert_allclose(tt.minutes[:, o, z], expected, rtol=1e-6)
            rides = [f[z][1] for f in found if z in f]
            if rides:
                assert tt.rides[o, z] == pytest.approx(np.mean(rides))
                assert tt.walked[o, z] == pytest.approx(np.mean([r == 0 for r in rides]))
            else:
                assert np.isnan(tt.rides[o, z])


def test_draws_are_pooled():
    day = timetable(2, [([0, 1], line([0, 300]), [(0, 7200, 600)])])
    args = (walks(2, 2, [(0, 0, 0)]), walks(2, 2, []), walks(2, 2, [(1, 1, 0)]), walks(2, 2, []))
    tt = travel_times(day, *args, window=(0, 60), percentiles=(50, 100), phases=np.array([[0.0], [0.5]]))
    assert tt.minutes[:, 0, 1].tolist() == pytest.approx([5.0, 10.0])


@pytest.mark.parametrize(("step", "window"), [(1, (100, 900)), (7, (0, 5000)), (45, (300, 301))])
def test_methods_agree_on_long_windows(step, window):
    """More departures than one-byte labels can tell apart, odd steps, and a window of one departure."""
    times = [[(t, t), (t + 200, t + 210), (t + 400, t + 400)] for t in (150, 155, 700, 1300, 2000)]
    day = timetable(5, [([0, 1, 2], times, []), ([1, 3, 4], [[(0, 0), (100, 100), (250, 250)]], [(0, 4000, 333)])])
    args = (
        walks(3, 5, [(0, 0, 30), (1, 1, 0), (1, 3, 90)]),
        walks(5, 5, [(2, 3, 40), (3, 2, 40)]),
        walks(5, 3, [(2, 2, 15), (4, 2, 0), (3, 1, 5), (1, 1, 60)]),
        walks(3, 3, [(0, 1, 700), (0, 2, 1000), (2, 0, 1000)]),
    )
    asked = {"window": window, "step_s": step, "max_minutes": 20.0, "percentiles": (1, 50, 99), "headway_draws": 3}
    events, raptor = (travel_times(day, *args, **asked, method=m) for m in ("events", "raptor"))
    np.testing.assert_array_equal(events.minutes, raptor.minutes)
    np.testing.assert_array_equal(events.rides, raptor.rides)
    np.testing.assert_array_equal(events.walked, raptor.walked)
    assert np.isfinite(events.minutes[0, 0, 2])


def test_shapes_are_checked():
    day = timetable(2, [([0, 1], line([0, 300]), [])])
    ok = walks(2, 2, [])
    with pytest.raises(ValueError, match="same zones"):
        travel_times(day, ok, ok, ok, walks(3, 3, []), window=(0, 60))
    with pytest.raises(ValueError, match="the timetable's stops"):
        travel_times(day, ok, walks(3, 3, []), ok, ok, window=(0, 60))
    with pytest.raises(ValueError, match="no departure"):
        travel_times(day, ok, ok, ok, ok, window=(60, 60))
