"""Loads of a made town by its timetable: the tables agree with each other, and the command says what was found."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from model_town import buses, town

from shaar.cli.loads import loads as command
from shaar.engine.city import folder, schema
from shaar.engine.errors import InputError
from shaar.engine.study.demand import model_demand
from shaar.engine.study.timetable_load_tables import figures, tables
from shaar.engine.study.timetable_loads import CityLoads, LoadOptions, read_demand, timetable_loads, window_demand
from shaar.engine.timetable.write import write_gtfs


@pytest.fixture(scope="module")
def found() -> CityLoads:
    return timetable_loads(town(), buses(), options=LoadOptions(places=85.0))


def test_tables_add_up(found: CityLoads):
    made, f = tables(found), figures(found)
    assert set(made) == {"lines", "stops", "trips", "changes", "zones"}
    for name in ("lines", "stops", "trips"):
        assert made[name]["boardings"].sum() == pytest.approx(f["boardings"])
    stops, zones = made["stops"], made["zones"]
    assert stops["alightings"].sum() == pytest.approx(f["boardings"])
    assert stops["changes"].sum() == pytest.approx(f["changes"])
    assert made["changes"]["persons"].sum() == pytest.approx(f["changes"], abs=1.0)
    assert zones["persons"].sum() == pytest.approx(f["persons"])
    fate = zones["rode"] + zones["walked"] + zones["unserved"] + zones["abandoned"]
    np.testing.assert_allclose(fate, zones["persons"], atol=1e-6)
    assert f["rode"] > 0 and f["changes"] > 0


def test_persons_aboard_times_length_are_passenger_kilometres(found: CityLoads):
    lines = tables(found)["lines"]
    whole = float((found.loads.load * found.metres).sum()) / 1000.0
    assert lines["passenger_km"].sum() == pytest.approx(whole)
    # both lines are 12 blocks of 400 m, each run goes along one of them once
    per_run = np.bincount(found.loads.runs.run_of, found.metres)
    np.testing.assert_allclose(per_run, per_run[0])
    assert per_run[0] == pytest.approx(4800.0 * 1.3, rel=0.31)  # crow distance, times its factor at most
    assert (lines["load_factor"] <= 1.0 + 1e-6).all()
    assert lines["peak_load"].max() <= 85.0 * (1 + 1e-6)


def test_small_vehicles_leave_people_behind(found: CityLoads):
    tight = timetable_loads(town(), buses(), found.demand, options=LoadOptions(places=15.0))
    free = timetable_loads(town(), buses(), found.demand, options=LoadOptions(places=None))
    assert tight.loads.overload <= 1e-6
    assert figures(tight)["behind"] > 0
    assert figures(tight)["rode"] == pytest.approx(figures(free)["rode"])  # all get in later
    assert figures(tight)["mean_minutes"] > figures(free)["mean_minutes"]
    assert figures(free)["behind"] == 0
    assert "load_factor" not in tables(free)["lines"].columns


def test_a_window_gets_its_share_of_the_day():
    city = town()
    day = model_demand(city)
    hour = window_demand(city, (7 * 3600, 8 * 3600))
    np.testing.assert_allclose(hour, day.outward * 0.09)  # 27 % in the three hours of the morning peak
    home = window_demand(city, (16 * 3600, 20 * 3600))
    np.testing.assert_allclose(home, day.outward.T * 0.29)
    assert window_demand(city, (6 * 3600, 23 * 3600)).sum() == pytest.approx(day.daily.sum())


def test_the_command_prints_and_writes(tmp_path):
    path = tmp_path / "town"
    made = town(path)
    folder.write(path, made.meta, {name: getattr(made, name) for name in schema.TABLES})
    write_gtfs(buses(), path / "gtfs.zip")
    od = tmp_path / "od.csv"
    od.write_text("from,to,trips\nz01,z21,50\nz01,z12,20\nz00,z00,5\n")
    asked = [str(path), "--od", str(od), "--places", "20", "--csv", str(tmp_path / "out"), "--window", "7:00-8:00"]
    got = CliRunner().invoke(command, asked)
    assert got.exit_code == 0, got.output
    assert "20 places in each vehicle" in got.output and "persons of od.csv" in got.output
    zones = pl.read_csv(tmp_path / "out" / "zones.csv")
    assert zones["persons"].sum() == 75
    assert zones.filter(pl.col("zone_id") == "z00")["walked"][0] == 5
    free = CliRunner().invoke(command, [str(path), "--od", str(od), "--no-limit", "--choose"])
    assert free.exit_code == 0 and "no limit to places" in free.output and "left behind" not in free.output


def test_bad_input_is_told(tmp_path):
    city = town(tmp_path)
    with pytest.raises(InputError, match="no timetable"):
        timetable_loads(city, None)
    with pytest.raises(InputError, match="shape"):
        timetable_loads(city, buses(), np.zeros((2, 2)))
    with pytest.raises(InputError, match="nothing runs"):
        night = LoadOptions(window=(2 * 3600, 3 * 3600), max_minutes=60)
        timetable_loads(city, buses(), np.zeros((9, 9)), options=night)
    with pytest.raises(InputError, match="shaar model"):
        read_demand(tmp_path, city, (0, 3600))
