"""What is typical of an opinion group, and what all groups share: smoothed shares and z tests of proportions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: One-sided 90 %: the level at which a statement counts as typical or as agreed.
Z90 = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Typical:
    """A statement that sets a group apart.

    ``agrees`` says which way; ``count`` of ``seen`` people of the group voted so; ``share`` and ``rest`` are the
    smoothed shares in the group and among all others; ``ratio = share / rest``; ``z_half`` tests the share against one
    half and ``z_rest`` against the others. ``clear`` is False for a group's best statement where none passes both.
    """

    statement: int
    agrees: bool
    count: int
    seen: int
    share: float
    rest: float
    ratio: float
    z_half: float
    z_rest: float
    clear: bool


@dataclass(frozen=True, slots=True)
class Consensus:
    """A statement on which all groups stand alike: ``consensus`` is the product of the groups' smoothed shares.

    ``count`` of ``seen`` people voted so; ``shares`` by group.
    """

    statement: int
    agrees: bool
    count: int
    seen: int
    consensus: float
    shares: tuple[float, ...]


def share(count: npt.ArrayLike, seen: npt.ArrayLike) -> F64:
    """Smoothed share ``(count + 1) / (seen + 2)`` (Laplace): one half where nobody has voted."""
    return (np.asarray(count, dtype=np.float64) + 1) / (np.asarray(seen, dtype=np.float64) + 2)


def z_half(count: npt.ArrayLike, seen: npt.ArrayLike) -> F64:
    """Test a share against one half: ``z = (p - 1/2) / sqrt(1/4 / (seen + 2))`` with the smoothed share ``p``."""
    n = np.asarray(seen, dtype=np.float64) + 2
    return (share(count, seen) - 0.5) / np.sqrt(0.25 / n)


def z_two(count: npt.ArrayLike, seen: npt.ArrayLike, other_count: npt.ArrayLike, other_seen: npt.ArrayLike) -> F64:
    """Test two shares against each other, both smoothed, with the pooled share in the variance.

    ``z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2))``, where ``n`` is seen + 2 and ``p`` is the share of both together.
    """
    n1, n2 = np.asarray(seen, dtype=np.float64) + 2, np.asarray(other_seen, dtype=np.float64) + 2
    p1, p2 = share(count, seen), share(other_count, other_seen)
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    return (p1 - p2) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))


def _counts(votes: F64, group: I64) -> tuple[I64, I64, I64]:
    """Agreements, disagreements and votes of each group on each statement, shape (k, m) each."""
    k = int(group.max()) + 1
    parts = [votes[group == g] for g in range(k)]
    agree = np.array([(p == 1).sum(axis=0) for p in parts])
    disagree = np.array([(p == -1).sum(axis=0) for p in parts])
    seen = np.array([(~np.isnan(p)).sum(axis=0) for p in parts])
    return agree, disagree, seen


def typical(votes: F64, group: I64, *, most: int = 5) -> tuple[tuple[Typical, ...], ...]:
    """Find for each group the statements it holds and the others do not.

    A statement is typical when, one way or the other, the group's share is above one half and above the others' share,
    both at 90 % (one-sided). They are ordered by ``ratio * share * z_half * z_rest``. A group without any has its
    best one, marked as not clear.

    Parameters
    ----------
    votes, group
        Shape (n, m) and (n,); groups 0 ... k-1.
    most
        At most so many for a group.
    """
    agree, disagree, seen = _counts(votes, group)
    out = []
    for g in range(len(seen)):
        found = []
        for agrees, count in ((True, agree), (False, disagree)):
            mine, n = count[g], seen[g]
            others, n_others = count.sum(axis=0) - mine, seen.sum(axis=0) - n
            p, rest = share(mine, n), share(others, n_others)
            half, against = z_half(mine, n), z_two(mine, n, others, n_others)
            for j in np.flatnonzero(n > 0):
                clear = bool(half[j] > Z90 and against[j] > Z90)
                ratio = float(p[j] / rest[j])
                item = Typical(
                    int(j), agrees, int(mine[j]), int(n[j]), float(p[j]), float(rest[j]), ratio, float(half[j]),
                    float(against[j]), clear,
                )  # fmt: skip
                found.append(item)
        clear_ones = sorted((t for t in found if t.clear), key=_strength)[:most]
        out.append(tuple(clear_ones or sorted(found, key=lambda t: (-t.z_rest, t.statement, not t.agrees))[:1]))
    return tuple(out)


def _strength(t: Typical) -> tuple[float, int, bool]:
    return (-t.ratio * t.share * t.z_half * t.z_rest, t.statement, not t.agrees)


def consensus(votes: F64, group: I64, *, most: int = 5) -> tuple[tuple[Consensus, ...], tuple[Consensus, ...]]:
    """Find statements that every group agrees with, and those that every group disagrees with.

    Group-aware consensus is the product over groups of the smoothed share; a statement is listed when each group's
    share is above one half and the share of all is above one half at 90 %. A small group so weighs as much as a
    large one.

    Returns
    -------
    Agreed and rejected statements, the strongest first, at most ``most`` each.
    """
    agree, disagree, seen = _counts(votes, group)
    lists = []
    for agrees, count in ((True, agree), (False, disagree)):
        p = share(count, seen)
        value = p.prod(axis=0)
        total, n = count.sum(axis=0), seen.sum(axis=0)
        ok = (p > 0.5).all(axis=0) & (z_half(total, n) > Z90)
        order = sorted(np.flatnonzero(ok), key=lambda j: (-value[j], j))[:most]
        lists.append(
            tuple(
                Consensus(int(j), agrees, int(total[j]), int(n[j]), float(value[j]), tuple(float(x) for x in p[:, j]))
                for j in order
            )
        )
    return lists[0], lists[1]
