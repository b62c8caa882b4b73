"""Speed on a slope: on foot by Tobler's function, on bicycles with and without a motor by their power."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
GRAVITY = 9.81


def walking_kmh(slope_percent: npt.ArrayLike, *, flat: float = 5.04) -> F64:
    """Walking speed by Tobler (1993): ``6 exp(-3.5 |s + 0.05|)`` km/h, s rise over run; fastest on a descent of 5 %.

    Parameters
    ----------
    slope_percent
        Rise over run in the direction of the walk, per cent; nan counts as level.
    flat
        Speed on level ground, km/h, that the curve is scaled to.
    """
    s = np.nan_to_num(np.asarray(slope_percent, np.float64), nan=0.0) / 100.0
    return flat * np.exp(-3.5 * (np.abs(s + 0.05) - 0.05))


def steady_speed(slope_percent: npt.ArrayLike, power: float, mass: float, p: Mapping[str, float]) -> F64:
    """Steady speed of a bicycle, m/s: the root of ``m g v (sin a + c_r cos a) + rho/2 c_d A v^3 = eta P``.

    Wilson (2004), Bicycling Science, ch. 4. The left side minus the right is convex above its only positive root, and
    Newton's method comes down to it from above without ever passing it.

    Parameters
    ----------
    slope_percent
        Any shape; nan counts as level.
    power
        Watts at the pedals and of the motor together.
    mass
        Rider and bicycle, kg.
    p
        ``rolling``, ``drag_area``, ``air``, ``efficiency`` of ``walking_cycling.csv``.
    """
    angle = np.arctan(np.nan_to_num(np.asarray(slope_percent, np.float64), nan=0.0) / 100.0)
    force = mass * GRAVITY * (np.sin(angle) + p["rolling"] * np.cos(angle))
    drag = 0.5 * p["air"] * p["drag_area"]
    push = p["efficiency"] * power
    # above the root for every slope: both terms alone already exceed the power there
    v = np.cbrt(push / drag) + np.sqrt(np.maximum(-force, 0.0) / drag) + 1.0
    for _ in range(60):
        v = v - (force * v + drag * v**3 - push) / (force + 3.0 * drag * v**2)
    return v


def cycling_kmh(slope_percent: npt.ArrayLike, p: Mapping[str, float], *, electric: bool = False) -> F64:
    """Cycling speed in streets by slope, km/h.

    People ride with ``power`` and give up to ``power_steep`` before they get off and push at ``push_kmh``; the motor of
    an electric bicycle adds ``motor`` watts up to ``motor_kmh``; downhill they brake at ``downhill_kmh``; and starting,
    braking and bends leave ``ride_share`` of the steady speed.
    """
    push = p["push_kmh"]
    if electric:
        helped = 3.6 * steady_speed(slope_percent, p["power"] + p["motor"], p["mass_ebike"], p)
        alone = 3.6 * steady_speed(slope_percent, p["power"], p["mass_ebike"], p)
        v = np.maximum(alone, np.minimum(helped, p["motor_kmh"]))
    else:
        v = 3.6 * steady_speed(slope_percent, p["power"], p["mass"], p)
        hard = 3.6 * steady_speed(slope_percent, p["power_steep"], p["mass"], p)
        slow = 2.0 * push  # below twice the pace of pushing, people pedal harder
        v = np.where(v < slow, np.minimum(hard, slow), v)
    return np.maximum(p["ride_share"] * np.minimum(v, p["downhill_kmh"]), push)
