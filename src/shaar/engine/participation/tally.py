"""Ballots turned into arrays: who supports what, with how much satisfaction; equal sheets once, with a weight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, BallotKind, Election

I64 = npt.NDArray[np.int64]


class Utility(StrEnum):
    """How much a funded project is worth to a voter who named it."""

    COST = "cost"  #: the money spent on it
    CARDINALITY = "cardinality"  #: one
    POINTS = "points"  #: the points given; in a ranking k, k-1, ..., 1, where k is the longest ranking allowed


@dataclass(frozen=True)
class Tally:
    """Supporters of each project over groups of voters with the same sheet.

    Parameters
    ----------
    weight
        Voters in each group, shape (n_groups,).
    group_of
        Group of each ballot, shape (n_ballots,).
    members, value
        For each project: groups that support it (rising), and satisfaction of one voter in multiples of ``unit``.
    unit
        For each project the exact satisfaction that ``value`` 1 stands for.
    """

    weight: I64
    group_of: I64
    members: tuple[I64, ...]
    value: tuple[I64, ...]
    unit: tuple[Fraction, ...]

    def voters(self, project: int) -> int:
        """Voters who support a project."""
        return int(self.weight[self.members[project]].sum())

    def total(self, project: int) -> Fraction:
        """Satisfaction of all voters if the project is funded."""
        return int((self.weight[self.members[project]] * self.value[project]).sum()) * self.unit[project]


def longest_ranking(election: Election) -> int:
    """Say how long a ranking may be: the rule's limit, or the longest sheet where there is none."""
    if election.rules.max_length is not None:
        return election.rules.max_length
    return max((len(b.choices) for b in election.ballots), default=0)


def ballot_points(election: Election, ballot: Ballot, longest: int) -> tuple[Fraction, ...]:
    """Points of each project named on a sheet: given, by place in a ranking (never below one), or one each."""
    if election.rules.kind.has_points:
        return ballot.points
    if election.rules.kind is BallotKind.ORDINAL:
        return tuple(Fraction(max(longest - i, 1)) for i in range(len(ballot.choices)))
    return (Fraction(1),) * len(ballot.choices)


def make_tally(election: Election, utility: Utility | str = Utility.COST) -> Tally:
    """Group equal sheets and list the supporters of each project.

    A project with no points, or fewer than none, on a sheet has no support from that sheet.

    Raises
    ------
    InputError
        An unknown utility.
    """
    try:
        utility = Utility(utility)
    except ValueError:
        names = ", ".join(Utility)
        raise InputError(f"'{utility}' is no measure of satisfaction; there are {names}", field="utility") from None
    index = {p.id: j for j, p in enumerate(election.projects)}
    longest = longest_ranking(election)
    with_points = utility is Utility.POINTS
    scale = 1
    if with_points and election.rules.kind.has_points:
        scale = lcm(*{x.denominator for b in election.ballots for x in b.points})
    groups: dict[tuple[tuple[int, int], ...], int] = {}
    group_of = np.empty(len(election.ballots), dtype=np.int64)
    plain = not election.rules.kind.has_points and not (with_points and election.rules.kind is BallotKind.ORDINAL)
    for i, b in enumerate(election.ballots):
        if plain:
            sheet = tuple((j, 1) for j in sorted(index[c] for c in b.choices))
        else:
            points = ballot_points(election, b, longest)
            sheet = tuple(
                sorted((index[c], int(x * scale) if with_points else 1) for c, x in zip(b.choices, points) if x > 0)
            )
        group_of[i] = groups.setdefault(sheet, len(groups))
    members: list[list[int]] = [[] for _ in election.projects]
    value: list[list[int]] = [[] for _ in election.projects]
    for sheet, g in groups.items():
        for j, x in sheet:
            members[j].append(g)
            value[j].append(x)
    if utility is Utility.COST:
        unit = tuple(Fraction(p.cost) for p in election.projects)
    else:
        unit = (Fraction(1, scale),) * len(election.projects)
    return Tally(
        weight=np.bincount(group_of, minlength=len(groups)).astype(np.int64),
        group_of=group_of,
        members=tuple(np.array(m, dtype=np.int64) for m in members),
        value=tuple(np.array(v, dtype=np.int64) for v in value),
        unit=unit,
    )
