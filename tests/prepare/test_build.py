"""``shaar city build`` on a small town: every source, every assumption said, nothing half written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h3
import numpy as np
import polars as pl
import pytest
import rasterio
from rasterio.transform import from_origin

from shaar.cli import main
from shaar.engine.city.folder import read
from shaar.engine.city.projection import project, unproject
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.prepare.build import Naming, build_city
from shaar.engine.prepare.people import read_population, read_raster
from shaar.engine.prepare.sources import Official
from shaar.engine.study.check import check_city

LON, LAT, CRS = 74.6, 42.87, "EPSG:32643"
X0, Y0 = (float(v) for v in project(LON, LAT, CRS))
N, STEP = 6, 300.0


@pytest.fixture(scope="module")
def osm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid of 6 by 6 streets 300 m apart with a block of flats and a house in each square, a school and an office."""
    lines = ['<osm version="0.6">']
    nodes: dict[tuple[float, float], int] = {}

    def node(x: float, y: float, tags: str = "") -> int:
        if (x, y) not in nodes:
            nodes[x, y] = len(nodes) + 1
            lon, lat = unproject(X0 + x, Y0 + y, CRS)
            lines.append(f'<node id="{len(nodes)}" lon="{float(lon):.7f}" lat="{float(lat):.7f}">{tags}</node>')
        return nodes[x, y]

    ways: list[str] = []

    def way(points: list[tuple[float, float]], tags: dict[str, str]) -> None:
        refs = "".join(f'<nd ref="{node(*p)}"/>' for p in points)
        tagged = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        ways.append(f'<way id="{100 + len(ways)}">{refs}{tagged}</way>')

    def box(x: float, y: float, side: float, tags: dict[str, str]) -> None:
        way([(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)], tags)

    for i in range(N):
        way([(i * STEP, j * STEP) for j in range(N)], {"highway": "residential"})
        way([(j * STEP, i * STEP) for j in range(N)], {"highway": "tertiary"})
    for i in range(N - 1):
        for j in range(N - 1):
            x, y = i * STEP, j * STEP
            box(x + 50, y + 50, 30, {"building": "apartments", "building:levels": "5"})
            box(x + 150, y + 150, 10, {"building": "house", "building:levels": "1"})
    box(220, 220, 40, {"building": "school", "name": "№ 1"})
    box(520, 220, 40, {"building": "office", "building:levels": "4"})
    box(-10, -10, 620, {"boundary": "administrative", "name": "Кичи Шаар"})
    node(1.0, 1.0, '<tag k="place" v="city"/><tag k="name" v="Шаар"/><tag k="population" v="46000"/>')
    node(300.0, 5.0, '<tag k="highway" v="bus_stop"/><tag k="name" v="Базар"/>')
    path = tmp_path_factory.mktemp("osm") / "town.osm"
    path.write_text("\n".join([*lines, *ways, "</osm>"]), encoding="utf-8")
    return path


def codes(findings: object) -> set[str]:
    return {f.code for f in findings}  # type: ignore[attr-defined]


def test_only_a_map(osm: Path, tmp_path: Path) -> None:
    findings = build_city(tmp_path / "town", osm=osm, naming=Naming(country="kg"))
    city = read(tmp_path / "town")
    assert (city.meta.name, city.meta.country, city.meta.currency, city.meta.crs) == ("Шаар", "KG", "KGS", CRS)
    assert city.meta.time_zone == "Asia/Bishkek"
    assert city.zones["population"].sum() == pytest.approx(46_000)
    assert city.zones["jobs"].sum() == pytest.approx(46_000 * 0.43)
    assert city.zones["schools"].sum() == 1
    assert city.gtfs is None
    assert city.stops["name"].to_list() == ["Базар"]
    assert city.meta.provenance["zones.population"].badge == "modelled"
    assert city.meta.build["inputs"]["town.osm"].startswith("sha256:")
    expected = {
        "build.population_osm",
        "build.jobs_total",
        "build.no_timetable",
        "build.slope",
        "build.time_zone",
        "build.outline",
    }
    assert expected <= codes(findings)
    assert [f.message for f in findings if f.severity == "assumed"] == city.meta.build["assumptions"]
    # Flats have 4,500 m2 in each square, houses 100: all 25 squares are alike.
    assert city.zones.filter(pl.col("population") > 0)["population"].sum() / 25 == pytest.approx(1840)


def test_every_column_of_figures_has_a_source(osm: Path, tmp_path: Path) -> None:
    build_city(tmp_path / "town", osm=osm)
    known = read(tmp_path / "town").meta.provenance
    for column in ("population", "jobs", "schools", "clinics", "shops", "parks"):
        assert known[f"zones.{column}"].source
    assert {"places", "links", "stops", "turns", "base", "links.slope", "links.free_speed"} <= set(known)


def test_scenarios_made_by_hand_outlive_a_second_build(osm: Path, tmp_path: Path) -> None:
    build_city(tmp_path / "town", osm=osm)
    (tmp_path / "town" / "scenarios").mkdir()
    (tmp_path / "town" / "scenarios" / "more_buses.toml").write_text('name = "more"', encoding="utf-8")
    (tmp_path / "town" / "scenarios" / "today.toml").write_text('name = "old"', encoding="utf-8")

    def finish(fresh: Path) -> None:
        (fresh / "scenarios").mkdir()
        (fresh / "scenarios" / "today.toml").write_text('name = "new"', encoding="utf-8")

    build_city(tmp_path / "town", osm=osm, finish=finish)
    kept = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "town" / "scenarios").iterdir()}
    assert kept == {"more_buses.toml": 'name = "more"', "today.toml": 'name = "new"'}
    assert [p.name for p in tmp_path.iterdir()] == ["town"]


def test_official_totals_win(osm: Path, tmp_path: Path) -> None:
    build_city(tmp_path / "town", osm=osm, official=Official(population=12_345.0, employment=5_000.0))
    city = read(tmp_path / "town")
    zones = city.zones
    assert city.meta.build["population_total"] == 12_345.0
    assert "zones.population_total" not in {f.code for f in check_city(city)}
    halved = replace(city, zones=zones.with_columns(pl.col("population") / 2))
    assert "zones.population_total" in {f.code for f in check_city(halved)}
    assert zones["population"].sum() == pytest.approx(12_345.0, rel=1e-12)
    assert zones["jobs"].sum() == pytest.approx(5_000.0, rel=1e-12)


def test_zones_by_h3_with_jobs_and_a_blank(osm: Path, tmp_path: Path) -> None:
    cells = sorted({h3.latlng_to_cell(LAT + 0.002 * i, LON + 0.003 * j, 9) for i in range(6) for j in range(6)})
    rows = [f"{c},{100 + k},{10 if k else ''},1" for k, c in enumerate(cells)]
    (tmp_path / "zones.csv").write_text("id,population,jobs,healthcare\n" + "\n".join(rows), encoding="utf-8")
    findings = build_city(tmp_path / "town", osm=osm, zones=tmp_path / "zones.csv")
    zones = read(tmp_path / "town").zones
    assert zones["zone_id"].to_list() == cells
    assert zones["population"].to_list() == [100.0 + k for k in range(len(cells))]
    assert zones["jobs"].to_list() == [0.0] + [10.0] * (len(cells) - 1)
    assert zones["clinics"].sum() == len(cells)
    assert "build.blank" in codes(findings)
    assert "build.jobs_total" not in codes(findings)


def points_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("lon,lat,people\n74.6,42.87,5\n74.601,42.87,-3\n", "utf-8", "line 3, field people: -3 is negative"),
        ("lon,lat,population\n74.6,42.87,много\n", "utf-8", "line 2, field population: 'много' is not a number"),
        ("lon,lat,population\n74.6,42.87,\n", "utf-8", "line 2, field population: the cell is empty"),
        ("lon,lat,name\n74.6,42.87,5\n", "utf-8", "no column with the population"),
        ("name,population\nx,5\n", "utf-8", "no column with the longitude"),
        ("lon,lat,population\n42.87,74.6,5\n", "utf-8", "line 2, field lon, lat: .*look swapped"),
        (
            "lon,lat,population\n74.6,42.87,5\n30,59,5\n",
            "utf-8",
            r"line 3, field lon, lat: .*outside the city.*\(1 of 2 rows\)",
        ),
        ("lon,lat,population,имя\n74.6,42.87,5,Восток\n", "cp1251", "line 1: the text is not UTF-8"),
        ("", "utf-8", "the file is empty"),
        ("lon,lat,population\n74.6,42.87,0\n", "utf-8", "sums to zero"),
    ],
)
def test_bad_population_tables(tmp_path: Path, text: str, encoding: str, message: str) -> None:
    path = points_csv(tmp_path / "people.csv", text, encoding)
    with pytest.raises(InputError, match=message) as e:
        read_population(path, middle=(LON, LAT))
    assert "people.csv" in str(e.value)


def test_points_with_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    path = points_csv(tmp_path / "p.csv", "\ufeffLon;Lat;Population\n74,6;42,87;5,5\n")
    people = read_population(path, middle=(LON, LAT)).people
    assert (people.lon.tolist(), people.lat.tolist(), people.persons.tolist()) == ([74.6], [42.87], [5.5])


def raster(path: Path, crs: str | None, west: float, north: float, pixel: float, n: int = 20) -> float:
    counts = np.arange(n * n, dtype=np.float32).reshape(n, n)
    counts[0, 0] = -1.0
    kw = {"crs": crs} if crs else {}
    with rasterio.open(path, "w", driver="GTiff", height=n, width=n, count=1, dtype="float32", nodata=-1.0,
                       transform=from_origin(west, north, pixel, pixel), **kw) as f:  # fmt: skip
        f.write(counts, 1)
    return float(counts.sum() + 1.0)


@pytest.mark.parametrize(
    ("crs", "west", "north", "pixel"),
    [
        (CRS, X0 - 500, Y0 + 1500, 100.0),
        ("EPSG:4326", LON - 0.01, LAT + 0.02, 0.001),
        ("EPSG:3857", 8304000.0, 5296000.0, 500.0),
    ],
)
def test_raster_in_any_system_keeps_its_sum(tmp_path: Path, crs: str, west: float, north: float, pixel: float) -> None:
    total = raster(tmp_path / "pop.tif", crs, west, north, pixel)
    people = read_raster(tmp_path / "pop.tif").people
    assert people.total == pytest.approx(total, rel=1e-9)
    assert abs(people.lon.mean() - LON) < 0.1
    assert abs(people.lat.mean() - LAT) < 0.1


def test_raster_without_system_elsewhere_or_no_raster(tmp_path: Path) -> None:
    raster(tmp_path / "no.tif", None, LON, LAT, 0.001)
    with pytest.raises(InputError, match="no coordinate system"):
        read_raster(tmp_path / "no.tif")
    raster(tmp_path / "far.tif", "EPSG:4326", 10.0, 50.0, 0.001)
    with pytest.raises(InputError, match="does not cover the city"):
        read_raster(tmp_path / "far.tif", box=(74.5, 42.8, 74.7, 42.9))
    (tmp_path / "bad.tif").write_bytes(b"II*\0 cut")
    with pytest.raises(InputError, match="cannot be read as a raster"):
        read_raster(tmp_path / "bad.tif")


def test_build_from_raster_and_areas(osm: Path, tmp_path: Path) -> None:
    raster(tmp_path / "pop.tif", CRS, X0, Y0 + 1500, 75.0)
    build_city(tmp_path / "a", osm=osm, population=tmp_path / "pop.tif")
    assert read(tmp_path / "a").meta.provenance["zones.population"].badge == "reported"
    lon, lat = unproject([X0, X0 + 1500], [Y0, Y0 + 1500], CRS)
    ring = [[lon[0], lat[0]], [lon[1], lat[0]], [lon[1], lat[1]], [lon[0], lat[1]], [lon[0], lat[0]]]
    (tmp_path / "areas.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"population":900},'
        f'"geometry":{{"type":"Polygon","coordinates":[{[[float(v) for v in p] for p in ring]}]}}}}]}}',
        encoding="utf-8",
    )
    build_city(tmp_path / "b", osm=osm, population=tmp_path / "areas.geojson", districts=tmp_path / "areas.geojson")
    city = read(tmp_path / "b")
    assert city.zones["population"].sum() == pytest.approx(900)
    assert city.meta.provenance["zones.population"].badge == "modelled"
    assert city.places.filter(pl.col("kind") == "district").height == 1


def fingerprint(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.mark.parametrize("failure", ["input", "interrupt", "disk"])
def test_the_previous_city_is_untouched(
    osm: Path, tmp_path: Path, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "town"
    build_city(out, osm=osm)
    before = fingerprint(out)
    if failure == "input":
        bad = points_csv(tmp_path / "p.csv", "lon,lat,population\n74.6,42.87,x\n")
        with pytest.raises(InputError):
            build_city(out, osm=osm, population=bad)
    elif failure == "interrupt":

        def stop(stage: str, done: float, total: float | None = None, note: str = "") -> None:
            if stage == "write":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_city(out, osm=osm, progress=stop)
    else:

        def full(folder: Path) -> None:
            raise OSError(28, "No space left on device")

        with pytest.raises(ShaarError, match="No space left on device"):
            build_city(out, osm=osm, finish=full)
    assert fingerprint(out) == before
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_a_folder_that_is_no_city_is_left_alone(osm: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="not a city folder"):
        build_city(tmp_path / "mine", osm=osm)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"


def test_lines_from_a_table_become_gtfs(osm: Path, tmp_path: Path) -> None:
    points = []
    for k, (x, y) in enumerate([(0, 300), (600, 300), (1200, 300)]):
        lon, lat = unproject(X0 + x, Y0 + y, CRS)
        points.append(f"7,0,{k},S{k},{float(lon):.6f},{float(lat):.6f},600")
    table = points_csv(
        tmp_path / "lines.csv", "line,direction,sequence,stop_name,lon,lat,headway\n" + "\n".join(points)
    )
    try:
        build_city(tmp_path / "town", osm=osm, lines=table, naming=Naming(country="KG"))
    except InputError as e:
        pytest.fail(f"the table of lines was refused: {e}")
    city = read(tmp_path / "town")
    assert city.gtfs is not None
    assert city.meta.provenance["gtfs"].source == "lines.csv"
    assert city.stops.height >= 3


def test_command_line(osm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["city", "build", str(tmp_path / "town"), "--osm", str(osm), "--country", "KG", "--population-total", "20000"])
    text = capsys.readouterr().out
    assert "20,000" in text
    assert "assumed" in text
    with pytest.raises(SystemExit) as e:
        main(["city", "build", str(tmp_path / "town"), "--osm", str(tmp_path / "none.osm.pbf")])
    assert e.value.code == 1
    error = capsys.readouterr().err
    assert error.strip().endswith("none.osm.pbf: no such file")
    main(["city", "check", str(tmp_path / "town")])
    assert "no timetable" in capsys.readouterr().out


def test_of_a_region_only_the_named_city_is_kept(osm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shaar.engine.prepare import build as module

    build_city(tmp_path / "whole", osm=osm)
    monkeypatch.setattr(module, "REGION_KM", 1.0)
    monkeypatch.setattr(module, "MARGIN_KM", 0.05)
    build_city(tmp_path / "part", osm=osm, naming=Naming(name="Кичи Шаар"))
    whole, part = read(tmp_path / "whole"), read(tmp_path / "part")
    assert part.meta.name == "Кичи Шаар"
    assert 0 < part.links["length"].sum() < 0.7 * whole.links["length"].sum()
    with pytest.raises(InputError, match="wider than a city"):
        build_city(tmp_path / "none", osm=osm, naming=Naming(name="Чоң Шаар"))


def test_bbox_is_checked(osm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["city", "build", str(tmp_path / "t"), "--osm", str(osm), "--bbox", "75,42,74,43"])
    assert "west must be less than east" in capsys.readouterr().err
