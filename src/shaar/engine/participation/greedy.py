"""The greedy count: most votes first, what no longer fits is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from shaar.engine.participation.ballots import Election
from shaar.engine.participation.result import NotTaken, Phase, Reason, Result, Step, Taken
from shaar.engine.participation.tally import Utility, make_tally
from shaar.engine.participation.ties import describe, tie_order


def scores(
    election: Election, *, per_cost: bool = False, utility: Utility | str = Utility.POINTS
) -> dict[str, Fraction]:
    """Give each project what the greedy count ranks it by.

    Votes on an approval or knapsack sheet; the sum of points where there are points; the sum of ``k, k-1, ..., 1`` by
    place in a ranking. ``per_cost`` divides by the cost. ``utility`` "cardinality" counts voters on any sheet.
    """
    tally = make_tally(election, utility)
    out = {}
    for j, p in enumerate(election.projects):
        total = tally.total(j)
        out[p.id] = total / p.cost if per_cost else total
    return out


def fill(
    election: Election,
    score: dict[str, Fraction],
    order: dict[str, int],
    *,
    taken: tuple[str, ...] = (),
    phase: Phase = Phase.GREEDY,
    min_voters: int = 1,
    skip: bool = True,
    first_round: int = 1,
) -> list[Step]:
    """Take projects from the highest score down while they fit what ``taken`` leaves; see :func:`greedy`."""
    votes = make_tally(election, Utility.CARDINALITY)
    supporters = {p.id: votes.voters(j) for j, p in enumerate(election.projects)}
    left = election.budget - election.cost_of(taken)
    out = set(taken)
    queue = sorted((p for p in election.projects if p.id not in out), key=lambda p: (-score[p.id], order[p.id]))
    steps: list[Step] = []
    stopped = False
    for i, p in enumerate(queue):
        n, number = supporters[p.id], first_round + len([s for s in steps if isinstance(s, Taken)])
        reason: Reason | None = None
        if n == 0 or score[p.id] <= 0:
            reason = Reason.NO_SUPPORT
        elif n < min_voters:
            reason = Reason.BELOW_THRESHOLD
        elif stopped:
            reason = Reason.COUNT_STOPPED
        elif p.cost > left:
            reason, stopped = Reason.OVER_BUDGET, not skip
        if reason is None:
            left -= p.cost
            tied = tuple(q.id for q in queue[i + 1 :] if score[q.id] == score[p.id])
            steps.append(Taken(number, p.id, phase, p.cost, n, left, score=score[p.id], tied=tied))
        else:
            money = Fraction(left) if reason is Reason.OVER_BUDGET else None
            steps.append(NotTaken(number, p.id, phase, reason, p.cost, n, money, score[p.id]))
    return steps


def greedy(
    election: Election,
    *,
    by: Utility | str = Utility.POINTS,
    per_cost: bool = False,
    ties: str | Sequence[str] = "lexicographic",
    min_voters: int = 1,
    skip: bool = True,
) -> Result:
    """Count by the greedy rule, which most cities use.

    Projects are gone through from the highest score down (see :func:`scores`); each is taken if it fits the money left.

    Parameters
    ----------
    election
        One budget; for envelopes see :func:`shaar.engine.participation.envelopes.by_envelope`.
    by
        "points" (votes on a sheet without points) or "cardinality" (voters, whatever points they gave).
    per_cost
        Rank by votes (or points) per unit of money instead of votes.
    ties
        See :func:`shaar.engine.participation.ties.tie_order`.
    min_voters
        A project with fewer supporters is not taken; one with none never is.
    skip
        Pass over a project that does not fit and go on; False stops at the first one.

    Returns
    -------
    Result
        Every project has one step.
    """
    steps = fill(
        election,
        scores(election, per_cost=per_cost, utility=by),
        tie_order(election, ties),
        min_voters=max(min_voters, 1),
        skip=skip,
    )
    winners = tuple(s.project for s in steps if isinstance(s, Taken))
    settings = {
        "by": str(Utility(by)),
        "per_cost": "yes" if per_cost else "no",
        "ties": describe(ties),
        "min_voters": str(max(min_voters, 1)),
        "skip": "yes" if skip else "no",
    }
    return Result("greedy", settings, winners, election.cost_of(winners), election.budget, tuple(steps))
