"""Zone-to-zone street minutes on a street computed by hand, and the assumptions on speeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from routing_cases import street_tables

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta
from shaar.engine.errors import InputError
from shaar.engine.routing.speeds import bus_kmh, car_kmh
from shaar.engine.routing.street_times import street_minutes

KM = 1 / 111.32
NODES = [(15.0, 0.0), (15 + KM, 0.0), (15 + 2 * KM, 0.0), (15.5, 0.0), (15.5, KM)]


def city(links, lon=(15 + 0.5 * KM, 15 + 1.5 * KM)) -> City:
    nodes, frame = street_tables(NODES, links)
    half = 0.25 * KM
    shapes = [shapely.to_wkb(shapely.box(x - half, -half, x + half, half)) for x in lon]
    n = len(lon)
    zones = pl.DataFrame(
        {"zone_id": [str(k) for k in range(n)], "geometry": shapes, "lon": lon, "lat": [0.0] * n, "jobs": [1.0] * n,
         "population": [1.0] * n, "schools": [0.0] * n, "clinics": [0.0] * n, "district": [None] * n,
         "settlement": [None] * n}
    )  # fmt: skip
    tables = {"nodes": nodes, "links": frame, "zones": schema.conform("zones", zones)}
    meta = Meta("x", {}, "", ("en",), "UTC", "EPSG:32633", "", "")
    return City(Path("x"), meta, **{t: tables.get(t, schema.empty(t)) for t in schema.TABLES})


def test_minutes_by_hand():
    """Half of each link at 60 km/h; within a square of 500 m: 0.511 x 500 m x 1.3 at 18 km/h."""
    kilometre = {"length": 1000.0}
    m = street_minutes(city([(0, 1, kilometre), (1, 2, kilometre)]), kmh=60)
    assert m.dtype == np.float32
    assert m[0, 1] == pytest.approx(1.0, abs=0.01)
    assert m[1, 0] == pytest.approx(1.0, abs=0.01)
    assert m[0, 0] == pytest.approx(0.5108 * 500 * 1.3 / 5 / 60, rel=0.01)


def test_one_way_streets_are_kept():
    one_way = {"length": 1000.0, "car_backward": False}
    back = [(2, 1, one_way | {"length": 3000.0}), (1, 0, one_way | {"length": 3000.0})]
    m = street_minutes(city([(0, 1, one_way), (1, 2, one_way), *back]), kmh=60)
    there, again = m[0, 1], m[1, 0]
    # on: half of each link; back: to the end of the link, 6 km of the other street, half of the first link
    assert there == pytest.approx(1.0, abs=0.01)
    assert again == pytest.approx(0.5 + 6.0 + 0.5, abs=0.02)


def test_a_zone_beside_an_island_still_reaches_everybody():
    links = [(0, 1, {"length": 1000.0}), (1, 2, {"length": 1000.0}), (3, 4, {"length": 1000.0})]
    m = street_minutes(city(links, lon=(15 + 0.5 * KM, 15.5)))
    assert np.isfinite(m).all()


def test_no_street_for_cars_is_said():
    closed = {"car_forward": False, "car_backward": False}
    with pytest.raises(InputError, match="no street is open to mode 'car'"):
        street_minutes(city([(0, 1, closed)]))


def test_speeds_fall_between_the_published_cycles():
    """Buses on ordinary main streets (50-60 km/h allowed) make 12 to 25 km/h, stops included; none creeps or flies."""
    rows = [("primary", 60.0), ("secondary", 60.0), ("tertiary", 50.0), ("residential", 40.0), ("motorway", 110.0)]
    links = pl.DataFrame({"highway": [*(r[0] for r in rows), "odd"], "free_speed": [*(r[1] for r in rows), None]})
    bus = bus_kmh(links)
    assert ((bus[:4] >= 12) & (bus[:4] <= 25)).all()
    assert bus[4] == 35
    assert bus[5] == 8
    assert (car_kmh(links) >= bus).all()
