"""Nested logit over any tree of nests: shares, logsum, and how shares answer to utilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nest:
    """A nest: alternatives (names) and nests that are likelier substitutes of each other than of the rest.

    ``theta`` is its logsum coefficient relative to the root, 0 < theta <= that of the nest around it; the root has 1,
    and a nest with the theta of the nest around it makes no difference.
    """

    name: str
    theta: float
    members: tuple[Nest | str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked tree of nests over the modes, flattened; node 0 is the root.

    Parameters
    ----------
    modes
        Names of the alternatives; the order of the first axis of every array of utilities and shares.
    theta
        Of each nest, shape (n,).
    parent
        Nest around each nest, shape (n,), -1 for the root; nests stand after the nest around them.
    home
        Nest around each mode, shape (m,).
    """

    modes: tuple[str, ...]
    names: tuple[str, ...]
    theta: tuple[float, ...]
    parent: tuple[int, ...]
    home: tuple[int, ...]

    @property
    def arrays(self) -> tuple[F64, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Theta, parent and home as arrays, for the kernels."""
        return np.array(self.theta), np.array(self.parent, dtype=np.int64), np.array(self.home, dtype=np.int64)

    def above(self, nest: int) -> Iterator[int]:
        """Give the nest and all those around it, inside out."""
        while nest >= 0:
            yield nest
            nest = self.parent[nest]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen, and how good the choice is.

    Parameters
    ----------
    shares
        Probability of each mode, shape (m, ...); zero where it is not available.
    logsum
        Expected utility of the best mode less Euler's constant, shape (...); ``-inf`` where no mode is available.
    nests
        Probability of each nest of the tree, shape (n, ...).
    """

    shares: F64
    logsum: F64
    nests: F64 = field(repr=False)


def make_tree(root: Nest, modes: Sequence[str]) -> Tree:
    """Check and flatten a tree of nests.

    Raises
    ------
    InputError
        A mode is missing, unknown or stands twice, a nest is empty, or a theta breaks the rule
        0 < theta <= theta of the nest around it, with 1 at the root (else shares would rise with a mode's own cost).
    """
    if root.theta != 1.0:
        raise InputError("the outermost nest has theta 1; scale the utilities instead", field=root.name)
    names: list[str] = []
    theta: list[float] = []
    parent: list[int] = []
    home: dict[str, int] = {}

    def walk(nest: Nest, around: int) -> None:
        if not nest.members:
            raise InputError("the nest is empty", field=nest.name)
        most = theta[around] if around >= 0 else 1.0
        if not 0 < nest.theta <= most:
            raise InputError(f"theta {nest.theta:g} must be above 0 and at most {most:g}", field=nest.name)
        here = len(names)
        names.append(nest.name)
        theta.append(float(nest.theta))
        parent.append(around)
        for member in nest.members:
            if isinstance(member, Nest):
                walk(member, here)
            elif member in home:
                raise InputError("the mode stands in the tree twice", field=member)
            else:
                home[member] = here

    walk(root, -1)
    unlike = sorted(set(home) ^ set(modes))
    if unlike or len(set(modes)) != len(modes):
        raise InputError(f"the tree and the list of modes differ or repeat a mode ({', '.join(unlike)})", field="modes")
    return Tree(tuple(modes), tuple(names), tuple(theta), tuple(parent), tuple(home[m] for m in modes))


def flat(modes: Sequence[str]) -> Tree:
    """Return the tree of the multinomial logit: all modes side by side."""
    return make_tree(Nest("all", 1.0, tuple(modes)), modes)


def choose(utilities: F64, tree: Tree) -> Choice:
    """Compute shares and logsum.

    With ``U_k`` the utility of a mode or the worth of a nest, a nest's worth is
    ``U_n = theta_n ln sum_k exp(U_k / theta_n)`` and the share of ``k`` within it ``exp((U_k - U_n) / theta_n)``;
    the worth of the root is the logsum, whose derivative by a mode's utility is that mode's share (McFadden 1978;
    Ben-Akiva and Lerman, *Discrete Choice Analysis*, 1985, ch. 10).

    Parameters
    ----------
    utilities
        Shape (m, ...); ``-inf`` where the mode is not available.

    Raises
    ------
    InputError
        A utility is not a number or ``+inf``, or the first axis is not that of the modes.
    """
    utilities = np.asarray(utilities, dtype=np.float64)
    if utilities.shape[:1] != (len(tree.modes),):
        raise InputError(f"utilities have shape {utilities.shape}, the tree has {len(tree.modes)} modes")
    if not (utilities < np.inf).all():
        raise InputError("a utility is not a number or infinite", field="utilities")
    n = len(tree.theta)
    worth = np.empty((n, *utilities.shape[1:]))
    inside: list[tuple[list[int], list[int]]] = [
        ([m for m, h in enumerate(tree.home) if h == k], [c for c in range(n) if tree.parent[c] == k]) for k in range(n)
    ]
    for k in range(n - 1, -1, -1):
        leaves, nests = inside[k]
        parts = np.concatenate([utilities[leaves], worth[nests]])
        best = parts.max(axis=0)
        base = np.where(np.isfinite(best), best, 0.0)
        with np.errstate(divide="ignore"):
            worth[k] = base + tree.theta[k] * np.log(np.exp((parts - base) / tree.theta[k]).sum(axis=0))
    nest_shares = np.zeros_like(worth)
    nest_shares[0] = np.isfinite(worth[0])
    shares = np.zeros_like(utilities)
    for k in range(n):
        leaves, nests = inside[k]
        base = np.where(np.isfinite(worth[k]), worth[k], 0.0)
        for m in leaves:
            shares[m] = nest_shares[k] * np.exp((utilities[m] - base) / tree.theta[k])
        for c in nests:
            nest_shares[c] = nest_shares[k] * np.exp((worth[c] - base) / tree.theta[k])
    return Choice(shares, worth[0], nest_shares)


def response(choice: Choice, tree: Tree, weights: F64, changes: F64 | None = None) -> F64:
    """Sum the derivatives of the shares over all cells: ``J[j, k] = sum w dP_j/dV_k x_k``.

    ``dP_j/dV_k = P_j ([j = k] / theta_home(j) + sum_n P(k|n) (1/theta_parent(n) - 1/theta_n))`` over the nests ``n``
    around both, with ``1/theta_parent(root) = 0``.

    Parameters
    ----------
    weights
        Trips of each cell, shape (...).
    changes
        Slope of each mode's utility, shape (m, ...); None takes one everywhere.

    Returns
    -------
    array, shape (m, m)
        Row: mode whose trips change; column: mode whose utility changes.
    """
    modes = range(len(tree.modes))
    out = np.zeros((len(tree.modes), len(tree.modes)))
    paths = [set(tree.above(h)) for h in tree.home]
    for k in modes:
        if changes is not None and not changes[k].any():
            continue
        slope = weights * choice.shares[k] if changes is None else weights * choice.shares[k] * _at(changes[k])
        out[k, k] += float(slope.sum()) / tree.theta[tree.home[k]]
        for n in sorted(paths[k]):
            around = tree.parent[n]
            factor = (1.0 / tree.theta[around] if around >= 0 else 0.0) - 1.0 / tree.theta[n]
            if factor == 0.0:
                continue
            inside = choice.nests[n]
            scaled = np.divide(slope, inside, out=np.zeros_like(slope), where=inside > 0) * factor
            for j in modes:
                if n in paths[j]:
                    out[j, k] += float((scaled * choice.shares[j]).sum())
    return out


def _at(change: F64) -> F64:
    """Replace slopes that are not finite where the mode is not available anyway."""
    return np.where(np.isfinite(change), change, 0.0) if not np.isfinite(change).all() else change
