"""Demand as a function of costs: today's costs give today, and what gets dearer is done less."""

from __future__ import annotations

import numpy as np
import pytest

from shaar.engine.demand.feedback import feedback
from shaar.engine.demand.four_step import by_group, calibrate_demand, demand_at, period_trips, vehicles
from shaar.engine.demand.gravity_combined import Target, distribute
from shaar.engine.demand.mode_costs import active_parts, car_parts, mode_parameters, taxi_parts
from shaar.engine.demand.mode_split import target_shares
from shaar.engine.demand.periods import read_periods
from shaar.engine.demand.trip_rates import PURPOSES, purpose_ends
from shaar.engine.errors import InputError

P = mode_parameters()
N = 12


def costs_of(drive, km, fare=110.0, parking=0.0):
    return {
        "car": car_parts(drive, km, P, walk=2.0, parking=parking),
        "bus": {"in_vehicle": 1.3 * drive, "walk": 9.0, "wait": 6.0, "fare": fare},
        "walk": active_parts(km / 4.8 * 60, P["walk_limit"]),
        "cycle": active_parts(km / 14 * 60, P["cycle_limit"]),
        "taxi": taxi_parts(drive, km, P),
    }


@pytest.fixture(scope="module")
def city():
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 12, (N, 2))
    km = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) * 1.3 + 0.5
    drive = km / 25 * 60
    zones = {c: rng.uniform(100, 2000, N) for c in ("population", "jobs", "shops", "schools", "clinics", "parks")}
    ends = purpose_ends(zones)
    pairs = {k: (e.productions, e.attractions) for k, e in ends.items()}
    free = distribute(pairs, drive, {k: Target(mean_minutes=14.0) for k in ends})
    return km, drive, ends, free, calibrate_demand(free, ends, costs_of(drive, km), target_shares())


def test_the_costs_of_today_give_today(city):
    km, drive, ends, free, model = city
    d = demand_at(model, costs_of(drive, km))
    assert tuple(d.splits) == PURPOSES
    for purpose in PURPOSES:
        np.testing.assert_allclose(d.matrices[purpose], free[purpose], rtol=1e-9)
        parts = by_group(free[purpose], ends[purpose])
        np.testing.assert_allclose(sum(parts.values()), free[purpose], rtol=1e-12)
    total = sum(float(m.sum()) for m in d.by_mode.values())
    for mode, share in target_shares().items():
        assert d.by_mode[mode].sum() / total == pytest.approx(share, abs=1e-8)


def test_trip_ends_hold_at_other_costs_and_dearer_destinations_lose(city):
    km, drive, _, free, model = city
    dear = np.zeros(N)
    dear[3] = 2000.0
    d = demand_at(model, costs_of(drive, km, parking=dear))
    for purpose in PURPOSES:
        np.testing.assert_allclose(d.matrices[purpose].sum(axis=1), free[purpose].sum(axis=1), rtol=1e-8)
        np.testing.assert_allclose(d.matrices[purpose].sum(axis=0), free[purpose].sum(axis=0), rtol=1e-8)
    before = demand_at(model, costs_of(drive, km))
    assert d.by_mode["car"][:, 3].sum() < 0.7 * before.by_mode["car"][:, 3].sum()
    assert d.by_mode["bus"][:, 3].sum() > before.by_mode["bus"][:, 3].sum()


def test_a_cheaper_bus_gains_and_longer_drives_shorten_trips(city):
    km, drive, _, _, model = city
    before = demand_at(model, costs_of(drive, km))
    cheap = demand_at(model, costs_of(drive, km, fare=0.0))
    assert cheap.by_mode["bus"].sum() > 1.05 * before.by_mode["bus"].sum()
    slow = demand_at(model, costs_of(2 * drive, km))
    length = [sum(float((m * km).sum()) for m in d.matrices.values()) for d in (before, slow)]
    assert length[1] < length[0]


def test_periods_and_vehicles(city):
    km, drive, _, free, model = city
    d = demand_at(model, costs_of(drive, km))
    parts = period_trips(d, read_periods())
    day = sum(float(m.sum()) for period in parts.values() for m in period.values())
    assert day == pytest.approx(2 * sum(m.sum() for m in free.values()))
    am = parts["am_peak"]
    np.testing.assert_allclose(vehicles(am), am["car"] / 1.4 + am["taxi"] / 1.4)
    with pytest.raises(InputError, match="neither car nor taxi"):
        vehicles({"bus": am["bus"]})


def test_the_loop_with_a_congested_city_settles(city):
    """Roads slow down with the cars in the city, buses have lanes; the loop ends below 0.1 % and with fewer cars."""
    km, drive, _, _, model = city
    free_cars = demand_at(model, costs_of(drive, km)).by_mode

    def supply(trips):
        load = trips["car"].sum() / free_cars["car"].sum()
        slow = drive * (1 + 0.8 * load**4)
        return {"car": slow, "bus": 1.3 * drive, "taxi": slow}

    def demand(costs):
        now = costs_of(costs["car"], km)
        now["bus"] = costs_of(drive, km)["bus"]
        return demand_at(model, now).by_mode

    f = feedback(supply, demand, free_cars, max_rounds=60)
    assert f.converged
    assert f.rounds[-1].change < 1e-3
    assert f.trips["car"].sum() < free_cars["car"].sum()
    assert sum(m.sum() for m in f.trips.values()) == pytest.approx(sum(m.sum() for m in free_cars.values()), rel=1e-6)


def test_other_purposes_or_groups_are_refused(city):
    km, drive, ends, free, _ = city
    with pytest.raises(InputError, match="same purposes"):
        calibrate_demand({"work": free["work"]}, ends, costs_of(drive, km), target_shares())
