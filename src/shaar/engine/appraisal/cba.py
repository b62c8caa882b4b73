"""Costs and benefits over years: discounting, net present value, benefit-cost ratio, rate of return, payback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
Kind = Literal["benefit", "cost"]
#: Discount factors of a year between which rates of return are looked for: from almost nothing to -95 %.
_FACTORS = (1e-9, 20.0)


@dataclass(frozen=True, slots=True)
class Stream:
    """One benefit or cost, year by year, in money of the price base year (real terms).

    Parameters
    ----------
    key
        What it is: "time", "carbon", "vehicles" ...
    kind
        A benefit may be negative (more emissions), and so may a cost (money saved).
    flow
        Shape (horizon + 1,): year 0 is the base year, to which everything is discounted.
    """

    key: str
    kind: Kind
    flow: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """What streams come to.

    Parameters
    ----------
    npv
        Present value of benefits less that of costs.
    bcr
        Benefits over costs, both at present value; None where costs are not above 0.
    irr
        Rate at which ``npv`` is 0; None where there is none or more than one.
    payback
        Years until discounted benefits have paid for costs; None where they never do.
    benefits, costs
        Present values.
    parts
        (key, kind, present value) of each stream.
    net
        Benefits less costs of each year, not discounted.
    """

    npv: float
    bcr: float | None
    irr: float | None
    payback: float | None
    benefits: float
    costs: float
    parts: tuple[tuple[str, Kind, float], ...]
    net: tuple[float, ...]


def discount_factors(rate: float, years: int) -> F64:
    """Return 1 / (1 + rate)^t for t = 0 .. years, shape (years + 1,).

    Raises
    ------
    InputError
        The rate is -100 % or less, or there are no years.
    """
    if not rate > -1.0:
        raise InputError(f"a discount rate is above -100 %, not {rate:.0%}", field="discount_rate")
    if years < 0:
        raise InputError("the horizon is a number of years", field="horizon")
    return (1.0 + rate) ** -np.arange(years + 1, dtype=np.float64)


def present_value(flow: npt.ArrayLike, rate: float) -> float:
    """Value in year 0 of a flow whose first entry is year 0."""
    values = np.asarray(flow, np.float64)
    return float(values @ discount_factors(rate, len(values) - 1))


def annuity(rate: float, years: int) -> float:
    """Value in year 0 of 1 paid in each of the years 1 .. years: (1 - (1 + r)^-n) / r."""
    return float(years) if rate == 0 else (1.0 - (1.0 + rate) ** -years) / rate


def growing(
    value: float, horizon: int, *, opening: int = 1, growth: float = 0.0, ramp: Sequence[float] = ()
) -> tuple[float, ...]:
    """Make a flow that begins in a year and grows: ``value (1 + growth)^(t - opening)`` from ``opening`` on.

    Parameters
    ----------
    value
        Of the opening year at full use.
    horizon
        Last year.
    ramp
        Shares of full use in the first years (people need time to find a new line); 1 afterwards.
    """
    flow = [0.0] * (horizon + 1)
    for t in range(opening, horizon + 1):
        share = ramp[t - opening] if t - opening < len(ramp) else 1.0
        flow[t] = value * (1.0 + growth) ** (t - opening) * share
    return tuple(flow)


def capital(cost: float, life: int, horizon: int, *, bought: int = 0) -> tuple[float, ...]:
    """Flow of a thing that is bought, bought again at the end of its life, and worth its remaining life at the end.

    The residual value is straight-line (the EU guide's first method): the unused share of the last purchase's life is
    taken back in the last year.

    Raises
    ------
    InputError
        The life is not above 0.
    """
    if life < 1:
        raise InputError(f"a life is a year at least, not {life}", field="life")
    flow = [0.0] * (horizon + 1)
    # A thing bought in year t serves the years t + 1 .. t + life.
    for t in range(bought, horizon, life):
        flow[t] += cost
        flow[horizon] -= cost * max(t + life - horizon, 0) / life
    return tuple(flow)


def irrs(flow: npt.ArrayLike) -> tuple[float, ...]:
    """Real rates above -95 % at which a flow is worth 0 today, rising: roots of its polynomial in 1 / (1 + r).

    A flow that changes sign once has one at most (Descartes); others may have several.
    """
    values = np.asarray(flow, np.float64)
    size = float(np.abs(values).max(initial=0.0))
    # Amounts too small to matter would only bring roots that are noise.
    values = np.where(np.abs(values) < 1e-12 * size, 0.0, values / (size or 1.0))
    values = np.trim_zeros(values)
    changes = int((np.diff(np.sign(values[values != 0.0])) != 0).sum())
    if changes == 0:
        return ()
    powers = np.arange(len(values))
    if changes == 1:
        at = [float(values @ d**powers) for d in _FACTORS]
        if at[0] * at[1] > 0:
            return ()
        return (1.0 / float(brentq(lambda d: float(values @ d**powers), *_FACTORS, xtol=1e-15, rtol=1e-14)) - 1.0,)
    roots = np.roots(values[::-1])
    real = roots[np.abs(roots.imag) < 1e-7 * np.maximum(np.abs(roots), 1.0)].real
    found: list[float] = []
    for d in np.sort(real[(real > _FACTORS[0]) & (real < _FACTORS[1])])[::-1]:
        rate = 1.0 / float(d) - 1.0
        if not found or abs(rate - found[-1]) > 1e-7:
            found.append(rate)
    return tuple(found)


def irr(flow: npt.ArrayLike) -> float | None:
    """The rate of return, where there is one and only one: several would not say what the flow yields."""
    found = irrs(flow)
    return found[0] if len(found) == 1 else None


def payback(flow: npt.ArrayLike, rate: float = 0.0) -> float | None:
    """Years until the discounted sum of a flow reaches 0 for good, linear within a year; None where it never does."""
    values = np.asarray(flow, np.float64)
    total = np.cumsum(values * discount_factors(rate, len(values) - 1))
    if total[-1] < 0 or not len(total):
        return None
    below = np.flatnonzero(total < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    return last + float(-total[last] / (total[last + 1] - total[last]))


def net_value(streams: Sequence[Stream], rate: float) -> float:
    """Present value of benefits less that of costs; :func:`balance` says more, and takes longer."""
    return sum(present_value(s.flow, rate) * (1.0 if s.kind == "benefit" else -1.0) for s in streams)


def balance(streams: Sequence[Stream], rate: float) -> Balance:
    """Weigh streams against each other.

    NPV = sum_t (B_t - C_t) / (1 + r)^t, BCR = PV(B) / PV(C), as in the guides of the European Commission (Guide to
    Cost-Benefit Analysis of Investment Projects, 2014), the World Bank (Belli et al., Economic Analysis of Investment
    Operations, 2001) and the United Kingdom (TAG unit A1.1). Transfers (taxes, fares) are no costs to society and
    have no place among the streams.

    Raises
    ------
    InputError
        There are no streams, or their horizons differ.
    """
    if not streams:
        raise InputError("there is neither a cost nor a benefit to weigh", field="streams")
    if len({len(s.flow) for s in streams}) != 1:
        raise InputError("all streams have the same years", field="streams")
    factors = discount_factors(rate, len(streams[0].flow) - 1)
    parts = tuple((s.key, s.kind, float(np.asarray(s.flow) @ factors)) for s in streams)
    gains = sum(v for _, kind, v in parts if kind == "benefit")
    costs = sum(v for _, kind, v in parts if kind == "cost")
    net = np.sum([np.asarray(s.flow) * (1.0 if s.kind == "benefit" else -1.0) for s in streams], axis=0)
    return Balance(
        npv=gains - costs,
        bcr=gains / costs if costs > 0 else None,
        irr=irr(net),
        payback=payback(net, rate),
        benefits=gains,
        costs=costs,
        parts=parts,
        net=tuple(float(v) for v in net),
    )
