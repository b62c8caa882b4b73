"""Cycling, walking and parking of a small city from its tables to rows and maps."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from tests.design.grid_city import grid_city

from shaar.cli import group
from shaar.engine.assignment.parking import change
from shaar.engine.city import folder
from shaar.engine.errors import InputError
from shaar.engine.study import parking as park_study
from shaar.engine.study.cycling import cycling, figures
from shaar.engine.study.cycling_output import geojson, missing_rows, plan_rows
from shaar.engine.study.walking import walking_gaps


@pytest.fixture(scope="module")
def city():
    """The grid with calm streets north and south and stressful avenues east and west; stops at junctions."""
    plain = grid_city(settlement=False)
    avenue = pl.col("to_node") - pl.col("from_node") == 1
    nodes = plain.nodes.head(plain.stops.height)
    links = plain.links.with_columns(
        cycle_stress=pl.when(avenue).then(4).otherwise(1).cast(pl.Int8), name=pl.when(avenue).then(pl.lit("Avenue"))
    )
    stops = plain.stops.head(nodes.height).with_columns(lon=nodes["lon"], lat=nodes["lat"])
    return replace(plain, links=links, stops=stops)


@pytest.fixture(scope="module")
def study(city):
    return cycling(city, budget_km=3.0)


def test_a_proposal_keeps_to_its_budget_and_serves_more(study, city):
    rows = plan_rows(study, city)
    assert rows
    assert sum(r["budget_metres"] for r in rows) <= 3000
    assert rows[-1]["km_so_far"] == pytest.approx(sum(r["budget_metres"] for r in rows) / 1000)
    found = figures(study)
    assert found["with the proposal, %"] >= found["of these with a calm way today, %"]
    assert found["cost, low end"] < found["cost, million EUR"] < found["cost, high end"]
    assert {r["place"] for r in rows if r["kind"] == "track"} <= {"Avenue"}
    gains = np.diff(study.plan.curve_gain)
    assert (gains > 0).all()


def test_maps_hold_a_shape_and_a_reason_for_every_row(study, city):
    for rows in (plan_rows(study, city), missing_rows(study, city)):
        features = json.loads(geojson(study, city, rows))["features"]
        assert len(features) == len(rows)
        for f, r in zip(features, rows):
            assert f["properties"]["reason"] == r["reason"] != ""
            assert f["geometry"]["coordinates"]


def test_the_same_question_gets_the_same_answer(study, city):
    assert cycling(city, budget_km=3.0).plan.steps == study.plan.steps


def test_given_trips_are_used_and_must_fit(city):
    z = city.zones.height
    trips = np.zeros((z, z))
    trips[0, z - 1] = 100.0
    assert cycling(city, budget_km=1.0, trips=trips).plan.trips == pytest.approx(100.0)
    with pytest.raises(InputError, match="zones"):
        cycling(city, trips=np.zeros((2, 2)))
    with pytest.raises(InputError, match="budget"):
        cycling(city, budget_km=-1)


def test_nothing_is_built_without_a_budget(city):
    plan = cycling(city, budget_km=0.0).plan
    assert plan.steps == ()
    assert plan.curve_metres.tolist() == [0.0]


def test_walking_rows_name_their_stop(city):
    crossings, _ = walking_gaps(city)
    assert crossings
    assert {r["kind"] for r in crossings} <= {"stop", "school"}
    assert all(r["wait_s"] > 0 for r in crossings)


def test_parking_of_a_city_before_and_after_a_price(city):
    today = park_study.parking(city)
    period = park_study.period_arrays(today, (8, 18))
    assert all(a.shape == (city.zones.height,) for a in period)
    assert np.nanmax(period[0]) == 0.0
    dear = change(today.day.lots, kind="street", price=500.0, paid=(8, 20))
    after = park_study.parking(city, lots_=dear)
    assert after.day.revenue.sum() > 0
    street = today.day.lots.kind == 0
    assert after.day.parked[street, 12].sum() < today.day.parked[street, 12].sum()
    assert np.nanmax(park_study.period_arrays(after, (8, 18))[0]) > 0
    table = park_study.zone_table(after, (8, 18))
    assert table["revenue"].sum() == pytest.approx(after.day.revenue.sum())
    assert (table["busiest_occupancy"].drop_nans() <= 1 + 1e-9).all()
    cars = city.zones["population"].sum() * today.parameters["cars_per_resident"]
    assert today.day.parked.sum(axis=0)[0] + today.day.unplaced[:, :, 0].sum() == pytest.approx(
        today.day.stays.arrivals[:, :, 0].sum()
    )
    assert today.day.stays.arrivals[:, 0].sum() == pytest.approx(cars)


def test_a_currency_without_value_of_time_is_asked_for(city):
    with pytest.raises(InputError, match="value of time"):
        park_study.parking(replace(city, meta=replace(city.meta, currency="XXX")))


def test_commands_print_tables_and_write_files(city, tmp_path):
    tables = {n: getattr(city, n) for n in ("zones", "places", "nodes", "links", "turns", "stops", "base")}
    folder.write(tmp_path / "town", city.meta, tables)
    out = tmp_path / "out"
    run = CliRunner().invoke(
        group, ["cycling", str(tmp_path / "town"), "--budget-km", "2", "--walking", "--out", str(out)]
    )
    assert run.exit_code == 0, run.output
    assert "Benefit by kilometre" in run.output
    assert {p.name for p in out.iterdir()} >= {"network.geojson", "network.csv", "missing_links.csv", "curve.csv"}
    csv = tmp_path / "zones.csv"
    run = CliRunner().invoke(group, ["parking", str(tmp_path / "town"), "--price", "100", "--csv", str(csv)])
    assert run.exit_code == 0, run.output
    assert "revenue a day, KZT" in run.output
    assert pl.read_csv(csv).height == city.zones.height
