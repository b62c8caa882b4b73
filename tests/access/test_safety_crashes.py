"""Reading crash files: what is refused, what is told twice, what is kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shaar.engine.access.safety_crashes import read_crashes
from shaar.engine.errors import InputError

HEAD = "date,lon,lat,severity,kind,victims,hour,light,source\n"
GOOD = "2025-03-01,71.40,51.10,fatal,pedestrian,1,18,dark_lit,police\n"


def read(tmp_path: Path, text: str):
    file = tmp_path / "crashes.csv"
    file.write_text(text, encoding="utf-8")
    return read_crashes(file)


def test_a_good_file(tmp_path: Path) -> None:
    c = read(tmp_path, HEAD + GOOD + "2025-12-31,71.5,51.2,damage,,,,,\n")
    assert c.findings == ()
    first, second = c.table.rows(named=True)
    assert first == {
        "crash_id": 2, "date": date(2025, 3, 1), "hour": 18, "lon": 71.4, "lat": 51.1, "severity": "fatal",
        "kind": "pedestrian", "victims": 1, "light": "dark_lit", "source": "police",
    }  # fmt: skip
    assert (second["hour"], second["kind"], second["victims"]) == (None, None, None)
    assert c.years == pytest.approx(306 / 365.25)


def test_semicolons_decimal_commas_and_a_mark_are_read(tmp_path: Path) -> None:
    text = "\ufeffdate;lon;lat;severity;hour\n2025-03-01;71,40;51,10;Slight;7:45\n"
    row = read(tmp_path, text).table.row(0, named=True)
    assert (row["lon"], row["hour"], row["severity"]) == (71.4, 7, "slight")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2025-13-01,71.4,51.1,slight,,,,,", "line 3, field date: the date is not like 2026-11-22"),
        ("2025-03-01,,51.1,slight,,,,,", "line 3, field lon: the place is missing or not a number"),
        ("2025-03-01,71.4,151.1,slight,,,,,", "line 3, field lat: 151.1 degrees are outside the earth"),
        ("2025-03-01,0,0,slight,,,,,", "line 3, field lon: the place is 0, 0, which stands for unknown"),
        ("2025-03-01,71.4,51.1,bad,,,,,", "line 3, field severity: severity is one of fatal, serious, slight, damage"),
        ("2025-03-01,71.4,51.1,fatal,,0,,,", "line 3, field victims: a fatal crash without a victim"),
        ("2025-03-01,71.4,51.1,slight,,two,,,", "line 3, field victims: not a whole number from 0 to 1000"),
        ("2025-03-01,71.4,51.1,slight,,,24,,", "line 3, field hour: not a whole number from 0 to 23"),
        ("2025-03-01,71.4,51.1,slight,,,,moon,", "line 3, field light: light is one of"),
    ],
)
def test_a_bad_row_is_refused_with_one_sentence(tmp_path: Path, row: str, words: str) -> None:
    c = read(tmp_path, HEAD + GOOD + row + "\n" + GOOD.replace("03-01", "03-02"))
    assert c.table["crash_id"].to_list() == [2, 4]
    (f,) = c.findings
    assert f.code == "safety.rows_refused"
    assert f.message.startswith("1 of 3 rows of crashes.csv were refused; the first:")
    assert words in f.message


def test_a_crash_told_twice_is_told(tmp_path: Path) -> None:
    near = GOOD.replace("71.40,51.10", "71.40005,51.10005")
    far = GOOD.replace("71.40,", "71.41,")
    c = read(tmp_path, HEAD + GOOD + near + far + GOOD.replace(",18,", ",17,"))
    assert c.table["crash_id"].to_list() == [2, 4, 5]
    (f,) = c.findings
    assert (f.code, f.count, f.where) == ("safety.rows_twice", 1, "line 3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        (HEAD, "has a head but no crash"),
        ("date,lon,lat\n", "field severity: the column is missing"),
        (HEAD + 2 * "x,y,z,slight,,,,,\n" + GOOD, "2 of 3 rows cannot be read; the first"),
    ],
)
def test_a_file_that_is_something_else_is_refused_whole(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, text)


def test_a_missing_or_binary_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file of crashes"):
        read_crashes(tmp_path / "no.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00date")
    with pytest.raises(InputError, match="not UTF-8"):
        read_crashes(tmp_path / "b.csv")
