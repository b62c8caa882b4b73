"""Two counts of the same ballots side by side: who wins, how many voters get something, where the money goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, Election
from shaar.engine.participation.envelopes import EnvelopeResult
from shaar.engine.participation.result import Result


@dataclass(frozen=True, slots=True)
class DistrictShare:
    """What one district gets under a rule: money and projects; voters living there, and how many of them are served."""

    spent: int
    projects: int
    voters: int
    served: int


@dataclass(frozen=True)
class Row:
    """One rule's outcome in figures.

    Parameters
    ----------
    winners, spent, left
        As in the result; minor units.
    served
        Voters who support at least one funded project.
    served_share, exclusion_ratio
        Served voters, and the others, of all who support any project; they add up to one.
    funded_per_voter
        Mean number of funded projects a voter supports.
    by_district
        By the district of the project and of the voter ("" where none is given).
    """

    winners: tuple[str, ...]
    spent: int
    left: int
    served: int
    served_share: Fraction
    exclusion_ratio: Fraction
    funded_per_voter: Fraction
    by_district: Mapping[str, DistrictShare]


@dataclass(frozen=True)
class Comparison:
    """Outcomes side by side.

    ``voters`` support at least one project; ``both`` are projects that every rule takes, in order of ids; ``only`` are
    those that just one rule takes.
    """

    voters: int
    rows: Mapping[str, Row]
    both: tuple[str, ...]
    only: Mapping[str, tuple[str, ...]]


def supported(election: Election, ballot: Ballot) -> frozenset[str]:
    """Projects that a sheet supports: named, with points above zero where there are points."""
    if election.rules.kind.has_points:
        return frozenset(c for c, x in zip(ballot.choices, ballot.points) if x > 0)
    return frozenset(ballot.choices)


def compare(election: Election, results: Mapping[str, Result | EnvelopeResult]) -> Comparison:
    """Put outcomes of the same election side by side.

    Parameters
    ----------
    election
        The ballots all results were counted from.
    results
        By any name, such as {"greedy": ..., "equal_shares": ...}.

    Raises
    ------
    InputError
        No result, or one with a winner that is not in the election.
    """
    if not results:
        raise InputError("there is no result to compare")
    sheets = [(b.district, supported(election, b)) for b in election.ballots]
    sheets = [(d, s) for d, s in sheets if s]
    rows, sets = {}, {}
    for name, result in results.items():
        won = frozenset(result.winners)
        strangers = won - set(election.by_id)
        if strangers:
            raise InputError(f"project {min(strangers)} won in {name} and is not in the election")
        rows[name], sets[name] = _row(election, result, won, sheets), won
    every = frozenset.intersection(*sets.values())
    only = {
        name: tuple(sorted(won - frozenset().union(*(s for other, s in sets.items() if other != name))))
        for name, won in sets.items()
    }
    return Comparison(len(sheets), rows, tuple(sorted(every)), only)


def _row(
    election: Election, result: Result | EnvelopeResult, won: frozenset[str], sheets: list[tuple[str, frozenset[str]]]
) -> Row:
    hits = [len(s & won) for _, s in sheets]
    served = sum(h > 0 for h in hits)
    share = Fraction(served, len(sheets)) if sheets else Fraction(0)
    districts = sorted({p.district for p in election.projects} | {d for d, _ in sheets})
    by_district = {
        d: DistrictShare(
            spent=sum(p.cost for p in election.projects if p.district == d and p.id in won),
            projects=sum(p.district == d and p.id in won for p in election.projects),
            voters=sum(home == d for home, _ in sheets),
            served=sum(home == d and h > 0 for (home, _), h in zip(sheets, hits)),
        )
        for d in districts
    }
    return Row(
        winners=result.winners,
        spent=result.spent,
        left=result.budget - result.spent,
        served=served,
        served_share=share,
        exclusion_ratio=1 - share if sheets else Fraction(0),
        funded_per_voter=Fraction(sum(hits), len(sheets)) if sheets else Fraction(0),
        by_district=by_district,
    )
