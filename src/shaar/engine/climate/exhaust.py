"""Hot exhaust emissions and energy as functions of mean speed (EMEP/EEA guidebook 2019, 1.A.3.b, Tier 3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from shaar.engine.climate.factors import rows
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
COEFFICIENTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "rf", "vmin", "vmax")


def hot_factor(
    speed: F64 | float,
    *,
    alpha: F64 | float,
    beta: F64 | float,
    gamma: F64 | float,
    delta: F64 | float,
    epsilon: F64 | float,
    zeta: F64 | float,
    eta: F64 | float,
    rf: F64 | float,
    vmin: F64 | float,
    vmax: F64 | float,
) -> F64:
    """Evaluate the hot-exhaust equation; arguments broadcast.

    ``(alpha V^2 + beta V + gamma + delta/V) / (epsilon V^2 + zeta V + eta) * (1 - rf)``, V clipped to [vmin, vmax].

    Parameters
    ----------
    speed
        Mean speed with stops, km/h.

    Returns
    -------
    array
        g/km; for the pollutant ``EC`` (energy consumption) MJ/km.
    """
    v = np.clip(np.asarray(speed, dtype=np.float64), vmin, vmax)
    above = alpha * v**2 + beta * v + gamma + delta / v
    return np.asarray(above / (epsilon * v**2 + zeta * v + eta) * (1 - np.asarray(rf)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class HotRow:
    """One curve of the table: which bus, which pollutant, and its coefficients."""

    fuel: str
    segment: str
    euro: str
    technology: str
    pollutant: str
    load: float | None
    coefficients: dict[str, float]

    def at(self, speed: float) -> float:
        """Return the value at a mean speed: g/km, or MJ/km for ``EC``."""
        return float(hot_factor(speed, **self.coefficients))


@cache
def bus_rows() -> tuple[HotRow, ...]:
    """Return the shipped curves of urban buses on a flat road."""
    return tuple(
        HotRow(
            r["fuel"],
            r["segment"],
            r["euro"],
            r["technology"],
            r["pollutant"],
            float(r["load"]) if r["load"] else None,
            {c: float(r[c]) for c in COEFFICIENTS},
        )
        for r in rows("bus_hot_exhaust.csv")
        # Curves by driving situation: buses in a city drive in the urban peak one.
        if r["mode"] in ("", "Urban Peak")
    )


def hot(
    fuel: str, segment: str, euro: str, pollutant: str, speed: float, *, load: float, technology: str = ""
) -> float:
    """Return the hot factor of an urban bus, interpolated between the tabulated loads.

    Raises
    ------
    InputError
        The table has no such curve, or speed or load is not a sensible number.
    """
    if not (np.isfinite(speed) and speed > 0):
        raise InputError("the mean speed must be positive", field="speed")
    if not 0 <= load <= 1:
        raise InputError("the load is a share between 0 and 1", field="load")
    found = [
        r
        for r in bus_rows()
        if (r.fuel, r.segment, r.euro, r.pollutant) == (fuel, segment, euro, pollutant)
        and technology in ("", r.technology)
    ]
    if not found:
        raise InputError(f"no curve for {pollutant} of {segment} {euro} ({fuel})", file="bus_hot_exhaust.csv")
    by_load = sorted((r for r in found if r.load is not None), key=lambda r: r.load or 0.0)
    if not by_load:
        return found[0].at(speed)
    return float(np.interp(load, [r.load or 0.0 for r in by_load], [r.at(speed) for r in by_load]))
