"""How dangerous a street is to cross on foot: speed, width and control, as points that can be added over walkers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
#: OSM classes that are main streets, with their links.
MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
#: Lanes both ways where not tagged (as for cycling stress).
LANES = {"motorway": 4.0, "trunk": 4.0, "primary": 4.0, "secondary": 4.0}


def open_to_vehicles(links: pl.DataFrame) -> Bool:
    """Whether cars or buses may use each link, bool[l]."""
    cols = [pl.col(c).fill_null(False) for c in ("car_forward", "car_backward", "bus_forward", "bus_backward")]
    return links.select(pl.any_horizontal(cols).alias("v"))["v"].to_numpy()


def is_main(links: pl.DataFrame, main_kmh: float) -> Bool:
    """Whether each link is a main street with vehicles: class tertiary and above, or faster than ``main_kmh``."""
    kind = links["highway"].fill_null("").str.replace(r"_link$", "").is_in(MAIN).to_numpy()
    fast = links["free_speed"].fill_null(0.0).to_numpy() > main_kmh
    return open_to_vehicles(links) & (kind | fast)


def lanes(links: pl.DataFrame) -> F64:
    """Lanes of both directions: tagged, else 4 on main classes and 2 elsewhere, half of that on one-way streets."""
    kind = links["highway"].fill_null("").str.replace(r"_link$", "")
    usual = kind.replace_strict(LANES, default=2.0, return_dtype=pl.Float64).to_numpy()
    both = (links["car_forward"].fill_null(False) & links["car_backward"].fill_null(False)).to_numpy()
    tagged = links["lanes"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    out: F64 = np.where(np.isfinite(tagged) & (tagged > 0), tagged, np.where(both, usual, usual / 2))
    return np.maximum(out, 1.0)


def death_risk(kmh: npt.ArrayLike, a: float = 6.9, b: float = 0.090) -> F64:
    """Risk of death of a pedestrian hit at a speed: 1 / (1 + exp(a - b v)) (Rosen and Sander 2009)."""
    return np.asarray(1.0 / (1.0 + np.exp(a - b * np.asarray(kmh, np.float64))))


def crossing_points(
    kmh: npt.ArrayLike,
    n_lanes: npt.ArrayLike,
    signal: npt.ArrayLike,
    marked: npt.ArrayLike,
    p: Mapping[str, float],
    *,
    steep: npt.ArrayLike = False,
) -> F64:
    """Points of crossing a street once: r(v) / r(50 km/h) x lanes / 2 x control x slope.

    1 is an uncontrolled crossing of a two-lane street driven at 50 km/h. r is the risk of death when hit; lanes
    stand for the time on the roadway and, as traffic is not known everywhere, for its amount; the control is that of
    the parameter table. Points compare places; they are not a number of crashes.
    """
    control = np.where(
        np.asarray(signal, bool), p["control_signal"], np.where(np.asarray(marked, bool), p["control_marked"], 1.0)
    )
    a, b = p["fatal_a"], p["fatal_b"]
    out: F64 = death_risk(kmh, a, b) / death_risk(50.0, a, b) * np.asarray(n_lanes, np.float64) / 2 * control
    return out * np.where(np.asarray(steep, bool), p["steep_factor"], 1.0)


def is_steep(links: pl.DataFrame, limit: float) -> pl.Series:
    """Whether each link is steeper than ``limit`` per cent; null where the slope is not known."""
    return links["slope"].cast(pl.Float64).fill_nan(None).abs() > limit
