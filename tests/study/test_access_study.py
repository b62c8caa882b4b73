"""`shaar access` on the town of the baseline tests: figures by hand, who gains by a line, the command's output."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from click.testing import CliRunner
from tests.study.test_baseline import AT, OPTIONS, feed, square, town

from shaar.engine.access.facilities import read_facilities
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError
from shaar.engine.study.access import access
from shaar.engine.study.access_measures import compare

PLACES = pl.DataFrame(
    {"place_id": ["d1", "s1", "school-1", "clinic-1", "clinic-2"],
     "kind": ["district", "settlement", "school", "clinic", "hospital"],
     "name": ["West", "Far", "School 1", None, "Hospital"],
     "geometry": [square(15.0)] * 2 + [shapely.to_wkb(shapely.Point(AT[k], 0.0)) for k in "BAC"]}
)  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"), places=PLACES)


@pytest.fixture(scope="module")
def on_foot(city):
    return access(city, None, options=OPTIONS)


@pytest.fixture(scope="module")
def by_bus(city):
    return access(city, feed(), options=OPTIONS)


def row(r, place: str, group: str) -> dict:
    return r.places.filter((pl.col("place_id") == place) & (pl.col("group") == group)).row(0, named=True)


def test_on_foot_by_hand(on_foot) -> None:
    # the street is 3 km; at 3.6 km/h a kilometre takes 1000 s = 16.67 min; A 10 jobs, B 20, C 40
    z = on_foot.zones
    assert z["schools_minutes"].to_list() == pytest.approx([1000 / 60, 0.0, 2000 / 60 if 2000 / 60 <= 120 else None])
    assert z["clinics_minutes"].to_list() == pytest.approx([0.0, 1000 / 60, 0.0])
    assert z["jobs_20"].to_list() == [30.0, 30.0, 40.0]
    # a tenth of 70 jobs is within one's own zone everywhere: the mean walk within it
    assert z["jobs_minutes"].max() < 5
    assert on_foot.places["group"].unique().sort().to_list() == sorted(
        ["everyone", "carless", "elderly", "wheelchair", "children", "settlement"]
    )
    everyone = row(on_foot, "city", "everyone")
    assert everyone["people"] == 1000.0
    assert everyone["jobs_20"] == pytest.approx((100 * 30 + 300 * 30 + 600 * 40) / 1000)
    assert everyone["schools_share"] == pytest.approx(0.3)  # B alone within 15 minutes
    assert everyone["schools_minutes"] == pytest.approx((100 * 1000 + 600 * 2000) / 60 / 1000)
    assert row(on_foot, "s1", "everyone")["people"] == 600.0


def test_capacity_against_people_by_hand(on_foot) -> None:
    # clinics within 30 minutes on foot: A and B reach the first (400 people), C alone the second (600)
    assert on_foot.zones["clinics_2sfca"].to_list() == pytest.approx([10_000 / 400, 10_000 / 400, 10_000 / 600])
    s = on_foot.services.filter(pl.col("purpose") == "clinics")
    assert s.select("id", "people").rows() == [("clinic-1", 400.0), ("clinic-2", 600.0)]
    shared = (on_foot.zones["clinics_2sfca"] * on_foot.zones["population"]).sum() / 10_000
    assert shared == pytest.approx(2.0)  # both clinics are handed out, no more


def test_slow_groups_reach_less(on_foot) -> None:
    z = on_foot.zones
    assert (z["jobs_20_elderly"] <= z["jobs_20"]).all()
    assert z["schools_minutes_elderly"][0] > z["schools_minutes"][0]
    assert z["people_elderly"].sum() == pytest.approx(1000 * load_parameters("access.csv")["share_elderly"])
    assert row(on_foot, "city", "elderly")["jobs_20"] <= row(on_foot, "city", "everyone")["jobs_20"]


def test_equity_and_worst(on_foot) -> None:
    e = {r["measure"]: r for r in on_foot.equity.iter_rows(named=True)}
    assert e["jobs_20"]["gini"] == pytest.approx(1 - (0.4 * (0 + 12 / 36) + 0.6 * (12 / 36 + 1)))
    assert e["jobs_20"]["theil_between"] == pytest.approx(1.0)  # A and B are one district, C a settlement
    assert e["jobs_20"]["concentration"] is None
    assert "access.no_rank" in {f.code for f in on_foot.findings}
    assert on_foot.worst["zone_id"][0] == "C"


def test_a_line_has_winners_and_no_losers(city, on_foot, by_bus) -> None:
    table = compare(city, on_foot.groups, on_foot.zones, by_bus.zones, OPTIONS)
    jobs = table.filter((pl.col("measure") == "jobs_30") & (pl.col("group") == "everyone"))
    whole = jobs.filter(pl.col("kind") == "city").row(0, named=True)
    assert whole["gain"] + whole["lose"] + whole["same"] == pytest.approx(1000.0)
    assert whole["gain"] >= 700.0  # A and C, who have a stop, reach each other now
    assert table["lose"].sum() == 0.0
    settlement = jobs.filter(pl.col("kind") == "settlement").row(0, named=True)
    assert (settlement["name"], settlement["gain"]) == ("Far", 600.0)


def test_what_the_timetable_does_not_say_is_told(by_bus) -> None:
    (f,) = (f for f in by_bus.findings if f.code == "access.wheelchair_unknown")
    assert "24 of 24 trips" in f.message
    z = by_bus.zones  # so they go on their own wheels only
    assert z["jobs_30_wheelchair"][0] <= z["jobs_30"][0]


def test_a_ranking_column_gives_the_concentration_index(city) -> None:
    rich = replace(city, zones=city.zones.with_columns(income=pl.Series([3.0, 2.0, 1.0])))
    e = access(rich, None, options=OPTIONS, rank_by="income").equity
    jobs = e.filter(pl.col("measure") == "jobs_20").row(0, named=True)
    assert jobs["concentration"] == pytest.approx(-jobs["gini"])  # the poor end of the street has the jobs
    with pytest.raises(InputError, match="no such column of numbers"):
        access(city, None, options=OPTIONS, rank_by="income")


def test_places_of_a_file_take_the_place_of_the_citys(city, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text(f"kind,lon,lat,name,capacity\none_stop,{AT['C']},0,Centre,4\nclinics,{AT['C']},0,Only,2\n")
    r = access(city, None, options=OPTIONS, facilities=read_facilities(file))
    assert np.allclose(r.zones["one_stop_minutes"].to_numpy(), [50.0, 2000 / 60, 0.0])
    assert r.zones["clinics_minutes"].to_list() == pytest.approx([50.0, 2000 / 60, 0.0])
    assert r.zones["schools_minutes"][1] == 0.0
    assert r.zones["clinics_2sfca"].to_list() == pytest.approx([0.0, 0.0, 10_000 * 2 / 600])


def test_poor_data_is_told(city, on_foot) -> None:
    assert "access.few_places" not in {f.code for f in on_foot.findings}
    crowded = city.zones.with_columns(population=pl.col("population") * 1000)
    found = {
        f.code: f
        for f in access(replace(city, zones=crowded, places=city.places.head(2)), None, options=OPTIONS).findings
    }
    assert "only 1 of kind school" in found["access.few_places"].message
    assert found["access.by_zone"].message.endswith(": school.")


def test_a_city_without_people_or_streets_is_refused(city) -> None:
    with pytest.raises(InputError, match="nobody to ask"):
        access(replace(city, zones=city.zones.head(0)), None, options=OPTIONS)
    with pytest.raises(InputError, match="no street to walk on"):
        access(replace(city, links=city.links.with_columns(walk=pl.lit(False))), None, options=OPTIONS)


def run(monkeypatch, city, feed_of, *arguments: str):
    from shaar.cli import access as command

    monkeypatch.setattr(command, "open_city", lambda name: (city, feed_of))
    return CliRunner().invoke(command.access, ["town", *arguments], catch_exceptions=False)


def test_the_command_prints_and_writes(city, tmp_path: Path, monkeypatch) -> None:
    out = run(monkeypatch, city, None, "--csv", str(tmp_path / "t"), "--geojson", str(tmp_path / "z.geojson")).output
    for words in ("on foot only", "What each group reaches", "in a wheelchair", "West (district)", "Far (settlement)",
                  "How unequal it is among residents", "The ten zones farthest", "no one-stop centre"):  # fmt: skip
        assert words in out
    zones = pl.read_csv(tmp_path / "t" / "zones.csv")
    assert zones["jobs_30"].to_list()[0] > 0
    assert {p.name for p in (tmp_path / "t").iterdir()} == {
        "zones.csv", "places.csv", "equity.csv", "services.csv", "worst.csv",
    }  # fmt: skip
    shapes = json.loads((tmp_path / "z.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["zone_id"] for f in shapes["features"]] == ["A", "B", "C"]
    assert shapes["features"][0]["geometry"]["type"] == "Polygon"


def test_the_command_compares(city, tmp_path: Path, monkeypatch) -> None:
    from shaar.engine.timetable.write import write_gtfs

    write_gtfs(feed(), tmp_path / "line.zip")
    out = run(monkeypatch, city, None, "--day", "2026-09-02", "--against", str(tmp_path / "line.zip"),
              "--csv", str(tmp_path / "t")).output  # fmt: skip
    assert "/line.zip: jobs within 30 min, who gains and who loses" in " ".join(out.split())
    change = pl.read_csv(tmp_path / "t" / "change.csv")
    assert change["lose"].sum() == 0
    assert change["gain"].sum() > 0


def test_bad_words_end_in_one_sentence(city, monkeypatch, tmp_path: Path) -> None:
    for arguments, words in [
        (("--set", "share_of_aliens=0.1"), "there is no parameter of this name"),
        (("--places", str(tmp_path / "no.csv")), "there is no such file"),
        (("--against", "tomorrow"), "there is no such scenario file"),
    ]:
        with pytest.raises(InputError, match=words):
            run(monkeypatch, city, None, *arguments)
