"""Stops: found, put on streets, grouped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.city import schema
from shaar.engine.city.extract import Feature
from shaar.engine.city.osm import read_osm
from shaar.engine.city.osm_collect import Collector
from shaar.engine.city.stops import match_stops, stop_groups, stops_from_osm
from shaar.engine.city.streets import build_streets
from shaar.engine.errors import InputError

CRS = "EPSG:32642"
TO_DEGREES = pyproj.Transformer.from_crs(CRS, "OGC:CRS84", always_xy=True).transform
ORIGIN = (670_000.0, 5_665_000.0)


def place(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point given in metres from the origin."""
    return TO_DEGREES(ORIGIN[0] + x, ORIGIN[1] + y)


def stops(*rows: tuple[float, float, str | None]) -> pl.DataFrame:
    at = [place(x, y) for x, y, _ in rows]
    return pl.DataFrame(
        {
            "stop_id": [f"s{k}" for k in range(len(rows))],
            "name": pl.Series([r[2] for r in rows], dtype=pl.String),
            "lon": pl.Series([p[0] for p in at], dtype=pl.Float64),
            "lat": pl.Series([p[1] for p in at], dtype=pl.Float64),
        }
    )


def streets(*lines: tuple[list[tuple[float, float]], dict[str, str]]):
    out = Collector()
    for k, (points, tags) in enumerate(lines):
        out.add_line(100 + k, tags, np.array([place(*p) for p in points]))
    return build_streets(out.extract("drawn", ""))


#: An avenue to the east, 1000 m, with a footway 5 m north of it and a street to the north from its middle.
AVENUE = streets(
    ([(0, 0), (500, 0), (1000, 0)], {"highway": "primary"}),
    ([(0, 5), (1000, 5)], {"highway": "footway"}),
    ([(500, 0), (500, 400)], {"highway": "tertiary"}),
)


def test_sides_offsets_and_reach() -> None:
    given_stops = stops((100, 12, "Базар"), (100, -12, "Базар"), (800, -3, None), (508, 300, None), (300, 200, None))
    m = match_stops(given_stops, AVENUE.nodes, AVENUE.links, CRS)
    assert m.columns == [c.name for c in schema.STOPS]
    assert m["link_id"].to_list() == [0, 0, 1, 3, None]  # link 2 is the footway
    assert m["side"].to_list() == ["left", "right", "right", "right", "unknown"]
    assert m["offset"].to_list()[:4] == pytest.approx([100, 100, 300, 300], abs=0.5)
    assert m["link_distance"].to_list()[:4] == pytest.approx([12, 12, 3, 8], abs=0.2)
    assert m["offset"][4] is None
    assert m["source"].to_list() == ["entered"] * 5


def test_stop_on_the_line_has_no_side() -> None:
    m = match_stops(stops((250, 0, None)), AVENUE.nodes, AVENUE.links, CRS)
    assert m["side"].to_list() == ["unknown"]


def test_side_turns_with_the_link() -> None:
    turned = streets(([(1000, 0), (0, 0)], {"highway": "primary"}))
    m = match_stops(stops((100, 12, None), (100, -12, None)), turned.nodes, turned.links, CRS)
    assert m["side"].to_list() == ["right", "left"]
    assert m["offset"].to_list() == pytest.approx([900, 900], abs=0.6)


def test_stops_without_streets_or_coordinates() -> None:
    m = match_stops(stops((0, 0, None)), AVENUE.nodes, AVENUE.links[:0], CRS)
    assert m["link_id"].to_list() == [None]
    assert match_stops(stops()[:0], AVENUE.nodes, AVENUE.links, CRS).height == 0
    nowhere = stops((0, 0, "A"), (1, 1, "B")).with_columns(lon=pl.Series([71.0, None]))
    with pytest.raises(InputError, match=r"line 3.*no coordinates"):
        match_stops(nowhere, AVENUE.nodes, AVENUE.links, CRS)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(-200, 1200), st.floats(-200, 600)), min_size=1, max_size=20))
def test_offset_lies_on_the_link(points: list[tuple[float, float]]) -> None:
    m = match_stops(stops(*[(x, y, None) for x, y in points]), AVENUE.nodes, AVENUE.links, CRS, max_distance_m=80)
    length = AVENUE.links["length"].to_numpy()
    for row in m.iter_rows(named=True):
        if row["link_id"] is None:
            assert (row["offset"], row["link_distance"], row["side"]) == (None, None, "unknown")
        else:
            assert 0 <= row["offset"] <= length[row["link_id"]]
            assert 0 <= row["link_distance"] <= 80


def node(osm_id: int, x: float, y: float, **tags: str) -> Feature:
    return Feature("node", osm_id, tags, shapely.Point(*place(x, y)))


def found(*features: Feature) -> pl.DataFrame:
    out = Collector()
    out.points.extend(features)
    return stops_from_osm(out.extract("points", ""))


def test_records_of_one_stop_are_one() -> None:
    f = found(
        node(1, 0, 10, highway="bus_stop"),
        node(2, 3, 12, public_transport="platform", bus="yes", name="Керуен"),
        node(3, 0, 0, public_transport="stop_position", bus="yes", name="Керуен"),
        node(4, 0, -10, highway="bus_stop", name="Керуен"),
    )
    assert f["stop_id"].to_list() == ["osm:n1", "osm:n4"]
    assert f["name"].to_list() == ["Керуен", "Керуен"]  # the nameless pole takes the platform's name
    assert f["source"].unique().to_list() == ["osm"]


def test_a_stop_position_counts_where_no_pole_stands() -> None:
    assert found(node(3, 0, 0, public_transport="stop_position", bus="yes"))["stop_id"].to_list() == ["osm:n3"]


def test_rail_tram_and_ferry_are_left_out() -> None:
    f = found(
        node(1, 0, 0, public_transport="platform", tram="yes"),
        node(2, 100, 0, public_transport="station", train="yes"),
        node(3, 200, 0, public_transport="stop_position", tram="yes"),
        node(4, 300, 0, railway="platform", public_transport="platform"),
    )
    assert f.height == 0
    assert f.columns == ["stop_id", "name", "lon", "lat", "source"]


def test_differently_named_poles_side_by_side_stay_two() -> None:
    f = found(node(1, 0, 0, highway="bus_stop", name="A"), node(2, 8, 0, highway="bus_stop", name="B"))
    assert f["name"].to_list() == ["A", "B"]


def test_groups_join_facing_stops_and_same_names() -> None:
    g = stop_groups(
        stops(
            (0, 12, "Базар"),
            (70, -12, "базар "),  # across the street, past the junction
            (20, -10, None),  # nameless, facing the first
            (400, 0, "Базар"),  # the same name far away
            (460, 0, "Школа"),  # another name, farther than a street is wide
        ),
        CRS,
    )
    assert g.tolist() == [0, 0, 0, 1, 2]
    assert g.dtype == np.int32
    assert stop_groups(stops()[:0], CRS).tolist() == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 600), st.floats(0, 300), st.sampled_from(["A", "B", None])), min_size=1, max_size=40
    )
)
def test_no_group_is_wider_than_150_m(rows: list[tuple[float, float, str | None]]) -> None:
    g = stop_groups(stops(*rows), CRS)
    xy = np.array([r[:2] for r in rows])
    assert sorted(set(g.tolist())) == list(range(g.max() + 1))
    for k in range(g.max() + 1):
        part = xy[g == k]
        assert max(np.hypot(*(p - q)) for p in part for q in part) <= 150.0 + 0.1


def test_a_row_of_same_named_stops_is_cut_into_places() -> None:
    g = stop_groups(stops(*[(90.0 * k, 0.0, "Проспект") for k in range(6)]), CRS)
    assert g.max() >= 2


@pytest.mark.parametrize(
    ("file", "country", "crs", "at_least"),
    [
        ("las_palmas/las_palmas_osm_20230221.osm.pbf", "ES", "EPSG:32628", 700),
        ("astana/astana_osm_20171204.geojsonl.gz", "KZ", "EPSG:32642", 385),
    ],
)
def test_real_stops_lie_on_streets(shared_data: Path, file: str, country: str, crs: str, at_least: int) -> None:
    x = read_osm(shared_data / "cities" / file)
    s = build_streets(x, country=country)
    m = match_stops(stops_from_osm(x), s.nodes, s.links, crs)
    assert m.height >= at_least
    assert m["stop_id"].is_unique().all()
    on = m.filter(pl.col("link_id").is_not_null())
    assert on.height >= 0.98 * m.height
    assert on["link_distance"].median() < 12
    # traffic keeps right: on two-way streets both sides, on one-way streets mostly the right of travel
    oneway = on.join(s.links.filter(pl.col("bus_forward") & ~pl.col("bus_backward")), on="link_id", how="semi")
    assert (oneway["side"] == "right").sum() > 2 * (oneway["side"] == "left").sum()
