"""Awful input through the command line: one clear sentence, an exit code, and what stood before is untouched."""

from __future__ import annotations

import hashlib
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from bad_town import DAYS, STOPS, feed_tables, town_xml, write_feed
from rasterio.transform import from_origin

from shaar.cli import main

T = feed_tables()


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound raw files: town.osm, town.osm.pbf, good.zip."""
    import osmium

    folder = tmp_path_factory.mktemp("raw")
    (folder / "town.osm").write_text(town_xml(), encoding="utf-8")
    with osmium.SimpleWriter(str(folder / "town.osm.pbf")) as writer:
        for thing in osmium.FileProcessor(str(folder / "town.osm")):
            writer.add(thing)
    write_feed(folder / "good.zip")
    return folder


@pytest.fixture(scope="module")
def town(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound city folder."""
    folder = tmp_path_factory.mktemp("cities") / "town"
    sources = ["--osm", str(raw / "town.osm"), "--gtfs", str(raw / "good.zip")]
    main(["city", "build", str(folder), *sources, "--resolution", "9"])
    return folder


def digest(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def refused(arguments: list[object], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that has to refuse; return its sentence."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(a) for a in arguments])
    shown = capsys.readouterr().err.strip().splitlines()
    assert stop.value.code == 1
    errors = [line for line in shown if line.startswith("error: ")]
    assert len(errors) == 1
    assert shown[-1] == errors[0], "the sentence is one line and the last one"
    assert "Traceback" not in "".join(shown)
    return errors[0].removeprefix("error: ")


def half(source: Path, target: Path, share: float = 0.5) -> Path:
    whole = source.read_bytes()
    target.write_bytes(whole[: int(len(whole) * share)])
    return target


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def raster(path: Path, crs: str | None, west: float, north: float, pixel: float) -> Path:
    options = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "float32", "crs": crs}
    with rasterio.open(path, "w", transform=from_origin(west, north, pixel, pixel), **options) as out:
        out.write(np.full((20, 20), 10, "float32"), 1)
    return path


Files = Callable[[Path, Path], list[object]]

MAPS: dict[str, tuple[Files, str]] = {
    "pbf cut": (lambda r, t: ["--osm", half(r / "town.osm.pbf", t / "x.osm.pbf")],
                "x.osm.pbf: the file cannot be read as OpenStreetMap data; it may be cut short or damaged (PBF"),
    "pbf cut in its head": (lambda r, t: ["--osm", half(r / "town.osm.pbf", t / "x.osm.pbf", 0.01)], "may be cut"),
    "text as pbf": (lambda r, t: ["--osm", text(t / "x.osm.pbf", town_xml())], "may be cut short or damaged"),
    "xml cut": (lambda r, t: ["--osm", half(r / "town.osm", t / "x.osm")], "XML parsing error at line "),
    "geojson cut": (lambda r, t: ["--osm", text(t / "x.geojson", '{"type":"FeatureCollection","features":[{"a"')],
                    "x.geojson, line 1: not valid JSON"),
    "missing": (lambda r, t: ["--osm", t / "nowhere.osm.pbf"], "nowhere.osm.pbf: no such file"),
    "a folder": (lambda r, t: ["--osm", t], "expected OpenStreetMap data as .osm.pbf"),
    "elsewhere": (lambda r, t: ["--osm", r / "town.osm", "--bbox", "10,10,11,11"], "holds no street within the bounds"),
    "time zone": (lambda r, t: ["--osm", r / "town.osm", "--time-zone", "Mars/Olympus"],
                  "'Mars/Olympus' is not a time zone such as Asia/Bishkek"),
    "tiny zones": (lambda r, t: ["--osm", r / "town.osm", "--resolution", "10"],
                   "no zone has a walkable street; zones of resolution 10 may be smaller than the blocks"),
    "country": (lambda r, t: ["--osm", r / "town.osm", "--country", "Kyrgyzstan"],
                "a country is given as two letters such as KG, not 'Kyrgyzstan'"),
}  # fmt: skip

SWAPPED = "stop_id,stop_name,stop_lat,stop_lon\n" + "".join(f"{i},{n},{x:.6f},{y:.6f}\n" for i, n, y, x in STOPS)
AWAY = "stop_id,stop_name,stop_lat,stop_lon\n" + "".join(f"{i},{n},{y - 20:.6f},{x - 40:.6f}\n" for i, n, y, x in STOPS)
FEEDS: dict[str, tuple[dict[str, str | bytes | None], str]] = {
    "no calendar": ({"calendar": None}, "neither calendar.txt nor calendar_dates.txt is there, so no day has service"),
    "no stops": ({"stops": None}, "stops.txt: the required table is missing"),
    "Windows-1251": ({"stops": T["stops"].replace("Stop 1", "Базар").encode("cp1251")},
                     "stops.txt, line 3: byte 0xc1 at offset "),
    "UTF-16": ({"stops": T["stops"].encode("utf-16")}, "the file is in UTF-16; GTFS files are UTF-8"),
    "absurd time": ({"stop_times": T["stop_times"].replace("06:00:00", "99:99:99")},
                    'stop_times.txt, line 2, field arrival_time: "99:99:99" is not a time of the form H:MM:SS'),
    "negative time": ({"stop_times": T["stop_times"].replace("06:00:00", "-1:00:00")}, '"-1:00:00" is not a time'),
    "backwards": ({"stop_times": T["stop_times"].replace("06:04:00", "05:04:00")},
                  'line 4, field arrival_time: trip "T00600" arrives at stop "S2" before it left the stop before'),
    "route type in words": ({"routes": T["routes"].replace(",3", ",bus")}, 'field route_type: "bus" is not a whole'),
    "stop twice": ({"stops": T["stops"] + "S1,again,42.87,74.6\n"}, 'line 7, field stop_id: stop_id "S1" stands twice'),
    "trip twice": ({"trips": T["trips"] + "R,wk,T00600,0\n"}, 'field trip_id: trip_id "T00600" stands twice'),
    "call twice": ({"stop_times": T["stop_times"] + "T00600,06:30:00,06:30:00,S1,1\n"}, 'stop_sequence "1" stands'),
    "unknown stop": ({"stop_times": T["stop_times"].replace("S3", "S9")}, 'stop "S9" is not in stops.txt'),
    "swapped": ({"stops": SWAPPED}, 'line 2, field stop_lat: stop "S0" (74.6, 42.8701): latitude and longitude look'),
    "another city": ({"stops": AWAY}, "none of the 5 stops is near the city, which lies around 42.87"),
    "date": ({"calendar": T["calendar"].replace("20260302", "2026-03-02")}, '"2026-03-02" is not a date of the form'),
    "feed time zone": ({"agency": T["agency"].replace("Asia/Bishkek", "Mars/Olympus")}, '"Mars/Olympus" is not a time'),
    "no column": ({"stop_times": T["stop_times"].replace("stop_sequence", "seq")}, "the required column is missing"),
}  # fmt: skip

PEOPLE = "lat,lon,population\n"
TABLES: dict[str, tuple[Files, str]] = {
    "people swapped": (lambda r, t: ["--population", text(t / "p.csv", PEOPLE + "74.6,42.87,9\n")],
                       "longitude and latitude look swapped"),
    "people below zero": (lambda r, t: ["--population", text(t / "p.csv", PEOPLE + "42.87,74.6,-9\n")],
                          "p.csv, line 2, field population: -9 is negative"),
    "people without number": (lambda r, t: ["--population", text(t / "p.csv", PEOPLE + "42.87,74.6,nan\n")],
                              "'nan' is not a number"),
    "people in Windows-1251": (lambda r, t: ["--population", text(t / "p.csv", PEOPLE + "Базар,1,1\n", "cp1251")],
                               "the text is not UTF-8"),
    "no people": (lambda r, t: ["--population", text(t / "p.csv", "")], "p.csv: the file is empty"),
    "raster of another zone": (lambda r, t: ["--population", raster(t / "p.tif", "EPSG:32633", 467000, 4748000, 200)],
                               "the raster does not cover the city"),
    "raster without system": (lambda r, t: ["--population", raster(t / "p.tif", None, 467000, 4748000, 200)],
                              "states no coordinate system"),
    "raster cut": (lambda r, t: ["--population",
                                 half(raster(t / "q.tif", "EPSG:32643", 467000, 4748000, 200), t / "p.tif", 0.6)],
                   "p.tif: the file cannot be read as a raster; it may be cut short or damaged"),
    "heights elsewhere": (lambda r, t: ["--elevation", raster(t / "h.tif", "EPSG:32633", 467000, 4748000, 200)],
                          "covers only 0%"),
    "heights without system": (lambda r, t: ["--elevation", raster(t / "h.tif", None, 467000, 4748000, 200)],
                               "no coordinate reference system"),
    "zones": (lambda r, t: ["--zones", text(t / "z.geojson", "{")], "z.geojson: the file cannot be read as a map l"),
    "lines": (lambda r, t: ["--lines", text(t / "l.csv", "a,b\n1,2\n")], "field line: the required column is missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", MAPS)
def test_bad_maps(case: str, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, words = MAPS[case]
    assert words in refused(["city", "build", tmp_path / "out" / "town", *files(raw, tmp_path)], capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("case", FEEDS)
def test_bad_feeds(case: str, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes, words = FEEDS[case]
    feed = write_feed(tmp_path / "feed.zip", changes)
    said = refused(["city", "build", tmp_path / "out" / "town", "--osm", raw / "town.osm", "--gtfs", feed], capsys)
    assert said.startswith(str(feed))
    assert words in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"PK junk", None], ids=["empty", "junk", "cut"])
def test_bad_zips(content: bytes | None, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed = half(raw / "good.zip", tmp_path / "feed.zip")
    if content is not None:
        feed.write_bytes(content)
    said = refused(["city", "build", tmp_path / "town", "--osm", raw / "town.osm", "--gtfs", feed], capsys)
    assert ("cut off" if content is None else "this is not a zip file") in said


@pytest.mark.parametrize("case", TABLES)
def test_bad_tables(case: str, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, words = TABLES[case]
    arguments = ["city", "build", tmp_path / "out" / "town", "--osm", raw / "town.osm", *files(raw, tmp_path)]
    assert words in refused(arguments, capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("crs", "west", "north", "pixel"), [("EPSG:32643", 466500, 4751000, 300), ("EPSG:3857", 8302500, 5298000, 400)]
)
def test_a_raster_in_another_system_is_no_error(
    crs: str, west: float, north: float, pixel: float, raw: Path, tmp_path: Path
) -> None:
    from shaar.engine.city.folder import read

    tif = raster(tmp_path / "p.tif", crs, west, north, pixel)
    main(["city", "build", str(tmp_path / "town"), "--osm", str(raw / "town.osm"), "--population", str(tif)])
    assert 50 < read(tmp_path / "town").zones["population"].sum() <= 4000


@pytest.mark.slow
def test_odd_but_legal_feeds_are_taken_and_said(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Times past midnight, a type that GTFS does not know, tables in a folder inside the zip."""
    odd = {
        **T,
        "stop_times": T["stop_times"].replace("21:3", "27:3"),
        "routes": T["routes"].replace(",3", ",9999"),
    }
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as out:
        for name, table in odd.items():
            out.writestr(f"feed/{name}.txt", table)
    arguments = ["--osm", raw / "town.osm", "--gtfs", tmp_path / "odd.zip"]
    main(["city", "build", str(tmp_path / "town"), *map(str, arguments)])
    main(["city", "check", str(tmp_path / "town")])
    assert "type that GTFS does not know (9999)" in " ".join(capsys.readouterr().out.split())
    main(["baseline", str(tmp_path / "town"), "--window", "27:00-28:00"])


@pytest.mark.parametrize("table", ["zones", "nodes", "links", "stops", "places", "turns", "base"])
@pytest.mark.parametrize("command", [["city", "check"], ["baseline"], ["design", "--seconds", "1"]], ids=lambda c: c[0])
def test_a_damaged_city(
    table: str, command: list[str], town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = tmp_path / "town"
    shutil.copytree(town, spoilt)
    file = spoilt / f"{table}.parquet"
    half(town / file.name, file)
    assert refused([*command, spoilt], capsys) == f"{file}: the file cannot be read as Parquet; it may be cut short"
    file.unlink()
    assert refused([*command, spoilt], capsys) == f"{file}: the file is missing"


@pytest.mark.parametrize(
    ("content", "words"), [("name = 'x", "not valid TOML"), ("", "field name: the key is missing")]
)
def test_a_damaged_description(
    content: str, words: str, town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(town, tmp_path / "town")
    (tmp_path / "town" / "city.toml").write_text(content)
    assert words in refused(["baseline", tmp_path / "town"], capsys)


def test_a_day_without_service(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(["baseline", town, "--day", "2031-01-01"], capsys) == (
        "no trip runs on 2031-01-01; choose another day with --day"
    )


def test_results_that_cannot_be_written(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a file; --csv needs a folder" in refused(
        ["baseline", town, "--csv", text(tmp_path / "taken", "x")], capsys
    )
    before = digest(town)
    arguments = ["baseline", town, "--json", tmp_path / "taken" / "figures.json"]
    assert refused(arguments, capsys).startswith(str(tmp_path / "taken"))
    assert digest(town) == before


def python(code: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=400, check=False, **options,
    )  # type: ignore[call-overload,no-any-return]  # fmt: skip


BUILD = "import sys; from shaar.cli import main; main(['city', 'build', *sys.argv[1:]])"


@pytest.mark.parametrize("when", ["at once", "at the largest file"])
def test_a_full_disk(when: str, raw: Path, town: Path, tmp_path: Path) -> None:
    """Files may not grow beyond a limit: writing fails as on a full disk."""
    shutil.copytree(town, tmp_path / "home" / "town")
    before = digest(tmp_path / "home")
    limit = 1000 if when == "at once" else max(file.stat().st_size for file in town.rglob("*") if file.is_file()) - 1
    done = python(
        BUILD, tmp_path / "home" / "town", "--osm", raw / "town.osm", "--gtfs", raw / "good.zip",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    where = tmp_path / "home" / "town"
    assert last == f"error: {where}: the city folder could not be written (File too large); nothing was changed"
    assert "Traceback" not in done.stderr
    assert digest(tmp_path / "home") == before, "nothing is left beside it either"


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (["baseline", "--json"], "figures.json"),
        # Compiles the search in a process of its own.
        pytest.param(["design", "--iterations", "50", "--out"], "plan", marks=pytest.mark.slow),
    ],
)
def test_results_on_a_full_disk(command: list[str], file: str, town: Path, tmp_path: Path) -> None:
    code = "import sys; from shaar.cli import main; main(sys.argv[1:])"
    first = python(code, *command, tmp_path / file, town)
    assert first.returncode == 0, first.stderr
    before = digest(tmp_path)
    assert before
    done = python(
        code, *command, tmp_path / file, town,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"error: {tmp_path / file}: the ")
    assert last.endswith(" could not be written (File too large)")
    assert digest(tmp_path) == before


def test_a_town_without_a_timetable_or_a_workplace_gets_a_report(raw: Path, tmp_path: Path) -> None:
    main(["city", "build", str(tmp_path / "town"), "--osm", str(raw / "town.osm"), "--resolution", "9"])
    main(["plan", str(tmp_path / "town"), "--seconds", "1", "--fleet", "4", "--out", str(tmp_path / "plan")])
    assert (tmp_path / "plan" / "report.html").read_text(encoding="utf-8").startswith("<!")


#: Sends Ctrl-C to itself when table number N is about to be written, or in the middle of a stage.
STOP = """
import os, signal, sys
from shaar.engine.city import geoparquet
from shaar.cli import console, main
where, count = sys.argv[1], 0
def stop(): os.kill(os.getpid(), signal.SIGINT)
plain = geoparquet.write
def write(*a, **k):
    global count
    plain(*a, **k)
    count += 1
    if where == str(count): stop()
geoparquet.write = write
call = console._Lines.__call__
def tell(self, stage, done, total=None, note=""):
    call(self, stage, done, total, note)
    if stage == where: stop()
console._Lines.__call__ = tell
main(["city", "build", *sys.argv[2:]])
print("went on")
"""


@pytest.mark.parametrize("where", ["osm", "zones and people", "write", "1", "4", "7"])
def test_ctrl_c_while_building(where: str, raw: Path, town: Path, tmp_path: Path) -> None:
    shutil.copytree(town, tmp_path / "home" / "town")
    before = digest(tmp_path / "home")
    done = python(
        STOP, where, tmp_path / "home" / "town", "--osm", raw / "town.osm", "--gtfs", raw / "good.zip"
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert done.stderr.strip().splitlines()[-1] in ("stopped", "stopped; what stood before is untouched")
    assert "Traceback" not in done.stderr
    assert "went on" not in done.stdout
    assert digest(tmp_path / "home") == before
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["town"], "nothing half written is left"


def test_the_feed_of_these_tests_is_sound(town: Path) -> None:
    assert DAYS in T["calendar"]
    main(["baseline", str(town)])
