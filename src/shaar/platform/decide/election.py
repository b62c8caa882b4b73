"""A ballot box as an election of the engine, and what its sheets must keep to. Money goes in hundredths."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from shaar.engine.errors import InputError
from shaar.engine.participation.ballots import Ballot, BallotError, BallotKind, BallotRules, Election, Project
from shaar.engine.participation.ballots import check_ballot as engine_check
from shaar.platform.kernel.errors import Invalid
from shaar.platform.kernel.saying import money

from .models import BallotBox, CastBallot

DECIMALS = 2
_KINDS = {
    BallotBox.Kind.APPROVAL: BallotKind.APPROVAL,
    BallotBox.Kind.KNAPSACK: BallotKind.KNAPSACK,
    BallotBox.Kind.POINTS: BallotKind.CUMULATIVE,
}


def minor(money: Decimal) -> int:
    """A sum in hundredths, exact."""
    whole = money.scaleb(DECIMALS)
    if whole != whole.to_integral_value():
        raise InputError(f"{money} has more than {DECIMALS} decimal places", field="money")
    return int(whole)


def major(hundredths: int | Fraction) -> Decimal:
    """A sum of whole hundredths as money; a fraction of one is rounded down."""
    return Decimal(int(hundredths)).scaleb(-DECIMALS)


def project_id(number: int | str) -> str:
    """A project's number as an id of the engine and of the files: with it the order of texts is that of numbers."""
    return str(number).zfill(3)


def rules_of(box: BallotBox) -> BallotRules:
    """What a valid sheet of this vote is."""
    kind = _KINDS[BallotBox.Kind(box.kind)]
    if kind is BallotKind.APPROVAL:
        return BallotRules(kind, min_length=1, max_length=box.most)
    if kind is BallotKind.KNAPSACK:
        return BallotRules(kind, min_length=1, max_sum_cost=minor(box.budget))
    return BallotRules(
        kind, min_length=1, min_points=Fraction(1), min_sum_points=Fraction(1), max_sum_points=Fraction(box.points)
    )


def projects_of(box: BallotBox) -> tuple[Project, ...]:
    """Projects by their numbers on the sheet, in the district of their envelope."""
    rows = box.projects.select_related("measure__territory", "envelope__territory", "application")
    return tuple(
        Project(
            id=project_id(row.number), cost=minor(row.cost), name=row.measure.title, categories=(row.measure.kind,),
            district=row.envelope.territory.code if row.envelope else "", extra={"proposal": row.measure.ref},
        )
        for row in rows
    )  # fmt: skip


def check_choices(box: BallotBox, choices: Mapping[str, int]) -> dict[str, int]:
    """Check a sheet; the choices as they are kept, in order of the numbers.

    Raises
    ------
    Invalid
        The first rule broken, in the voter's language.
    """
    kept = {number: int(points) for number, points in sorted(choices.items(), key=lambda one: one[0].zfill(6))}
    rules = rules_of(box)
    if not rules.kind.has_points:
        kept = dict.fromkeys(kept, 1)
    try:
        engine_check(_ballot("", kept, rules), {one.id: one for one in projects_of(box)}, rules)
    except BallotError as wrong:
        raise Invalid(f"ballot.{wrong.code}", _said(wrong), field="choices") from wrong
    return kept


def _said(wrong: BallotError) -> str:
    facts: dict[str, Any] = dict(wrong.values)
    match wrong.code:
        case "too_few" | "points_sum_low":
            return _("Choose at least one project.")
        case "too_many":
            return _("You chose %(named)s projects; at most %(limit)s may be chosen.") % facts
        case "too_dear":
            cost, limit = money(major(facts["cost"])), money(major(facts["limit"]))
            return _("These projects cost %(cost)s together; there is %(limit)s.") % {"cost": cost, "limit": limit}
        case "points_sum_high":
            return _("You gave %(points)s points; there are %(limit)s to give.") % facts
        case "points_low":
            return _("Points are whole numbers above zero.")
        case _:
            return _("There is no such project in this vote.")


def election_of(box: BallotBox) -> Election:
    """The whole vote: every ballot of the box, on the site and on paper."""
    rules = rules_of(box)
    envelopes = {row.territory.code: minor(row.base + row.top_up) for row in box.envelopes.select_related("territory")}
    ballots = tuple(
        _ballot(str(number), row.choices, rules, row.district, row.channel)
        for number, row in enumerate(CastBallot.objects.filter(box=box).order_by("pk"), start=1)
    )
    meta = {
        "description": str(box), "country": settings.PROFILE.country, "unit": settings.PROFILE.code,
        "instance": box.slug, "date_begin": f"{box.opens:%d.%m.%Y}", "date_end": f"{box.closes:%d.%m.%Y}",
        "rule": box.rule, "currency": settings.PROFILE.currency,
    }  # fmt: skip
    return Election(
        projects_of(box), ballots, sum(envelopes.values()) if envelopes else minor(box.budget), rules, DECIMALS,
        envelopes, meta,
    )  # fmt: skip


def _ballot(
    voter: str, choices: Mapping[str, int], rules: BallotRules, district: str = "", channel: str = ""
) -> Ballot:
    points = tuple(Fraction(value) for value in choices.values()) if rules.kind.has_points else ()
    return Ballot(voter, tuple(project_id(one) for one in choices), points, district, channel)
