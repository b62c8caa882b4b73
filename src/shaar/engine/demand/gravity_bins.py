"""Gravity with empirical deterrence: the matrix has the trip ends and the whole distribution of times asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.furness import furness
from shaar.engine.demand.gravity_free import free_of_ends
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Rounds of proportional fitting after which Newton's method is tried: ordinary targets are met before.
NEWTON_AFTER = 20


@dataclass(frozen=True, slots=True)
class BinnedDistribution:
    """A trip matrix with a given distribution of times.

    Parameters
    ----------
    matrix
        Trips, shape (n, n).
    factors
        Deterrence in each bin, shape (k,), 1 in the fullest; a bin without trips has 0.
    shares
        Share of the trips in each bin, shape (k,).
    error
        Largest difference of any share from its target.
    """

    matrix: F64
    factors: F64
    shares: F64
    mean_minutes: float
    iterations: int
    error: float


def bin_of(minutes: F64, edges: F64) -> npt.NDArray[np.int64]:
    """Return the bin of each time: bin k holds ``edges[k] <= t < edges[k + 1]``; -1 outside or infinite."""
    found = np.searchsorted(edges, minutes, side="right") - 1
    outside = ~np.isfinite(minutes) | (found < 0) | (found >= len(edges) - 1)
    return np.where(outside, -1, found)


def calibrate_bins(
    productions: F64,
    attractions: F64,
    minutes: F64,
    edges: F64,
    shares: F64,
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 2_000,
) -> BinnedDistribution:
    """Find ``T_ij = a_i P_i b_j A_j F_k(ij)`` whose bins of time hold the given shares (Evans and Kirby 1974).

    Each round multiplies ``F_k`` by target over modelled share and balances by Furness: proportional fitting in three
    directions, which converges to the matrix of largest entropy with these totals if there is one. Where it crawls,
    Newton's method on the factors goes on.

    Parameters
    ----------
    productions, attractions
        Trip ends, shape (n,), of equal sum.
    minutes
        Times (or distances) between zones, shape (n, n); ``inf`` forbids a pair.
    edges
        Rising, shape (k + 1,); the last may be ``inf``. Pairs outside get no trips.
    shares
        Of the trips in each bin, shape (k,); scaled to one.

    Raises
    ------
    InputError
        Edges or shares are not such, or no matrix has these trip ends and this distribution; the sentence names the
        bin that cannot be met.
    """
    edges, target = checked_bins(edges, shares)
    bins = bin_of(minutes, edges)
    k = len(target)
    total = float(np.sum(productions))
    if total <= 0:
        raise InputError("there are no trips to distribute", field="productions")
    _possible(productions, attractions, bins, target, edges, total)
    allowed = np.concatenate([target > 0, [False]])[bins]
    flat_bins = np.where(bins < 0, k, bins).ravel()

    def balance(seed: F64, error: float) -> tuple[F64, F64, float]:
        # A loose balance is enough on the way: what it leaves is taken up by the next round.
        trips = furness(seed, productions, attractions, tolerance=min(1e-4, max(error * 1e-2, 1e-10))).matrix
        got = np.bincount(flat_bins, weights=trips.ravel(), minlength=k + 1)[:k] / trips.sum()
        return trips, got, float(np.abs(got - target).max())

    def scaled(trips: F64, step: F64) -> F64:
        return trips * np.append(step, 0.0)[flat_bins].reshape(trips.shape)

    factors = (target > 0).astype(np.float64)
    matrix, got, error = balance(np.where(allowed, 1.0, 0.0), 1.0)
    best, since, rounds = error, 0, 1
    while error > tolerance and rounds < max_iterations and since < 100:
        rounds += 1
        step = np.divide(target, got, out=np.zeros(k), where=got > 0)
        found = None
        if rounds > NEWTON_AFTER:
            bold = _newton_step(matrix, bins, target, got)
            try:
                found = balance(scaled(matrix, bold), error)
            except InputError:  # too bold to be balanced
                found = None
            if found is not None and found[2] < 0.9 * error:
                step = bold
            else:
                found = None
        matrix, got, error = found or balance(scaled(matrix, step), error)
        factors = factors * step
        since = 0 if error < 0.999 * best else since + 1
        best = min(best, error)
    if error > tolerance:
        worst = int(np.abs(got - target).argmax())
        raise InputError(
            f"no matrix with these trip ends has {target[worst]:.1%} of its trips {name_bin(edges, worst)}: "
            f"after {rounds} rounds it is {got[worst]:.1%}",
            field="shares",
        )
    matrix = furness(matrix, productions, attractions).matrix
    used = matrix > 0
    mean = float((matrix[used] * minutes[used]).sum() / matrix.sum())
    return BinnedDistribution(matrix, factors / factors.max(), got, mean, rounds, error)


def _newton_step(trips: F64, bins: npt.NDArray[np.int64], target: F64, got: F64) -> F64:
    """Return factors of the bins by Newton's method: shares answer to log-factors as trip ends leave them free."""
    live = np.flatnonzero(target > 0)
    rest = free_of_ends(trips, [(bins == b).astype(np.float64) for b in live])
    slope = np.array([[float((trips * (bins == b) * r).sum()) for r in rest] for b in live]) / float(trips.sum())
    step = np.zeros(len(target))
    # All factors together change nothing, so the matrix is singular along them.
    step[live] = np.exp(np.clip(np.linalg.lstsq(slope, (target - got)[live], rcond=1e-10)[0], -3.0, 3.0))
    return step


def checked_bins(edges: F64, shares: F64) -> tuple[F64, F64]:
    """Check edges and shares of bins; return both, the shares scaled to one."""
    edges, shares = np.asarray(edges, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all() or not np.isfinite(edges[:-1]).all():
        raise InputError("the edges of the bins must rise", field="edges")
    if shares.shape != (len(edges) - 1,):
        raise InputError(f"{len(edges) - 1} bins need as many shares, not {shares.size}", field="shares")
    if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.sum() > 0):
        raise InputError("a share is negative or not a number, or all are zero", field="shares")
    return edges, shares / shares.sum()


def _possible(p: F64, a: F64, bins: npt.NDArray[np.int64], target: F64, edges: F64, total: float) -> None:
    """Refuse early what trip ends alone rule out: too many trips in a run of bins for the zones these bins join."""
    k = len(target)
    runs = [(i, i + 1) for i in range(k)] + [(0, i) for i in range(1, k + 1)] + [(i, k) for i in range(1, k)]
    for low, high in runs:
        asked = float(target[low:high].sum())
        inside = (bins >= low) & (bins < high)
        most = min(np.minimum(p, inside @ a).sum(), np.minimum(a, inside.T @ p).sum()) / total
        if asked > most + 1e-9:
            raise InputError(
                f"{asked:.1%} of the trips are to be {name_bin(edges, low, high)}, "
                f"but trip ends allow {most:.1%} at most",
                field="shares",
            )


def name_bin(edges: F64, low: int, high: int | None = None) -> str:
    """Say in words what a bin, or the bins from ``low`` up to ``high``, holds."""
    top = edges[low + 1 if high is None else high]
    return f"of {edges[low]:g} and more" if np.isinf(top) else f"from {edges[low]:g} to {top:g}"
