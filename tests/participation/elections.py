"""Elections made up for tests, and the same election as pabutools sees it."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from shaar.engine.participation.ballots import Ballot, BallotKind, BallotRules, Election, Project


def random_election(
    seed: int, kind: BallotKind = BallotKind.APPROVAL, *, voters: int = 40, projects: int = 10
) -> Election:
    """Costs from few values and few voters, so that ties and exhausted voters are common."""
    rng = random.Random(seed)
    n, m = rng.randint(1, voters), rng.randint(1, projects)
    dear = rng.choice((3, 12, 60, 1000))
    listed = tuple(Project(f"p{i:02d}", rng.randint(1, dear)) for i in range(m))
    budget = rng.randint(1, max(2, sum(p.cost for p in listed)))
    ballots = []
    for v in range(n):
        choices = tuple(p.id for p in rng.sample(listed, rng.randint(0, min(5, m))))
        points: tuple[Fraction, ...] = ()
        if kind.has_points:
            points = tuple(Fraction(rng.randint(1, 6), rng.choice((1, 1, 2))) for _ in choices)
        ballots.append(Ballot(f"v{v}", choices, points))
    return Election(listed, tuple(ballots), budget, BallotRules(kind))


def as_pabutools(election: Election) -> tuple[Any, Any, dict[str, Any]]:
    """Build instance, profile and the projects by name."""
    from pabutools.election import (
        ApprovalBallot,
        ApprovalProfile,
        CumulativeBallot,
        CumulativeProfile,
        Instance,
        OrdinalBallot,
        OrdinalProfile,
    )
    from pabutools.election import Project as Theirs
    from pabutools.fractions import frac

    theirs = {p.id: Theirs(p.id, cost=p.cost) for p in election.projects}
    instance = Instance(theirs.values(), budget_limit=election.budget)
    if election.rules.kind.has_points:
        sheets = [
            CumulativeBallot({theirs[c]: frac(x.numerator, x.denominator) for c, x in zip(b.choices, b.points)})
            for b in election.ballots
        ]
        return instance, CumulativeProfile(sheets, instance=instance), theirs
    if election.rules.kind is BallotKind.ORDINAL:
        ranks = [OrdinalBallot([theirs[c] for c in b.choices]) for b in election.ballots]
        return instance, OrdinalProfile(ranks, instance=instance), theirs
    sets = [ApprovalBallot([theirs[c] for c in b.choices]) for b in election.ballots]
    return instance, ApprovalProfile(sets, instance=instance), theirs


def names(allocation: Any) -> tuple[str, ...]:
    """Project names of an allocation of pabutools, in its order."""
    return tuple(p.name for p in allocation)
