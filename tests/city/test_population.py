"""People spread over homes, areas and pixels: totals are kept, rules of what is a home hold."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.city.attractions import JOBS, find_attractions, find_jobs
from shaar.engine.city.buildings import Buildings, classify_buildings, read_levels
from shaar.engine.city.extract import Feature, OsmExtract
from shaar.engine.city.population import (
    People,
    population_from_areas,
    population_from_buildings,
    population_from_h3,
    population_from_raster,
    sample_area,
    scale_to,
)
from shaar.engine.city.projection import project_shapes, utm_crs
from shaar.engine.errors import InputError

LON, LAT = 71.43, 51.13
CRS = utm_crs(LON, LAT)
NONE_I, NONE_F = np.zeros(0, np.int64), np.zeros(0)


def square(east_m: float, north_m: float, side_m: float) -> object:
    """A square whose lower left corner lies so far from the middle, with sides of ``side_m`` (metric), in degrees."""
    (middle,) = project_shapes([shapely.Point(LON, LAT)], CRS)
    x, y = middle.x + east_m, middle.y + north_m
    return project_shapes([shapely.box(x, y, x + side_m, y + side_m)], CRS, inverse=True)[0]


def extract(areas: list[tuple[dict[str, str], object]], points: list[tuple[dict[str, str], object]] = ()) -> OsmExtract:
    return OsmExtract(
        NONE_I, NONE_F, NONE_F, NONE_I, (), np.zeros(1, np.int64), NONE_I, {},
        tuple(Feature("node", i, t, g) for i, (t, g) in enumerate(points)),
        tuple(Feature("way", i, t, g) for i, (t, g) in enumerate(areas)),
    )  # fmt: skip


def homes(*areas: tuple[dict[str, str], object], points: list[tuple[dict[str, str], object]] = ()) -> list[bool]:
    return classify_buildings(extract(list(areas), points), CRS).home[: len(areas)].tolist()


def test_tagged_homes_and_workplaces() -> None:
    kinds = ["apartments", "house", "dormitory", "garage", "industrial", "retail", "construction", "hotel"]
    got = homes(*[({"building": k}, square(100.0 * i, 0, 20)) for i, k in enumerate(kinds)])
    assert got == [True, True, True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("tags", "side", "expected"),
    [
        ({"addr:housenumber": "5"}, 12, True),
        ({}, 12, True),
        ({}, 6, False),  # a shed
        ({"addr:housenumber": "5"}, 4.9, False),
        ({"addr:housenumber": "5"}, 70, False),  # a hall
        ({"addr:housenumber": "5", "building:levels": "9"}, 70, True),
        ({}, 50, False),
        ({"addr:housenumber": "5", "amenity": "school"}, 20, False),
        ({"addr:housenumber": "5", "shop": "convenience"}, 20, False),
        ({"addr:housenumber": "5", "shop": "convenience", "building:levels": "5"}, 20, True),
        ({"addr:housenumber": "5", "office": "company", "building:levels": "5"}, 20, False),
        ({"addr:housenumber": "5", "power": "substation"}, 8, False),
    ],
)
def test_unspecific_building(tags: dict[str, str], side: float, expected: bool) -> None:
    assert homes(({"building": "yes", **tags}, square(0, 0, side))) == [expected]


def test_grounds_points_and_neighbours_decide() -> None:
    numbered = {"building": "yes", "addr:housenumber": "1"}
    assert homes((numbered, square(10, 10, 15)), ({"landuse": "industrial"}, square(0, 0, 100)))[0] is False
    assert homes((numbered, square(10, 10, 15)), ({"landuse": "residential"}, square(0, 0, 100)))[0] is True
    clinic = ({"amenity": "clinic"}, shapely.centroid(square(10, 10, 15)))
    assert homes((numbered, square(10, 10, 15)), points=[clinic]) == [False]
    high = {**numbered, "building:levels": "9"}
    assert homes((high, square(10, 10, 15)), points=[clinic]) == [True]
    row = [(numbered, square(20.0 * i, 0, 12)) for i in range(3)]
    assert homes(*row, ({"building": "yes"}, square(0, 25, 12))) == [True, True, True, False]


@pytest.mark.parametrize(
    ("text", "levels"),
    [("9", 9.0), ("5;9", 7.0), ("2,5", 2.5), ("2 этажа", 2.0), ("", None), ("много", None), ("900", None)],
)
def test_levels_are_read_from_messy_tags(text: str, levels: float | None) -> None:
    got = read_levels({"building:levels": text})
    assert (np.isnan(got)) if levels is None else got == levels


def test_missing_levels_take_the_median_of_twenty_alike_else_the_default() -> None:
    alike = [({"building": "apartments", "building:levels": "9"}, square(40.0 * i, 0, 20)) for i in range(20)]
    blank = ({"building": "apartments"}, square(0, 200, 20))
    b = classify_buildings(extract([*alike, blank]), CRS)
    assert (b.levels[-1], b.levels_source[-1]) == (9.0, "median")
    b = classify_buildings(extract([*alike[:19], blank]), CRS)
    assert (b.levels[-1], b.levels_source[-1]) == (5.0, "default")


def test_people_follow_floor_area_and_houses_are_one_dwelling() -> None:
    b = classify_buildings(
        extract(
            [
                ({"building": "apartments", "building:levels": "10"}, square(0, 0, 30)),  # 9,000 m2
                ({"building": "apartments", "building:levels": "5"}, square(100, 0, 30)),  # 4,500 m2
                ({"building": "house", "building:levels": "2"}, square(200, 0, 19)),  # 722 m2, counts as 150
            ]
        ),
        CRS,
    )
    np.testing.assert_allclose(b.footprint, [900, 900, 361], rtol=1e-6)
    people = population_from_buildings(b, 1365.0)
    np.testing.assert_allclose(people.persons, [900, 450, 15], rtol=1e-6)


def _blocks(n: int) -> Buildings:
    return classify_buildings(
        extract(
            [({"building": "apartments", "building:levels": str(i % 9 + 1)}, square(60.0 * i, 0, 25)) for i in range(n)]
        ),
        CRS,
    )


@settings(max_examples=25, deadline=None)
@given(st.floats(1, 1e7), st.floats(0.01, 0.99))
def test_district_totals_are_exact_after_scaling(total: float, share: float) -> None:
    b = _blocks(12)
    west, east = square(-30, -50, 360), square(330, -50, 600)
    people = population_from_buildings(b, total, {"w": (west, share * 1000), "e": (east, (1 - share) * 1000)})
    assert people.total == pytest.approx(total, rel=1e-12)
    inside = shapely.contains_xy(west, people.lon, people.lat)
    assert people.persons[inside].sum() == pytest.approx(total * share, rel=1e-9)


def test_a_district_with_people_but_no_home_is_refused() -> None:
    with pytest.raises(InputError, match="district far has 10 people and no home"):
        population_from_buildings(
            _blocks(2), 20, {"far": (square(5000, 5000, 100), 10.0), "here": (square(-50, -50, 900), 10)}
        )


def test_areas_spread_over_homes_or_evenly() -> None:
    b = _blocks(4)
    with_homes, bare = square(-30, -50, 500), square(3000, 3000, 500)
    people = population_from_areas(np.array([with_homes, bare], dtype=object), [100.0, 50.0], b)
    here = shapely.contains_xy(with_homes, people.lon, people.lat)
    assert here.sum() == 4
    assert people.persons[here].sum() == pytest.approx(100)
    assert people.persons[~here].sum() == pytest.approx(50)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.95))
def test_even_sample_cuts_an_area_by_its_share(cut: float) -> None:
    outline = shapely.box(71.0, 51.0, 71.2, 51.1)
    x, _ = sample_area(outline)
    assert abs((x < 71.0 + 0.2 * cut).mean() - cut) < 0.05


def test_sliver_still_gets_a_point_inside() -> None:
    sliver = shapely.Polygon([(71, 51), (71.1, 51.0001), (71.1, 51.00011), (71, 51.00001)])
    x, y = sample_area(sliver)
    assert len(x) >= 1
    assert shapely.intersects(sliver, shapely.points(x, y)).all()


def test_raster_blanks_are_nobody_and_negatives_refused() -> None:
    counts = np.array([[1.5, np.nan], [-9999.0, 2.0]])
    lon, lat = np.array([[71.0, 71.1], [71.0, 71.1]]), np.array([[51.1, 51.1], [51.0, 51.0]])
    people = population_from_raster(counts, lon, lat, nodata=-9999.0)
    assert people.persons.tolist() == [1.5, 2.0]
    assert people.lat.tolist() == [51.1, 51.0]
    with pytest.raises(InputError, match="1 pixels are negative"):
        population_from_raster(counts, lon, lat)


def test_h3_people_stand_in_their_cell() -> None:
    h3 = pytest.importorskip("h3")
    cell = h3.latlng_to_cell(LAT, LON, 9)
    people = population_from_h3([cell], [7.0])
    assert h3.latlng_to_cell(float(people.lat[0]), float(people.lon[0]), 9) == cell
    with pytest.raises(InputError, match="nobody"):
        scale_to(People(NONE_F, NONE_F, NONE_F), 5.0)


def test_a_school_is_counted_once() -> None:
    grounds = ({"amenity": "school", "name": "№ 5"}, square(0, 0, 120))
    house = ({"building": "school"}, square(20, 20, 40))
    inside = ({"amenity": "school", "name": "№ 5", "name:en": "No 5"}, shapely.centroid(square(0, 0, 120)))
    near = ({"amenity": "school", "name": "№ 5"}, shapely.centroid(square(140, 0, 20)))
    other = ({"amenity": "school", "name": "№ 6"}, shapely.centroid(square(150, 0, 20)))
    far = ({"amenity": "school", "name": "№ 5"}, shapely.centroid(square(2000, 0, 20)))
    got = find_attractions(extract([grounds, house], [inside, near, other, far]), CRS)
    assert sorted(a.tags["name"] for a in got if a.kind == "school") == ["№ 5", "№ 5", "№ 6"]
    assert next(a for a in got if a.source == "way/0").tags["name:en"] == "No 5"


def test_jobs_by_floor_area_and_points_only_outside_workplaces() -> None:
    office = ({"building": "office", "building:levels": "10"}, square(0, 0, 30))
    block = ({"building": "apartments", "building:levels": "9"}, square(100, 0, 30))
    bank_in_office = ({"amenity": "bank"}, shapely.centroid(square(0, 0, 30)))
    shop_in_block = ({"shop": "convenience"}, shapely.centroid(square(100, 0, 30)))
    e = extract([office, block], [bank_in_office, shop_in_block])
    jobs = find_jobs(e, classify_buildings(e, CRS))
    assert jobs.persons.tolist() == pytest.approx([9000 / JOBS["office"][0], JOBS["retail"][1]], rel=1e-6)
