"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real cities and published results kept beside the project; tests that need them skip where they are absent."""
    places = [os.environ.get("SHAAR_SHARED_DATA"), str(Path(__file__).resolve().parents[2] / "shared" / "data")]
    for place in places:
        if place and Path(place).is_dir():
            return Path(place)
    pytest.skip("the shared data folder is not here (set SHAAR_SHARED_DATA to it)")
