"""What a count returns: the winners, the money, and every step as data, so that a page can tell it in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Phase(StrEnum):
    """Which part of a count took a decision."""

    GREEDY = "greedy"
    EQUAL_SHARES = "equal_shares"
    COMPLETION = "completion"


class Reason(StrEnum):
    """Why a project was not taken."""

    NO_SUPPORT = "no_support"  #: nobody named it
    SUPPORTERS_SHORT = "supporters_short"  #: its supporters' own money together is less than its cost
    OVER_BUDGET = "over_budget"  #: it costs more than what is left of the budget
    BELOW_THRESHOLD = "below_threshold"  #: fewer voters than the rules ask for
    COUNT_STOPPED = "count_stopped"  #: an earlier project did not fit and the rule stops there


@dataclass(frozen=True, slots=True)
class Taken:
    """One project taken. Money in minor units, exact.

    Parameters
    ----------
    round
        From 1, over all phases.
    supporters
        Voters who named it.
    score
        What the rule ranks by in a greedy phase (the most wins); None in the shares phase.
    rho
        Shares phase: price of one unit of satisfaction (the least wins); None in a greedy phase.
    price
        Shares phase: the most that one supporter pays.
    paid_in_full, paid_all_left
        Shares phase: supporters who paid their price; those who had less and gave all they had left.
    tied
        Projects equal to it in this round that lost by the tie rule.
    budget_left
        Of the public budget after this project.
    """

    round: int
    project: str
    phase: Phase
    cost: int
    supporters: int
    budget_left: int
    score: Fraction | None = None
    rho: Fraction | None = None
    price: Fraction | None = None
    paid_in_full: int = 0
    paid_all_left: int = 0
    tied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """One project passed over: in which round it was found out, why, and what it lacked.

    ``available`` is the money it could count on then (its supporters' own, or the budget left); None where money was
    not the reason. ``score`` is what a greedy phase ranked it by.
    """

    round: int
    project: str
    phase: Phase
    reason: Reason
    cost: int
    supporters: int
    available: Fraction | None = None
    score: Fraction | None = None

    @property
    def short_by(self) -> Fraction | None:
        """Money lacking, minor units."""
        return None if self.available is None else self.cost - self.available


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of the shares phase with a given share for each voter, and what it would spend.

    ``covers`` is how many steps of the increment have provably this same outcome: it starts at this share.
    """

    share: Fraction
    spent: int
    winners: int
    fits: bool
    covers: int = 1


Step = Taken | NotTaken


@dataclass(frozen=True)
class Result:
    """The outcome of one rule on one election.

    Parameters
    ----------
    rule
        "greedy" or "equal_shares".
    settings
        What the rule was told (utility, ties, completion ...).
    winners
        Project ids in the order in which they were taken.
    spent, budget
        Minor units.
    steps
        Every decision in order. Each project appears once, or once in each phase of equal shares with a completion.
    share
        Equal shares: what each voter holds at the start of the counted run; above ``first_share`` after an increase.
    attempts
        Equal shares with increase: every share tried.
    """

    rule: str
    settings: Mapping[str, str]
    winners: tuple[str, ...]
    spent: int
    budget: int
    steps: tuple[Step, ...]
    first_share: Fraction | None = None
    share: Fraction | None = None
    attempts: tuple[Attempt, ...] = field(default=(), compare=False)

    @property
    def left(self) -> int:
        """Money of the budget that no project took, minor units."""
        return self.budget - self.spent

    def steps_of(self, project: str) -> tuple[Step, ...]:
        """Everything that happened to one project, in order; the last one is how it ended."""
        return tuple(s for s in self.steps if s.project == project)

    @property
    def taken(self) -> tuple[Taken, ...]:
        """The steps that took a project."""
        return tuple(s for s in self.steps if isinstance(s, Taken))

    @property
    def not_taken(self) -> tuple[NotTaken, ...]:
        """The steps that passed a project over."""
        return tuple(s for s in self.steps if isinstance(s, NotTaken))
