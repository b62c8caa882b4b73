"""The model of a made town: its loop closes, its parts fit each other, and its files are whole."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from model_town import buses, town

from shaar.engine.city import folder, schema
from shaar.engine.city.geoparquet import read as read_parquet
from shaar.engine.demand.four_step import demand_at
from shaar.engine.errors import InputError
from shaar.engine.study.model import model_city
from shaar.engine.study.model_counts import counted_boardings, counted_links
from shaar.engine.study.model_estimate import to_counts
from shaar.engine.study.model_output import line_table, write_model
from shaar.engine.study.model_results import CityModel, ModelOptions
from shaar.engine.study.model_sheet import calibration_sheet, fuel_elasticity, trust
from shaar.engine.timetable.write import write_gtfs
from shaar.report.model_sheet import write_sheet

#: Of a town where only the middle third of each side has a bus.
SHARES = {"car": 0.40, "bus": 0.12, "walk": 0.33, "cycle": 0.05, "taxi": 0.10}


@pytest.fixture(scope="module")
def made() -> CityModel:
    return model_city(town(), buses(), options=ModelOptions(shares=SHARES))


def test_the_loop_closes_and_the_shares_are_those_asked_for(made: CityModel) -> None:
    assert made.converged and made.rounds[-1].change < 1e-3 and made.rounds[-1].gap < 1e-3
    assert sum(made.shares.values()) == pytest.approx(1.0, abs=1e-9)
    for mode, share in made.target.items():
        assert made.shares[mode] == pytest.approx(share, abs=1e-5)


def test_roads_and_lines_carry_exactly_who_chose_them(made: CityModel) -> None:
    p = made.tables["mode_choice"]
    cars = made.peak["car"] / p["car_occupancy"] + made.peak["taxi"] / p["taxi_occupancy"]
    # The last round's demand and the demand on the roads differ by less than the loop's aim.
    np.fill_diagonal(cars, 0.0)  # who drives within a zone is on none of its streets
    assert np.abs(cars - made.vehicles).sum() <= 2e-3 * cars.sum()
    assert made.flows.gap <= 1e-6
    assert made.transit is not None
    loads, lines = made.transit.loads, made.transit.lines
    riding = made.peak["bus"].sum()
    assert made.transit.boardings >= riding * (1 - 1e-9)  # everybody in a bus gets on at least once
    assert sum(r["boardings_per_hour"] for r in line_table(made).iter_rows(named=True)) == pytest.approx(
        made.transit.boardings
    )
    assert loads.gap <= 1e-3 and set(lines.hourly) == {6.0}


def test_who_comes_home_goes_as_she_went_out(made: CityModel) -> None:
    assert sum(m.sum() for m in made.demand.matrices.values()) == pytest.approx(
        sum(p.journeys for p in made.purposes.values())
    )
    again = demand_at(made.demand, made.costs)
    total = sum(again.by_mode[m].sum() for m in made.shares)
    for mode, share in made.shares.items():
        assert again.by_mode[mode].sum() / total == pytest.approx(share, abs=1e-5)


def test_dearer_driving_moves_people_to_the_bus(made: CityModel) -> None:
    dearer = {**made.costs, "car": {**made.costs["car"], "running": 2 * np.asarray(made.costs["car"]["running"])}}
    before, after = demand_at(made.demand, made.costs).by_mode, demand_at(made.demand, dearer).by_mode
    assert after["car"].sum() < before["car"].sum()
    assert after["bus"].sum() > before["bus"].sum()


def test_the_sheet_judges_by_what_is_independent_only(made: CityModel) -> None:
    rows = calibration_sheet(made)
    by = {(r.code, r.name): r for r in rows}
    assert by["share", "bus"].verdict == "met" and by["road_gap", ""].verdict == "sound"
    assert by["counts", ""].verdict == "open" and np.isnan(by["counts", ""].value)
    assert by["elasticity", "fare"].value < 0
    # Half of the running cost is fuel, and dearer fuel shortens and moves journeys by car.
    free = replace(made, tables={**made.tables, "model": made.tables["model"].with_values({"fuel_share": 0.0})})
    assert by["elasticity", "fuel"].value == fuel_elasticity(made) < 0 == fuel_elasticity(free)
    assert sum(trust(rows).values()) == len(rows)
    assert abs(by["router", ""].value) < 10


def test_counts_in_the_folder_are_held_against_the_streets(tmp_path, made: CityModel) -> None:
    forward, _backward = made.roads.on_streets(made.flows.flow)
    link = int(np.nanargmax(forward))
    share = made.tables["model"]["peak_hour_share"]
    lines = ["station,link_id,stop_id,direction,period,vehicles,date,unit"]
    lines.append(f"A,{link},,forward,am_peak,{forward[link] / share:.6f},2026-05-14,vehicles")
    lines.append(f"B,{link},,forward,midday,1,2026-05-14,vehicles")  # another part of the day
    (tmp_path / "counts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    here = replace(made, city=replace(made.city, path=tmp_path))
    found = counted_links(here)
    assert found is not None and found.stations == ("A",)
    assert found.modelled[0] == pytest.approx(found.counted[0], rel=1e-6)
    row = next(r for r in calibration_sheet(here) if r.code == "counts")
    assert (row.value, row.verdict, row.badge) == (100.0, "good", "measured")


def test_boardings_in_the_folder_are_held_against_the_lines(tmp_path, made: CityModel) -> None:
    assert made.transit is not None and counted_boardings(made) is None
    by_route = {r["route_id"]: r["boardings_per_hour"] for r in line_table(made).iter_rows(named=True)}
    share = made.tables["model"]["peak_hour_share"]
    rows = ["station,link_id,stop_id,route_id,direction,period,vehicles,date,unit"]
    rows += [f"S{r},,,{r},both,am_peak,{n / share:.6f},2026-05-14,boardings" for r, n in by_route.items()]
    rows.append("no line,,,X9,both,am_peak,0,2026-05-14,boardings")
    (tmp_path / "counts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    here = replace(made, city=replace(made.city, path=tmp_path))
    found = counted_boardings(here)
    assert found is not None and len(found.stations) == len(by_route) + 1
    assert found.modelled == pytest.approx(found.counted, rel=1e-6)
    row = next(r for r in calibration_sheet(here) if r.code == "boarded")
    assert (row.value, row.verdict, row.badge) == (pytest.approx(0.0, abs=1e-4), "good", "measured")
    assert sum(by_route.values()) == pytest.approx(made.transit.boardings)


def test_enough_counts_pull_the_matrix_and_are_judged_where_it_did_not_look(tmp_path, made: CityModel) -> None:
    forward, backward = made.roads.on_streets(made.flows.flow)
    share = made.tables["model"]["peak_hour_share"]
    busiest = np.argsort(-np.nan_to_num(forward))[:12]
    head = "station,link_id,stop_id,direction,period,vehicles,date,unit"

    def here(times: float, links: np.ndarray) -> CityModel:
        rows = [
            f"S{k},{k},,{way},am_peak,{times * flow[k] / share:.6f},2026-05-14,vehicles"
            for k in links
            for way, flow in (("forward", forward), ("backward", backward))
            if flow[k] > 0
        ]
        (tmp_path / "counts.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        return replace(made, city=replace(made.city, path=tmp_path))

    same = to_counts(here(1.0, busiest))
    assert same is not None and same.found.estimate.change.moved < 1e-3  # the counts say what the model says
    model = here(1.2, busiest)
    more = to_counts(model)
    assert more is not None
    e = more.found.estimate
    assert e.matrix.sum() > 1.02 * made.vehicles.sum() and e.after.rmse < 0.5 * e.before.rmse
    assert e.held_before is not None and e.held_after is not None and e.held_after.rmse < e.held_before.rmse
    rows = {r.code: r for r in calibration_sheet(model, more)}
    assert rows["counts_held"].verdict == "good" and rows["counts_held"].badge == "measured"
    assert rows["counts"] == next(r for r in calibration_sheet(model) if r.code == "counts")  # judged as it was
    written = write_model(model, tuple(rows.values()), tmp_path / "out", more)
    table = pl.read_parquet(tmp_path / "out" / "vehicles.parquet")
    assert tmp_path / "out" / "vehicles.parquet" in written
    assert table["to_counts"].sum() == pytest.approx(e.matrix.sum(), rel=1e-3)
    assert to_counts(here(1.0, busiest[:1])) is None  # too few to say anything of a matrix


def test_a_town_without_a_timetable_says_what_stands_for_it() -> None:
    found = model_city(town(people=500.0), None, options=ModelOptions(shares=SHARES))
    assert found.converged and found.transit is None
    ride, car = (np.asarray(found.costs[m]["in_vehicle"]) for m in ("bus", "car"))
    off = ~np.eye(len(ride), dtype=bool)
    assert ride[off] == pytest.approx(1.7 * car[off])
    assert "model.no_timetable" in {f.code for f in found.findings}
    assert next(r for r in calibration_sheet(found) if r.code == "lines").verdict == "open"


def test_files_are_whole_and_say_what_made_them(tmp_path, made: CityModel) -> None:
    rows = calibration_sheet(made)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    written = {p.name for p in write_model(made, rows, tmp_path / "out")}
    assert written == {"lines.csv", "matrices.parquet", "model.json", "sheet.csv", "streets.parquet", "zones.csv"}
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    matrices = read_parquet(tmp_path / "out" / "matrices.parquet")
    assert float(matrices["bus"].sum()) == pytest.approx(float(made.peak["bus"].sum()), rel=1e-4)
    streets = read_parquet(tmp_path / "out" / "streets.parquet")
    km = (streets["cars_forward"].fill_null(0) + streets["cars_backward"].fill_null(0)) * streets["length"] / 1000
    net = made.roads.network
    on_streets = made.roads.highway != "connector"
    assert float(km.sum()) == pytest.approx(
        float((made.flows.vehicles.sum(axis=0) * net.length_km)[on_streets].sum()), rel=1e-4
    )
    told = json.loads((tmp_path / "out" / "model.json").read_text(encoding="utf-8"))
    assert told["parameters"]["roads"]["bpr_alpha"]["value"] == made.tables["roads"]["bpr_alpha"]
    assert len(pl.read_csv(tmp_path / "out" / "sheet.csv")) == len(rows)
    page = write_sheet(made, rows, tmp_path / "out" / "sheet.html").read_text(encoding="utf-8")
    for words in (
        "How far it can be trusted",
        "Насколько можно верить",
        "Канчалык ишенүүгө болот",
        "Қаншалықты сенуге",
    ):
        assert words in page
    assert "http" not in page.split("<body>")[1]


def test_impossible_wishes_are_one_sentence() -> None:
    with pytest.raises(InputError, match="there is no such table"):
        model_city(town(), None, options=ModelOptions(values={"weather": {"rain": 1.0}}))
    with pytest.raises(InputError, match="a share is needed for each"):
        model_city(town(), buses(), options=ModelOptions(shares={"car": 0.5, "bus": 0.5}))


def test_the_command_prints_a_sheet_and_writes_a_folder(tmp_path) -> None:
    from shaar.cli import group

    made_town = town(tmp_path / "town", people=500.0)
    folder.write(tmp_path / "town", made_town.meta, {name: getattr(made_town, name) for name in schema.TABLES})
    write_gtfs(buses(), tmp_path / "town" / "gtfs.zip")
    said = ",".join(f"{mode}={share}" for mode, share in SHARES.items())
    done = CliRunner().invoke(
        group,
        ["model", str(tmp_path / "town"), "--out", str(tmp_path / "m"), "--set", "model.bus_fare=80", "--shares", said],
    )
    assert done.exit_code == 0, done.output
    assert "How far it can be trusted" in done.output and "Share of journeys by bus" in done.output
    assert (tmp_path / "m" / "sheet.html").exists()
    told = json.loads((tmp_path / "m" / "model.json").read_text(encoding="utf-8"))
    assert told["parameters"]["model"]["bus_fare"] == {"value": 80.0, "badge": "reported"}
    bad = CliRunner().invoke(group, ["model", str(tmp_path / "town"), "--set", "bus_fare=80"])
    assert bad.exit_code and "named with its table" in str(bad.exception)
