"""The four-step loop on toy networks with answers known by other means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from shaar.engine.demand.feedback import feedback
from shaar.engine.demand.gravity import gravity
from shaar.engine.demand.nested_logit import choose, flat
from shaar.engine.errors import InputError


def road(trips):
    """One road per pair, delay after the Bureau of Public Roads; the bus takes 25 minutes always."""
    car = trips["car"]
    return {"car": 10 * (1 + 0.15 * (car / 400) ** 4), "bus": np.full_like(car, 25.0)}


def choice(costs):
    u = -0.1 * np.array([costs["car"], costs["bus"]])
    shares = choose(u, flat(("car", "bus"))).shares
    return {"car": 1000 * shares[0], "bus": 1000 * shares[1]}


@pytest.mark.parametrize("steps", ["msa", "self-regulating", 0.5])
def test_two_modes_and_a_congested_road_end_where_demand_meets_supply(steps):
    start = {"car": np.full((1, 1), 1000.0), "bus": np.zeros((1, 1))}
    f = feedback(road, choice, start, target=1e-4, max_rounds=500, steps=steps)
    root = optimize.brentq(lambda x: float(choice(road({"car": np.array([[x]])}))["car"][0, 0]) - x, 1, 999)
    assert f.converged
    assert f.rounds[-1].change < 1e-4
    assert f.rounds[-1].gap < 1e-4
    assert float(f.trips["car"][0, 0]) == pytest.approx(root, rel=1e-3)
    np.testing.assert_allclose(f.costs["car"], road(f.trips)["car"])
    assert [r.number for r in f.rounds] == list(range(1, len(f.rounds) + 1))


def test_the_whole_loop_over_three_zones_meets_its_totals_and_itself():
    """Distribution and mode choice together: trip ends hold in every round, another start ends there too."""
    p, a = np.array([300.0, 200.0, 100.0]), np.array([150.0, 250.0, 200.0])
    free = np.array([[4.0, 12.0, 18.0], [12.0, 4.0, 10.0], [18.0, 10.0, 4.0]])
    seen = []

    def supply(trips):
        return {"car": free * (1 + 0.15 * (trips["car"] / 80) ** 4), "bus": 1.8 * free + 6}

    def demand(costs):
        u = -0.08 * np.array([costs["car"], costs["bus"]])
        c = choose(u, flat(("car", "bus")))
        best = -c.logsum / 0.08
        t = gravity(p, a, best - best.min(), 0.08).matrix
        seen.append(t)
        return {"car": t * c.shares[0], "bus": t * c.shares[1]}

    first = feedback(supply, demand, demand(supply({"car": np.zeros((3, 3))})), max_rounds=200)
    other = feedback(supply, demand, {"car": np.full((3, 3), 5.0), "bus": np.full((3, 3), 90.0)}, max_rounds=400)
    assert first.converged
    assert other.converged
    for t in seen:
        np.testing.assert_allclose(t.sum(axis=1), p, rtol=1e-8)
        np.testing.assert_allclose(t.sum(axis=0), a, rtol=1e-8)
    for k in ("car", "bus"):
        np.testing.assert_allclose(first.trips[k], other.trips[k], atol=1.0)
    total = sum(first.trips.values())
    np.testing.assert_allclose(total.sum(axis=1), p, rtol=1e-6)


def test_demand_that_does_not_answer_ends_after_two_rounds():
    fixed = {"car": np.full((2, 2), 7.0)}
    f = feedback(lambda t: {"car": t["car"]}, lambda c: fixed, {"car": np.zeros((2, 2))})
    assert f.converged
    assert len(f.rounds) == 2
    np.testing.assert_array_equal(f.trips["car"], fixed["car"])


def test_running_out_of_rounds_is_told_and_a_stop_returns_what_there_is():
    start = {"car": np.full((1, 1), 1000.0), "bus": np.zeros((1, 1))}
    f = feedback(road, choice, start, target=1e-9, max_rounds=3)
    assert not f.converged
    assert len(f.rounds) == 3

    def stop(stage, done, total=None, note=""):
        assert stage == "feedback"
        if done == 2:
            raise KeyboardInterrupt

    f = feedback(road, choice, start, target=1e-9, progress=stop)
    assert len(f.rounds) == 2
    np.testing.assert_allclose(f.costs["car"], road(f.trips)["car"])


def test_impossible_demand_is_refused():
    start = {"car": np.ones((2, 2))}
    same = lambda t: {"car": t["car"]}  # noqa: E731
    for bad, word in (
        ({"bus": np.ones((2, 2))}, "speaks of"),
        ({"car": np.ones((2, 3))}, "shape"),
        ({"car": -np.ones((2, 2))}, "negative"),
    ):
        with pytest.raises(InputError, match=word):
            feedback(same, lambda c, bad=bad: bad, start)
    with pytest.raises(InputError, match="target"):
        feedback(same, same, start, target=0)
    with pytest.raises(InputError, match="step"):
        feedback(same, same, start, steps=2.0)
