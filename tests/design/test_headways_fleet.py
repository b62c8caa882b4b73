"""Headways by period and vehicle type: against enumeration, limits kept, and what cannot be carried named."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from design.headways_cases import LONG, SOLO, model, random_model
from shaar.engine.design.headways import HeadwayRules, allocate
from shaar.engine.design.headways_fleet import allocate_fleet
from shaar.engine.design.headways_judge import Judge
from shaar.engine.design.headways_network import line_peaks
from shaar.engine.design.headways_room import suffices
from shaar.engine.design.headways_task import SERVICE_DAY, FleetPlan, FleetTask, ServicePeriod, Weights
from shaar.engine.errors import InputError

PEAK = ServicePeriod("peak", 2.0, 0.2, 1.0, 1.0, 60.0, 1.3)
OFF = ServicePeriod("off", 6.0, 0.4, 0.9, 1.0, 60.0, 1.0, 0.7)


def every_plan(task: FleetTask) -> tuple[float, float]:
    """Least (overload, objective) over all types and all shares of vehicles."""
    judge = Judge(task)
    lines, kinds = task.model.lines, len(task.types)
    best = (math.inf, math.inf)
    for way in itertools.product(range(kinds), repeat=lines):
        types = np.array(way)
        if not task.may()[np.arange(lines), types].all():
            continue
        sums = [0.0, 0.0]
        for p in range(len(task.periods)):
            least, room = task.least(p), task.room(p)
            shares = itertools.product(*[range(int(a), int(room.max()) + 1) for a in least])
            fit = [np.array(v) for v in shares if (np.bincount(types, weights=v, minlength=kinds) <= room).all()]
            worth = min((judge.worth([judge.serve(p, types, v)]) for v in fit), default=(math.inf, math.inf))
            sums = [sums[0] + worth[0], sums[1] + worth[1]]
        best = min(best, (round(sums[0], 3), sums[1]))
    return best


def check_limits(task: FleetTask, plan: FleetPlan) -> None:
    assert task.may()[np.arange(task.model.lines), plan.types].all()
    for p, service in enumerate(plan.periods):
        used = np.bincount(plan.types, weights=service.vehicles, minlength=len(task.types))
        assert (used <= task.room(p)).all()
        assert (service.headways <= np.broadcast_to(task.periods[p].longest, task.model.lines) + 1e-9).all()
        assert (service.headways >= np.broadcast_to(task.periods[p].least, task.model.lines) - 1e-9).all()
        assert (np.ceil(task.cycles(p) / service.headways - 1e-9) <= service.vehicles).all()


@pytest.mark.parametrize("seed", [0, 1, 3, 6])
def test_small_networks_get_the_best_of_all_plans(seed: int) -> None:
    """Two periods, two types with limits, crowding in the loop; every other seed with prices on cost and carbon."""
    weights = Weights(1.0, 3.0, 1.0) if seed % 2 else Weights()
    task = FleetTask(
        random_model(seed), (SOLO, LONG), np.array([4, 3]), np.array([10.0, 12.0, 8.0]), (PEAK, OFF), weights,
        loadings=30, gap=1e-4,
    )  # fmt: skip
    plan = allocate_fleet(task)
    check_limits(task, plan)
    best = every_plan(task)
    assert plan.overload == pytest.approx(best[0], abs=1e-3)
    assert plan.objective == pytest.approx(best[1], rel=1e-3)


def test_lines_that_share_no_trip_are_exact() -> None:
    od = np.zeros((6, 6))
    od[0, 1], od[2, 3], od[4, 5] = 100, 40, 10
    m = model(6, [(0, 1), (2, 3), (4, 5)], [[20.0], [15.0], [25.0]], od)
    for fleet in range(3, 11):
        task = FleetTask(m, (SOLO,), np.array([fleet]), np.ones(3), (PEAK,), discomfort=None)
        plan = allocate_fleet(task)
        check_limits(task, plan)
        assert (plan.overload, plan.objective) == pytest.approx(every_plan(task), rel=1e-9)


def test_a_price_on_vehicles_leaves_some_in_the_depot_and_a_price_on_carbon_cuts_kilometres() -> None:
    m = random_model(1)
    plans = [
        allocate_fleet(FleetTask(m, (SOLO,), np.array([30]), np.full(3, 10.0), (OFF,), w))
        for w in (Weights(), Weights(1.0, 200.0, 0.0), Weights(1.0, 0.0, 300.0))
    ]
    fleets = [int(p.periods[0].vehicles.sum()) for p in plans]
    assert fleets[1] < fleets[0]
    assert plans[1].periods[0].cost < plans[0].periods[0].cost
    assert plans[2].periods[0].kg < plans[0].periods[0].kg
    assert plans[0].periods[0].person_minutes < min(p.periods[0].person_minutes for p in plans[1:])


def test_the_roomier_vehicles_go_to_the_fuller_line() -> None:
    od = np.zeros((4, 4))
    od[0, 1], od[2, 3] = 4000, 900
    m = model(4, [(0, 1), (2, 3)], [[10.0], [10.0]], od)
    plan = allocate_fleet(FleetTask(m, (SOLO, LONG), np.array([4, 4]), np.ones(2), (PEAK,)))
    assert plan.types.tolist() == [1, 0]
    wires = np.array([[True, False], [True, True]])
    forced = allocate_fleet(FleetTask(m, (SOLO, LONG), np.array([4, 4]), np.ones(2), (PEAK,), allowed=wires))
    assert forced.types[0] == 0
    assert forced.overload >= plan.overload


def test_what_cannot_be_carried_is_named_with_the_least_vehicles_more() -> None:
    """520 persons an hour on a line of 20 minutes' round trip need a 12 m bus every 8.5 minutes: 3, one is there."""
    od = np.zeros((4, 4))
    od[0, 1], od[2, 3] = 4000, 40
    m = model(4, [(0, 1), (2, 3)], [[10.0], [10.0]], od)
    plan = allocate_fleet(FleetTask(m, (SOLO,), np.array([2]), np.ones(2), (PEAK,)))
    (short,) = plan.shortages
    assert (short.period, short.line, short.vehicle) == ("peak", 0, "bus_12m")
    assert short.load == pytest.approx(4000 * 0.2 / 2 * 1.3)
    assert short.places == pytest.approx(75 * 3)
    assert short.extra == 2
    assert "carries 520 persons an hour" in short.sentence("7")
    enough = allocate_fleet(FleetTask(m, (SOLO,), np.array([4]), np.ones(2), (PEAK,)))
    assert enough.shortages == ()
    one_less = allocate_fleet(FleetTask(m, (SOLO,), np.array([3]), np.ones(2), (PEAK,)))
    assert [s.extra for s in one_less.shortages] == [1]
    never = ServicePeriod("peak", 2.0, 0.2, 1.0, 10.0, 60.0, 1.3)
    hopeless = allocate_fleet(FleetTask(m, (SOLO,), np.array([9]), np.ones(2), (never,)))
    assert [s.extra for s in hopeless.shortages] == [None]
    assert "no number of vehicles" in hopeless.shortages[0].sentence("7")


def test_too_few_vehicles_are_refused_with_the_number_that_suffices() -> None:
    m = random_model(2)
    tight = ServicePeriod("peak", 2.0, 0.2, 1.0, 1.0, 5.0)
    task = FleetTask(m, (SOLO,), np.array([3]), np.ones(3), (tight,))
    needed = int(task.least(0).sum())
    with pytest.raises(InputError, match=f"3 vehicles are too few \\(peak\\).*take {needed}"):
        allocate_fleet(task)
    allocate_fleet(FleetTask(m, (SOLO,), np.array([needed]), np.ones(3), (tight,)))
    split = FleetTask(m, (SOLO, LONG), np.array([needed - 1, 1]), np.ones(3), (tight,))
    if not (split.least(0) == 1).any():
        with pytest.raises(InputError, match=r"not by type \(peak\).* 1 more vehicle \(bus_12m\) or headways up") as e:
            allocate_fleet(split)
        # What the sentence offers suffices, and no less does.
        longest = float(str(e.value).split("headways up to ")[1].split()[0])
        for minutes, enough in ((longest, True), (longest - 1.0, False)):
            assert suffices(replace(split, periods=(replace(tight, longest=minutes),))) == enough


def test_policy_headways_differ_by_line_and_held_lines_stay() -> None:
    m = random_model(3)
    longest = np.array([60.0, 10.0, 60.0])
    period = ServicePeriod("peak", 2.0, 0.2, 1.0, np.array([15.0, 1.0, 1.0]), longest)
    task = FleetTask(m, (SOLO,), np.array([14]), np.ones(3), (period,))
    plan = allocate_fleet(task)
    check_limits(task, plan)
    assert plan.periods[0].headways[0] >= 15.0
    assert plan.periods[0].headways[1] <= 10.0
    held = replace(m, held_headway=np.array([np.nan, np.nan, 13.0]), held_vehicles=np.array([0, 0, 4]))
    kept = allocate_fleet(FleetTask(held, (SOLO,), np.array([14]), np.ones(3), (PEAK,))).periods[0]
    assert (kept.headways[2], kept.vehicles[2]) == (13.0, 4)
    assert kept.vehicles.sum() <= 14


def test_allocate_takes_policy_and_capacity_by_line() -> None:
    m = random_model(3)
    free = allocate(m, [40])[40]
    bound = allocate(m, [40], least=np.array([15.0, 3.0, 3.0]), longest=np.array([60.0, 20.0, 8.0]))[40]
    assert bound.headways[0] >= 15.0 > free.headways[0]
    assert bound.headways[2] <= 8.0
    small = allocate(m, [12], capacity=np.full(3, 1.0))[12]
    assert set(small.crowded) == {0, 1, 2}
    assert allocate(m, [12], capacity=np.full(3, 1e9))[12].crowded == ()


def test_the_estimate_of_one_vehicle_more_is_near_what_the_assignment_says() -> None:
    """On lines that share no trip and without crowding it is exact."""
    od = np.zeros((4, 4))
    od[0, 1], od[2, 3] = 100, 40
    m = model(4, [(0, 1), (2, 3)], [[20.0], [15.0]], od)
    task = FleetTask(m, (SOLO,), np.array([9]), np.ones(2), (PEAK,), Weights(1.0, 2.0, 3.0), discomfort=None)
    judge = Judge(task)
    types = np.zeros(2, np.int64)
    now, then = (judge.serve(0, types, np.array(v)) for v in ((2, 2), (3, 2)))
    assert judge.gain(0, now, types, 0, 2, 3) == pytest.approx(judge.worth([now])[1] - judge.worth([then])[1])


def test_the_usual_day_adds_up() -> None:
    assert sum(p.share for p in SERVICE_DAY) == pytest.approx(1.0)
    peak = max(p.share / p.hours * p.surge for p in SERVICE_DAY)
    assert peak == pytest.approx(HeadwayRules().peak_hour, abs=5e-4)


def test_history_never_gets_worse_and_peaks_are_within_places_unless_named() -> None:
    task = FleetTask(random_model(5), (SOLO, LONG), np.array([5, 4]), np.full(3, 9.0), (PEAK, OFF))
    plan = allocate_fleet(task)
    assert all(b <= (a[0] + 1e-6, math.inf) for a, b in itertools.pairwise(plan.history))
    assert plan.history[-1][0] <= plan.history[0][0] + 1e-6
    named = {(s.period, s.line) for s in plan.shortages}
    for service in plan.periods:
        peaks = line_peaks(service.graph, service.crowded.loading.links, 3)
        places = np.array([task.types[k].places for k in plan.types]) * 60.0 / service.headways
        assert {(service.name, int(k)) for k in np.flatnonzero(peaks > places + 1e-5)} == {
            n for n in named if n[0] == service.name
        }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"limits": np.array([1, 2])}, "as many limits"),
        ({"km": np.array([1.0])}, "kilometres"),
        ({"periods": (PEAK, PEAK)}, "no name twice"),
        ({"allowed": np.zeros((3, 1), bool)}, "no vehicle type is allowed"),
        ({"allowed": np.ones((2, 1), bool)}, "shape"),
    ],
)
def test_bad_tasks_are_refused(change: dict, says: str) -> None:
    base = {
        "model": random_model(0), "types": (SOLO,), "limits": np.array([9]), "km": np.ones(3), "periods": (PEAK,)
    }  # fmt: skip
    with pytest.raises(InputError, match=says):
        FleetTask(**{**base, **change})


def test_bad_periods_and_weights_are_refused() -> None:
    with pytest.raises(InputError, match="shortest headway"):
        ServicePeriod("x", 1.0, 0.1, least=10.0, longest=5.0)
    with pytest.raises(InputError, match="not sensible"):
        ServicePeriod("x", 0.0, 0.1)
    with pytest.raises(InputError, match="weights"):
        Weights(0.0, 0.0, 0.0)
