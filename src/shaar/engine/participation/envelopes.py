"""Money set aside for each district: shares by population with an equity top-up, and a count envelope by envelope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, BallotRules, Election
from shaar.engine.participation.result import Result

Number = int | float | Fraction


@dataclass(frozen=True, slots=True)
class Place:
    """A district that gets an envelope: its people, whether it lies apart, and the share of them who are poor."""

    id: str
    population: int
    outlying: bool = False
    poverty: Number = 0


@dataclass(frozen=True, slots=True)
class Envelope:
    """Money for one place, minor units: its share by population, and the top-up."""

    place: str
    base: int
    top_up: int

    @property
    def total(self) -> int:
        """Base and top-up together."""
        return self.base + self.top_up


def share_out(total: int, weights: Sequence[Number]) -> tuple[int, ...]:
    """Share a whole number out in proportion to weights, to the last unit (largest remainders, Hamilton).

    Every part is its exact quota rounded down or up, and the parts add up to ``total``; equal remainders go to the
    larger weight, then to the one listed first.

    Raises
    ------
    InputError
        A weight below zero, none above zero, or a total below zero.
    """
    exact = [Fraction(w) for w in weights]
    if total < 0 or any(w < 0 for w in exact) or not any(exact):
        raise InputError("to share a sum out, it and all weights must be zero or more, and one weight above zero")
    whole = sum(exact, Fraction(0))
    quota = [total * w / whole for w in exact]
    parts = [int(q) for q in quota]
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - quota[i], -exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def allot(
    total: int,
    places: Sequence[Place],
    *,
    top_up_share: Number = Fraction(1, 10),
    outlying_weight: Number = 1,
    poverty_weight: Number = 1,
) -> tuple[Envelope, ...]:
    """Divide a budget between districts.

    A part ``a`` of the budget is the top-up pool. The rest is shared by population, ``(1 - a) T n_d / sum n``; the pool
    by need, ``a T n_d s_d / sum n s``, with ``s_d = outlying_weight [d is outlying] + poverty_weight poverty_d``. Where
    nobody has need there is no pool. All sums are exact (:func:`share_out`).

    Parameters
    ----------
    total
        Minor units.
    places
        Different ids; population above zero; poverty from 0 to 1.
    top_up_share
        ``a``, from 0 to 1.
    outlying_weight, poverty_weight
        Zero or more.

    Raises
    ------
    InputError
        Any of the above does not hold.
    """
    if len({p.id for p in places}) != len(places) or not places:
        raise InputError("there must be at least one district, all with different ids", field="district")
    for p in places:
        if p.population <= 0:
            raise InputError(f"district {p.id} has a population of {p.population}; it must be above zero")
        if not 0 <= p.poverty <= 1:
            raise InputError(f"district {p.id} has a share of poor people of {p.poverty}; it must be from 0 to 1")
    if not 0 <= top_up_share <= 1:
        raise InputError(f"the top-up is {top_up_share} of the budget; it must be from 0 to 1", field="top_up_share")
    need = [
        p.population * (Fraction(outlying_weight) * p.outlying + Fraction(poverty_weight) * Fraction(p.poverty))
        for p in places
    ]
    pool = int(total * Fraction(top_up_share)) if any(need) else 0
    base = share_out(total - pool, [p.population for p in places])
    extra = share_out(pool, need) if pool else (0,) * len(places)
    return tuple(Envelope(p.id, b, t) for p, b, t in zip(places, base, extra))


@dataclass(frozen=True)
class EnvelopeResult:
    """Outcomes of one rule, envelope by envelope."""

    results: Mapping[str, Result]

    @property
    def winners(self) -> tuple[str, ...]:
        """Projects taken, envelope after envelope."""
        return tuple(w for r in self.results.values() for w in r.winners)

    @property
    def spent(self) -> int:
        """Money spent from all envelopes, minor units."""
        return sum(r.spent for r in self.results.values())

    @property
    def budget(self) -> int:
        """All envelopes together, minor units."""
        return sum(r.budget for r in self.results.values())


def split(election: Election) -> dict[str, Election]:
    """Cut an election with envelopes into one election for each.

    A part holds the projects of its district. Its voters are those who live there and those who named one of its
    projects; each sheet keeps only the projects of the part (a ranking closes up). Limits of the sheet apply to the
    whole sheet and are not carried over, but for the length of a ranking.

    Raises
    ------
    InputError
        The election has no envelopes.
    """
    if not election.envelopes:
        raise InputError("the election has one budget and no envelopes", field="envelopes")
    parts = {}
    rules = BallotRules(election.rules.kind, max_length=election.rules.max_length)
    for district, money in election.envelopes.items():
        projects = tuple(p for p in election.projects if p.district == district)
        inside = {p.id for p in projects}
        ballots = []
        for b in election.ballots:
            keep = [i for i, c in enumerate(b.choices) if c in inside]
            if keep or (district and b.district == district):
                ballots.append(_restrict(b, keep))
        parts[district] = replace(
            election, projects=projects, ballots=tuple(ballots), budget=money, rules=rules, envelopes={}
        )
    return parts


def _restrict(ballot: Ballot, keep: list[int]) -> Ballot:
    return replace(
        ballot,
        choices=tuple(ballot.choices[i] for i in keep),
        points=tuple(ballot.points[i] for i in keep) if ballot.points else (),
    )


def by_envelope(election: Election, rule: Callable[[Election], Result]) -> EnvelopeResult:
    """Count each envelope by itself with the same rule, e.g. ``by_envelope(e, equal_shares)``."""
    return EnvelopeResult({district: rule(part) for district, part in split(election).items()})
