"""A city with one of everything that the interface shows, and the people whose names it must not show."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.platform.decide.conftest import *  # noqa: F403
from tests.platform.example_city import build_city


@pytest.fixture
def city(person: Callable[..., Any], territories: dict[str, Any]) -> SimpleNamespace:
    return build_city(person, territories)
