"""`shaar plan` from the outside: one command, one folder, figures that agree with each other."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import polars as pl
import pytest

from shaar.cli import main


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plan") / "astana"
    main(["demo-plan", "--no-serve", "--seconds", "2", "--out", str(out)])
    return out


@pytest.mark.slow
def test_the_demo_plans_astana(planned: Path) -> None:
    figures = json.loads((planned / "figures.json").read_text(encoding="utf-8"))
    assert figures["before"]["network"] is None
    before, after = figures["before"]["journeys"], figures["after"]["journeys"]
    assert after["unreached"] < before["unreached"]
    city = next(p for p in figures["after"]["places"] if p["kind"] == "city")
    assert city["population"] == pytest.approx(1_014_015)
    assert 0 < city["within_400"] < city["within_800"] < city["population"]
    chosen = [p for p in figures["front"] if p["chosen"]]
    assert len(chosen) == 1
    fleets = [p["vehicles"] for p in figures["front"]]
    minutes = [p["mean_minutes"] for p in figures["front"]]
    assert fleets == sorted(fleets)
    assert minutes == sorted(minutes, reverse=True)
    assert {r["scenario"] for r in figures["climate"]} == {"after"}


@pytest.mark.slow
def test_the_design_is_a_gtfs_feed_with_every_line(planned: Path) -> None:
    figures = json.loads((planned / "figures.json").read_text(encoding="utf-8"))
    lines = next(p["lines"] for p in figures["front"] if p["chosen"])
    with zipfile.ZipFile(planned / "design" / "gtfs.zip") as archive:
        assert archive.testzip() is None
        routes = pl.read_csv(archive.read("routes.txt"))
        frequencies = pl.read_csv(archive.read("frequencies.txt"))
    assert routes.height == lines == figures["after"]["network"]["lines"]
    assert frequencies["headway_secs"].min() >= 180  # type: ignore[operator]
    geo = json.loads((planned / "design" / "lines.geojson").read_text(encoding="utf-8"))
    assert {f["properties"]["line_id"] for f in geo["features"]} == set(routes["route_id"].cast(pl.String))


@pytest.mark.slow
def test_every_outlying_settlement_has_a_served_stop(planned: Path) -> None:
    figures = json.loads((planned / "figures.json").read_text(encoding="utf-8"))
    settlements = [p for p in figures["after"]["places"] if p["kind"] == "settlement"]
    assert len(settlements) >= 6
    for place in settlements:
        assert place["within_800"] > 0, place["name"]


@pytest.mark.slow
def test_the_report_is_one_file_in_four_languages(planned: Path) -> None:
    page = (planned / "report.html").read_text(encoding="utf-8")
    assert len(page) < 2_500_000
    for language in ("ru", "ky", "kk", "en"):
        assert f'lang="{language}"' in page
    assert not re.search(r'(src|href)="(?!#|data:|https://www.openstreetmap.org)', page)


@pytest.mark.slow
def test_a_second_run_replaces_the_first(planned: Path) -> None:
    (planned / "left-over.txt").write_text("from before")
    main(["demo-plan", "--no-serve", "--seconds", "1", "--out", str(planned)])
    assert not (planned / "left-over.txt").exists()
    assert (planned / "figures.json").exists()
