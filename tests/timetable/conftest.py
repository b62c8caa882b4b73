"""Fixtures of the timetable tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from timetable_cases import SMALL, MakeFeed


@pytest.fixture
def make_feed(tmp_path: Path) -> MakeFeed:
    """Write the small feed with some tables replaced (None: left out) and return its path."""

    def make(
        changes: Mapping[str, str | bytes | None] | None = None, *, folder: str = "", name: str = "feed.zip"
    ) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as z:
            for table, text in {**SMALL, **(changes or {})}.items():
                if text is not None:
                    z.writestr(f"{folder}{table}.txt", text)
        return path

    return make
