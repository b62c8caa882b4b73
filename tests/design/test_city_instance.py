"""The reduction of a city: groups, links between neighbours with real paths, demand kept, settlements covered."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from design.grid_city import gravity, grid_city
from shaar.engine.design.city_instance import city_instance
from shaar.engine.design.city_rules import CityRules
from shaar.engine.errors import InputError


@pytest.fixture(scope="module")
def made():
    city = grid_city()
    return city, city_instance(city, gravity(city))


def test_links_run_both_ways_and_join_everything(made) -> None:
    _, ci = made
    time = ci.instance.time
    assert (np.isfinite(time) == np.isfinite(time.T)).all()
    assert (time[np.isfinite(time)] > 0).all()
    assert np.isfinite(ci.shortest).all()
    assert not np.isfinite(np.diag(time)).any()


def test_paths_are_legal_and_meet_no_third_group(made) -> None:
    _, ci = made
    streets, groups = ci.streets, ci.groups
    for (a, b), path in ci.paths.items():
        assert path[0] in groups.edges_of(a)[0]
        assert path[-1] in groups.edges_of(b)[0]
        for e, f in pairwise(path):
            assert f in streets.succ[streets.ptr[e] : streets.ptr[e + 1]]
    clean = [
        all(groups.edge_owner[e] in (-1, a, b) for e in path[1:-1]) or (b, a) in ci.paths
        for (a, b), path in ci.paths.items()
    ]
    assert all(clean)


def test_demand_is_kept_but_for_trips_within_a_group_and_without_access(made) -> None:
    _, ci = made
    has = np.diff(ci.access_ptr) > 0
    reachable = ci.od[np.ix_(has, has)].sum()
    assert 0.9 * reachable <= ci.instance.demand.sum() <= reachable + 1e-6
    assert np.diag(ci.instance.demand).sum() == 0


def test_the_outlying_settlement_must_be_served(made) -> None:
    _, ci = made
    assert set(ci.settlements) == {"village"}
    g = ci.settlements["village"]
    assert ci.instance.must_cover[g]
    assert ci.instance.must_cover.sum() == 1
    assert ci.instance.terminal[g]


def test_fewer_groups_grow_wider(made) -> None:
    city, ci = made
    few = city_instance(city, gravity(city), CityRules(target_groups=12))
    assert few.instance.n <= 12
    assert few.groups.radius > ci.groups.radius


def test_a_settlement_without_streets_is_said(made) -> None:
    city, _ = made
    far = city.links.filter(pl.col("length") < 1000)
    cut = replace(
        city, links=far.with_row_index("k").with_columns(pl.col("k").cast(pl.Int32).alias("link_id")).drop("k")
    )
    ci = city_instance(replace(cut, stops=city.stops.clear(), turns=city.turns.clear()), gravity(city))
    codes = {f.code for f in ci.findings}
    assert "design.settlements_unreachable" in codes
    assert "design.zones_without_access" in codes
    assert not ci.instance.must_cover.any()


@pytest.mark.parametrize(
    ("od", "message"),
    [
        (lambda z: np.zeros((z, z)), "holds no trips"),
        (lambda z: np.ones((z, z + 1)), "has shape"),
        (lambda z: -np.ones((z, z)), "negative or missing"),
        (lambda z: np.full((z, z), np.nan), "negative or missing"),
    ],
)
def test_impossible_demand_is_one_sentence(od, message) -> None:
    city = grid_city()
    with pytest.raises(InputError, match=message):
        city_instance(city, od(len(city.zones)))
