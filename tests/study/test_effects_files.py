"""Appraisals as files, words and commands: whole or not at all, equal to what was written, said in four languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from test_baseline import OPTIONS, TRIPS, feed, town

import shaar
from shaar.cli import group
from shaar.engine.city import folder
from shaar.engine.errors import InputError, ShaarError
from shaar.engine.measures import RemoveLine, Scenario, write_scenario
from shaar.engine.study.appraise_data import StaleError, check_fresh, city_hash
from shaar.engine.study.effects import (
    Workshop,
    appraisal_json,
    indicators,
    read_appraisal,
    reference_of,
    write_appraisal,
)
from shaar.engine.study.effects_table import LANGUAGES, indicator, label, method, reason, unit, words
from shaar.engine.timetable.write import write_gtfs

REMOVED = Scenario(name="no line", changes=(RemoveLine(route_id="1"),))
ENGINE = Path(shaar.__file__).parent / "engine"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def found(city):
    return Workshop.open(city, feed(), options=OPTIONS, od=TRIPS).appraise(REMOVED)


def test_what_is_read_is_what_was_written(found, tmp_path):
    write_appraisal(found, tmp_path / "run")
    again = read_appraisal(tmp_path / "run")
    assert again.effects == found.effects
    assert again.provenance == found.provenance
    assert again.assumptions == found.assumptions
    for table in ("zones", "places", "lines"):
        assert getattr(again, table).equals(getattr(found, table))
    assert appraisal_json(again) == appraisal_json(found)
    assert {p.name for p in (tmp_path / "run").iterdir()} == {
        "appraisal.json", "zones.parquet", "places.parquet", "lines.parquet",
    }  # fmt: skip
    write_appraisal(replace(found, effects=found.effects[:1]), tmp_path / "run")
    assert len(read_appraisal(tmp_path / "run").effects) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_nothing_half_written(found, tmp_path, monkeypatch):
    write_appraisal(found, tmp_path / "run")
    before = (tmp_path / "run" / "appraisal.json").read_bytes()

    def full(*_args, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(ShaarError, match="No space left on device\\); nothing was changed"):
        write_appraisal(found, tmp_path / "run")
    with pytest.raises(ShaarError, match="nothing was changed"):
        write_appraisal(found, tmp_path / "fresh")
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run" / "appraisal.json").read_bytes() == before


def test_other_folders_are_left_as_they_are(found, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ShaarError, match="something else than an appraisal"):
        write_appraisal(found, tmp_path / "mine")
    with pytest.raises(InputError, match="no appraisal here"):
        read_appraisal(tmp_path / "mine")
    write_appraisal(found, tmp_path / "run")
    (tmp_path / "run" / "zones.parquet").write_bytes(b"?")
    with pytest.raises(InputError, match="cannot be read"):
        read_appraisal(tmp_path / "run")
    (tmp_path / "run" / "appraisal.json").write_text('{"version": 99}')
    with pytest.raises(InputError, match="is of form 99"):
        read_appraisal(tmp_path / "run")


def test_stale_city_data_is_told(found, city):
    check_fresh(found.provenance, city, feed())
    more = replace(city, zones=city.zones.with_columns(pl.col("population") + 1))
    with pytest.raises(StaleError, match="the data of Town has changed since"):
        check_fresh(found.provenance, more, feed())
    short = replace(feed(), trips=feed().trips.head(3))
    with pytest.raises(StaleError, match="the data of Town has changed"):
        check_fresh(found.provenance, city, short)
    with pytest.raises(StaleError, match="a table of parameters has changed"):
        check_fresh(replace(found.provenance, parameters="0"), city, feed())


def test_the_hash_of_a_city_sees_every_table(city):
    own = city_hash(city, feed())
    assert own == city_hash(city, feed()) != city_hash(city, None)
    for table, column in (("nodes", "lat"), ("links", "length"), ("zones", "jobs")):
        other = replace(city, **{table: getattr(city, table).with_columns(pl.col(column) + 0.001)})
        assert city_hash(other, feed()) != own
    assert city_hash(replace(city, links=city.links.with_columns(pl.lit("x").alias("name"))), feed()) != own


def test_every_word_in_four_languages():
    first = words("en")
    for language in LANGUAGES:
        found = words(language)
        assert {t: set(w) for t, w in found.items()} == {t: set(w) for t, w in first.items()}
        for table, rows in found.items():
            for key, text in rows.items():
                assert text or (table, key) in (("units", "0 to 1"), ("units", "currency")), (language, table, key)
                assert re.findall(r"\{.\}", text) == re.findall(r"\{.\}", first[table][key])
    with pytest.raises(KeyError):
        words("de")


def test_every_indicator_has_its_words_and_its_method_a_place_in_the_docs():
    docs = Path(__file__).parents[2] / "docs" / "effects.md"
    anchors = set(re.findall(r"\{#([a-z_]+)\}", docs.read_text(encoding="utf-8")))
    for row in indicators():
        for language in LANGUAGES:
            assert row["labels"][language] and row["sections"][language]
            assert method(row["method"], language)
        assert row["method"] in anchors
    assert label("access.jobs_45", "en") == "Jobs within 45 minutes"
    assert indicator("stops.within_400").unit == "persons"
    assert (unit("KZT/year", "en"), unit("KZT", "ru"), unit("t/year", "ru")) == ("KZT a year", "KZT", "т в год")
    with pytest.raises(KeyError):
        indicator("access.moons_45")


def test_every_reason_is_written_down():
    used = set()
    for file in (ENGINE / "study").glob("effects*.py"):
        used |= set(re.findall(r'missing\(\s*f?"[^"]+",\s*"([a-z_]+)"', file.read_text(encoding="utf-8")))
    assert len(used) > 8
    for key in used:
        assert all(reason(key, language) for language in LANGUAGES)


def test_the_reference_network_of_the_example():
    path = Path(shaar.__file__).parent / "data" / "cities" / "astana"
    example = folder.read(path)
    reference = reference_of(example)
    assert reference is not None
    assert {c.type for c in reference.changes} == {"add_line"}
    text = (path / "scenarios" / "reference.toml").read_text(encoding="utf-8")
    assert "Badge: modelled" in text and "do not run" in text
    assert len(text) < 400_000


def test_a_city_without_timetable_or_reference_has_none(city):
    assert reference_of(city) is None


def test_the_command_says_what_the_engine_says(city, tmp_path):
    """Equal to the last digit, printed and in the files."""
    target = tmp_path / "town"
    folder.write(target, city.meta, {t: getattr(city, t) for t in ("nodes", "links", "zones", "places")})
    write_gtfs(feed(), target / "gtfs.zip")
    write_scenario(REMOVED, target / "scenarios" / "none.toml")
    ask = ["appraise", str(target), "none", "--day", "2026-09-02"]
    printed = CliRunner().invoke(group, [*ask, "--json", "--out", str(tmp_path / "run")])
    assert printed.exit_code == 0, printed.output
    data = json.loads(printed.stdout)
    saved = read_appraisal(tmp_path / "run")
    assert json.loads(json.dumps(appraisal_json(saved))) == data
    place = folder.read(target)
    from shaar.engine.timetable.read import read_gtfs

    options = replace(OPTIONS, window=(7 * 3600, 9 * 3600), walk_kmh=4.0, max_walk_m=1000, thresholds=(30, 45, 60))
    own = Workshop.open(place, read_gtfs(target / "gtfs.zip"), options=options).appraise(REMOVED)
    assert own.effects == saved.effects
    shown = CliRunner().invoke(group, [*ask, "--quick"])
    assert shown.exit_code == 0, shown.output
    for text in ("Mean journey from door to door", "Far", "gone", "not modelled: Early deaths", "same trips"):
        assert text in shown.output


def test_the_command_refuses_in_one_sentence(city, tmp_path):
    target = tmp_path / "town"
    folder.write(target, city.meta, {t: getattr(city, t) for t in ("nodes", "links", "zones", "places")})
    write_gtfs(feed(), target / "gtfs.zip")
    result = CliRunner().invoke(group, ["appraise", str(target), "nowhere"])
    assert isinstance(result.exception, InputError)
    assert "there is no such scenario file" in str(result.exception)
    write_scenario(Scenario(name="x", changes=(RemoveLine(route_id="9"),)), target / "scenarios" / "wrong.toml")
    result = CliRunner().invoke(group, ["appraise", str(target), "wrong", "--out", str(tmp_path / "run")])
    assert "the timetable has no line 9" in str(result.exception)
    assert not (tmp_path / "run").exists()
