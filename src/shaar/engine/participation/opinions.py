"""Opinion groups: who votes alike, what is typical of each group, and on what all groups agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import permutations

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.participation.clusters import kmeans, silhouettes
from shaar.engine.participation.opinion_space import opinion_space
from shaar.engine.participation.typical import Consensus, Typical, consensus, typical

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

#: Groups tried, and how many runs in a row another number of groups must be better before it is shown.
GROUPS = (2, 3, 4, 5)
PATIENCE = 4
BASE_CLUSTERS = 100


class NoGroups(StrEnum):
    """Why no groups are drawn."""

    FEW_PEOPLE = "few_people"  #: fewer people with enough votes than ``min_people``
    FEW_STATEMENTS = "few_statements"  #: fewer than three statements have votes
    NO_DIFFERENCE = "no_difference"  #: everybody voted alike


@dataclass(frozen=True)
class Memory:
    """What one run hands to the next, so that groups do not flicker while votes come in.

    ``k`` groups are shown; ``challenger`` is another number that was better in the last ``wins`` runs; ``group`` is
    where each person was (by the name given to :func:`opinion_groups`).
    """

    k: int
    challenger: int = 0
    wins: int = 0
    group: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Opinions:
    """People in groups by how they voted.

    Parameters
    ----------
    reason
        None, or why there are no groups; then ``k`` is 0, ``group`` is -1 for all and the lists by group are empty.
    people
        People with enough votes, who are counted.
    min_people, min_votes
        The least numbers asked for (``min_votes`` is lower where there are fewer statements).
    coordinates
        Shape (n, 2), NaN for people not counted.
    group
        Of each person from 0 (the largest first, unless remembered), -1 for people not counted; shape (n,).
    statements
        Direction of each statement in the same plane, shape (m, 2).
    explained
        Share of all differences that each axis shows, shape (2,).
    sizes
        People in each group.
    silhouette
        Mean silhouette for each number of groups tried.
    agreed, rejected
        Statements that every group agrees with, or disagrees with; the strongest first.
    typical
        For each group what sets it apart; the strongest first.
    memory
        For the next run; None where there are no groups and there was no memory.
    """

    reason: NoGroups | None
    people: int
    min_people: int
    min_votes: int
    k: int
    coordinates: F64
    group: I64
    statements: F64
    explained: F64
    sizes: tuple[int, ...]
    silhouette: Mapping[int, float]
    agreed: tuple[Consensus, ...]
    rejected: tuple[Consensus, ...]
    typical: tuple[tuple[Typical, ...], ...]
    memory: Memory | None

    @property
    def structure(self) -> str:
        """How distinct the groups are: "strong", "reasonable", "weak" or "none" (Kaufman and Rousseeuw 1990).

        By the mean silhouette: above 0.70, 0.50, 0.25. Weak groups may be drawn by chance and should be shown as such.
        """
        s = self.silhouette.get(self.k, 0.0)
        return "strong" if s > 0.70 else "reasonable" if s > 0.50 else "weak" if s > 0.25 else "none"


def opinion_groups(
    votes: F64,
    *,
    names: Sequence[str] | None = None,
    min_votes: int = 7,
    min_people: int = 15,
    most: int = 5,
    seed: int = 0,
    memory: Memory | None = None,
) -> Opinions:
    """Find groups of people who vote alike, after the method of Polis.

    Parameters
    ----------
    votes
        1 agree, -1 disagree, 0 pass, NaN not voted; shape (n_people, n_statements).
    names
        A name for each person that stays the same from run to run (needed to keep the numbers of groups); default: the
        row number.
    min_votes
        A person with fewer votes is not placed; where there are fewer statements, all of them are asked for.
    min_people
        With fewer people placed no groups are drawn.
    most
        At most so many statements in each list.
    seed
        Of the random starts of k-means. Result depends on the votes and the seed, not on the order of people.
    memory
        From the run before.

    Raises
    ------
    InputError
        Another value among the votes, not a matrix, or names that do not fit.

    Notes
    -----
    People are placed in a plane (:mod:`.opinion_space`), gathered into at most 100 base clusters, and those into 2 to 5
    groups; the number with the highest mean silhouette wins, but replaces the number shown before only after it was
    better in four runs in a row. Small, Bjorkegren, Erkkila, Shaw and Megill 2021.
    """
    votes = np.asarray(votes, dtype=np.float64)
    if votes.ndim != 2:
        raise InputError(f"votes must be a matrix of people and statements; this has {votes.ndim} dimensions")
    if not (np.isnan(votes) | np.isin(votes, (-1.0, 0.0, 1.0))).all():
        raise InputError("a vote must be 1 (agree), -1 (disagree), 0 (pass) or missing", field="vote")
    n, m = votes.shape
    people = [str(i) for i in range(n)] if names is None else list(names)
    if len(people) != n or len(set(people)) != n:
        raise InputError(f"there must be one name for each of the {n} people, all different", field="names")
    cast = ~np.isnan(votes)
    open_statements = int(cast.any(axis=0).sum())
    need = max(1, min(min_votes, open_statements))
    placed = np.flatnonzero(cast.sum(axis=1) >= need)
    inside = votes[placed]
    reason = None
    if open_statements < 3:
        reason = NoGroups.FEW_STATEMENTS
    elif len(placed) < min_people:
        reason = NoGroups.FEW_PEOPLE
    space = opinion_space(inside) if len(placed) and m else None
    coordinates, group = np.full((n, 2), np.nan), np.full(n, -1, dtype=np.int64)
    if space is not None and reason is None and np.ptp(space.people, axis=0).max() <= 1e-9:
        reason = NoGroups.NO_DIFFERENCE
    k = 0
    by_k: dict[int, float] = {}
    sizes: tuple[int, ...] = ()
    agreed: tuple[Consensus, ...] = ()
    rejected: tuple[Consensus, ...] = ()
    apart: tuple[tuple[Typical, ...], ...] = ()
    if space is not None:
        coordinates[placed] = space.people
    if space is not None and reason is None:
        tried = _try_all(space.people, seed)
        by_k = {g: score for g, (score, _) in tried.items()}
        k, memory = _settle(by_k, memory)
        label = _number(tried[k][1], space.people, [people[i] for i in placed], memory)
        group[placed] = label
        memory = Memory(k, memory.challenger, memory.wins, {people[i]: int(g) for i, g in zip(placed, label)})
        sizes = tuple(int(c) for c in np.bincount(label, minlength=k))
        agreed, rejected = consensus(inside, label, most=most)
        apart = typical(inside, label, most=most)
    return Opinions(
        reason=reason,
        people=len(placed),
        min_people=min_people,
        min_votes=need,
        k=k,
        coordinates=coordinates,
        group=group,
        statements=np.zeros((m, 2)) if space is None else space.statements,
        explained=np.zeros(2) if space is None else space.explained,
        sizes=sizes,
        silhouette=by_k,
        agreed=agreed,
        rejected=rejected,
        typical=apart,
        memory=memory,
    )


def _try_all(points: F64, seed: int) -> dict[int, tuple[float, I64]]:
    """Cluster into each number of groups; give the mean silhouette over people and the labels of people."""
    grain = float(np.abs(points).max()) * 1e-9
    points = np.round(points / grain) * grain  # people who voted alike stand on one spot, whatever the rounding
    base = kmeans(points, np.ones(len(points)), min(BASE_CLUSTERS, len(points)), seed=seed, starts=1)
    size = np.bincount(base).astype(np.float64)
    centre = np.column_stack([np.bincount(base, weights=points[:, d]) / size for d in (0, 1)])
    tried = {}
    for k in GROUPS:
        if k > len(centre):
            break
        label = kmeans(centre, size, k, seed=seed)
        if len(np.unique(label)) == k:
            s = silhouettes(centre, label, size)
            tried[k] = (float((s * size).sum() / size.sum()), label[base])
    return tried or {1: (0.0, np.zeros(len(points), dtype=np.int64))}


def _settle(by_k: Mapping[int, float], memory: Memory | None) -> tuple[int, Memory]:
    """Choose the number of groups: the best, unless another is shown and the best has not won often enough."""
    best = max(by_k, key=lambda k: (by_k[k], -k))
    if memory is None or memory.k not in by_k or best == memory.k:
        return best, Memory(best, group={} if memory is None else memory.group)
    wins = memory.wins + 1 if memory.challenger == best else 1
    if wins >= PATIENCE:
        return best, Memory(best, group=memory.group)
    return memory.k, Memory(memory.k, best, wins, memory.group)


def _number(label: I64, points: F64, people: list[str], memory: Memory) -> I64:
    """Number groups as before where most of their people are the same, else the largest first."""
    k = int(label.max()) + 1
    size = np.bincount(label, minlength=k)
    middle = [points[label == g].mean(axis=0) for g in range(k)]
    rank = sorted(range(k), key=lambda g: (-size[g], *np.round(middle[g], 9)))
    place = {g: r for r, g in enumerate(rank)}
    kept = np.zeros((k, k))
    for person, g in zip(people, label):
        before = memory.group.get(person, -1)
        if 0 <= before < k:
            kept[g, before] += 1
    if kept.any():
        ways = permutations(range(k))
        best = max(
            ways, key=lambda w: (sum(kept[g, w[g]] for g in range(k)), -sum(abs(w[g] - place[g]) for g in place))
        )
        place = dict(enumerate(best))
    return np.array([place[int(g)] for g in label], dtype=np.int64)
