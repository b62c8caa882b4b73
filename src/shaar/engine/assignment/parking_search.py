"""How long it takes to find a free space, by how full it is: three models, each by itself."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc, gammaln

F64 = npt.NDArray[np.float64]


def search_minutes(occupancy: npt.ArrayLike, free_minutes: npt.ArrayLike, cap: float) -> F64:
    """Minutes of search ``t = t0 / (1 - q)``, at most ``cap``.

    Who drives past spaces of which a share ``q`` is taken, each by itself, passes 1 / (1 - q) of them on average until
    one is free (geometric distribution); the form of Anderson and de Palma (2004), The economics of pricing parking,
    Journal of Urban Economics 55.

    Parameters
    ----------
    occupancy
        q, share of spaces taken, any shape; 1 and more is full.
    free_minutes
        t0, minutes where everything is free; broadcast against ``occupancy``.
    cap
        Minutes after which nobody goes on searching.
    """
    q, t0 = np.asarray(occupancy, np.float64), np.asarray(free_minutes, np.float64)
    with np.errstate(divide="ignore"):
        t = np.where(q < 1.0, t0 / np.maximum(1.0 - q, 1e-300), np.inf)
    return np.minimum(t, cap)


def full_block_minutes(
    occupancy: npt.ArrayLike, free_minutes: npt.ArrayLike, cap: float, *, block: float = 10.0
) -> F64:
    """Minutes of search where drivers go from block to block: ``t = t0 / (1 - q^b)``, at most ``cap``.

    A block of ``b`` spaces, each taken by itself with probability q, is full with probability q^b; the number of
    blocks tried is geometric. Up to an occupancy of about 0.8 hardly anybody searches, which is the reason for the
    usual target of 85 % (compare Millard-Ball, Weinberger and Hampshire 2014, Transportation Research A 63).
    """
    q = np.clip(np.asarray(occupancy, np.float64), 0.0, 1.0)
    t0 = np.asarray(free_minutes, np.float64)
    with np.errstate(divide="ignore"):
        t = np.where(q < 1.0, t0 / np.maximum(1.0 - q**block, 1e-300), np.inf)
    return np.minimum(t, cap)


def blocked(spaces: float, load: float) -> float:
    """Probability that all spaces are taken, for arrivals at random: Erlang's loss formula (1917).

    ``B = (a^c / c!) / sum_k a^k / k!``, written with the incomplete gamma function so that thousands of spaces are no
    problem and broken numbers of spaces are allowed. It holds for any distribution of the stay (M/G/c/c).

    Parameters
    ----------
    spaces
        c.
    load
        a, arrivals an hour times mean hours parked.
    """
    if load <= 0:
        return 0.0
    if spaces <= 0:
        return 1.0
    # sum_{k<=c} a^k e^-a / k! = Q(c + 1, a)
    tail = float(gammaincc(spaces + 1.0, load))
    if tail <= 0.0:  # far too few spaces: all but c of a are turned away
        return max(0.0, 1.0 - spaces / load)
    return min(1.0, math.exp(spaces * math.log(load) - load - float(gammaln(spaces + 1.0))) / tail)


def queue_minutes(spaces: float, load: float, hours: float, cap: float) -> float:
    """Mean wait where cars queue for a space: ``C / (c - a)`` mean stays (Erlang 1917, M/M/c), at most ``cap`` minutes.

    Parameters
    ----------
    spaces, load
        As :func:`blocked`.
    hours
        Mean stay, h; taken as exponential.
    cap
        Minutes; also the answer where the load is not below the spaces.
    """
    if load <= 0:
        return 0.0
    if load >= spaces:
        return cap
    b = blocked(spaces, load)
    wait = b * spaces / (spaces - load * (1.0 - b))
    return min(cap, 60.0 * hours * wait / (spaces - load))
