"""parking.csv of a city folder: what is read, and the sentence for every bad cell."""

from __future__ import annotations

import numpy as np
import pytest

from shaar.engine.assignment.parking import KINDS
from shaar.engine.assignment.parking_defaults import default_lots, kerb_metres
from shaar.engine.assignment.parking_inventory import read_inventory
from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError

HEAD = "zone_id,place,lon,lat,type,spaces,price_hour,currency,limit_hours,hours,source,date"


@pytest.fixture(scope="module")
def city():
    return read(example_city_path("astana"))


def written(tmp_path, *lines, head=HEAD):
    file = tmp_path / "parking.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return file


def test_lines_by_zone_place_and_point_are_read(city, tmp_path):
    zone = city.zones["zone_id"][5]
    lon, lat = city.zones["lon"][7], city.zones["lat"][7]
    place = city.places.filter(city.places["kind"] == "mall")["place_id"][0]
    file = written(
        tmp_path,
        f"{zone},,,,street,120,200,KZT,2,8:00-20:00,city count,2026-05-01",
        f",{place},,,lot,300,,,,,operator,2026-05-02",
        f",,{lon},{lat},yard,40,0,,,9-18:30,survey,2026-05-03",
        "",
    )
    got = read_inventory(file, city)
    assert got.spaces.tolist() == [120, 300, 40]
    assert got.zone[0] == 5
    assert got.zone[2] == 7
    assert [KINDS[k] for k in got.kind] == ["street", "lot", "yard"]
    assert got.price.tolist() == [200, 0, 0]
    assert got.limit.tolist() == [2, np.inf, np.inf]
    assert got.paid_to.tolist() == [20, 24, 18.5]
    assert set(got.badge) == {"reported"}
    assert got.source[0] == "city count, 2026-05-01"


GOOD = {"type": "lot", "spaces": "10", "source": "count", "date": "2026-05-01"}


@pytest.mark.parametrize(
    ("cells", "field", "part"),
    [
        ({"type": "garage"}, "type", "one of street, lot, yard"),
        ({"spaces": ""}, "spaces", "missing"),
        ({"spaces": "many"}, "spaces", "not a number from 0 up"),
        ({"spaces": "-3"}, "spaces", "not a number from 0 up"),
        ({"price_hour": "1", "currency": "EUR"}, "currency", "the city counts in KZT"),
        ({"price_hour": "1"}, "currency", "without a currency"),
        ({"limit_hours": "0"}, "limit_hours", "nobody"),
        ({"hours": "20:00-8:00"}, "hours", "span of one day"),
        ({"source": ""}, "source", "missing"),
        ({"date": "1 May"}, "date", "2026-11-22"),
        ({"zone_id": "nowhere"}, "zone_id", "no zone"),
        ({"zone_id": "", "place": "Atlantis"}, "place", "is not a place"),
        ({"zone_id": ""}, "lon", "names no zone"),
        ({"zone_id": "", "lon": "0", "lat": "0"}, "lon", "more than 2 km"),
    ],
)
def test_a_bad_cell_is_one_sentence_with_its_place(city, tmp_path, cells, field, part):
    row = {"zone_id": city.zones["zone_id"][0]} | GOOD | cells
    file = written(tmp_path, ",".join(row.get(c, "") for c in HEAD.split(",")))
    with pytest.raises(InputError, match=part) as e:
        read_inventory(file, city)
    assert (e.value.row, e.value.field) == (2, field)


def test_a_missing_column_or_file_is_named(city, tmp_path):
    with pytest.raises(InputError, match="column is missing"):
        read_inventory(written(tmp_path, head="zone_id,type,spaces,source"), city)
    with pytest.raises(InputError, match="no such inventory"):
        read_inventory(tmp_path / "none.csv", city)


def test_defaults_say_that_they_are_assumed_and_keep_their_range(city):
    p = load_parameters("parking.csv")
    got = default_lots(city, p)
    assert set(got.badge) == {"assumed"}
    assert (got.low <= got.spaces + 1e-9).all()
    assert (got.spaces <= got.high + 1e-9).all()
    assert (got.price == 0).all()
    yards = got.by_zone(city.zones.height)[:, KINDS.index("yard")].sum()
    assert yards == pytest.approx(city.zones["population"].sum() * p["yard_per_resident"])
    double = default_lots(city, p.with_values({"yard_per_resident": 2 * p["yard_per_resident"]}))
    assert double.by_zone(city.zones.height)[:, 2].sum() == pytest.approx(2 * yards)


def test_kerbs_are_counted_once(city):
    kerb = kerb_metres(city)
    drivable = city.links.filter(city.links["car_forward"] | city.links["car_backward"])
    of = drivable.filter(drivable["highway"] == "residential")["length"].sum()
    assert 0.5 * of < kerb["residential"].sum() <= 2 * of
