"""Two networks judged on a town small enough to compute by hand (see test_baseline): one line of two stops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shaar.engine.errors import InputError
from shaar.engine.study.verdict import BOUNDS, Verdict, Work, area_table, at_day_of, compare, judge, work_of
from shaar.engine.timetable.distance import CROW_FACTOR
from shaar.engine.timetable.feed import SCHEMA
from study.test_baseline import OPTIONS, SEVEN, TRIPS, feed, town

NO_WORK = Work(0, 0, 0.0, 0.0)


def made(minutes: np.ndarray) -> Verdict:
    return Verdict(np.asarray(minutes, np.float32), 0.0, 0.0, 0.0, 0.0, NO_WORK)


def by_headway(minutes: int):
    """The same line as a headway service from 6:00 to 10:00."""
    f = feed()
    keep = f.trips.group_by("direction_id", maintain_order=True).first()["trip_id"].to_list()
    rows = {"trip_id": keep, "start": [SEVEN - 3600] * 2, "end": [SEVEN + 3 * 3600] * 2,
            "headway": [minutes * 60] * 2, "exact_times": [0, 0]}  # fmt: skip
    spans = pl.DataFrame(rows).select([pl.col(c).cast(k) for c, k in SCHEMA["frequencies"].items()])
    return replace(
        f,
        trips=f.trips.filter(pl.col("trip_id").is_in(keep)),
        stop_times=f.stop_times.filter(pl.col("trip_id").is_in(keep)),
        frequencies=spans,
    )


@pytest.fixture(scope="module")
def today(tmp_path_factory):
    city = town(tmp_path_factory.mktemp("town"))
    return city, judge(city, feed(), TRIPS, options=OPTIONS)


def test_mean_over_departures_by_hand(today):
    """A to C waits 0, 9, 8 ... 1 min and rides 6: 10.5 on average; the middles of tenths are the ten departures."""
    _, verdict = today
    assert verdict.minutes.shape == (1, 3, 3)
    assert verdict.minutes[0, 0, 2] == pytest.approx(10.5)
    assert verdict.minutes[0, 0, 1] == pytest.approx(1000 / 60, abs=0.02)
    assert verdict.mean == pytest.approx((200 * 10.5 + 50 * 1000 / 60) / 250, abs=0.01)
    assert verdict.unreached == 0
    assert verdict.walked == pytest.approx(0.2)
    assert verdict.transfers == pytest.approx(0)


def test_work_is_counted_in_the_window_an_hour(today):
    """7:00 to 7:10 holds one trip of 6 min and 3 km (straight, no shape) each way, so six each way an hour."""
    _, verdict = today
    assert verdict.work.lines == 1
    assert verdict.work.vehicles == 4  # 6 min and 5 of layover every 10 min, each way
    assert verdict.work.hours == pytest.approx(2 * 0.1 * 6)
    assert verdict.work.km == pytest.approx(2 * 6 * 3.0 * CROW_FACTOR, rel=0.002)
    assert work_of(feed(), OPTIONS, modes={"tram"}) == NO_WORK


def test_a_departure_that_does_not_arrive_counts_as_the_limit(today):
    """Within 12 min the six departures that wait up to 6 arrive, and the walk from A to B (16.7) never does."""
    city, _ = today
    verdict = judge(city, feed(), TRIPS, options=replace(OPTIONS, max_minutes=12))
    waits = np.array([0, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    expected = np.minimum(waits + 6.0, 12.0).mean()
    assert verdict.minutes[0, 0, 2] == pytest.approx(expected)
    assert verdict.minutes[0, 0, 1] == 12
    assert verdict.unreached == pytest.approx((200 * (waits > 6).mean() + 50) / 250)


def test_headway_services_are_judged_draw_by_draw(today):
    """Every 10 min at an unknown phase: the wait of each draw has a mean of about 5 min, and draws differ."""
    city, before = today
    after = judge(city, by_headway(10), TRIPS, options=OPTIONS, draws=3)
    assert after.minutes.shape == (3, 3, 3)
    assert np.all(np.abs(after.minutes[:, 0, 2] - 10.5) <= 1.0)
    often = judge(city, by_headway(4), TRIPS, options=OPTIONS, draws=3)
    compared = compare(before, often, TRIPS)
    assert compared.gain > 2.0
    assert compared.gain_low <= compared.gain <= compared.gain_high
    assert compared.faster[0] == pytest.approx(0.8)
    assert compared.slower == (0.0, 0.0)
    assert compared.clear.tolist() == [1, 0, 1]


def test_a_network_against_itself_changes_nothing(today):
    _, verdict = today
    compared = compare(verdict, verdict, TRIPS)
    assert (compared.gain, compared.faster, compared.slower) == (0.0, (0.0, 0.0), (0.0, 0.0))
    assert not compared.clear.any()


MINUTES = arrays(np.float32, (2, 3, 3), elements=st.floats(0, 120, width=32))


@given(MINUTES, MINUTES)
def test_what_one_gains_the_other_way_round_is_lost(a, b):
    there, back = compare(made(a), made(b), TRIPS), compare(made(b), made(a), TRIPS)
    assert there.gain == pytest.approx(-back.gain, abs=1e-9)
    assert (there.gain_low, there.gain_high) == pytest.approx((-back.gain_high, -back.gain_low), abs=1e-9)
    assert there.faster == back.slower
    assert there.clear.tolist() == (-back.clear).tolist()
    assert all(f + s <= 1 + 1e-12 for f, s in zip(there.faster, there.slower, strict=True))
    assert there.faster[0] >= there.faster[1] and BOUNDS[0] < BOUNDS[1]


def test_a_zone_whose_sign_depends_on_the_demand_is_not_clear():
    """Trips of zone 0 to 1 lose 4 min, to 2 gain 4; which counts more is the demand's guess."""
    before, after = np.full((1, 3, 3), 20.0), np.full((1, 3, 3), 20.0)
    after[0, 0, 1], after[0, 0, 2] = 24.0, 16.0
    od = np.array([[0, 10, 30], [0, 0, 0], [0, 0, 0]], float)
    assert compare(made(before), made(after), od).clear.tolist() == [1, -1, 1]
    other = np.array([[0, 30, 10], [0, 0, 0], [0, 0, 0]], float)
    ranged = compare(made(before), made(after), od, [other])
    assert ranged.clear.tolist() == [0, -1, 1]
    assert (ranged.gain, ranged.gain_low, ranged.gain_high) == pytest.approx((2.0, -2.0, 2.0))


def test_areas_by_hand():
    """Zones 0 and 1 are west, 2 is east; trips from and to a zone count half each."""
    before, after = np.full((1, 3, 3), 20.0), np.full((1, 3, 3), 20.0)
    after[0, 0, 1] = 26.0
    od = np.array([[0, 10, 30], [0, 0, 0], [0, 0, 0]], float)
    compared = compare(made(before), made(after), od)
    rows = area_table(["west", "west", "east"], made(before), made(after), compared, od).to_dicts()
    assert [r["area"] for r in rows] == ["west", "east"]
    west, east = rows
    assert (west["trips_day"], east["trips_day"]) == (25.0, 15.0)
    # zone 0: 40 trips at (10 x 26 + 30 x 20) / 40 = 21.5; zone 1: 10 at 26
    assert west["after_minutes"] == pytest.approx((40 * 21.5 + 10 * 26) / 50)
    assert west["change_percent"] == pytest.approx(100 * (22.4 / 20 - 1))
    assert west["lose_share"] == 1.0
    assert (east["change_minutes"], east["lose_share"], east["gain_share"]) == (0.0, 0.0, 0.0)


def test_bad_input(today):
    city, _ = today
    with pytest.raises(InputError, match="shape"):
        judge(city, feed(), np.ones((2, 2)), options=OPTIONS)
    with pytest.raises(InputError, match="at least one draw"):
        judge(city, feed(), TRIPS, options=OPTIONS, draws=0)
    assert at_day_of(replace(OPTIONS, day=None), feed()).day is not None
    assert at_day_of(OPTIONS, feed()) is OPTIONS
