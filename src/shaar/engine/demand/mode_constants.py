"""Mode constants: shift utilities until the modes have the shares that were observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.kernels import nested_sums
from shaar.engine.demand.nested_logit import Tree
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
#: Trips (cells,), utilities (cells, m), what each kind lacks (kinds, m), shares of the kinds (kinds,).
_Live = tuple[F64, F64, npt.NDArray[np.bool_], F64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of travellers who value things alike.

    Parameters
    ----------
    weights
        Trips of each cell, shape (...), or one number for all.
    utilities
        Of the modes, shape (m, ...); ``-inf`` where a mode is not available.
    lacking
        Which modes each kind of the group does not have, shape (kinds, m); None: all have all.
    kinds
        Shares of the kinds, shape (kinds,), summing to one.
    """

    weights: F64
    utilities: F64
    lacking: npt.NDArray[np.bool_] | None = None
    kinds: F64 | None = None


@dataclass(frozen=True, slots=True)
class Constants:
    """Calibrated constants and how well they do.

    Parameters
    ----------
    values
        Added to the utilities, shape (m,); 0 for ``base``, ``-inf`` for modes whose share is to be zero.
    shares
        Reached, shape (m,).
    objective
        Sum over trips of the logsum less the target's part, after each round: it never rises.
    """

    values: F64
    shares: F64
    base: str
    iterations: int
    error: float
    objective: tuple[float, ...]


def calibrate_constants(
    segments: Sequence[Segment],
    tree: Tree,
    shares: Mapping[str, float],
    *,
    start: F64 | None = None,
    base: str | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> Constants:
    """Find the constants ``c`` with which the modes have the given shares of all trips.

    They minimise the convex ``F(c) = sum_w T_w L_w(V + c) - sum_m S_m c_m`` (the logsum ``L`` is convex and its
    derivative is the share), so they are unique up to the base. Each round takes Newton's step if it lowers ``F``
    enough, else ``c_m += theta ln(S_m / modelled_m)``, halved until it does: ``F`` never rises.

    Parameters
    ----------
    shares
        Mode -> share of all trips; scaled to one.
    start
        Constants to begin with, shape (m,).
    base
        Mode with constant 0; None takes the first with a positive share.
    tolerance
        Largest difference of any share from its target.

    Raises
    ------
    InputError
        A share is negative or for an unknown mode, or cannot be met with what is available to whom; the sentence
        names the modes, what was asked and what is possible.
    """
    target = _target(tree, shares)
    used = target > 0
    if base is not None and (base not in tree.modes or not used[tree.modes.index(base)]):
        raise InputError("the base must be a mode with a positive share", field=base)
    live = [_without(s, used) for s in segments]
    total = _possible(live, tree, target)
    wanted = target * total
    c = np.where(used, 0.0 if start is None else start, -np.inf)
    least = min(tree.theta)
    value, modelled, slope = _state(live, tree, c, wanted)
    history = [value]
    error, rounds = float(np.abs(modelled / total - target).max()), 0
    while error > tolerance and rounds < max_iterations:
        rounds += 1
        step = _newton(slope, wanted - modelled, used)
        descent = float((modelled - wanted)[used] @ step[used])
        took = False
        # Where a mode has next to nothing its slope says nothing either, so Newton's step would leave it there.
        lost = bool((modelled[used] < 1e-6 * wanted[used]).any())
        for attempt in range(60):
            if attempt == 6 or not descent < 0 or (lost and attempt == 0):
                with np.errstate(divide="ignore"):
                    step = np.where(used, least * np.log(wanted / np.maximum(modelled, 1e-300)), 0.0)
                descent = float((modelled - wanted)[used] @ step[used])
            new = c + step
            new_value, new_modelled, new_slope = _state(live, tree, new, wanted)
            new_error = float(np.abs(new_modelled / total - target).max())
            if new_value <= value + 1e-4 * descent or (new_error < error and new_value <= value + 1e-12 * abs(value)):
                c, value, modelled, slope, error, took = new, new_value, new_modelled, new_slope, new_error, True
                break
            step, descent = step / 2, descent / 2
        history.append(value)
        if not took:
            break
    if error > max(tolerance, 1e-6):
        worst = int(np.abs(modelled / total - target).argmax())
        raise InputError(
            f"after {rounds} rounds {tree.modes[worst]} has {modelled[worst] / total:.2%} of the trips instead of "
            f"{target[worst]:.2%}; costs or availability leave its share hardly any room",
            field=tree.modes[worst],
        )
    zero = tree.modes.index(base) if base is not None else int(np.flatnonzero(used)[0])
    return Constants(c - c[zero], modelled / total, tree.modes[zero], rounds, error, tuple(history))


def _target(tree: Tree, shares: Mapping[str, float]) -> F64:
    unknown = [m for m in shares if m not in tree.modes]
    if unknown:
        raise InputError(f"there is no such mode; known are {', '.join(tree.modes)}", field=unknown[0])
    target = np.array([float(shares.get(m, 0.0)) for m in tree.modes])
    bad = np.flatnonzero(~(np.isfinite(target) & (target >= 0)))
    if len(bad):
        raise InputError("the share is negative or not a number", field=tree.modes[int(bad[0])])
    if target.sum() <= 0:
        raise InputError("no mode has a share", field="shares")
    return target / target.sum()


def _without(segment: Segment, used: npt.NDArray[np.bool_]) -> _Live:
    """Drop cells without trips, and modes that are to have none."""
    weights = np.broadcast_to(np.asarray(segment.weights, dtype=np.float64), segment.utilities.shape[1:])
    cells = np.ascontiguousarray(segment.utilities[:, weights > 0].T)
    if not (cells < np.inf).all():
        raise InputError("a utility is not a number or infinite", field="utilities")
    lacking = np.zeros((1, len(used)), dtype=np.bool_) if segment.lacking is None else segment.lacking
    kinds = np.ones(1) if segment.kinds is None else np.asarray(segment.kinds, dtype=np.float64)
    return np.ascontiguousarray(weights[weights > 0]), cells, lacking | ~used, kinds


def _possible(segments: Sequence[_Live], tree: Tree, target: F64) -> float:
    """Refuse shares that no constants can give; return the number of trips.

    Trips that may use a set of modes bound what the set can carry; it takes more than all of them only if it has no
    choice. This is Hall's condition and enough for constants to exist.
    """
    m = len(tree.modes)
    by_pattern = np.zeros(2**m)
    bits = 2 ** np.arange(m)
    for weights, utilities, lacking, kinds in segments:
        for lack, share in zip(lacking, kinds):
            pattern = (np.isfinite(utilities) & ~lack) @ bits
            by_pattern += np.bincount(pattern, weights=weights * share, minlength=2**m)
    total = float(by_pattern.sum())
    if total <= 0:
        raise InputError("there are no trips to choose a mode for", field="trips")
    if by_pattern[0] > 0:
        raise InputError(f"{by_pattern[0]:.6g} trips have no mode available", field="availability")
    patterns = np.arange(2**m)
    live = [k for k in range(m) if target[k] > 0]
    for size in range(1, len(live)):
        for chosen in combinations(live, size):
            mask = int(sum(1 << k for k in chosen))
            reach = by_pattern[(patterns & mask) > 0].sum() / total
            asked = target[list(chosen)].sum()
            both = by_pattern[((patterns & mask) > 0) & ((patterns & ~mask) > 0)].sum() / total
            if asked > reach + 1e-12 or (asked > reach - 1e-12 and both > 1e-12):
                names = " and ".join(tree.modes[k] for k in chosen)
                raise InputError(
                    f"{asked:.1%} of the trips are to go by {names}, but only {reach:.1%} can"
                    + ("" if asked > reach + 1e-12 else ", and then nobody who can may choose otherwise"),
                    field=tree.modes[chosen[0]],
                )
    return total


def _state(segments: Sequence[_Live], tree: Tree, c: F64, wanted: F64) -> tuple[float, F64, F64]:
    """Return the objective, trips by mode and the derivatives of these by the constants."""
    value = -float(wanted[wanted > 0] @ c[wanted > 0])
    modelled, slope = np.zeros(len(tree.modes)), np.zeros((len(tree.modes), len(tree.modes)))
    under = np.array([[n in set(tree.above(h)) for h in tree.home] for n in range(len(tree.theta))])
    for weights, utilities, lacking, kinds in segments:
        value += nested_sums(utilities, weights, c, lacking, kinds, *tree.arrays, under, modelled, slope)
    return value, modelled, slope


def _newton(slope: F64, gap: F64, used: npt.NDArray[np.bool_]) -> F64:
    step = np.zeros(len(gap))
    live = np.flatnonzero(used)
    # The constant vector changes nothing, so the matrix is singular along it: least squares takes the shortest step.
    step[live] = np.linalg.lstsq(slope[np.ix_(live, live)], gap[live], rcond=1e-13)[0]
    return np.clip(step, -20.0, 20.0)
