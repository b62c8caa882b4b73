"""Trip ends by purpose and group, and periods of the day."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.demand.periods import read_periods, split_periods
from shaar.engine.demand.trip_rates import (
    GROUPS,
    PURPOSES,
    person_groups,
    purpose_ends,
    purposes_of,
    trip_rates,
    zone_columns,
)
from shaar.engine.errors import InputError

COLUMNS = ("population", "jobs", "schools", "clinics", "shops", "parks")


@st.composite
def zones(draw):
    n = draw(st.integers(1, 6))
    table = {c: draw(hnp.arrays(np.float64, n, elements=st.floats(0, 1e4))) for c in COLUMNS}
    for column in table.values():
        column[0] += 1.0
    return table


@pytest.mark.parametrize("table", ["trip_rates.csv", "mode_choice.csv", "periods.csv"])
def test_shipped_tables_say_where_every_value_comes_from(table):
    p = load_parameters(table)
    for name in p:
        row = p.row(name)
        assert row.low <= row.value <= row.high
        assert row.unit
        assert len(row.source) > 10


@given(zones())
@settings(max_examples=60, deadline=None)
def test_groups_sum_to_the_population_and_trip_ends_balance(table):
    groups = person_groups(table)
    assert tuple(groups) == GROUPS
    np.testing.assert_allclose(sum(groups.values()), table["population"], rtol=1e-12)
    ends = purpose_ends(table, groups)
    assert tuple(ends) == PURPOSES
    p = trip_rates()
    for purpose, e in ends.items():
        np.testing.assert_allclose(e.attractions.sum(), e.productions.sum(), rtol=1e-12)
        for g, row in zip(e.groups, e.by_group):
            np.testing.assert_allclose(row, p[f"rate_{purpose}_{g}"] * groups[g])


def test_by_hand():
    """100 residents: 30 children, 8 seniors, 62 adults of whom 24.8 have a car; 41.1 journeys to 300 and 100 jobs."""
    table = {c: np.array([100.0, 0.0]) for c in COLUMNS} | {"jobs": np.array([300.0, 100.0])}
    ends = purpose_ends(table)["work"]
    np.testing.assert_allclose(ends.by_group[:, 0], [0, 0.75 * 24.8, 0.65 * 37.2, 0.06 * 8])
    np.testing.assert_allclose(ends.attractions, ends.productions.sum() * np.array([0.75, 0.25]))


def test_known_figures_of_a_zone_come_before_shares():
    table = {
        "population": np.array([100.0, 100.0]),
        "children": np.array([40.0, np.nan]),
        "seniors": np.array([10.0, 20.0]),
        "car_adults": np.array([50.0, np.nan]),
    }
    g = person_groups(table, {"share_child": 0.2, "share_car": 0.5})
    np.testing.assert_allclose(g["child"], [40, 20])
    np.testing.assert_allclose(g["adult_car"], [50, 30])
    np.testing.assert_allclose(g["adult_no_car"], [0, 30])
    with pytest.raises(InputError, match=r"line 2.*more than all"):
        person_groups({"population": np.array([10.0]), "children": np.array([9.0]), "seniors": np.array([2.0])})
    with pytest.raises(InputError, match="more adults have a car"):
        person_groups({"population": np.array([10.0]), "car_adults": np.array([9.0])})


def test_a_city_adds_its_own_purpose_and_replaces_rates(tmp_path):
    rows = [
        "name,value,low,high,unit,badge,source",
        "share_child,0,0,0,x,assumed,ours",
        "share_senior,0,0,0,x,assumed,ours",
    ]
    rows += ["share_car,0.5,0.5,0.5,x,assumed,ours", "weight_prayer_parks,1,1,1,x,assumed,ours"]
    rows += [f"rate_prayer_{g},0.1,0.1,0.1,x,measured,survey" for g in GROUPS]
    file = tmp_path / "rates.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    p = load_parameters(file)
    assert purposes_of(p) == ("prayer",)
    ends = purpose_ends({"population": np.array([10.0, 0]), "parks": np.array([0, 2.0])}, parameters=p)
    np.testing.assert_allclose(ends["prayer"].attractions, [0, 1.0])
    doubled = purpose_ends({c: np.ones(1) for c in COLUMNS}, parameters={"rate_work_adult_car": 1.5})
    once = purpose_ends({c: np.ones(1) for c in COLUMNS})
    np.testing.assert_allclose(doubled["work"].by_group[1], 2 * once["work"].by_group[1])


def test_the_zones_of_the_example_city_make_journeys_of_the_usual_number():
    """Astana: two and a half to four journeys a person and day over all modes, out and back (3.1 in Germany, 2017)."""
    table = zone_columns(read(example_city_path()).zones)
    ends = purpose_ends(table)
    journeys = 2 * sum(float(e.productions.sum()) for e in ends.values()) / table["population"].sum()
    assert 2.5 < journeys < 4.0
    assert ends["work"].attractions.argmax() == table["jobs"].argmax()


def test_columns_of_a_zone_table_keep_what_is_not_known():
    frame = pl.DataFrame({"population": [10, None], "jobs": [1.0, 2.0], "children": [3, None], "name": ["a", "b"]})
    table = zone_columns(frame)
    assert set(table) == {"population", "jobs", "children"}
    np.testing.assert_array_equal(table["population"], [10, 0])
    np.testing.assert_array_equal(table["children"], [3, np.nan])


def test_impossible_zones_are_refused():
    table = {c: np.ones(2) for c in COLUMNS}
    with pytest.raises(InputError, match=r"zones, line 3, field jobs"):
        purpose_ends(table | {"jobs": np.array([1.0, -1.0])})
    with pytest.raises(InputError, match="no zone has jobs, so journeys for work have nowhere to go"):
        purpose_ends(table | {"jobs": np.zeros(2)})
    with pytest.raises(InputError, match="field population: the column is missing"):
        person_groups({})
    with pytest.raises(InputError, match="rate_work_student"):
        purpose_ends(table, {"student": np.ones(2)})


@given(hnp.arrays(np.float64, (3, 3), elements=st.floats(0, 1e4)), st.sampled_from(PURPOSES))
@settings(max_examples=40, deadline=None)
def test_periods_hold_every_journey_out_and_back_once(outward, purpose):
    periods = read_periods()
    parts = split_periods(outward, purpose, periods)
    assert tuple(parts) == ("am_peak", "midday", "pm_peak", "evening")
    assert periods.hours.sum() == 24
    day = sum(parts.values())
    np.testing.assert_allclose(day, outward + outward.T, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(day, day.T, rtol=1e-12, atol=1e-9)


def test_the_morning_goes_to_work_and_the_evening_comes_home():
    periods = read_periods({"out_work_am_peak": 0.9})
    parts = split_periods(np.array([[0.0, 100.0], [0.0, 0.0]]), "work", periods)
    assert parts["am_peak"][0, 1] > 10 * parts["am_peak"][1, 0]
    assert parts["pm_peak"][1, 0] > 5 * parts["pm_peak"][0, 1]
    np.testing.assert_allclose(parts["am_peak"][0, 1], 100 * 0.9 / (0.9 + 0.17 + 0.05 + 0.06))
    one_way = split_periods(np.eye(2), "work", periods, homeward=0.0)
    np.testing.assert_allclose(sum(one_way.values()), np.eye(2))


def test_periods_refuse_what_cannot_be():
    with pytest.raises(InputError, match="no such purpose"):
        split_periods(np.eye(2), "war", read_periods())
    with pytest.raises(InputError, match="out_work_am_peak"):
        read_periods({"out_work_am_peak": -0.1})
    with pytest.raises(InputError, match="sum to zero"):
        read_periods({f"back_visits_{n}": 0.0 for n in ("am_peak", "midday", "pm_peak", "evening")})
