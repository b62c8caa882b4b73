"""Streets of the city prepared for drawing lines, kept while the city's data stay the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .scenarios import base_state, city_stamp


def streets() -> Any:
    """`shaar.engine.study.line_streets.Streets` of the city; preparing them takes some seconds the first time."""
    return _streets(city_stamp())


@lru_cache(maxsize=1)
def _streets(stamp: str) -> Any:
    from shaar.engine.study.line_streets import Streets

    return Streets.of(base_state().city)


def surroundings() -> Any:
    """`shaar.engine.study.suggest.Surroundings` of the city: what suggestions near a pin are made from."""
    return _surroundings(city_stamp())


@lru_cache(maxsize=1)
def _surroundings(stamp: str) -> Any:
    from shaar.engine.study.suggest import Surroundings

    state = base_state()
    return Surroundings.of(state.city, state.feed, streets=streets())
