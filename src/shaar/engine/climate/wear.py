"""Particles from tyres, brakes and road surface (EMEP/EEA guidebook 2019, 1.A.3.b.vi-vii, heavy vehicles)."""

from __future__ import annotations

#: Share of PM10 in the total suspended particles of each source.
PM10_SHARE = {"tyre": 0.6, "brake": 0.98, "road": 0.5}


def wear_pm10(speed: float, *, load: float, axles: int = 2) -> dict[str, float]:
    """Return PM10 from wear by source, g/km.

    tyre ``axles/2 (1.41 + 1.38 load) 0.0107``, brake ``1.956 (1 + 0.79 load) 0.0075``, road ``0.076`` g TSP/km, times
    the speed corrections of tyre (1.39 below 40 km/h, ``1.78 - 0.00974 V`` to 90, then 0.902) and brake (1.67 below
    40, ``2.75 - 0.027 V`` to 95, then 0.185).

    Parameters
    ----------
    speed
        Mean speed, km/h.
    load
        Share of full load, 0 to 1.
    """
    tsp = {
        "tyre": axles / 2 * (1.41 + 1.38 * load) * 0.0107 * _tyre_speed(speed),
        "brake": 1.956 * (1 + 0.79 * load) * 0.0075 * _brake_speed(speed),
        "road": 0.076,
    }
    return {source: PM10_SHARE[source] * grams for source, grams in tsp.items()}


def _tyre_speed(v: float) -> float:
    if v < 40:
        return 1.39
    return -0.00974 * v + 1.78 if v <= 90 else 0.902


def _brake_speed(v: float) -> float:
    if v < 40:
        return 1.67
    return -0.0270 * v + 2.75 if v <= 95 else 0.185
