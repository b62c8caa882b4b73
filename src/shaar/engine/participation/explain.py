"""Where one voter's share of the money went: the account behind a count by equal shares."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, Election
from shaar.engine.participation.compare import supported
from shaar.engine.participation.result import Phase, Result
from shaar.engine.participation.tally import Utility, ballot_points, longest_ranking


@dataclass(frozen=True, slots=True)
class Payment:
    """What a voter pays for one project, and what she holds afterwards; minor units, exact."""

    project: str
    amount: Fraction
    left: Fraction


@dataclass(frozen=True, slots=True)
class Account:
    """A voter's share and what became of it.

    ``funded`` are all funded projects she supports; those taken by a greedy completion cost her nothing.
    """

    voter: str
    share: Fraction
    payments: tuple[Payment, ...]
    left: Fraction
    funded: tuple[str, ...]


def account(election: Election, result: Result, ballot: Ballot) -> Account:
    """Follow one voter's share through a count by equal shares.

    In each round a supporter pays ``min(left, rho x satisfaction)``.

    Parameters
    ----------
    election, result
        A result of :func:`shaar.engine.participation.equal_shares.equal_shares` on this election.
    ballot
        One of its ballots.

    Raises
    ------
    InputError
        The result is of another rule.
    """
    if result.rule != "equal_shares" or result.share is None:
        raise InputError("only a count by equal shares gives every voter a share")
    utility = Utility(result.settings["utility"])
    worth = dict(zip(ballot.choices, ballot_points(election, ballot, longest_ranking(election))))
    likes = supported(election, ballot)
    left, payments = result.share, []
    for step in result.taken:
        if step.phase is not Phase.EQUAL_SHARES or step.project not in likes or step.rho is None:
            continue
        if utility is Utility.COST:
            value = Fraction(step.cost)
        else:
            value = worth[step.project] if utility is Utility.POINTS else Fraction(1)
        amount = min(left, step.rho * value)
        left -= amount
        payments.append(Payment(step.project, amount, left))
    funded = tuple(w for w in result.winners if w in likes)
    return Account(ballot.voter, result.share, tuple(payments), left, funded)
