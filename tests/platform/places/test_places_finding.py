from __future__ import annotations

import pytest

from shaar.platform.places import finding, selectors
from shaar.platform.places.models import Territory
from shaar.platform.places.profile import read_profile
from shaar.platform.places.services import import_territories


@pytest.fixture
def astana():
    import_territories(read_profile("astana"))


def test_the_deepest_outline_holds_a_point(outlined):
    assert selectors.at_point(71.01, 51.01).code == "ak-ordo"
    assert selectors.at_point(71.15, 51.15).code == "north"
    assert selectors.at_point(71.35, 51.35).code == "city"
    assert selectors.at_point(70.0, 51.0) is None
    line = {"type": "LineString", "coordinates": [[71.01, 51.01], [71.03, 51.01]]}
    assert selectors.territory_at(line).code == "ak-ordo"
    assert selectors.territory_at(None) is None


def test_many_points_at_once_give_the_same_as_one_by_one(astana):
    points = [(71.30 + 0.02 * i, 51.05 + 0.02 * j) for i in range(15) for j in range(10)]
    together = selectors.outlines().at(points)
    assert [t and t.code for t in together] == [(t := selectors.at_point(*p)) and t.code for p in points]


def test_a_place_known_as_a_point_reaches_so_far_and_no_farther():
    import_territories(read_profile("bishkek"))
    ak_orgo = Territory.objects.get(code="ak-orgo")
    lon, lat = ak_orgo.geometry["coordinates"]
    assert selectors.at_point(lon, lat + 0.005).code == "ak-orgo"  # 560 m
    assert selectors.at_point(lon - 0.5, lat) is None
    far, nearest = selectors.nearest(lon, lat, 1)[0]
    assert (far, nearest.code) == (0.0, "ak-orgo")


def test_settlements_and_streets_are_found_with_any_keyboard(astana):
    assert finding.find("уркер")[0].name == "микрорайон Уркер" or finding.find("уркер")[0].code != ""
    streets = [f for f in finding.find("ул. Туркестан, 12") if f.note == "street"]
    assert streets[0].name == "улица Туркестан"
    assert 71.2 < streets[0].lon < 71.7 and 50.9 < streets[0].lat < 51.4
    assert finding.find("нет такой улицы") == []
    assert finding.find("а") == []


def test_names_that_begin_with_the_words_come_first(outlined):
    Territory.objects.create(
        code="x", kind="settlement", names={"ru": "Старый Urker"}, parent=outlined["south"], path="city/south/x/"
    )
    assert [t.code for t in selectors.search("urker")] == ["urker", "x"]
    assert selectors.search("u") == []
