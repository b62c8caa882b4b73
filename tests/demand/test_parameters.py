"""Parameter tables: shipped ones are complete, ranges hold, values can be replaced and drawn."""

from __future__ import annotations

import numpy as np
import pytest

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.demand.trip_ends import trip_ends
from shaar.engine.errors import InputError


@pytest.mark.parametrize("table", ["demand.csv", "climate.csv"])
def test_shipped_tables_say_where_every_value_comes_from(table):
    p = load_parameters(table)
    assert len(p) > 5
    for name in p:
        row = p.row(name)
        assert row.low <= row.value <= row.high
        assert row.unit
        assert len(row.source) > 10


def test_a_value_can_be_replaced_and_an_unknown_name_is_refused():
    p = load_parameters("demand.csv")
    q = p.with_values({"trips_per_resident": 0.3})
    assert q["trips_per_resident"] == 0.3
    assert q.row("trips_per_resident").badge == "reported"
    assert p["trips_per_resident"] != 0.3
    with pytest.raises(InputError, match="trips_per_residnt"):
        p.with_values({"trips_per_residnt": 0.3})
    with pytest.raises(InputError, match="finite"):
        p.with_values({"trips_per_resident": float("nan")})


def test_draws_are_reproducible_within_range_and_have_the_triangular_mean():
    p = load_parameters("demand.csv")
    assert dict(p.draw(3)) == dict(p.draw(3))
    assert dict(p.draw(3)) != dict(p.draw(4))
    values = np.array([p.draw(s)["trips_per_resident"] for s in range(2000)])
    row = p.row("trips_per_resident")
    assert row.low <= values.min() and values.max() <= row.high
    mean = (row.low + row.value + row.high) / 3
    assert values.mean() == pytest.approx(mean, abs=4 * values.std() / np.sqrt(2000))


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("a,x,0,1,u,assumed,s", "value"),
        ("a,2,0,1,u,assumed,s", "value"),
        ("a,0.5,0,1,u,guessed,s", "badge"),
        ("a,0.5,0,inf,u,assumed,s", "high"),
    ],
)
def test_a_bad_table_is_refused_with_line_and_field(tmp_path, line, field):
    file = tmp_path / "p.csv"
    file.write_text("name,value,low,high,unit,badge,source\n" + line + "\n", encoding="utf-8")
    with pytest.raises(InputError) as e:
        load_parameters(file)
    assert (e.value.row, e.value.field) == (2, field)


def test_a_missing_table_or_column_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such"):
        load_parameters("nothing.csv")
    file = tmp_path / "p.csv"
    file.write_text("name,value\n", encoding="utf-8")
    with pytest.raises(InputError, match="low"):
        load_parameters(file)


def test_trip_ends_by_hand():
    """1,000 residents at 0.5 trips; jobs 1 each, schools 100 each: 300 + 200 shared as 3:2 of 500 trips."""
    ends = trip_ends(
        np.array([1000.0, 0.0]),
        0.5,
        {"jobs": np.array([300.0, 0.0]), "schools": np.array([0.0, 2.0])},
        {"jobs": 1, "schools": 100},
    )
    np.testing.assert_allclose(ends.productions, [500, 0])
    np.testing.assert_allclose(ends.attractions, [300, 200])


def test_trip_ends_refuse_a_city_that_draws_nobody_and_negative_people():
    with pytest.raises(InputError, match="nowhere"):
        trip_ends(np.array([10.0]), 0.5, {"jobs": np.zeros(1)}, {"jobs": 1})
    with pytest.raises(InputError, match="population"):
        trip_ends(np.array([-1.0]), 0.5, {"jobs": np.ones(1)}, {"jobs": 1})
