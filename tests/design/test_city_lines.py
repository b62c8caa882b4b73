"""Today's lines on stop groups, and what lines reach: courses, run times, headways and coverage counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from design.grid_city import gravity, grid_city
from design.headways_cases import SOLO
from shaar.engine.design.city_cover import Need, complete, feeders
from shaar.engine.design.city_draws import overlap, with_demand
from shaar.engine.design.city_front import candidates, model_of
from shaar.engine.design.city_instance import city_instance
from shaar.engine.design.city_lines import busiest_window, link_route, mark, today_network
from shaar.engine.design.headways import HeadwayRules, allocate, assign, headway_model
from shaar.engine.design.headways_task import FleetTask, ServicePeriod
from shaar.engine.design.lines import StopBook
from shaar.engine.errors import InputError
from shaar.engine.fleet.service import day_trips
from shaar.engine.study.design import design
from shaar.engine.study.design_output import design_feed
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable

PERIODS = {"morning_peak": (7 * 3600, 10 * 3600), "night": (1 * 3600, 2 * 3600)}


@pytest.fixture(scope="module")
def made():
    city = grid_city()
    od = gravity(city)
    result = design(city, od, fleet=24, iterations=300)
    feed = design_feed(city, result)
    instance = city_instance(city, od)
    day = day_timetable(feed, typical_weekday(feed), previous_day=False)
    return instance, result.front[result.chosen], feed, day


def test_lines_come_back_with_their_stops_times_and_headways(made) -> None:
    instance, plan, feed, day = made
    network = today_network(instance, feed, day, PERIODS)
    lines = {line.today.line_id: line for line in network.lines}
    assert set(lines) == {line.line_id for line in plan.lines}
    for line in plan.lines:
        mine = lines[line.line_id]
        assert mine.forward.stops == line.stops_forward
        assert mine.backward.stops == line.stops_backward
        assert mine.forward.minutes[-1] == pytest.approx(line.minutes_forward, abs=0.1)
        assert mine.today.headways["morning_peak"] == pytest.approx(line.headways["morning_peak"], rel=0.06)
        assert mine.today.headways["night"] == np.inf
        assert (np.diff(mine.route) != 0).all()
        assert len(mine.route) == len(mine.forward.at_group)
    assert network.fleet == sum(line.today.vehicles for line in network.lines)
    a, b = network.window
    assert b - a == 7200
    assert busiest_window(day_trips(day)) == network.window


def test_marked_lines_are_found_by_name_or_id(made) -> None:
    instance, _, feed, day = made
    lines = today_network(instance, feed, day, PERIODS).lines
    first, second = lines[0].today.line_id, lines[1].today.name
    held = mark(lines, [first], [second])
    assert (held[0].today.held, held[0].today.kept, held[0].today.fixed) == (True, True, True)
    assert (held[1].today.held, held[1].today.kept, held[1].today.fixed) == (False, True, False)
    assert not any(line.today.kept for line in held[2:])
    with pytest.raises(InputError, match="no line nine"):
        mark(lines, ["nine"], [])


def test_a_held_line_keeps_headway_and_vehicles_whatever_the_fleet(made) -> None:
    instance, _, feed, day = made
    lines = list(today_network(instance, feed, day, PERIODS).lines)
    lines[0] = replace(lines[0], today=replace(lines[0].today, held=True, headway=11.0, vehicles=7))
    model = model_of(instance, lines, HeadwayRules())
    for fleet, plan in allocate(model, [30, 60]).items():
        assert plan.headways[0] == 11.0
        assert plan.vehicles[0] == 7
        assert plan.fleet <= fleet


def test_vehicles_of_a_line_make_the_way_beyond_the_stop_groups_too(made) -> None:
    """A line whose last stop is 30 minutes past its last group needs vehicles for them and their layover."""
    instance, _, feed, day = made
    lines = list(today_network(instance, feed, day, PERIODS).lines)
    rules = HeadwayRules(layover=0.1, layover_minutes=0.0)
    before = model_of(instance, lines, rules)
    way = lines[0].forward
    longer = replace(way, stops=(*way.stops, "far"), minutes=np.append(way.minutes, way.minutes[-1] + 30.0))
    after = model_of(instance, [replace(lines[0], forward=longer), *lines[1:]], rules)
    assert after.cycle - before.cycle == pytest.approx([33.0] + [0.0] * (len(lines) - 1))
    assert (after.ride == before.ride).all()


def test_the_service_by_period_counts_the_way_beyond_the_stop_groups_too(made) -> None:
    """A timetable's ends beyond the groups once took vehicles that no period counted: 628 buses ran for 558."""
    instance, _, feed, day = made
    lines = [*today_network(instance, feed, day, PERIODS).lines]
    way = lines[0].forward
    longer = replace(lines[0], forward=replace(way, minutes=np.append(way.minutes, way.minutes[-1] + 12.0)))
    rules = HeadwayRules(layover=0.0)
    model = model_of(instance, [longer, *lines[1:]], rules)
    task = FleetTask(model, (SOLO,), np.array([99]), np.ones(len(lines)), (ServicePeriod("peak", 1.0, 1.0),))
    assert task.cycles(0) == pytest.approx(model.cycle)
    assert task.cycles(0)[0] == pytest.approx(way.minutes[-1] + 12.0 + lines[0].backward.minutes[-1] + 10.0)
    half = replace(task, periods=(ServicePeriod("off", 1.0, 1.0, 0.5),))
    assert half.cycles(0)[0] == pytest.approx((way.minutes[-1] + 12.0 + lines[0].backward.minutes[-1]) / 2.0 + 10.0)


def test_a_single_trip_in_a_part_of_the_day_is_no_headway(made) -> None:
    instance, _, feed, day = made
    first = int(day_trips(day).start.min())
    parts = {"first": (first, first + 1), "whole": (0, 86400)}
    for line in today_network(instance, feed, day, parts).lines:
        assert line.today.headways["first"] == np.inf
        assert np.isfinite(line.today.headways["whole"])


def test_search_routes_of_lines_are_simple_and_follow_links(made) -> None:
    instance, _, feed, day = made
    for line in today_network(instance, feed, day, PERIODS).lines:
        route = link_route(instance, line)
        assert len(set(route)) == len(route) > 1
        assert np.isfinite(instance.instance.time[list(route[:-1]), list(route[1:])]).all()


def test_a_line_may_go_back_another_way_or_not_at_all() -> None:
    """Three nodes in a ring run one way: from 0 to 2 takes two legs, from 2 to 0 one."""
    legs = [np.array([4.0, 6.0, 5.0])]
    access = (np.arange(4), np.arange(3), np.zeros(3))
    od = np.zeros((3, 3))
    od[0, 2] = od[2, 0] = 50.0
    model = headway_model(3, [(0, 1, 2, 0)], legs, [np.empty(0)], access=access, walk=np.full((3, 3), 99.0), od=od,
                          back=[()])  # fmt: skip
    got = assign(model, np.array([8.0]))
    # Wait 4 and ride 10 out, wait 4 and ride 5 home.
    assert got.mean_minutes == pytest.approx((14.0 + 9.0) / 2.0, abs=1e-4)
    assert model.cycle[0] == pytest.approx(15.0 + 5.0)


def test_coverage_is_counted_by_hand_and_completed_by_the_fewest_vehicles(made) -> None:
    instance, _, feed, day = made
    lines = today_network(instance, feed, day, PERIODS).lines
    need = Need(instance, StopBook(instance))
    one = lines[0]
    xy = np.array([need.book.xy[need.book.row[s]] for s in one.stops if s in need.book.row])
    near = np.hypot(*(instance.people.xy[:, None] - xy[None]).transpose(2, 0, 1)).min(axis=1) <= 400.0 / 1.3
    people = instance.people.population
    assert need.reached([one]) == pytest.approx(people[near].sum() / people.sum())
    assert need.reached([one]) < need.reached(lines) <= need.most() + 1e-9
    goal = need.less(need.reached(lines))
    full = complete(goal, [one], lines[1:], HeadwayRules())
    assert goal.reached(full) >= goal.share - 1e-9
    assert full[0] is one
    alone = complete(goal, [one], [], HeadwayRules())
    assert need.reached(alone) > need.reached([one])
    for line in feeders(need, [one]):
        assert all(s in need.book.row for s in line.stops)
        assert instance.instance.terminal[[line.route[0], line.route[-1]]].all()


def test_draws_change_where_people_go_and_overlap_is_a_share(made) -> None:
    instance, *_ = made
    other = with_demand(instance, instance.od[::-1, ::-1].copy())
    assert other.instance.demand.shape == instance.instance.demand.shape
    assert not np.allclose(other.instance.demand, instance.instance.demand)
    assert overlap((1, 2, 3), (3, 2, 1)) == 1.0
    assert overlap((1, 2), (2, 3)) == pytest.approx(1 / 3)
    assert overlap((1,), (2,)) == 0.0


def test_every_designed_line_is_direct_and_ends_at_a_terminus(made) -> None:
    instance, *_ = made
    need = Need(instance, StopBook(instance))
    tried, _, _ = candidates(
        instance, [(3, 90.0), (6, 200.0)], need.book, seconds=None, iterations=400, seed=5, chains=1
    )
    for candidate in tried:
        for line in candidate.lines:
            assert instance.instance.terminal[[line.route[0], line.route[-1]]].all()
            nodes = np.array(line.route)
            run = instance.instance.time[nodes[:-1], nodes[1:]].sum()
            assert run <= 1.4 * instance.shortest[nodes[0], nodes[-1]] + 4.0 + 1e-9
