"""Proposed stops: where people are left out, on the right side, well apart, and marked as proposals."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from scipy.spatial.distance import pdist

from design.grid_city import grid_city
from shaar.engine.city import schema
from shaar.engine.design.candidates import StopRules, propose_stops, stop_xy
from shaar.engine.design.city_groups import stop_edges
from shaar.engine.design.city_people import people
from shaar.engine.design.city_streets import bus_streets


@pytest.fixture(scope="module")
def made():
    city = grid_city(stops=False)
    streets, crowd = bus_streets(city), people(city)
    return city, streets, crowd, propose_stops(streets, crowd, city.stops)


def test_people_are_spread_without_loss(made) -> None:
    city, _, crowd, _ = made
    assert crowd.population.sum() == pytest.approx(city.zones["population"].sum())
    assert crowd.jobs.sum() == pytest.approx(city.zones["jobs"].sum())
    assert np.bincount(crowd.zone, weights=crowd.share) == pytest.approx(np.ones(len(city.zones)))


def test_proposals_follow_the_schema_and_say_so(made) -> None:
    _, _, _, stops = made
    assert schema.conform("stops", stops).equals(stops)
    assert set(stops["source"]) == {"proposed"}
    assert stops["stop_id"].n_unique() == len(stops)


def test_proposals_reach_nearly_everybody(made) -> None:
    _, streets, crowd, stops = made
    near = crowd.within(stop_xy(stops, streets), 400.0)
    assert crowd.population[near].sum() >= 0.95 * crowd.population.sum()


def test_places_are_well_apart(made) -> None:
    _, streets, _, stops = made
    first = stops.filter(pl.col("stop_id").str.ends_with("a"))
    assert pdist(stop_xy(first, streets)).min() >= 0.75 * 400 - 2 * 12


def test_each_stop_stands_on_the_doors_side_of_its_edge(made) -> None:
    """Right of the direction of travel, 6 m from the middle; facing stops serve opposite edges."""
    _, streets, _, stops = made
    edge, at = stop_edges(stops, streets)
    xy = stop_xy(stops, streets)
    for k, e in enumerate(edge):
        line = streets.lines[e]
        on = shapely.get_coordinates(shapely.line_interpolate_point(line, at[k]))[0]
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, at[k] + 1))[0]
        along, out = ahead - on, xy[k] - on
        assert along[0] * out[1] - along[1] * out[0] < 0
        assert np.hypot(*(xy[k] - on)) == pytest.approx(6.0, abs=0.2)
    by_id = dict(zip(stops["stop_id"], edge))
    pairs = [(s, f"{s[:-1]}b") for s in by_id if s.endswith("a") and f"{s[:-1]}b" in by_id]
    assert pairs
    assert all(streets.opposite[by_id[a]] == by_id[b] for a, b in pairs)


def test_no_proposal_stands_near_an_existing_stop() -> None:
    city = grid_city()
    streets, crowd = bus_streets(city), people(city)
    stops = propose_stops(streets, crowd, city.stops)
    here, new = stop_xy(city.stops, streets), stop_xy(stops, streets)
    assert np.hypot(*(new[:, None] - here[None]).transpose(2, 0, 1)).min() >= 150 - 12


def test_nothing_is_proposed_where_nobody_is_left_out(made) -> None:
    _, streets, crowd, stops = made
    assert propose_stops(streets, crowd, stops, StopRules(reach=5000.0)).is_empty()


def test_motorways_get_no_stops() -> None:
    city = grid_city(stops=False)
    fast = city.links.with_columns(pl.lit("motorway").alias("highway"))
    from dataclasses import replace

    streets = bus_streets(replace(city, links=fast))
    assert propose_stops(streets, people(city), city.stops).is_empty()
