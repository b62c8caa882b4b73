"""From a city to a fleet plan and back: the finished plan, read from its stops, says what the allocation said."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from design.grid_city import gravity, grid_city
from shaar.engine.design import city_front
from shaar.engine.design.city_instance import city_instance
from shaar.engine.design.headways import HeadwayRules
from shaar.engine.design.headways_fleet import allocate_fleet
from shaar.engine.design.headways_report import assign_plan, service_report
from shaar.engine.design.headways_task import SERVICE_DAY, FleetTask
from shaar.engine.design.lines import StopBook
from shaar.engine.design.vehicles import vehicle_types


def test_a_finished_plan_is_assigned_as_it_was_allocated() -> None:
    city = grid_city()
    instance = city_instance(city, gravity(city))
    book, rules = StopBook(instance), HeadwayRules()
    (found, *_), _, _ = city_front.candidates(instance, [(4, 400.0)], book, seconds=None, iterations=300, seed=1)
    types = vehicle_types(gco2e_km=dict.fromkeys(vehicle_types(), 1000.0))
    kinds = (types["bus_12m"], types["midi_9m"])
    lines = found.lines
    km = np.array([(line.forward.metres + line.backward.metres) / 1000.0 for line in lines])
    task = FleetTask(city_front.model_of(instance, lines, rules), kinds, np.array([14, 8]), km)
    plan = allocate_fleet(task, rounds=3, swaps=3, type_trials=2)
    said = service_report(task, plan.types, plan.periods)
    drawn = [
        SimpleNamespace(
            line_id=str(k), name=str(k), stops_forward=line.forward.stops, stops_backward=line.backward.stops,
            minutes_forward=float(line.forward.minutes[-1]), minutes_backward=float(line.backward.minutes[-1]),
            seconds_forward=tuple(round(60 * m) for m in line.forward.minutes),
            seconds_backward=tuple(round(60 * m) for m in line.backward.minutes),
            km_forward=line.forward.metres / 1000.0, km_backward=line.backward.metres / 1000.0,
            headways={s.name: float(s.headways[k]) for s in plan.periods}, vehicle_type=kinds[plan.types[k]].key,
        )
        for k, line in enumerate(lines)
    ]  # fmt: skip
    group_of = {stop: int(group) for stop, group in zip(book.ids, book.group) if group >= 0}
    read = assign_plan(
        SimpleNamespace(lines=drawn), group_of, instance.instance.n,
        access=(instance.access_ptr, instance.access_group, instance.access_minutes), walk=instance.walk,
        od=instance.od, periods=SERVICE_DAY, types=types, rules=rules,
    )  # fmt: skip
    # A line also calls at stops of groups between those of its route, so its stops serve a little more.
    assert read.mean_minutes <= said.mean_minutes * 1.001
    assert read.mean_minutes == pytest.approx(said.mean_minutes, rel=0.02)
    assert read.kgco2e == pytest.approx(said.kgco2e)
    assert sum(x.boardings for x in read.lines) == pytest.approx(sum(x.boardings for x in said.lines), rel=0.1)
    assert all(gap <= 1e-3 for gap in read.gaps.values())
