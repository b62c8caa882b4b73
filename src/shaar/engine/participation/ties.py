"""Ties are broken by a rule said before the count, never by chance inside it."""

from __future__ import annotations

from collections.abc import Sequence

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Election

#: The named rules. Every one ends with the order of ids as text, so that no tie is left.
TIE_RULES = ("lexicographic", "most_votes", "least_cost", "greatest_cost")


def tie_order(election: Election, ties: str | Sequence[str]) -> dict[str, int]:
    """Give every project its place in a tie: the lower wins.

    Parameters
    ----------
    election
        The election.
    ties
        ``lexicographic`` (order of ids as text), ``most_votes``, ``least_cost``, ``greatest_cost`` (each then by id),
        or all project ids in the order of lots drawn in public.

    Raises
    ------
    InputError
        An unknown rule, or lots that leave out a project, name one twice or name a stranger.
    """
    ids = [p.id for p in election.projects]
    if not isinstance(ties, str):
        lots = list(ties)
        if sorted(lots) != sorted(ids):
            raise InputError("the lots must name every project of the vote exactly once", field="ties")
        return {p: i for i, p in enumerate(lots)}
    cost = {p.id: p.cost for p in election.projects}
    if ties == "lexicographic":
        order = sorted(ids)
    elif ties == "most_votes":
        votes = supporters(election)
        order = sorted(ids, key=lambda p: (-votes[p], p))
    elif ties == "least_cost":
        order = sorted(ids, key=lambda p: (cost[p], p))
    elif ties == "greatest_cost":
        order = sorted(ids, key=lambda p: (-cost[p], p))
    else:
        raise InputError(f"'{ties}' is no tie rule; there are {', '.join(TIE_RULES)}, or lots", field="ties")
    return {p: i for i, p in enumerate(order)}


def describe(ties: str | Sequence[str]) -> str:
    """Name a tie rule in a result's settings."""
    return ties if isinstance(ties, str) else "lots: " + ", ".join(ties)


def supporters(election: Election) -> dict[str, int]:
    """Count the voters who support each project: named on the sheet, with points above zero where there are points."""
    count = {p.id: 0 for p in election.projects}
    for b in election.ballots:
        if election.rules.kind.has_points:
            for c, x in zip(b.choices, b.points):
                count[c] += x > 0
        else:
            for c in b.choices:
                count[c] += 1
    return count
