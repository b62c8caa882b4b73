"""Groups of people, places of services, and who gains or loses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from shaar.engine.access.change import moved, winners_and_losers
from shaar.engine.access.facilities import facilities_of, read_facilities
from shaar.engine.access.groups import group_people
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError

ZONES = pl.DataFrame(
    {"zone_id": ["a", "b", "c"], "population": [100.0, 200.0, None], "settlement": [None, "s1", "s2"],
     "lon": [1.0, 2, 3], "lat": [0.0, 0, 0], "schools": [1.0, 0, 2], "shops": [0.0, 3, 0]}
)  # fmt: skip
SHARES = load_parameters("access.csv")


def test_groups_are_assumed_shares_and_it_is_said() -> None:
    g = group_people(ZONES, SHARES.with_values({"share_elderly": 0.2}))
    assert g.persons["everyone"].tolist() == [100.0, 200.0, 0.0]
    assert g.persons["elderly"].tolist() == [20.0, 40.0, 0.0]
    assert g.persons["settlement"].tolist() == [0.0, 200.0, 0.0]
    assert g.assumed == {"carless", "elderly", "wheelchair", "children"}
    (f,) = g.findings
    assert f.severity == "assumed"
    assert "65 and over 20 %" in f.message
    assert group_people(ZONES, SHARES, outlying=frozenset({"s2"})).persons["settlement"].tolist() == [0.0, 0.0, 0.0]


def test_a_column_of_the_zones_goes_before_a_share() -> None:
    counted = ZONES.with_columns(elderly=pl.Series([30, 5, 0]), carless=pl.Series([1.0, 200.0, None]))
    g = group_people(counted, SHARES)
    assert g.persons["elderly"].tolist() == [30.0, 5.0, 0.0]
    assert g.persons["carless"].tolist() == [1.0, 200.0, 0.0]
    assert g.assumed == {"wheelchair", "children"}


@pytest.mark.parametrize(
    ("column", "words"),
    [([101.0, 0, 0], "101 persons do not fit into the 100 residents of zone a"), ([-1.0, 0, 0], "-1 persons"),
     (["x", "y", "z"], "must hold persons")],
)  # fmt: skip
def test_a_bad_group_column_is_one_sentence(column: list[object], words: str) -> None:
    with pytest.raises(InputError, match=words) as e:
        group_people(ZONES.with_columns(elderly=pl.Series(column)), SHARES, file="zones.parquet")
    assert e.value.field == "elderly"


def places(**more: list[object]) -> pl.DataFrame:
    points = shapely.to_wkb(shapely.points([1.0, 1.5, 2.0], [0.0, 0.0, 0.0]))
    return pl.DataFrame(
        {"place_id": ["h1", "k1", "k2"], "kind": ["hospital", "clinic", "mall"], "name": ["H", None, "M"],
         "geometry": list(points)} | more
    )  # fmt: skip


def test_facilities_come_from_places_else_from_zone_counts() -> None:
    clinics = facilities_of(places(), ZONES, "clinics")
    assert (clinics.ids, clinics.names, clinics.lon.tolist()) == (("h1", "k1"), ("H", ""), [1.0, 1.5])
    assert clinics.capacity.tolist() == [1.0, 1.0]
    assert not clinics.counted
    schools = facilities_of(places(), ZONES, "schools")
    assert (schools.ids, schools.capacity.tolist(), schools.from_zones) == (("a", "c"), [1.0, 2.0], True)
    assert facilities_of(places(), ZONES, "one_stop").n == 0
    known = facilities_of(places(capacity=[40, 10, None], wheelchair=[None, "no", None]), ZONES, "clinics")
    assert known.counted
    assert known.capacity.tolist() == [40.0, 10.0]
    assert known.accessible.tolist() == [True, False]


def test_a_file_of_places_is_read_and_refused(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("kind,lon,lat,name,capacity,wheelchair\none_stop,71.4,51.1,ЦОН 1,12,no\nschool,71.5,51.2,,,\n")
    found = read_facilities(file)
    assert found["one_stop"].names == ("ЦОН 1",)
    assert found["one_stop"].capacity.tolist() == [12.0]
    assert not found["one_stop"].accessible[0]
    assert not found["schools"].counted
    for text, words, row in [
        ("kind,lon\n", "the column is missing", None),
        ("kind,lon,lat\nbank,1,1\n", "kind is one of", 2),
        ("kind,lon,lat\nschool,east,1\n", "not a number", 2),
        ("kind,lon,lat\nschool,1,91\n", "outside -90 to 90", 2),
    ]:
        file.write_text(text)
        with pytest.raises(InputError, match=words) as e:
            read_facilities(file)
        assert e.value.row == row
    with pytest.raises(InputError, match="no such file"):
        read_facilities(tmp_path / "none.csv")


def test_gains_and_losses_by_hand() -> None:
    nan = float("nan")
    assert moved([10, 10, 10, nan, 10, nan], [8, 9.5, 12, 30, nan, nan], tolerance=1, high_is_bad=True).tolist() == [
        1, 0, -1, 1, -1, 0,
    ]  # fmt: skip
    assert moved([10, 10, 0], [20, 9, 0], tolerance=0.5).tolist() == [1, -1, 0]
    people = {"all": np.array([100.0, 50.0, 10.0]), "old": np.array([10.0, 0.0, 5.0])}
    inside = {"city": np.ones(3, bool), "west": np.array([True, False, True])}
    table = winners_and_losers([10, 10, nan], [5, 20, 7], people, inside, tolerance=1, high_is_bad=True)
    assert table.columns == ["place", "group", "people", "gain", "lose", "same", "before", "after"]
    assert table.rows() == [
        ("city", "all", 160.0, 110.0, 50.0, 0.0, 10.0, 10.0),
        ("city", "old", 15.0, 15.0, 0.0, 0.0, 10.0, 5.0),
        ("west", "all", 110.0, 110.0, 0.0, 0.0, 10.0, 5.0),
        ("west", "old", 15.0, 15.0, 0.0, 0.0, 10.0, 5.0),
    ]
    with pytest.raises(ValueError, match="same zones"):
        moved([1], [1, 2], tolerance=0)
