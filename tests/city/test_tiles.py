"""Joining the vector tiles of Astana."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from shaar.engine.city.extract import OsmExtract
from shaar.engine.city.osm import read_osm
from shaar.engine.errors import InputError, ShaarError

pytest.importorskip("mapbox_vector_tile")
import mapbox_vector_tile

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "astana" / "tiles.py"
EXTENT = 1_048_576


@pytest.fixture(scope="module")
def tiles() -> ModuleType:
    spec = importlib.util.spec_from_file_location("astana_tiles", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["astana_tiles"] = module
    spec.loader.exec_module(module)
    return module


def write_tile(folder: Path, x: int, features: list[tuple[str, dict[str, object]]]) -> None:
    layer = {"name": "osm", "features": [{"geometry": g, "properties": {"@type": "way", **p}} for g, p in features]}
    options = {"extents": EXTENT, "y_coord_down": True}
    (folder / f"12-{x}-1367.mvt").write_bytes(mapbox_vector_tile.encode([layer], default_options=options))


def test_parts_join_at_the_seam(tiles: ModuleType, tmp_path: Path) -> None:
    street = {"@id": 7, "highway": "primary", "oneway": "yes"}
    house = {"@id": 8, "building": "yes"}
    near = 3  # grid units of 6 mm, about 2 cm: the two tiles round the crossing differently
    write_tile(
        tmp_path,
        2860,
        [
            (f"LINESTRING(900000 500, {EXTENT} 1000)", street),
            (f"POLYGON(({EXTENT - 100} 0, {EXTENT} 0, {EXTENT} 100, {EXTENT - 100} 100, {EXTENT - 100} 0))", house),
        ],
    )
    write_tile(
        tmp_path,
        2861,
        [
            (f"LINESTRING(0 {1000 + near}, 5000 2000)", street),
            ("POLYGON((0 0, 100 0, 100 100, 0 100, 0 0))", house),
            ("LINESTRING(5000 2000, 6000 9000)", {"@id": 9, "highway": "service"}),
        ],
    )
    extract = tiles.read_tiles(tmp_path)
    assert sorted(extract.way_id.tolist()) == [7, 9]
    k = extract.way_id.tolist().index(7)
    nodes = extract.way_nodes[extract.way_ptr[k] : extract.way_ptr[k + 1]]
    assert len(nodes) == 3
    assert (np.diff(extract.node_lon[nodes]) > 0).all()
    assert extract.areas[0].geometry.geom_type == "Polygon"
    check = tiles.check_join(tmp_path, extract)
    assert (check.drivable_nodes, check.connected) == (4, 1.0)
    assert check.connected_before == 0.6  # five vertices before, two of them in the western tile
    assert check.open_ends == 0
    assert check.length_ratio == pytest.approx(1.0, abs=1e-4)


def test_bad_folder_and_bad_tile(tiles: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no vector tiles"):
        tiles.read_tiles(tmp_path)
    (tmp_path / "12-1-1.mvt").write_bytes(b"\x1f\x8bnot a tile")
    with pytest.raises(InputError, match="12-1-1"):
        tiles.read_tiles(tmp_path)


@pytest.fixture(scope="module")
def astana(tiles: ModuleType, shared_data: Path) -> OsmExtract:
    return tiles.read_tiles(shared_data / "cities/astana/osm_qa_tiles_20171204")


def test_astana_joins_well(tiles: ModuleType, shared_data: Path, astana: OsmExtract) -> None:
    check = tiles.check_join(shared_data / "cities/astana/osm_qa_tiles_20171204", astana)
    assert round(check.connected, 3) >= 0.979
    assert check.connected >= check.connected_before
    assert abs(check.length_ratio - 1) < 0.005
    assert check.cut_lines > 500
    assert check.open_ends == 0
    assert astana.date == "2017-12-04"


def test_the_decoded_file_gives_the_same_streets(shared_data: Path, astana: OsmExtract) -> None:
    a = astana
    b = read_osm(shared_data / "cities/astana/astana_osm_20171204.geojsonl.gz")
    assert sorted(a.way_id.tolist()) == sorted(b.way_id.tolist())
    assert np.array_equal(a.node_id, b.node_id)
    assert len(a.areas) == len(b.areas)


def test_fetching_needs_npm_only_where_tiles_are_missing(
    tiles: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ShaarError, match="npm is needed"):
        tiles.fetch_tiles(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    for k in range(tiles.N_TILES):
        (tmp_path / f"12-{k}-1.mvt").write_bytes(b"")
    assert tiles.fetch_tiles(tmp_path) == tmp_path
