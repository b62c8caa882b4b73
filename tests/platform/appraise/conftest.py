"""A study with an alternative, and a program in place of the engine that answers at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEADWAY = {"type": "population_total", "value": 1_700_000, "date": "2026-02-01", "source": "test"}


@pytest.fixture
def officer(person: Callable[..., Any]) -> Any:
    return person("Эрмек", officer=None)


@pytest.fixture
def colleague(person: Callable[..., Any]) -> Any:
    return person("Гульнара", officer=None)


@pytest.fixture
def head(person: Callable[..., Any]) -> Any:
    return person("Бакыт", head=None)


@pytest.fixture
def resident(person: Callable[..., Any]) -> Any:
    return person("Айгуль", home="ak-ordo")


@pytest.fixture
def study(officer: Any) -> Any:
    from shaar.platform.appraise.services.study import make_study

    return make_study(acting=officer, title="Автобус до Ак-Ордо", about="Что даст новый маршрут?")


@pytest.fixture
def alternative(officer: Any, study: Any) -> Any:
    from shaar.platform.appraise.services.alternative import save_alternative

    return save_alternative(acting=officer, study=study, changes=[HEADWAY], name="Новый маршрут")
