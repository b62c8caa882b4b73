"""Loads of a timetable: conservation, hand-made queues, and journeys as quick as the router's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.routing_cases import timetable, walks

from shaar.engine.assignment.timetable_load import DepartureChoice, load_timetable
from shaar.engine.assignment.timetable_load_runs import runs_of
from shaar.engine.routing.raptor import travel_times

N_STOPS, N_ZONES, LIMIT = 6, 4, 30.0


@st.composite
def cases(draw):
    """Random timetables (scheduled and headways), walks and demand."""
    patterns = []
    for _ in range(draw(st.integers(1, 4))):
        sequence = draw(st.lists(st.integers(0, N_STOPS - 1), min_size=2, max_size=5))
        steps = draw(st.lists(st.integers(1, 90), min_size=len(sequence), max_size=len(sequence)))
        dwell = draw(st.integers(0, 20))
        shape, now = [], 0
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
    seconds = st.integers(0, 120)

    def triples(n, m):
        return draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, m - 1), seconds), max_size=8))

    feet = [(a, b, s) for a, b, s in triples(N_STOPS, N_STOPS) if a != b]
    parts = (
        walks(N_ZONES, N_STOPS, triples(N_ZONES, N_STOPS)), walks(N_STOPS, N_STOPS, feet),
        walks(N_STOPS, N_ZONES, triples(N_STOPS, N_ZONES)), walks(N_ZONES, N_ZONES, triples(N_ZONES, N_ZONES)),
    )  # fmt: skip
    phases = np.array([draw(st.floats(0, 0.99)) for _ in patterns])
    demand = np.array(draw(st.lists(st.integers(0, 9), min_size=16, max_size=16)), float).reshape(4, 4)
    return timetable(N_STOPS, patterns), parts, phases, demand


def loaded(case, window=(0, 600), **given):
    day, parts, phases, demand = case
    runs = runs_of(day, window=window, max_minutes=LIMIT, phases=phases)
    return load_timetable(runs, *parts, demand, max_rides=3, **given)


def check_conservation(x, demand):
    """People neither vanish nor appear: by vehicle, at every section, by stop, by pair."""
    runs, run = x.runs, x.runs.run_of
    off = x.left + x.changed
    np.testing.assert_allclose(
        np.bincount(run, x.boarded, minlength=runs.n), np.bincount(run, off, minlength=runs.n), atol=1e-9
    )
    for r in range(runs.n):
        a, e = runs.ptr[r], runs.ptr[r + 1]
        before = np.concatenate([[0.0], (x.load - off)[a : e - 1]])
        np.testing.assert_allclose(before + x.boarded[a:e], x.load[a:e], atol=1e-9)
    np.testing.assert_allclose(x.rode + x.walked + x.unserved + x.abandoned, demand, atol=1e-9)
    assert x.left.sum() == pytest.approx(x.rode.sum(), abs=1e-8)
    assert x.stranded.sum() == pytest.approx(x.abandoned.sum(), abs=1e-8)
    # who sets out or changes gets in, or is left behind for good
    assert x.rode.sum() + x.abandoned.sum() + x.changed.sum() == pytest.approx(
        x.boarded.sum() + x.stranded.sum(), abs=1e-8
    )
    assert x.change_here.sum() + x.change_walk.sum() == pytest.approx(x.changed.sum(), abs=1e-9)
    assert x.change_lines.sum() == pytest.approx(x.changed.sum(), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(cases())
def test_everybody_takes_the_journey_that_the_router_finds(case):
    day, parts, phases, demand = case
    x = loaded(case)
    check_conservation(x, demand)
    total, unserved, on_foot, rides = (np.zeros((N_ZONES, N_ZONES)) for _ in range(4))
    for t in range(0, 600, 60):
        tt = travel_times(
            day, *parts, window=(t, t + 60), max_rides=3, max_minutes=LIMIT, phases=phases[None], method="raptor"
        )
        found = np.isfinite(tt.minutes[0])
        total += np.where(found, np.round(np.nan_to_num(tt.minutes[0]) * 60.0), 0.0)
        unserved += ~found
        on_foot += np.nan_to_num(tt.walked)
        rides += np.nan_to_num(tt.rides)
    np.testing.assert_allclose(x.seconds, demand / 10 * total, atol=1e-6)
    np.testing.assert_allclose(x.unserved, demand / 10 * unserved, atol=1e-9)
    np.testing.assert_allclose(x.walked, demand / 10 * on_foot, atol=1e-9)
    np.testing.assert_allclose(x.rides, demand / 10 * rides, atol=1e-9)
    assert (x.iterations, x.gap, x.behind.sum(), x.abandoned.sum()) == (1, 0.0, 0.0, 0.0)


@settings(max_examples=25, deadline=None)
@given(cases(), st.sampled_from([0.5, 2.0, 7.0, 20.0]), st.booleans())
def test_full_vehicles_leave_people_behind_and_lose_nobody(case, places, shifting):
    choice = DepartureChoice() if shifting else None
    plain = loaded(case, choice=choice)
    x = loaded(case, places=places, choice=choice)
    check_conservation(x, case[3])
    assert x.gap <= 1e-9
    assert x.overload <= 1e-6
    np.testing.assert_allclose(x.walked, plain.walked, atol=1e-9)
    np.testing.assert_allclose(x.unserved, plain.unserved, atol=1e-9)
    assert x.behind.min(initial=0.0) >= -1e-9
    if plain.overload <= 0 and plain.load.max(initial=0.0) <= places:
        assert np.array_equal(x.load, plain.load)
    again = loaded(case, places=places, choice=choice, room=1)  # two zones at a time
    np.testing.assert_allclose(again.load, x.load, atol=1e-6)


@settings(max_examples=12, deadline=None)
@given(cases())
def test_enough_places_are_as_no_limit(case):
    plain, x = loaded(case), loaded(case, places=1e6)
    for name in ("load", "boarded", "left", "changed", "rode", "seconds", "change_lines"):
        assert np.array_equal(getattr(plain, name), getattr(x, name)), name


@settings(max_examples=15, deadline=None)
@given(cases())
def test_shifted_departures_serve_all_who_can_be_served(case):
    x, plain = loaded(case, choice=DepartureChoice(most_minutes=5.0)), loaded(case)
    check_conservation(x, case[3])
    assert (x.unserved <= plain.unserved + 1e-9).all()
    assert (x.shift_seconds <= 300.0 * (x.rode + 1e-9)).all()


def line(starts, stops=3):
    """One line over all stops, a minute from each to the next."""
    return timetable(
        stops, [(list(range(stops)), [[(t + 60 * k, t + 60 * k) for k in range(stops)] for t in starts], [])]
    )


def at_stops(n=3, foot=()):
    """A zone at every stop, no walk between them."""
    every = [(k, k, 0) for k in range(n)]
    return walks(n, n, every), walks(n, n, list(foot)), walks(n, n, every), walks(n, n, [(0, 0, 10_000)])


def test_who_sits_in_the_vehicle_stays_and_who_waits_takes_the_next():
    demand = np.zeros((3, 3))
    demand[0, 2] = demand[1, 2] = 1.0
    runs = runs_of(line([0, 300]), window=(0, 60), max_minutes=LIMIT)
    x = load_timetable(runs, *at_stops(), demand, places=1)
    assert x.load.tolist() == [1, 1, 0, 1]
    assert x.behind.tolist() == [0, 1, 0, 0]
    assert (x.seconds[0, 2], x.seconds[1, 2]) == (120, 420)
    plain = load_timetable(runs, *at_stops(), demand)
    assert plain.load.tolist() == [1, 2, 0, 0]
    assert plain.overload == -1.0


def test_those_who_wait_together_share_the_places_and_the_last_stay_for_good():
    demand = np.zeros((3, 3))
    demand[0, 2], demand[0, 1] = 3.0, 1.0
    runs = runs_of(line([0, 300]), window=(0, 60), max_minutes=LIMIT)
    x = load_timetable(runs, *at_stops(), demand, places=[2.0, 1.0])
    assert x.load.tolist() == [2, 1.5, 1, 0.75]
    assert x.behind.tolist() == [2, 0, 1, 0]
    assert (x.rode[0, 2], x.abandoned[0, 2], x.rode[0, 1], x.abandoned[0, 1]) == (2.25, 0.75, 0.75, 0.25)
    assert x.stranded.tolist() == [1, 0, 0]
    assert x.seconds[0, 2] == 1.5 * 120 + 0.75 * 420


@pytest.mark.parametrize("change", [0, 60])
def test_changes_are_counted_where_and_between_which_lines(change):
    """Two lines that meet at stop 1, or a minute's walk from it."""
    other = 1 if not change else 3
    day = timetable(4, [([0, 1], [[(0, 0), (60, 60)]], []), ([other, 2], [[(200, 200), (260, 260)]], [])])
    demand = np.zeros((4, 4))
    demand[0, 2] = 5.0
    runs = runs_of(day, window=(0, 60), max_minutes=LIMIT)
    x = load_timetable(runs, *at_stops(4, [(1, 3, 60)] if change else []), demand)
    assert x.change_lines.tolist() == [[0, 5], [0, 0]]
    assert (x.change_here[1], x.change_walk.sum()) == ((5, 0) if not change else (0, 5))
    assert (x.rides[0, 2], x.seconds[0, 2], x.walk_seconds[0, 2]) == (10, 5 * 260, 5 * change)


def test_of_equally_quick_ways_the_fewest_rides_then_the_shortest_walk():
    """Stops 0 and 1 near the zone; both lines arrive at once, the farther one was listed first."""
    day = timetable(3, [([1, 2], [[(200, 200), (300, 300)]], []), ([0, 2], [[(100, 100), (300, 300)]], [])])
    parts = walks(2, 3, [(0, 0, 20), (0, 1, 90)]), walks(3, 3, []), walks(3, 2, [(2, 1, 0)]), walks(2, 2, [])
    demand = np.array([[0.0, 4.0], [0.0, 0.0]])
    x = load_timetable(runs_of(day, window=(0, 60), max_minutes=LIMIT), *parts, demand)
    assert (x.load.tolist(), x.walk_seconds[0, 1]) == ([0, 4], 80)


def test_more_places_never_serve_fewer():
    demand = np.zeros((4, 4))
    demand[0, 3], demand[1, 3], demand[2, 3] = 40.0, 30.0, 20.0
    runs = runs_of(line([60 * k for k in range(0, 60, 5)], 4), window=(0, 1800), max_minutes=LIMIT)
    found = [load_timetable(runs, *at_stops(4), demand, places=p) for p in (1, 3, 5, 8, 12, 20, 40)]
    rode = [x.rode.sum() for x in found]
    behind = [x.behind.sum() for x in found]
    assert rode == sorted(rode) and behind == sorted(behind, reverse=True)
    assert rode[0] < rode[-1] == pytest.approx(90.0)
    assert behind[-1] == 0


def test_slices_of_the_window_are_loaded_one_by_one():
    demand = np.zeros((2, 3, 3))
    demand[0, 0, 2], demand[1, 0, 2] = 4.0, 10.0
    runs = runs_of(line([240, 540]), window=(0, 600), max_minutes=LIMIT)
    x = load_timetable(runs, *at_stops(), demand)
    assert x.load.tolist() == [4, 4, 10, 10]
    with pytest.raises(ValueError, match="slices of equal length"):
        load_timetable(runs, *at_stops(), np.zeros((3, 3, 3)))


def test_a_logit_puts_the_shares_of_the_formula_on_two_journeys():
    """Departures at minutes 4 and 9 for those who wish to leave at minute 5: one minute early or four late."""
    demand = np.zeros((10, 3, 3))
    demand[5, 0, 2] = 100.0
    choice = DepartureChoice(scale=0.3, early=0.5, late=0.8)
    runs = runs_of(line([240, 540]), window=(0, 600), max_minutes=LIMIT)
    x = load_timetable(runs, *at_stops(), demand, choice=choice)
    share = 1.0 / (1.0 + np.exp(-0.3 * (4 * 0.8 - 1 * 0.5)))
    np.testing.assert_allclose(x.load, np.repeat([100 * share, 100 * (1 - share)], 2), rtol=1e-12)
    assert x.shift_seconds[0, 2] == pytest.approx(100 * (share * 60 + (1 - share) * 240))


def test_bad_input_is_refused():
    runs = runs_of(line([0]), window=(0, 60), max_minutes=LIMIT)
    for wrong, message in ((np.full((3, 3), -1.0), "negative"), (np.zeros((2, 2)), "3 zones")):
        with pytest.raises(ValueError, match=message):
            load_timetable(runs, *at_stops(), wrong)
    with pytest.raises(ValueError, match="needs places"):
        load_timetable(runs, *at_stops(), np.zeros((3, 3)), places=0)
    with pytest.raises(ValueError, match="no departure"):
        runs_of(line([0]), window=(60, 60))
