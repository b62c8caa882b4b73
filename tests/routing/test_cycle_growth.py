"""Growing a network: every gain equals a brute-force re-evaluation; proposals keep their promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.demand.parameters import load_parameters
from shaar.engine.routing.cycle_candidates import new_links
from shaar.engine.routing.cycle_growth import Candidate, Growth, total, union
from shaar.engine.routing.cycle_links import low_stress_costs, missing_links
from shaar.engine.routing.cycle_network import CycleNet, Points, with_new_links
from shaar.engine.routing.cycle_plan import accepted, propose

P = load_parameters("walking_cycling.csv")


def net_of(n, arcs, xy=None):
    """CycleNet of arcs (tail, head, metres, stress, cross) at 1 m/s, each a link of its own."""
    order = sorted(range(len(arcs)), key=lambda k: arcs[k][0])
    tail, head, metres, stress, cross = (np.array([arcs[k][q] for k in order]) for q in range(5))
    metres = metres.astype(float)
    xy = np.zeros((n, 2)) if xy is None else np.asarray(xy, float)
    m = len(order)
    return CycleNet(
        np.searchsorted(tail, np.arange(n + 1)).astype(np.int32), tail.astype(np.int32), head.astype(np.int32),
        np.array(order, np.int32), metres, metres, np.zeros(m), metres, np.zeros(m, bool), stress.astype(np.int8),
        cross.astype(np.int8), xy[:, 0], xy[:, 1], np.zeros(n, np.int32),
    )  # fmt: skip


def brute(net, cost, limit):
    """All least costs by Floyd and Warshall's method; inf beyond the limit."""
    n = net.n_nodes
    d = np.full((n, n), np.inf)
    np.fill_diagonal(d, 0.0)
    for a in range(len(cost)):
        d[net.tail[a], net.head[a]] = min(d[net.tail[a], net.head[a]], cost[a])
    for k in range(n):
        d = np.minimum(d, d[:, k : k + 1] + d[k : k + 1, :])
    return np.where(d <= limit, d, np.inf)


def worth(d, points, weight, limit, counted):
    m = d[np.ix_(points.node, points.node)]
    return float(weight[m <= limit].sum()) if counted == "within" else -float((weight * np.minimum(m, limit)).sum())


@st.composite
def cases(draw):
    n = draw(st.integers(2, 8))
    node = st.integers(0, n - 1)
    one = st.tuples(node, node, st.integers(1, 20), st.integers(1, 4), st.integers(1, 4))
    arcs = [a for a in draw(st.lists(one, min_size=3, max_size=24)) if a[0] != a[1]] or [(0, 1, 3, 4, 1)]
    net = net_of(n, arcs)
    at = draw(st.lists(node, min_size=1, max_size=6))
    points = Points(np.array(at, np.int32), np.arange(len(at), dtype=np.int32), np.ones(len(at)))
    weight = np.array(draw(st.lists(st.integers(0, 9), min_size=len(at) ** 2, max_size=len(at) ** 2)), float)
    m = len(net.head)
    picks = draw(st.lists(st.sets(st.integers(0, m - 1), min_size=1, max_size=4), min_size=1, max_size=4))
    chosen = [np.array(sorted(s), np.int32) for s in picks]
    candidates = [
        Candidate("track", a, float(net.metres[a].sum()), np.unique(np.r_[net.tail[a], net.head[a]])) for a in chosen
    ]
    return net, points, weight.reshape(len(at), -1), candidates, draw(st.integers(5, 60))


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from(["fall", "within"]))
def test_gains_equal_a_brute_force_re_evaluation(case, counted):
    net, points, weight, candidates, limit = case
    calm, built = low_stress_costs(net, candidates)
    before = net.metres * net.stress if counted == "fall" else calm
    after = net.metres if counted == "fall" else built
    growth = Growth(net, points, candidates, before, after, weight, limit + 0.5, counted)
    cost = before.copy()
    now = worth(brute(net, cost, limit + 0.5), points, weight, limit + 0.5, counted)
    for k, c in enumerate(candidates):
        gains = growth.gains(np.arange(len(candidates)))
        for q, other in enumerate(candidates):
            tried = cost.copy()
            tried[other.arcs] = after[other.arcs]
            then = worth(brute(net, tried, limit + 0.5), points, weight, limit + 0.5, counted)
            assert gains[q] == pytest.approx(then - now, abs=1e-6)
        growth.build(k)
        cost[c.arcs] = after[c.arcs]
        d = brute(net, cost, limit + 0.5)
        now = worth(d, points, weight, limit + 0.5, counted)
        assert growth.between == pytest.approx(d[np.ix_(points.node, points.node)])
        assert abs(total(growth)) == pytest.approx(abs(now))


@settings(max_examples=60, deadline=None)
@given(cases(), st.booleans(), st.integers(0, 60))
def test_a_proposal_keeps_its_budget_its_connection_and_its_sums(case, exhaustive, budget):
    net, points, weight, candidates, _ = case
    plan = propose(net, points, weight, candidates, P, budget_m=budget, exhaustive=exhaustive)
    built = [s.candidate for s in plan.steps]
    assert len(set(built)) == len(built)
    assert sum(max(candidates[k].metres, 1.0) for k in built) <= budget
    limit = 60 * P["longest_minutes"]
    cost = net.perceived(P)
    calm = net.low_stress()
    for step in plan.steps:
        c = candidates[step.candidate]
        before = worth(brute(net, cost, limit), points, weight, limit, "fall")
        cost[c.arcs] = np.minimum(cost[c.arcs], net.built[c.arcs])
        after = worth(brute(net, cost, limit), points, weight, limit, "fall")
        assert step.gain == pytest.approx(after - before, abs=1e-6)
        assert step.gain > 0
    joined = union(net.n_nodes, [net.tail[calm], net.head[calm]])
    main = joined == 0
    for k in built:
        assert main[candidates[k].nodes].any()
        main |= np.isin(joined, joined[candidates[k].nodes])
    assert plan.curve_gain[-1] == pytest.approx(sum(s.gain for s in plan.steps))
    assert (np.diff(plan.curve_served) >= -1e-12).all()
    again = propose(net, points, weight, candidates, P, budget_m=budget, exhaustive=exhaustive)
    assert again.steps == plan.steps


@settings(max_examples=40, deadline=None)
@given(cases())
def test_flows_carry_every_trip_along_least_costs(case):
    net, points, weight, candidates, _ = case
    cost = net.metres * net.stress
    growth = Growth(net, points, candidates, cost, cost, weight, 1e6)
    m = growth.between
    reached = np.isfinite(m)
    assert (growth.flows() * cost).sum() == pytest.approx((weight * np.where(reached, m, 0)).sum())


def grid_case():
    """Two calm streets of five nodes, 100 m apart, joined only at their west ends by a stressful street of 100 m."""
    xy = [(100 * k, 0) for k in range(5)] + [(100 * k, 100) for k in range(5)]
    arcs = []
    for base in (0, 5):
        for k in range(4):
            arcs += [(base + k, base + k + 1, 100, 1, 1), (base + k + 1, base + k, 100, 1, 1)]
    arcs += [(0, 5, 100, 4, 1), (5, 0, 100, 4, 1)]
    return net_of(10, arcs, xy)


def test_the_missing_link_is_the_one_that_joins_the_streets_in_the_middle():
    net = grid_case()
    found = new_links(net, P, cell=1.0)
    straight = {tuple(p) for p, m in zip(found.pairs.tolist(), found.metres) if m < 101}
    assert straight == {(0, 5), (1, 6), (2, 7), (3, 8), (4, 9)}
    assert not np.isfinite(found.way).any()
    full = with_new_links(net, found.pairs, found.metres, found.metres)
    fresh = np.flatnonzero(full.link < 0)
    candidates = [
        Candidate("link", fresh[full.link[fresh] == -1 - k].astype(np.int32), float(found.metres[k]), found.pairs[k])
        for k in range(len(found.pairs))
    ]
    # one person at every node, one place at every node, ten minutes at 1 m/s reach everything once joined
    points = Points(np.arange(10, dtype=np.int32), np.arange(10, dtype=np.int32), np.ones(10))
    p = P.with_values({"access_minutes": 10})
    ranked, growth = missing_links(full, points, np.ones(10), np.ones(10), candidates, p, apart=0.0)
    assert total(growth) == 50  # 25 pairs within each street, itself included
    best = candidates[ranked[0].candidate]
    assert ranked[0].gain == 50
    assert best.metres == pytest.approx(100)
    # within five minutes the middle rung reaches more than the outer ones: 19 of 25 pairs each way against 15 and 10
    p = P.with_values({"access_minutes": 5})
    ranked, _ = missing_links(full, points, np.ones(10), np.ones(10), candidates, p, apart=0.0)
    by_pair = {tuple(candidates[f.candidate].nodes.tolist()): f.gain for f in ranked}
    reach = lambda c: 2 * sum(abs(a - c) + abs(b - c) <= 2 for a in range(5) for b in range(5))  # noqa: E731
    assert [by_pair[k, k + 5] for k in range(5)] == [reach(c) for c in range(5)]
    assert tuple(candidates[ranked[0].candidate].nodes.tolist()) == (2, 7)


def test_a_stressful_street_between_calm_ones_is_upgraded_first():
    net = grid_case()
    stressful = np.flatnonzero(net.stress == 4).astype(np.int32)
    points = Points(np.array([4, 9], np.int32), np.arange(2, dtype=np.int32), np.ones(2))
    trips = np.array([[0.0, 10.0], [10.0, 0.0]])
    track = Candidate("track", stressful, 100.0, np.array([0, 5], np.int32))
    plan = propose(net, points, trips, [track], P, budget_m=150)
    assert plan.curve_served.tolist() == [0.0, 1.0]
    assert plan.steps[0].gain == pytest.approx(20 * 100 * (P["stress_factor.4"] - 1))
    assert plan.flow[stressful].tolist() == [10, 10]
    assert propose(net, points, trips, [track], P, budget_m=99).steps == ()


def test_accepted_detours_are_a_quarter_or_530_metres():
    assert accepted(np.array([60.0, 3600.0]), P) == pytest.approx([60 + 530 * 3.6 / 16, 4500])
