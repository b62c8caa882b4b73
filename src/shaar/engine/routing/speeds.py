"""How fast each mode moves on a link: free speed times a class factor; the assumptions stand here as data."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

#: Modes with one speed everywhere, km/h. Walking 4.0 includes children and the elderly; cycling 14.
MODE_KMH = {"walk": 4.0, "cycle": 14.0}

#: Share of the free speed that a car keeps over a whole link in ordinary traffic (signals, crossings, parking,
#: turning). Assumed: classes with fewer junctions a kilometre keep more. Yields about 45 km/h on urban trunk roads
#: and 20 km/h on residential streets.
CAR_FACTOR = {
    "motorway": 0.90,
    "motorway_link": 0.75,
    "trunk": 0.75,
    "trunk_link": 0.65,
    "primary": 0.65,
    "primary_link": 0.55,
    "secondary": 0.60,
    "secondary_link": 0.55,
    "tertiary": 0.58,
    "tertiary_link": 0.50,
    "residential": 0.50,
    "living_street": 0.75,
    "unclassified": 0.55,
    "service": 0.50,
}
OTHER_FACTOR = 0.50

#: Commercial speed of a bus (stops included) over that of a car on the same link, and its upper bound. Assumed so
#: that the usual classes fall between the UITP SORT 1 cycle (heavy urban, 12 km/h) and SORT 3 (suburban, 25 km/h).
BUS_OF_CAR = 0.60
BUS_MAX_KMH = 35.0
#: Slowest speed on any link, km/h: what a missing or zero free speed falls back to.
MIN_KMH = 8.0


def car_kmh(links: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Speed of general traffic by link, km/h, shape (l,): ``free_speed`` x the factor of its class."""
    factor = links["highway"].replace_strict(CAR_FACTOR, default=OTHER_FACTOR, return_dtype=pl.Float64).to_numpy()
    free = links["free_speed"].fill_null(0.0).fill_nan(0.0).to_numpy()
    return np.maximum(free * factor, MIN_KMH)


def bus_kmh(links: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Commercial speed of a bus by link, stops included, km/h, shape (l,)."""
    return np.clip(car_kmh(links) * BUS_OF_CAR, MIN_KMH, BUS_MAX_KMH)
