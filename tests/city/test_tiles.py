"""Joining the vector tiles of Astana."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from shaar.engine.errors import InputError

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


def test_astana_joins_well(tiles: ModuleType, shared_data: Path) -> None:
    folder = shared_data / "cities/astana/osm_qa_tiles_20171204"
    extract = tiles.read_tiles(folder)
    check = tiles.check_join(folder, extract)
    assert round(check.connected, 3) >= 0.979
    assert check.connected >= check.connected_before
    assert abs(check.length_ratio - 1) < 0.005
    assert check.cut_lines > 500
    assert check.open_ends == 0
    assert extract.date == "2017-12-04"
