"""The Method of Equal Shares: every voter holds an equal part of the budget, and supporters pay for their projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Election
from shaar.engine.participation.greedy import fill, scores
from shaar.engine.participation.result import Attempt, NotTaken, Phase, Reason, Result, Step, Taken
from shaar.engine.participation.shares_run import Run, run
from shaar.engine.participation.tally import Tally, Utility, make_tally
from shaar.engine.participation.ties import describe, tie_order
from shaar.engine.progress import Progress, silent


class Completion(StrEnum):
    """What is done with money that the shares alone do not spend."""

    NONE = "none"  #: it stays
    GREEDY = "greedy"  #: the greedy rule takes what fits
    ADD1 = "add1"  #: every voter's share is raised step by step while the outcome still fits the budget
    ADD1_GREEDY = "add1_greedy"  #: add1, then the greedy rule


@dataclass(frozen=True, slots=True)
class _Counted:
    share: Fraction
    run: Run
    spent: int


def equal_shares(
    election: Election,
    *,
    utility: Utility | str = Utility.COST,
    completion: Completion | str = Completion.ADD1_GREEDY,
    step: int | Fraction | None = None,
    ties: str | Sequence[str] = "lexicographic",
    progress: Progress = silent,
) -> Result:
    """Count by the Method of Equal Shares, with exact arithmetic.

    Parameters
    ----------
    election
        One budget; for envelopes see :func:`shaar.engine.participation.envelopes.by_envelope`.
    utility
        What a funded project is worth to a voter who named it: its ``cost``, one (``cardinality``), or ``points``.
    completion
        See :class:`Completion`. The greedy part ranks by satisfaction per unit of money: votes with ``cost``, votes per
        cost with ``cardinality``, points per cost with ``points``.
    step
        By how much Add1 raises each voter's share, minor units, above zero; None: one whole unit of the currency.
    ties
        See :func:`shaar.engine.participation.ties.tie_order`.
    progress
        Told after every try of Add1: money spent of the budget.

    Returns
    -------
    Result
        A project may have two steps: one in the shares phase and one in the completion.

    Raises
    ------
    InputError
        An unknown utility, completion or tie rule, or a step not above zero.

    Notes
    -----
    Peters, Pierczynski and Skowron, "Proportional participatory budgeting with additive utilities", NeurIPS 2021;
    completions: equalshares.net. Shares at which provably nothing changes are stepped over; the outcome is that of
    trying each.
    """
    try:
        completion = Completion(completion)
    except ValueError:
        names = ", ".join(Completion)
        raise InputError(f"'{completion}' is no completion; there are {names}", field="completion") from None
    step = Fraction(10**election.decimals if step is None else step)
    if step <= 0:
        raise InputError(f"the step is {step}; it must be above zero", field="step")
    tally = make_tally(election, utility)
    order = tie_order(election, ties)
    settings = {
        "utility": str(Utility(utility)),
        "completion": str(completion),
        "step": str(step),
        "ties": describe(ties),
    }
    cost = [p.cost for p in election.projects]
    places = [order[p.id] for p in election.projects]
    first: Fraction | None = None
    share: Fraction | None = None
    attempts: tuple[Attempt, ...] = ()
    outcome = Run((), (), 0.0, ())
    if election.ballots:
        first = share = Fraction(election.budget, len(election.ballots))
        if completion in (Completion.ADD1, Completion.ADD1_GREEDY):
            share, attempts = _raise_shares(election, tally, cost, places, first, step, progress)
        outcome = run(cost, tally, share, places)
    steps = _steps(election, tally, outcome)
    winners = tuple(s.project for s in steps if isinstance(s, Taken))
    if completion in (Completion.GREEDY, Completion.ADD1_GREEDY):
        more = fill(
            election,
            scores(election, per_cost=True, utility=utility),
            order,
            taken=winners,
            phase=Phase.COMPLETION,
            first_round=len(winners) + 1,
        )
        steps += [s for s in more if isinstance(s, Taken) or s.reason is not Reason.NO_SUPPORT]
        winners += tuple(s.project for s in more if isinstance(s, Taken))
    spent = election.cost_of(winners)
    return Result("equal_shares", settings, winners, spent, election.budget, tuple(steps), first, share, attempts)


def _raise_shares(
    election: Election,
    tally: Tally,
    cost: list[int],
    places: list[int],
    share: Fraction,
    step: Fraction,
    progress: Progress,
) -> tuple[Fraction, tuple[Attempt, ...]]:
    """Raise the share until the outcome no longer fits (then the last that did counts) or nothing more would fit."""
    supported = [j for j in range(len(cost)) if len(tally.members[j])]
    attempts: list[Attempt] = []
    last = share
    horizon = float(16 * step)
    while True:
        now = run(cost, tally, share, places, record=False, horizon=horizon)
        bought = {b.project for b in now.purchases}
        spent = sum(cost[j] for j in bought)
        progress("equal shares", min(spent, election.budget), election.budget)
        if spent > election.budget:
            attempts.append(Attempt(share, spent, len(bought), False))
            return last, tuple(attempts)
        if all(j in bought or cost[j] + spent > election.budget for j in supported):
            attempts.append(Attempt(share, spent, len(bought), True))
            return share, tuple(attempts)
        horizon = max(2.0 * now.unchanged_for, float(4 * step))
        covers = floor(now.unchanged_for / float(step)) + 1
        attempts.append(Attempt(share, spent, len(bought), True, covers))
        last = share + (covers - 1) * step
        share += covers * step


def _steps(election: Election, tally: Tally, outcome: Run) -> list[Step]:
    """Put purchases and shortfalls of a run in the order in which they happened."""
    ids = [p.id for p in election.projects]
    left = election.budget
    steps: list[Step] = []
    short = list(outcome.shortfalls)
    for number, b in enumerate((*outcome.purchases, None), start=1):
        for s in [s for s in short if s.round == number]:
            p = election.projects[s.project]
            n = tally.voters(s.project)
            reason = Reason.SUPPORTERS_SHORT
            steps.append(NotTaken(number, p.id, Phase.EQUAL_SHARES, reason, p.cost, n, s.money))
        if b is None:
            break
        p = election.projects[b.project]
        left -= p.cost
        steps.append(
            Taken(
                number,
                p.id,
                Phase.EQUAL_SHARES,
                p.cost,
                tally.voters(b.project),
                left,
                rho=b.rho,
                price=b.price,
                paid_in_full=b.in_full,
                paid_all_left=b.all_left,
                tied=tuple(ids[q] for q in b.tied),
            )
        )
    last = len(outcome.purchases) + 1
    for j, p in enumerate(election.projects):
        if not len(tally.members[j]):
            steps.append(NotTaken(last, p.id, Phase.EQUAL_SHARES, Reason.NO_SUPPORT, p.cost, 0))
    return steps
