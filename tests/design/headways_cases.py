"""Small route sets and vehicles for the tests of headways."""

from __future__ import annotations

import numpy as np

from shaar.engine.design.headways import HeadwayModel, HeadwayRules, headway_model
from shaar.engine.design.vehicles import VehicleType

PLAIN = HeadwayRules(layover=0.0, layover_minutes=0.0)
SOLO = VehicleType("bus_12m", 28, 75, 12.0, 0.7, 1267.0)
LONG = VehicleType("articulated_18m", 42, 115, 14.0, 0.95, 1613.0)


def model(n, routes, legs, od, rules=PLAIN, walk=1e4) -> HeadwayModel:
    z = len(od)
    access = (np.arange(z + 1), np.arange(z), np.zeros(z))
    forward = [np.asarray(x, float) for x in legs]
    return headway_model(
        n, routes, forward, [x[::-1] for x in forward], access=access, walk=np.full((z, z), walk),
        od=np.asarray(od, float), rules=rules,
    )  # fmt: skip


def random_model(seed: int) -> HeadwayModel:
    rng = np.random.default_rng(seed)
    od = rng.integers(0, 150, (5, 5)).astype(float) * 10
    np.fill_diagonal(od, 0)
    legs = [rng.uniform(3, 12, 2), rng.uniform(3, 12, 2), [rng.uniform(5, 20)]]
    return model(5, [(0, 1, 2), (2, 3, 4), (0, 3)], legs, od)
