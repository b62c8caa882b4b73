"""Places: outlines, districts, settlements from points, and which lie away from the built core."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from shaar.engine.city.base import base_kind
from shaar.engine.city.core import core_cells, is_outlying
from shaar.engine.city.extract import Feature, OsmExtract
from shaar.engine.city.places import (
    Place,
    assign,
    beyond,
    find_districts,
    find_outline,
    find_settlements,
    place_table,
    plain_name,
)
from shaar.engine.city.population import People
from shaar.engine.city.projection import project, project_shapes, unproject, utm_crs

LON, LAT = 74.6, 42.87
CRS = utm_crs(LON, LAT)
X0, Y0 = (float(v) for v in project(LON, LAT, CRS))
NONE_I, NONE_F = np.zeros(0, np.int64), np.zeros(0)


def extract(areas: list[Feature], points: list[Feature]) -> OsmExtract:
    return OsmExtract(
        NONE_I, NONE_F, NONE_F, NONE_I, (), np.zeros(1, np.int64), NONE_I, {}, tuple(points), tuple(areas)
    )


def at(x: float, y: float) -> shapely.Point:
    lon, lat = unproject(X0 + x, Y0 + y, CRS)
    return shapely.Point(float(lon), float(lat))


def block(x: float, y: float, side: float, n: int, persons: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gx, gy = (a.ravel() for a in np.meshgrid(np.linspace(x, x + side, n), np.linspace(y, y + side, n)))
    return X0 + gx, Y0 + gy, np.full(n * n, persons)


CORE = block(-2000, -2000, 4000, 60, 20.0)
VILLAGE = block(6000, 0, 800, 10, 10.0)
XY = tuple(np.concatenate([a, b]) for a, b in zip(CORE, VILLAGE))
PEOPLE = People(*unproject(XY[0], XY[1], CRS), XY[2])


def place(x: float, y: float, kind: str, name: str, i: int) -> Feature:
    return Feature("node", i, {"place": kind, "name": name}, at(x, y))


def test_core_is_the_largest_group_and_a_village_beyond_a_gap_is_not() -> None:
    keys, core = core_cells(*XY)
    assert core.sum() >= 256
    assert (~core).sum() >= 9
    assert (keys[core, 0].max() + 1) * 250 < X0 + 2600
    shapes = [
        shapely.Point(X0 + 6400, Y0 + 400).buffer(700),
        shapely.Point(X0, Y0).buffer(700),
        shapely.Point(X0 + 9000, Y0),
    ]
    assert is_outlying(shapes, *XY).tolist() == [True, False, True]


def test_settlement_points_get_marked_outlines_that_do_not_overlap() -> None:
    inhabited = shapely.union_all(
        [shapely.box(X0 - 2000, Y0 - 2000, X0 + 2000, Y0 + 2000), shapely.box(X0 + 6000, Y0, X0 + 6800, Y0 + 800)]
    )
    mapped = [
        place(6400, 400, "village", "Ак-Орго", 1),
        place(-500, 0, "suburb", "Восток", 2),
        place(500, 0, "neighbourhood", "Запад", 3),
        place(20000, 0, "village", "Далеко", 4),
    ]
    e = extract([], mapped)
    got = {p.names[""]: p for p in find_settlements(e, inhabited, PEOPLE, CRS)}
    assert {n: p.kind for n, p in got.items()} == {
        "Ак-Орго": "settlement",
        "Восток": "settlement",
        "Запад": "quarter",
        "Далеко": "settlement",
    }
    assert [got[n].outlying for n in ("Ак-Орго", "Восток", "Запад")] == [True, False, False]
    assert got["Ак-Орго"].approximate
    assert shapely.area(got["Далеко"].shape) == 0
    west, east = project_shapes([got["Восток"].shape, got["Запад"].shape], CRS)
    assert shapely.area(shapely.intersection(west, east)) == pytest.approx(0, abs=1.0)
    assert shapely.area(project_shapes([got["Ак-Орго"].shape], CRS)[0]) == pytest.approx(640_000, rel=0.01)


def test_a_mapped_outline_takes_the_names_of_its_point() -> None:
    outline = project_shapes([shapely.box(X0 + 6000, Y0, X0 + 6800, Y0 + 800)], CRS, inverse=True)[0]
    area = Feature("way", 7, {"place": "village", "name": "село Ак-Орго"}, outline)
    point = Feature("node", 8, {"place": "village", "name": "Ак-Орго", "name:ky": "Ак-Ордо"}, at(6400, 400))
    (got,) = find_settlements(extract([area], [point]), shapely.box(X0, Y0, X0 + 1, Y0 + 1), PEOPLE, CRS)
    assert (got.place_id, got.approximate, got.names["ky"]) == ("settlement-w7", False, "Ак-Ордо")


@pytest.mark.parametrize("name", ["микрорайон Уркер", "УРКЕР", ' "Уркер" ', "Уркер ауданы"])
def test_plain_names_are_alike(name: str) -> None:
    assert plain_name(name) == "уркер"


def test_outline_by_name_and_districts_one_level_below() -> None:
    def area(i: int, name: str, level: str, x0: float, x1: float) -> Feature:
        tags = {"boundary": "administrative", "admin_level": level, "name": name}
        return Feature("relation", i, tags, shapely.box(LON + x0, LAT - 0.1, LON + x1, LAT + 0.1))

    region = area(1, "Чүй", "4", -2, 2)
    city = area(2, "Бишкек", "5", -0.1, 0.1)
    halves = [area(3, "Ленинский", "8", -0.1, 0), area(4, "Свердловский", "8", 0, 0.1)]
    other = area(5, "Кант", "8", 0.5, 0.6)
    e = extract([region, city, *halves, other], [])
    found = find_outline(e, "Бишкек", LON, LAT)
    assert found is city
    assert [p.names[""] for p in find_districts(e, city.geometry)] == ["Ленинский", "Свердловский"]
    assert find_outline(extract([region], []), "", LON, LAT) is None


def test_assign_takes_the_smallest() -> None:
    places = [
        Place("big", "district", {}, shapely.box(0, 0, 4, 4)),
        Place("small", "district", {}, shapely.box(0, 0, 1, 1)),
    ]
    assert assign(places, [0.5, 2, 9], [0.5, 2, 9]) == ["small", "big", None]


def test_villages_beyond_the_city_are_not_its_settlements() -> None:
    people = People(np.array([0.5]), np.array([0.5]), np.array([9.0]))
    inside = Place("a", "settlement", {}, shapely.box(0, 0, 1, 1), outlying=True)
    outside = Place("b", "settlement", {}, shapely.box(5, 5, 6, 6), outlying=True)
    got = beyond([inside, outside], shapely.box(0, 0, 2, 2), people)
    assert [(p.kind, p.outlying) for p in got] == [("settlement", True), ("village", None)]


def test_place_table_keeps_languages() -> None:
    frame = place_table([Place("a", "city", {"": "Бишкек", "en": "Bishkek"}, shapely.box(0, 0, 1, 1))])
    assert frame["name"].to_list() == ["Бишкек"]
    assert frame["name_en"].to_list() == ["Bishkek"]
    assert frame["name_kk"].to_list() == [None]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"natural": "water"}, "water"),
        ({"landuse": "grass"}, "green"),
        ({"landuse": "residential"}, "built"),
        ({"highway": "primary"}, ""),
    ],
)
def test_base_kinds(tags: dict[str, str], kind: str) -> None:
    assert base_kind(tags) == kind
