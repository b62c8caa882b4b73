"""The data of a participatory budget: projects, ballots, the rules of the sheet, and an election of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from shaar.engine.errors import InputError


class BallotKind(StrEnum):
    """How a voter fills in the sheet."""

    APPROVAL = "approval"  #: name up to k projects
    KNAPSACK = "knapsack"  #: name projects whose costs together fit the budget
    CUMULATIVE = "cumulative"  #: share out a fixed number of points
    SCORING = "scoring"  #: give each project a mark
    ORDINAL = "ordinal"  #: rank projects, the best first

    @property
    def has_points(self) -> bool:
        """Whether a ballot of this kind carries a number beside every project."""
        return self in (BallotKind.CUMULATIVE, BallotKind.SCORING)


@dataclass(frozen=True, slots=True)
class Project:
    """Something to be paid for. ``cost`` is in the minor units of the election (see ``Election.decimals``)."""

    id: str
    cost: int
    name: str = ""
    district: str = ""
    categories: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Ballot:
    """One sheet: the projects named (an ordinal ballot in order, the best first) and points where the kind has them.

    ``district`` is where the voter lives, where that matters; ``channel`` is how the sheet came in ("internet",
    "paper"): both kinds of sheet are counted alike.
    """

    voter: str
    choices: tuple[str, ...]
    points: tuple[Fraction, ...] = ()
    district: str = ""
    channel: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class BallotRules:
    """What makes a sheet valid; None means no such limit. Sums of cost are in minor units."""

    kind: BallotKind
    min_length: int | None = None
    max_length: int | None = None
    min_sum_cost: int | None = None
    max_sum_cost: int | None = None
    min_points: Fraction | None = None
    max_points: Fraction | None = None
    min_sum_points: Fraction | None = None
    max_sum_points: Fraction | None = None


@dataclass(frozen=True)
class Election:
    """Projects, ballots, money and the rules of the sheet.

    Parameters
    ----------
    projects, ballots
        Ids and voters each unique; a cost is above zero; a ballot names only projects that exist.
    budget
        Minor units: with ``decimals`` = 2, 150000 is 1500.00.
    rules
        The kind of ballot and its limits. They are not enforced here, since a count must also be possible on a file
        that others published with its flaws: :func:`check_ballot` says whether one sheet is valid.
    decimals
        Decimal places of the currency that one unit here stands for.
    envelopes
        Money set aside for each district, minor units; empty: one budget for all. They add up to ``budget``.
    meta
        Whatever else is known (unit, instance, dates ...), as Pabulib names it.

    Raises
    ------
    InputError
        Any of the above does not hold.
    """

    projects: tuple[Project, ...]
    ballots: tuple[Ballot, ...]
    budget: int
    rules: BallotRules
    decimals: int = 0
    envelopes: Mapping[str, int] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise InputError(f"the budget is {self.budget}; it cannot be below zero", field="budget")
        ids = set()
        for p in self.projects:
            if p.cost <= 0:
                raise InputError(f"project {p.id} costs {p.cost}; a cost must be above zero", field="cost")
            if p.id in ids:
                raise InputError(f"project {p.id} is there twice", field="project_id")
            ids.add(p.id)
        voters = set()
        for b in self.ballots:
            if b.voter in voters:
                raise InputError(f"voter {b.voter} has two ballots", field="voter_id")
            voters.add(b.voter)
            for c in b.choices:
                if c not in ids:
                    raise InputError(f"voter {b.voter} names project {c}, which is not in the list", field="vote")
            if len(set(b.choices)) != len(b.choices):
                raise InputError(f"voter {b.voter} names a project twice", field="vote")
            if self.rules.kind.has_points and len(b.points) != len(b.choices):
                raise InputError(
                    f"voter {b.voter} names {len(b.choices)} projects and gives {len(b.points)} numbers of points",
                    field="points",
                )
        if self.envelopes:
            if sum(self.envelopes.values()) != self.budget:
                raise InputError(
                    f"the envelopes add up to {sum(self.envelopes.values())} and the budget is {self.budget}",
                    field="budget",
                )
            for p in self.projects:
                if p.district not in self.envelopes:
                    raise InputError(f"project {p.id} is in '{p.district}', which has no envelope", field="district")

    @cached_property
    def by_id(self) -> dict[str, Project]:
        """Every project by its id."""
        return {p.id: p for p in self.projects}

    def cost_of(self, ids: tuple[str, ...]) -> int:
        """Sum of the costs of projects, minor units."""
        return sum(self.by_id[i].cost for i in ids)


class BallotError(InputError):
    """A sheet that is not valid.

    ``code`` names the rule that it breaks and ``values`` hold the numbers, so that a page can say it in the voter's
    language; the text is the same in English.
    """

    def __init__(self, code: str, message: str, *, field: str, **values: object) -> None:
        super().__init__(message, field=field)
        self.code, self.values = code, values


def check_ballot(ballot: Ballot, projects: Mapping[str, Project], rules: BallotRules) -> None:
    """Say whether one sheet is valid.

    Parameters
    ----------
    ballot
        The sheet.
    projects
        By id; ``Election.by_id``.
    rules
        The limits.

    Raises
    ------
    BallotError
        The first rule broken, in one sentence. Codes: ``unknown_project``, ``named_twice``, ``too_few``, ``too_many``,
        ``too_cheap``, ``too_dear``, ``points_missing``, ``points_low``, ``points_high``, ``points_sum_low``,
        ``points_sum_high``.
    """
    n = len(ballot.choices)
    for c in ballot.choices:
        if c not in projects:
            raise BallotError("unknown_project", f"there is no project {c} in this vote", field="vote", project=c)
    if len(set(ballot.choices)) != n:
        twice = next(c for i, c in enumerate(ballot.choices) if c in ballot.choices[:i])
        raise BallotError("named_twice", f"project {twice} is named twice", field="vote", project=twice)
    if rules.min_length is not None and n < rules.min_length:
        text = f"{n} projects are named; at least {rules.min_length} are needed"
        raise BallotError("too_few", text, field="vote", named=n, limit=rules.min_length)
    if rules.max_length is not None and n > rules.max_length:
        text = f"{n} projects are named; at most {rules.max_length} are allowed"
        raise BallotError("too_many", text, field="vote", named=n, limit=rules.max_length)
    cost = sum(projects[c].cost for c in ballot.choices)
    if rules.min_sum_cost is not None and cost < rules.min_sum_cost:
        text = f"the projects named cost {cost} together; at least {rules.min_sum_cost} are needed"
        raise BallotError("too_cheap", text, field="vote", cost=cost, limit=rules.min_sum_cost)
    if rules.max_sum_cost is not None and cost > rules.max_sum_cost:
        text = f"the projects named cost {cost} together; at most {rules.max_sum_cost} are allowed"
        raise BallotError("too_dear", text, field="vote", cost=cost, limit=rules.max_sum_cost)
    if rules.kind.has_points:
        _check_points(ballot, rules)


def _check_points(ballot: Ballot, rules: BallotRules) -> None:
    if len(ballot.points) != len(ballot.choices):
        text = f"{len(ballot.choices)} projects are named and {len(ballot.points)} numbers of points are given"
        raise BallotError("points_missing", text, field="points", named=len(ballot.choices), given=len(ballot.points))
    for c, x in zip(ballot.choices, ballot.points):
        if rules.min_points is not None and x < rules.min_points:
            text = f"project {c} has {x} points; at least {rules.min_points} are needed"
            raise BallotError("points_low", text, field="points", project=c, points=x, limit=rules.min_points)
        if rules.max_points is not None and x > rules.max_points:
            text = f"project {c} has {x} points; at most {rules.max_points} are allowed"
            raise BallotError("points_high", text, field="points", project=c, points=x, limit=rules.max_points)
    total = sum(ballot.points, Fraction(0))
    if rules.min_sum_points is not None and total < rules.min_sum_points:
        text = f"{total} points are given in all; at least {rules.min_sum_points} are needed"
        raise BallotError("points_sum_low", text, field="points", points=total, limit=rules.min_sum_points)
    if rules.max_sum_points is not None and total > rules.max_sum_points:
        text = f"{total} points are given in all; at most {rules.max_sum_points} are allowed"
        raise BallotError("points_sum_high", text, field="points", points=total, limit=rules.max_sum_points)


def invalid_ballots(election: Election) -> tuple[tuple[str, BallotError], ...]:
    """List the voters whose sheets break the election's own rules, each with the first rule broken."""
    found = []
    for b in election.ballots:
        try:
            check_ballot(b, election.by_id, election.rules)
        except BallotError as wrong:
            found.append((b.voter, wrong))
    return tuple(found)
