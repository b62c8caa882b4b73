"""The map of a city: tiles against independent readers, the archive against its specification."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import polars as pl
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from shaar.cli import group
from shaar.engine.city import geoparquet
from shaar.engine.city.buildings import Buildings
from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.city.projection import project, project_shapes
from shaar.engine.prepare.buildings_table import write_buildings
from shaar.engine.prepare.tiles import BUFFER, build_tiles, stamp_of
from shaar.engine.prepare.tiles_layers import MOST, PLACES, to_square
from shaar.engine.prepare.tiles_mvt import EXTENT, draw, layer, varint, varints
from shaar.engine.prepare.tiles_pmtiles import archive, tile_id

reader = pytest.importorskip("pmtiles.reader", reason="the independent reader of PMTiles is not installed")


def decoded(raw: bytes) -> dict[str, Any]:
    return dict(mapbox_vector_tile.decode(raw, default_options={"y_coord_down": True}))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of the example city."""
    return build_tiles(read(example_city_path("astana")), tmp_path_factory.mktemp("map") / "a.pmtiles").path


@pytest.fixture(scope="module")
def tiles(made: Path) -> dict[tuple[int, int, int], dict[str, Any]]:
    with made.open("rb") as file:
        source = reader.MmapSource(file)
        return {tile: decoded(gzip.decompress(raw)) for tile, raw in reader.all_tiles(source)}


def test_header_and_metadata_as_another_reader_sees_them(made: Path) -> None:
    with made.open("rb") as file:
        archive = reader.Reader(reader.MmapSource(file))
        header, about = archive.header(), archive.metadata()
    assert (header["version"], header["min_zoom"], header["max_zoom"], header["clustered"]) == (3, 6, 14, True)
    assert header["tile_type"].name == "MVT" and header["tile_compression"].name == "GZIP"
    assert 710_000_000 < header["min_lon_e7"] < header["max_lon_e7"] < 720_000_000
    assert header["root_offset"] + header["root_length"] <= 16_384
    assert about["attribution"] == "© OpenStreetMap contributors"
    layers = {one["id"]: one for one in about["vector_layers"]}
    assert list(layers) == ["land", "green", "water", "rail", "buildings", "roads", "links", "borders", "places"]
    assert {"name", "name:ru", "name:kk", "name:en", "kind", "rank"} <= set(layers["places"]["fields"])
    assert (layers["links"]["minzoom"], layers["buildings"]["minzoom"]) == (14, 13)


def test_every_area_is_valid_on_the_grid_and_within_its_tile(tiles: dict[Any, Any]) -> None:
    seen = 0
    for tile in tiles.values():
        for of in tile.values():
            for feature in of["features"]:
                drawn = shape(feature["geometry"])
                west, north, east, south = drawn.bounds
                assert west >= -BUFFER and north >= -BUFFER and east <= EXTENT + BUFFER and south <= EXTENT + BUFFER
                assert drawn.is_valid
                seen += 1
    assert seen > 100_000


def test_links_lie_where_the_city_says(tiles: dict[Any, Any]) -> None:
    """Each link of the folder is found again by its number, put together from its tiles, to within a unit."""
    city = read(example_city_path("astana"))
    ways = to_square(shapely.from_wkb(city.links["geometry"].to_numpy()))
    found: dict[int, list[Any]] = {}
    for (zoom, x, y), tile in tiles.items():
        for feature in tile.get("links", {}).get("features", ()):
            square = shapely.transform(
                shape(feature["geometry"]), lambda c, x=x, y=y, zoom=zoom: (c / EXTENT + (x, y)) / 2**zoom
            )
            found.setdefault(feature["id"], []).append(square)
    unit = 1 / EXTENT / 2**MOST
    long_enough = np.flatnonzero(shapely.length(ways) > 4 * unit)
    assert set(long_enough) <= found.keys() and len(long_enough) > 26_000
    for link in long_enough[::97]:
        again = shapely.union_all(found[link])
        assert shapely.hausdorff_distance(again, ways[link]) <= 1.0 * unit


def test_names_in_the_languages_of_the_data(tiles: dict[Any, Any]) -> None:
    names = {
        feature["properties"]["place_id"]: feature["properties"]
        for (zoom, _, _), tile in tiles.items() if zoom == MOST
        for feature in tile.get("places", {}).get("features", ()) if "place_id" in feature["properties"]
    }  # fmt: skip
    esil = names["district-esil"]
    assert (esil["name"], esil["name:ru"], esil["name:kk"], esil["name:en"]) == ("Есіл", "Есиль", "Есіл", "Esil")
    named = read(example_city_path("astana")).places.filter(
        pl.col("kind").is_in(list(PLACES)) & pl.col("name").is_not_null()
    )
    assert names.keys() == set(named["place_id"])


def test_equal_cities_give_equal_bytes(made: Path, tmp_path: Path) -> None:
    again = build_tiles(read(example_city_path("astana")), tmp_path / "b.pmtiles")
    assert again.path.read_bytes() == made.read_bytes()
    assert again.stamp == stamp_of(example_city_path("astana"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.pmtiles"]


@given(st.integers(0, 12), st.integers(0, 2**12 - 1), st.integers(0, 2**12 - 1))
def test_numbers_of_tiles_are_those_of_the_other_implementation(zoom: int, x: int, y: int) -> None:
    from pmtiles.tile import zxy_to_tileid

    x, y = x % 2**zoom, y % 2**zoom
    assert tile_id(zoom, x, y) == zxy_to_tileid(zoom, x, y)


def test_a_tile_outside_its_zoom_has_no_number() -> None:
    with pytest.raises(ValueError, match="no tile 2, 0 at zoom 1"):
        tile_id(1, 2, 0)


def test_leaf_directories_and_shared_tiles_are_read_back(tmp_path: Path) -> None:
    """Many tiles, of which every third is the same: the root points to leaves, and each tile reads as it was given."""
    rng = np.random.default_rng(3)
    given_tiles = {
        (9, x, y): b"same" if (x + y) % 3 == 0 else rng.bytes(int(rng.integers(1, 40)))
        for x in range(150) for y in range(150)
    }  # fmt: skip
    raw = archive(given_tiles, metadata={"name": "x"}, bounds=(-10, -20, 30, 40), center=(1, 2, 3))
    file = tmp_path / "many.pmtiles"
    file.write_bytes(raw)
    with file.open("rb") as opened:
        source = reader.MmapSource(opened)
        header = reader.Reader(source).header()
        assert header["leaf_directory_length"] > 0 and header["root_length"] <= 16_384 - 127
        assert header["addressed_tiles_count"] == 150 * 150
        assert header["tile_contents_count"] == len(set(given_tiles.values()))
        assert {t: gzip.decompress(b) for t, b in reader.all_tiles(source)} == given_tiles


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 4000), st.floats(0, 4000), st.floats(3, 90), st.integers(3, 9), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_shapes_come_back_as_another_decoder_reads_them(blobs: list[tuple[float, float, float, int, bool]]) -> None:
    shapes = []
    for x, y, r, n, hole in blobs:
        ring = [(x + r * np.cos(2 * np.pi * k / n), y + r * np.sin(2 * np.pi * k / n)) for k in range(n)]
        inner = [[(x + (u - x) / 3, y + (v - y) / 3) for u, v in ring]] if hole else []
        shapes += [shapely.Polygon(ring, inner), shapely.LineString(ring), shapely.Point(x, y)]
    facts = [{"n": k, "s": f"ө{k}", "f": k / 2, "b": k % 2 == 0, "m": -k} for k in range(len(shapes))]
    raw = layer("l", draw(np.array(shapes, dtype=object)), facts, np.arange(len(shapes)) + 5)
    for feature in decoded(raw)["l"]["features"]:
        k = feature["id"] - 5
        assert feature["properties"] == facts[k]
        again = shape(feature["geometry"])
        assert again.geom_type == shapes[k].geom_type
        assert shapely.hausdorff_distance(again, shapes[k]) <= 1.5
        assert again.is_valid


@given(st.lists(st.integers(0, 2**62), max_size=30))
def test_varints_in_bulk_are_those_one_by_one(values: list[int]) -> None:
    raw, begin = varints(np.array(values, np.int64))
    assert raw == b"".join(map(varint, values))
    assert [raw[a:b] for a, b in pairwise(begin)] == [varint(v) for v in values]


def test_what_vanishes_on_the_grid_is_left_out() -> None:
    tiny = [shapely.box(10.1, 10.1, 10.2, 10.2), shapely.LineString([(5.0, 5.0), (5.2, 5.1)])]
    assert layer("l", draw(np.array(tiny, dtype=object)), [{}, {}]) == b""


def test_buildings_are_kept_without_sheds_and_with_tagged_storeys(tmp_path: Path) -> None:
    x, y = project([71.43, 71.44, 71.45], [51.13, 51.13, 51.14], "EPSG:32642")
    sides = np.array([20.0, 5.0, 40.0])
    made = Buildings(
        lon=np.array([71.43, 71.44, 71.45]), lat=np.array([51.13, 51.13, 51.14]), footprint=sides**2,
        levels=np.array([9.0, 1.0, 2.0]), levels_source=np.array(["tagged", "default", "median"]),
        home=np.ones(3, bool), use=np.array(["", "", ""]), shapes=shapely.box(x, y, x + sides, y + sides), reasons={},
    )  # fmt: skip
    assert write_buildings(made, "EPSG:32642", tmp_path) == 2
    table = geoparquet.read(tmp_path / "buildings.parquet")
    assert sorted(table["levels"].to_list(), key=str) == [9.0, None]
    areas = shapely.area(project_shapes(geoparquet.geometries(table), "EPSG:32642"))
    assert sorted(np.round(areas, -1).tolist()) == [400.0, 1600.0]


def test_a_city_without_buildings_has_a_map_without_them(tmp_path: Path) -> None:
    bare = replace(read(example_city_path("astana")), path=tmp_path)
    with build_tiles(bare, tmp_path / "x.pmtiles").path.open("rb") as file:
        about = reader.Reader(reader.MmapSource(file)).metadata()
    assert "buildings" not in {one["id"] for one in about["vector_layers"]}


def test_the_stamp_follows_the_data(tmp_path: Path) -> None:
    for name in ("city.toml", "links.parquet"):
        (tmp_path / name).write_bytes(b"1")
    first = stamp_of(tmp_path)
    (tmp_path / "zones.parquet").write_bytes(b"of no account")
    assert stamp_of(tmp_path) == first
    (tmp_path / "links.parquet").write_bytes(b"2")
    assert stamp_of(tmp_path) != first


def test_the_command_writes_the_map_and_says_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "astana.pmtiles"
    done = CliRunner().invoke(group, ["city", "tiles", "astana", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_bytes()[:8] == b"PMTiles\x03"
    assert "442 tiles" in done.output.replace("\n", " ")
    (tmp_path / "file").write_text("x")
    refused = CliRunner().invoke(group, ["city", "tiles", "astana", "--out", str(tmp_path / "file" / "x.pmtiles")])
    assert refused.exit_code != 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "file"]
