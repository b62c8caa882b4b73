"""Parts of journeys: they add up to the minutes, and over all trips to what an assignment carries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.assignment.graph import BOARD, RIDE, TRANSFER, WALK
from shaar.engine.assignment.skims import journey_parts, skim_strategies
from shaar.engine.assignment.strategies import assign_strategies
from shaar.engine.errors import InputError

from .networks import paper_network, random_lines


def test_the_journey_of_the_paper_taken_apart() -> None:
    """A to B in 27.75 minutes: half take line 1 for 25, half line 2, then mostly line 4 from X or Y."""
    graph, _shares = paper_network()
    found = skim_strategies(graph, {"ridden": graph.cost}).parts
    # Waiting 3 at A, then for the half on line 2: 0.5 x 2.5 at Y (see the test of strategies).
    assert found["wait"][0, 0] == pytest.approx(3.0 + 0.5 * 2.5, abs=1e-12)
    assert found["ridden"][0, 0] == pytest.approx(27.75 - 4.25, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 1.0), st.integers(1, 3))
def test_parts_add_up_to_minutes_and_over_trips_to_the_assignment(seed: int, wait: float, threads: int) -> None:
    graph = random_lines(seed)
    rng = np.random.default_rng(seed)
    shape = (len(graph.origins), len(graph.destinations))
    skims = skim_strategies(graph, wait=wait, threads=threads)
    parts, there = skims.parts, np.isfinite(skims.minutes)
    assert set(parts) == {"ride", "walk", "change", "boardings", "wait"}
    for values in parts.values():
        assert (np.isnan(values) == ~there).all()
    total = sum(parts[name] for name in ("ride", "walk", "change", "wait"))
    assert total[there] == pytest.approx(skims.minutes[there], rel=1e-9, abs=1e-9)
    trips = np.where(there, rng.random(shape), 0.0)
    trips[np.arange(min(shape)), np.arange(min(shape))] = 0.0
    made = assign_strategies(graph, trips, wait=wait)
    assert made.minutes[there] == pytest.approx(skims.minutes[there], rel=1e-12)
    for name, kind in (("ride", RIDE), ("walk", WALK), ("change", TRANSFER)):
        mine = graph.kind == kind
        assert float((trips * np.nan_to_num(parts[name])).sum()) == pytest.approx(
            float(made.links[mine] @ graph.cost[mine]), rel=1e-8, abs=1e-8
        )
    boarded = float(made.links[graph.kind == BOARD].sum())
    assert float((trips * np.nan_to_num(parts["boardings"])).sum()) == pytest.approx(boarded, rel=1e-8, abs=1e-8)
    waited = float(made.waiting.sum())
    assert float((trips * np.nan_to_num(parts["wait"])).sum()) == pytest.approx(waited, rel=1e-8, abs=1e-8)


def test_impossible_amounts_are_refused() -> None:
    graph, _shares = paper_network()
    with pytest.raises(InputError, match="need as many figures"):
        skim_strategies(graph, {"money": np.zeros(3)})
    with pytest.raises(InputError, match="need as many figures"):
        skim_strategies(graph, {"money": np.full(len(graph.cost), np.nan)})
    with pytest.raises(InputError, match="wait over headway"):
        skim_strategies(graph, wait=0.0)
    assert set(journey_parts(graph)) == {"ride", "walk", "change", "boardings"}
