"""The city folder: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from shaar.engine.city import folder, geoparquet, schema
from shaar.engine.city.model import Meta, Provenance
from shaar.engine.errors import InputError, ShaarError

META = Meta(
    name="Test",
    names={"ru": "Тест", "ky": "Сынак"},
    country="KG",
    languages=("ky", "ru"),
    time_zone="Asia/Bishkek",
    crs="EPSG:32643",
    currency="KGS",
    data_date="2026-11-22",
    provenance={"zones.population": Provenance("reported", "a census", "2022")},
    notes=("a note",),
)


def nodes(n: int) -> pl.DataFrame:
    frame = pl.DataFrame({"node_id": range(n), "lon": [74.5] * n, "lat": [42.8] * n})
    return frame.with_columns(signal=pl.lit(False), crossing=pl.lit(True))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    base = pl.DataFrame({"kind": ["water"], "name": ["Ала-Арча"]})
    shape = shapely.Polygon([(74.5, 42.8), (74.625, 42.8), (74.5, 42.9375)])
    folder.write(tmp_path / "c", META, {"nodes": nodes(3), "base": geoparquet.with_geometries(base, [shape])})
    city = folder.read(tmp_path / "c")
    assert city.meta == META
    assert city.nodes["node_id"].to_list() == [0, 1, 2]
    assert city.base["name"].to_list() == ["Ала-Арча"]
    read = geoparquet.geometries(city.base)[0]
    assert shapely.hausdorff_distance(read, shape) <= 2**-20
    assert city.zones.is_empty() and city.gtfs is None
    assert {c.name for c in schema.ZONES} == set(city.zones.columns)


def test_a_failing_write_leaves_the_old_city(tmp_path: Path) -> None:
    folder.write(tmp_path / "c", META, {"nodes": nodes(3)})

    def full_disk(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ShaarError, match=r"No space left on device\); nothing was changed"):
        folder.write(tmp_path / "c", META, {"nodes": nodes(5)}, finish=full_disk)
    assert folder.read(tmp_path / "c").nodes.height == 3
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_an_interrupted_write_leaves_the_old_city(tmp_path: Path) -> None:
    folder.write(tmp_path / "c", META, {"nodes": nodes(3)})

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.write(tmp_path / "c", META, {"nodes": nodes(5)}, finish=interrupt)
    assert folder.read(tmp_path / "c").nodes.height == 3
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_folder_that_is_no_city_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    with pytest.raises(ShaarError, match="is not a city folder, so it is left as it is"):
        folder.write(tmp_path / "photos", META, {})
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: (c / "city.toml").unlink(), "city.toml: the file is missing, so this is not a city folder"),
        (lambda c: (c / "city.toml").write_text("name = "), "city.toml: the file is not valid TOML"),
        (lambda c: (c / "city.toml").write_text("name = 'x'"), "city.toml, field time_zone: the key is missing"),
        (lambda c: (c / "nodes.parquet").unlink(), "nodes.parquet: the file is missing"),
        (lambda c: (c / "nodes.parquet").write_bytes(b"PAR1 cut"), "nodes.parquet: the file cannot be read as Parquet"),
        (
            lambda c: pl.DataFrame({"node_id": [1]}).write_parquet(c / "nodes.parquet"),
            "nodes.parquet, field nodes.lon: the column is missing",
        ),
    ],
)
def test_a_spoilt_folder_is_named(tmp_path: Path, spoil: object, words: str) -> None:
    folder.write(tmp_path / "c", META, {"nodes": nodes(3)})
    spoil(tmp_path / "c")  # type: ignore[operator]
    with pytest.raises(InputError) as e:
        folder.read(tmp_path / "c")
    assert words in str(e.value)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such city folder; `shaar city build` makes one"):
        folder.read(tmp_path / "nowhere")


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=1, max_size=20))
def test_the_storage_grid_moves_nothing_by_more_than_half_a_cell(points: list[tuple[float, float]]) -> None:
    snapped = shapely.get_coordinates(geoparquet.snap_to_grid(shapely.points(points)))
    assert np.abs(snapped - np.array(points)).max() <= 2**-21
