"""Slope of links from an elevation raster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import rasterio
from rasterio.transform import from_origin
from test_stops import CRS, ORIGIN, streets

from shaar.engine.city.osm import read_osm
from shaar.engine.city.slope import sample, with_slope
from shaar.engine.city.streets import build_streets
from shaar.engine.errors import InputError


def write(path: Path, heights: np.ndarray, *, crs: str | None = CRS, cell: float = 30.0, west: float = -600.0) -> Path:
    """A raster of heights whose upper left corner lies ``west`` m and 1200 m north of the origin."""
    transform = from_origin(ORIGIN[0] + west, ORIGIN[1] + 1200.0, cell, cell)
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="float32",
        crs=crs, transform=transform, nodata=-9999.0,
    ) as f:  # fmt: skip
        f.write(heights.astype("float32"), 1)
    return path


def plane(east: float, north: float) -> np.ndarray:
    """Heights that rise by so many per cent to the east and north."""
    x = (np.arange(80) + 0.5) * 30.0
    return 300.0 + (east * x[None, :] - north * x[:, None]) / 100.0


LINES = (
    ([(0, 0), (400, 0)], {"highway": "primary"}),
    ([(400, 0), (400, 300)], {"highway": "primary"}),
    ([(400, 300), (410, 300)], {"highway": "residential"}),
    ([(400, 300), (400, 600)], {"highway": "primary", "bridge": "yes"}),
)


def test_slope_of_a_plane(tmp_path: Path) -> None:
    links = with_slope(streets(*LINES).links, write(tmp_path / "p.tif", plane(4.0, -2.0)))
    assert links["slope"].to_list()[:2] == pytest.approx([4.0, -2.0], abs=0.02)
    assert links["slope"][2] == pytest.approx(4.0 * 10 / 50, abs=0.02)  # over at least 50 m
    assert links["slope"][3] is None  # the ground under a bridge says nothing of its deck


def test_slope_does_not_depend_on_the_rasters_crs(tmp_path: Path) -> None:
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    metric = write(tmp_path / "m.tif", plane(4.0, -2.0))
    with rasterio.open(metric) as source:
        transform, width, height = calculate_default_transform(
            source.crs, "EPSG:4326", source.width, source.height, *source.bounds
        )
        out = np.full((height, width), -9999.0, "float32")
        reproject(
            source.read(1), out, src_transform=source.transform, src_crs=source.crs, dst_transform=transform,
            dst_crs="EPSG:4326", dst_nodata=-9999.0, resampling=Resampling.bilinear,
        )  # fmt: skip
    with rasterio.open(
        tmp_path / "d.tif", "w", driver="GTiff", width=width, height=height, count=1, dtype="float32",
        crs="EPSG:4326", transform=transform, nodata=-9999.0,
    ) as f:  # fmt: skip
        f.write(out, 1)
    links = streets(*LINES[:2]).links
    a, b = with_slope(links, metric)["slope"].to_list(), with_slope(links, tmp_path / "d.tif")["slope"].to_list()
    assert a == pytest.approx(b, abs=0.1)


def test_one_noisy_cell_makes_no_cliff(tmp_path: Path) -> None:
    heights = plane(0.0, 0.0)
    heights[40, 20] += 10.0  # the cell at (0..30, -30..0)
    slope = with_slope(streets(*LINES[:1]).links, write(tmp_path / "n.tif", heights))["slope"][0]
    assert abs(slope) < 0.8  # of 2.5 without smoothing


def test_bad_rasters(tmp_path: Path) -> None:
    links = streets(*LINES).links
    with pytest.raises(InputError, match="no coordinate reference system"):
        with_slope(links, write(tmp_path / "a.tif", plane(0, 0), crs=None))
    with pytest.raises(InputError, match="covers only 0%"):
        with_slope(links, write(tmp_path / "b.tif", plane(0, 0), west=90_000.0))
    (tmp_path / "c.tif").write_bytes(b"no raster")
    with pytest.raises(InputError, match="cannot be read"):
        with_slope(links, tmp_path / "c.tif")
    with pytest.raises(InputError, match="cannot be read"):
        with_slope(links, tmp_path / "missing.tif")


def test_unknown_cells_give_null(tmp_path: Path) -> None:
    heights = plane(1.0, 0.0)
    heights[:34] = -9999.0  # north of about 180 m
    slope = with_slope(streets(*LINES[:3]).links, write(tmp_path / "u.tif", heights))["slope"].to_list()
    assert slope[0] == pytest.approx(1.0, abs=0.05)
    assert slope[1:] == [None, None]


def test_no_links_no_slope(tmp_path: Path) -> None:
    links = streets(*LINES).links[:0]
    assert with_slope(links, tmp_path / "missing.tif").height == 0


def test_porto_alegre(shared_data: Path) -> None:
    folder = shared_data / "cities/porto_alegre"
    links = with_slope(
        build_streets(read_osm(folder / "poa_osm.pbf"), country="BR").links, folder / "poa_elevation.tif"
    )
    assert links.filter(pl.col("structure").is_null())["slope"].is_not_null().mean() > 0.95
    assert 1.0 < links["slope"].abs().median() < 3.0
    heights = sample(np.array([[-51.2287, -30.0277], [-51.1703, -30.0744]]), folder / "poa_elevation.tif")
    assert heights[0] < 40 < heights[1]  # the old centre by the lake, and the foot of the hills
