"""Figures of a service day against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.days import day
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import BusiestMoment, at_once, busiest_moment, day_trips, line_fleets, service_stats

H = 3600


def test_scheduled_service_by_hand():
    """Line A there and back, 30 min a trip, layover 5 min: 08:00 and 08:20 out, 08:35 back; line B once at night."""
    d = day(
        [
            {"route": "A", "stops": [0, 1, 2], "trips": [
                [8 * H, 8 * H + 900, 8 * H + 1800], [8 * H + 1200, 8 * H + 2100, 8 * H + 3000],
            ]},
            {"route": "A", "direction": 1, "stops": [2, 1, 0], "trips": [[8 * H + 2100, 8 * H + 3000, 8 * H + 3900]]},
            {"route": "B", "stops": [1, 3], "trips": [[25 * H, 25 * H + 600]]},
        ]
    )  # fmt: skip
    s = service_stats(d, np.array([10.0, 9.0, 4.0]))
    assert (s.lines, s.patterns, s.trips, s.stops_served) == (2, 3, 4, 4)
    assert s.route_km == 23.0
    assert s.vehicle_km == 2 * 10 + 9 + 4
    assert s.vehicle_hours == pytest.approx((3 * 1800 + 600) / 3600)
    # A: 08:00-08:35 (30 + 5), 08:20-08:55, 08:35-09:10: the third begins as the first ends, so two at once; B needs one
    # at night, when A's are free.
    assert s.fleet == 2
    assert line_fleets(d) == {0: 2, 1: 1}
    assert busiest_moment(d) == BusiestMoment(8 * H + 1200, 2, {0: 2, 1: 0})
    assert (s.first_departure, s.last_arrival) == (8 * H, 25 * H + 600)


def test_a_layover_of_ten_percent_counts_on_long_trips():
    d = day([{"route": "A", "stops": [0, 1], "trips": [[0, 6000], [6500, 12500], [6700, 12700]]}])
    # 6000 s and 600 s of layover: busy to 6600, past the second departure, not past the third.
    assert line_fleets(d) == {0: 2}
    assert line_fleets(d, share=0.0) == {0: 2}
    assert service_stats(d, np.array([1.0]), layover_share=0.0, layover_min_s=0).fleet == 2


@pytest.mark.parametrize(
    ("run", "headway", "vehicles"),
    [(25, 10, 6), (20, 10, 5), (26, 10, 7), (55, 60, 3), (10, 15, 2)],
)
def test_headway_line_needs_cycle_time_over_headway(run, headway, vehicles):
    """Both ways, layover max(5 min, 10 %): ceil(2 (run + layover) / headway), the textbook figure."""
    span = (6 * H, 22 * H, headway * 60, run * 60)
    d = day(
        [
            {"route": "A", "stops": [0, 1], "spans": [span]},
            {"route": "A", "direction": 1, "stops": [1, 0], "spans": [span]},
        ]
    )
    assert -(-2 * (run + max(5, run * 0.1)) // headway) == vehicles
    s = service_stats(d, np.array([5.0, 5.0]))
    assert s.fleet == vehicles
    assert s.trips == 2 * -(-16 * 60 // headway)
    last = 6 * H + (16 * 60 - 1) // headway * headway * 60
    assert s.last_arrival == last + run * 60


def test_hours_given_one_by_one_count_like_one_span():
    whole = day([{"route": "A", "stops": [0, 1], "spans": [(6 * H, 12 * H, 600, 75 * 60)]}])
    hourly = day([{"route": "A", "stops": [0, 1], "spans": [(h * H, (h + 1) * H, 600, 75 * 60) for h in range(6, 12)]}])
    assert line_fleets(whole) == line_fleets(hourly) == {0: 9}  # 75 + 7.5 min at 10 min
    assert service_stats(whole, np.array([1.0])).trips == service_stats(hourly, np.array([1.0])).trips == 36


def test_the_last_departure_of_a_span_is_before_its_end():
    d = day([{"route": "A", "stops": [0, 1], "spans": [(6 * H, 7 * H, 600, 300)]}])
    trips = day_trips(d)
    assert trips.n == 6
    assert trips.start[-1] == 6 * H + 3000
    assert not trips.scheduled.any()


def test_variants_of_a_line_are_one_length():
    d = day(
        [
            {"route": "A", "stops": [0, 1, 2], "trips": [[0, 60, 120]]},
            {"route": "A", "stops": [0, 1], "trips": [[600, 660]]},
            {"route": "A", "direction": 1, "stops": [2, 0], "trips": [[900, 960]]},
        ]
    )
    assert service_stats(d, np.array([8.0, 3.0, 7.0])).route_km == 15.0


def test_no_service_gives_zeros():
    s = service_stats(day([]), np.zeros(0))
    assert (s.trips, s.fleet, s.vehicle_km) == (0, 0, 0.0)


def test_bad_lengths_and_times_are_refused():
    d = day([{"route": "A", "stops": [0, 1], "trips": [[100, 50]]}])
    with pytest.raises(InputError, match="before it departs"):
        day_trips(d)
    with pytest.raises(InputError, match="1 patterns"):
        service_stats(d, np.zeros(3))
    with pytest.raises(InputError, match="length"):
        service_stats(d, np.array([np.nan]))
    h = day([{"route": "A", "stops": [0, 1], "spans": [(0, 100, 0, 50)]}])
    with pytest.raises(InputError, match="headway"):
        day_trips(h)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 80)), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_at_once_is_the_count_at_the_busiest_second(intervals):
    start = np.array([a for a, _ in intervals], dtype=np.int64)
    end = start + np.array([b for _, b in intervals], dtype=np.int64)
    assert at_once(start, end) == max(int(((start <= t) & (t < end)).sum()) for t in range(400))


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 90)), min_size=1, max_size=15),
    st.lists(st.tuples(st.integers(0, 300), st.integers(10, 200), st.integers(5, 40), st.integers(1, 90)), max_size=3),
)
@settings(max_examples=80, deadline=None)
def test_trips_and_streams_together_against_every_second(trips, streams):
    patterns = [{"route": "A", "stops": [0, 1], "trips": [[a, a + r] for a, r in trips]}]
    patterns += [{"route": "A", "stops": [1, 2], "spans": [(a, a + d, h, r)]} for a, d, h, r in streams]
    least = 3
    best = 0.0
    for t in range(900):
        n = float(sum(a <= t < a + r + least for a, r in trips))
        for a, d, h, r in streams:
            n += max(0, min(a + d, t) - max(a, t - r - least)) / h
        best = max(best, n)
    assert line_fleets(day(patterns), share=0.0, least=least) == {0: int(np.ceil(best - 1e-9))}


def test_lines_with_their_peaks_at_other_times_share_vehicles():
    """A needs 6 in the morning and 2 in the evening, B the other way round: 8 at once, though 12 in sum."""
    often, seldom = (10, 2 * 25 * 60), (30, 2 * 25 * 60)  # 60 minutes with layover: 50 and 5

    def spans(morning: tuple[int, int], evening: tuple[int, int]) -> list[tuple[int, int, int, int]]:
        return [(6 * H, 12 * H, morning[0] * 60, morning[1]), (12 * H, 18 * H, evening[0] * 60, evening[1])]

    d = day(
        [
            {"route": "A", "stops": [0, 1], "spans": spans(often, seldom)},
            {"route": "B", "stops": [2, 3], "spans": spans(seldom, often)},
        ]
    )
    assert line_fleets(d) == {0: 6, 1: 6}
    found = busiest_moment(d)
    assert found.vehicles == 8
    assert found.lines == {0: 6, 1: 2}
    assert busiest_moment(d, weight={0: 0.5}).vehicles == 3


def test_a_steady_line_needs_whole_vehicles_and_a_changing_one_hands_them_on():
    # 55 minutes busy: 5.5 buses every ten minutes; two lines alike need 12, and no more while both change to 20.
    span = [(6 * H, 9 * H, 600, 50 * 60), (9 * H, 12 * H, 1200, 50 * 60)]
    d = day([{"route": r, "stops": [0, 1], "spans": span} for r in "AB"])
    assert busiest_moment(d).vehicles == 12
    # Hours given one by one are one stream, so a boundary between equal headways changes nothing.
    hours = [(h * H, (h + 1) * H, 600, 50 * 60) for h in range(6, 12)]
    assert busiest_moment(day([{"route": r, "stops": [0, 1], "spans": hours} for r in "AB"])).vehicles == 12


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 500), st.integers(1, 90)), min_size=1, max_size=10), min_size=1, max_size=4
    )
)
@settings(max_examples=60, deadline=None)
def test_the_busiest_moment_of_scheduled_lines_is_the_count_at_the_busiest_second(lines):
    d = day(
        [{"route": f"L{k}", "stops": [0, 1], "trips": [[a, a + r] for a, r in trips]} for k, trips in enumerate(lines)]
    )
    counts = [sum(a <= t < a + r + 3 for trips in lines for a, r in trips) for t in range(600)]
    found = busiest_moment(d, share=0.0, least=3)
    assert found.vehicles == max(counts) == counts[found.second] == sum(found.lines.values())
    assert found.vehicles <= sum(line_fleets(d, share=0.0, least=3).values())
