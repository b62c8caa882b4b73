"""Zones: how many, that they partition, and where their people stand."""

from __future__ import annotations

import h3
import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.city import schema
from shaar.engine.city.population import People
from shaar.engine.city.zones import (
    ZoneSet,
    cell_shape,
    h3_zones,
    locate_near,
    move_into,
    sum_by_zone,
    without_streets,
    zone_table,
)
from shaar.engine.errors import InputError


def town(n: int, spread_deg: float, seed: int = 1) -> People:
    rng = np.random.default_rng(seed)
    return People(
        71.43 + rng.normal(0, spread_deg, n), 51.13 + rng.normal(0, spread_deg / 1.6, n), rng.uniform(1, 60, n)
    )


@pytest.mark.parametrize("spread", [0.01, 0.03, 0.06, 0.12])
def test_chooses_300_to_600_inhabited(spread: float) -> None:
    people = town(20_000, spread)
    zones = h3_zones(people)
    persons, _, _, outside = sum_by_zone(zones, people)
    assert 300 <= (persons >= 1).sum() <= 600
    assert outside == 0
    assert persons.sum() == pytest.approx(people.total, rel=1e-12)


def test_split_cells_neither_overlap_nor_gape() -> None:
    zones = h3_zones(town(20_000, 0.06))
    resolutions = {h3.get_resolution(z) for z in zones.ids}
    assert len(resolutions) == 2
    union = shapely.union_all(zones.shapes)
    assert shapely.area(zones.shapes).sum() == pytest.approx(union.area, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(7, 10))
def test_given_resolution_assigns_each_person_to_the_cell_of_h3(seed: int, resolution: int) -> None:
    people = town(200, 0.02, seed)
    zones = h3_zones(people, resolution=resolution)
    got = [zones.ids[i] for i in zones.locate(people.lon, people.lat)]
    # A hexagon drawn with straight sides in degrees differs from the sphere's by centimetres: nobody stands there.
    assert got == [h3.latlng_to_cell(b, a, resolution) for a, b in zip(people.lon, people.lat)]


def test_jobs_get_zones_where_nobody_lives() -> None:
    people = People(np.array([71.43]), np.array([51.13]), np.array([10.0]))
    works = People(np.array([71.50]), np.array([51.13]), np.array([300.0]))
    zones = h3_zones(people, works, resolution=8)
    assert len(zones.ids) == 2
    assert (zones.locate([71.50], [51.13]) >= 0).all()


def test_mean_place_of_people_and_table() -> None:
    zones = ZoneSet(("a", "b"), np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object), "given")
    people = People(np.array([0.2, 0.6, 5.0]), np.array([0.5, 0.5, 0.5]), np.array([3.0, 1.0, 2.0]))
    persons, lon, lat, outside = sum_by_zone(zones, people)
    assert persons.tolist() == [4.0, 0.0]
    assert outside == 2.0
    assert lon[0] == pytest.approx(0.3)
    columns = {c: [0.0, 0.0] for c in ("jobs", "schools", "clinics")}
    frame = schema.conform(
        "zones", zone_table(zones, {"population": persons, **columns}, lon, lat, [None] * 2, [None] * 2)
    )
    assert frame["lon"].to_list() == pytest.approx([0.3, 1.5])
    assert frame["district"].dtype == pl.String


def test_bare_zones_and_moving() -> None:
    zones = ZoneSet(("a", "b"), np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object), "given")
    assert without_streets(zones, np.array([0.5]), np.array([0.5])).tolist() == [False, True]
    people, moved = move_into(zones, People(np.array([0.2, 2.5]), np.array([0.5, 0.5]), np.array([3.0, 4.0])))
    assert moved == 4.0
    assert zones.locate(people.lon, people.lat).tolist() == [0, 1]


def test_a_place_just_outside_belongs_to_the_nearest_within_reach() -> None:
    zones = ZoneSet(("a", "b"), np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object), "given")
    assert locate_near(zones, [0.5, 2.005, 2.02], [0.5, 0.5, 0.5]).tolist() == [0, 1, -1]


def test_a_point_on_the_border_belongs_to_the_first() -> None:
    zones = ZoneSet(("a", "b"), np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], dtype=object), "given")
    assert zones.locate([1.0, 3.0], [0.5, 0.5]).tolist() == [0, -1]


def test_nobody_and_odd_resolution_are_refused() -> None:
    with pytest.raises(InputError, match="nobody lives"):
        h3_zones(People(np.zeros(0), np.zeros(0), np.zeros(0)))
    with pytest.raises(InputError, match="between 0 and 15"):
        h3_zones(town(10, 0.01), resolution=16)


def test_cell_shape_has_lon_first() -> None:
    cell = h3.latlng_to_cell(51.13, 71.43, 8)
    assert shapely.contains_xy(cell_shape(cell), 71.43, 51.13)
