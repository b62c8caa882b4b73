"""The examples run as they stand, from anywhere, and say what they promise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mandl_meets_the_published_routes(tmp_path: Path) -> None:
    out = run("mandl.py", cwd=tmp_path)
    found = re.search(r"found: +ATT ([\d.]+)  TRT (\d+)", out)
    assert found is not None
    assert float(found[1]) <= 10.185
    assert out.count("  route ") == 6


def test_access_in_astana(tmp_path: Path) -> None:
    shares = {}
    for minutes in ("15", "30", "60"):
        lines = run("access_astana.py", minutes, cwd=tmp_path).splitlines()
        assert lines[0] == f"Астана: 72 clinics and hospitals, {minutes} minutes on foot"
        rows = [re.fullmatch(r"(.+?) +([\d,]+) people +([\d.]+)% reach one", line) for line in lines[1:]]
        people = {row[1]: int(row[2].replace(",", "")) for row in rows if row}
        shares[minutes] = {row[1]: float(row[3]) for row in rows if row}
        assert set(people) == {"Алматы", "Сарыарқа", "Есіл", "all"}
        assert people["all"] == 1_014_015
        assert sum(people.values()) == pytest.approx(2 * people["all"], abs=3)
    for name in shares["30"]:
        assert shares["15"][name] < shares["30"][name] < shares["60"][name] <= 100
