"""Generalised cost and mode choice of a city: groups, availability, calibrated shares, elasticities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.demand.elasticity import elasticities, elasticity_table
from shaar.engine.demand.mode_costs import (
    active_parts,
    car_parts,
    generalised_minutes,
    mode_parameters,
    part_weights,
    taxi_parts,
)
from shaar.engine.demand.mode_split import (
    MODES,
    calibrate_split,
    default_tree,
    mode_split,
    target_shares,
)
from shaar.engine.demand.nested_logit import flat
from shaar.engine.demand.trip_rates import GROUPS
from shaar.engine.errors import InputError

P = mode_parameters()


def city(seed: int = 0, n: int = 7):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 12, (n, 2))
    km = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) * 1.3 + 0.3
    drive = km / 25 * 60
    costs = {
        "car": car_parts(drive, km, P, walk=2.0, search=rng.uniform(0, 8, n), parking=rng.uniform(0, 200, n)),
        "bus": {"in_vehicle": 1.3 * drive, "walk": 9.0, "wait": 6.0, "transfers": np.minimum(km / 8, 2), "fare": 110.0},
        "walk": active_parts(km / 4.8 * 60, P["walk_limit"]),
        "cycle": active_parts(km / 14 * 60, P["cycle_limit"]),
        "taxi": taxi_parts(drive, km, P),
    }
    trips = {g: rng.uniform(0, 100, (n, n)) for g in GROUPS}
    return trips, costs


def test_generalised_cost_by_hand():
    """Adults with a car: 0.35 x 1700 / 60 = 9.917 tenge a minute; 10 min, walk 3 x 2, wait 4 x 2, 1 change at 8."""
    weights = part_weights(P, "adult_car")
    parts = {"in_vehicle": 10.0, "walk": 3.0, "wait": 4.0, "transfers": 1.0, "fare": 100.0}
    assert generalised_minutes(parts, weights) == pytest.approx(10 + 6 + 8 + 8 + 100 / (0.35 * 1700 / 60))
    car = car_parts(np.array([12.0]), np.array([5.0]), P, walk=1.0, search=4.0, parking=140.0)
    money = (5 * 45 + 140) / 1.4
    assert generalised_minutes(car, weights)[0] == pytest.approx(12 + 2 + 6 + money / (0.35 * 1700 / 60))
    taxi = taxi_parts(np.array([12.0]), np.array([5.0]), P)
    assert generalised_minutes(taxi, weights)[0] == pytest.approx(12 + 10 + (300 + 600) / 1.4 / (0.35 * 1700 / 60))


def test_the_poorer_mind_the_fare_more():
    fare = {"fare": 100.0}
    assert generalised_minutes(fare, part_weights(P, "child")) > generalised_minutes(fare, part_weights(P, "adult_car"))


@given(st.integers(0, 30))
@settings(max_examples=15, deadline=None)
def test_every_trip_is_made_once_and_calibrated_shares_are_met(seed):
    trips, costs = city(seed)
    constants = calibrate_split(trips, costs, target_shares())
    s = mode_split(trips, costs, constants=constants.values)
    assert s.modes == MODES
    np.testing.assert_allclose(s.trips.sum(axis=0), sum(trips.values()), rtol=1e-12)
    assert s.stranded == 0.0
    for mode, share in target_shares().items():
        assert s.shares[mode] == pytest.approx(share, abs=1e-8)
    np.testing.assert_allclose(sum(s.by_group.values()), s.trips.sum(axis=(1, 2)), rtol=1e-12)


def test_who_has_no_car_does_not_drive():
    trips, costs = city()
    s = mode_split(trips, costs, parameters={"has_car_senior": 0.0, "has_car_child": 0.0, "has_car_adult_no_car": 0.0})
    car = MODES.index("car")
    assert s.by_group["senior"][car] == 0
    assert s.by_group["adult_no_car"][car] == 0
    assert s.by_group["adult_car"][car] > 0
    with pytest.raises(InputError, match=r"car, but only \d+\.\d% can"):
        calibrate_split(
            trips,
            costs,
            {"car": 0.6, "bus": 0.2, "walk": 0.1, "cycle": 0.05, "taxi": 0.05},
            parameters={"has_car_senior": 0.0, "has_car_child": 0.0, "has_car_adult_no_car": 0.0},
        )


def test_a_share_with_a_car_is_two_kinds_of_people():
    """Half with and half without is the mean of all with and all without."""
    trips, costs = city()
    one = {"child": trips["child"]}
    base = {"has_cycle_child": 1.0}
    half, all_, none = (mode_split(one, costs, parameters=base | {"has_car_child": x}).trips for x in (0.5, 1.0, 0.0))
    np.testing.assert_allclose(half, (all_ + none) / 2, rtol=1e-12)


def test_trips_that_no_mode_serves_are_told():
    trips = {"adult_car": np.full((2, 2), 10.0)}
    costs = {
        "bus": {"in_vehicle": np.array([[5.0, np.inf], [9.0, 5.0]])},
        "walk": active_parts(np.array([[5.0, 90], [20, 5]]), 60),
    }
    tree = flat(("bus", "walk"))
    s = mode_split(trips, costs, tree=tree)
    assert s.stranded == 10.0
    assert s.trips[:, 0, 1].sum() == 0
    assert s.logsum["adult_car"][0, 1] == -np.inf
    c = calibrate_split(trips, costs, {"bus": 0.5, "walk": 0.5}, tree=tree)
    assert mode_split(trips, costs, tree=tree, constants=c.values).shares["bus"] == pytest.approx(0.5, abs=1e-8)


def test_elasticities_are_the_derivatives_of_the_model():
    trips, costs = city(3)
    constants = calibrate_split(trips, costs, target_shares()).values
    found = {(e.mode, e.of, e.part): e.value for e in elasticities(trips, costs, constants=constants)}
    before = mode_split(trips, costs, constants=constants).trips.sum(axis=(1, 2))
    for of, part in (("bus", "fare"), ("car", "running"), ("car", "search"), ("walk", "active")):
        moved = {**costs, of: {**costs[of], part: costs[of][part] * 1.0001}}
        after = mode_split(trips, moved, constants=constants).trips.sum(axis=(1, 2))
        for k, mode in enumerate(MODES):
            assert found[mode, of, part] == pytest.approx((after[k] / before[k] - 1) / 1e-4, abs=2e-4)
        assert found[of, of, part] < 0
        weighted = sum(found[m, of, part] * b for m, b in zip(MODES, before))
        assert weighted == pytest.approx(0.0, abs=1e-6)


def test_elasticities_are_printed_with_a_column_for_each_mode():
    trips, costs = city(3)
    text = elasticity_table(elasticities(trips, costs)).splitlines()
    assert text[0].split() == ["cost", "of", *MODES]
    assert len(text) == 1 + sum(len(parts) for parts in costs.values())
    fare = next(line for line in text if line.startswith("bus fare"))
    assert [v[0] for v in fare.split()[2:]] == ["+", "-", "+", "+", "+"]
    assert elasticity_table([]) == "cost of"


def test_the_shipped_table_gives_elasticities_of_the_published_size():
    """Balcombe et al., The demand for public transport (TRL593, 2004): bus fares -0.4 in the short run, and less where
    fares are low; a made-up city should at least fall between -0.05 and -0.8."""
    trips, costs = city(1, 12)
    constants = calibrate_split(trips, costs, target_shares()).values
    found = {(e.mode, e.of, e.part): e.value for e in elasticities(trips, costs, constants=constants)}
    assert -0.8 < found["bus", "bus", "fare"] < -0.05


def test_trees_of_fewer_modes_and_bad_input():
    assert default_tree(P, ("car", "bus")).modes == ("car", "bus")
    trips, costs = city()
    with pytest.raises(InputError, match="no such part"):
        mode_split(trips, {**costs, "bus": {"comfort": 1.0}})
    with pytest.raises(InputError, match="negative or missing"):
        mode_split(trips, {**costs, "bus": {"in_vehicle": -1.0}})
    with pytest.raises(InputError, match="vot_student"):
        mode_split({"student": trips["child"]}, costs)
    with pytest.raises(InputError, match="other modes"):
        mode_split(trips, {"car": costs["car"]}, tree=default_tree(P))
    with pytest.raises(InputError, match="between 0 and 1"):
        mode_split(trips, costs, parameters={"has_car_child": 1.5})
    with pytest.raises(InputError, match="trips is negative"):
        mode_split({"child": -trips["child"]}, costs)
    with pytest.raises(InputError, match="no groups"):
        mode_split({}, costs)
