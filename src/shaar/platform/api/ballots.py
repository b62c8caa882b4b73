"""Votes on projects for programs: projects, both counts with every step, the files for a recount; casting a ballot.

What a person has voted is in no answer but her own, and there only while the vote is open.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from shaar.platform.accounts.models import Person
from shaar.platform.decide.election import major
from shaar.platform.decide.models import BallotBox, BallotProject, Count
from shaar.platform.decide.selectors import ballot as selectors
from shaar.platform.decide.services import vote as services
from shaar.platform.kernel.once import once

from .asking import person_of
from .paging import Span, rows

router = Router(tags=["ballots"])


class BallotOut(Schema):
    """A vote; of ``most`` and ``points`` the one that the kind of ballot asks for is given."""

    slug: str
    names: dict[str, str]
    about: dict[str, str]
    territory: str | None
    call: str | None
    stage: str
    kind: str
    most: int | None
    points: int | None
    rule: str
    budget: Decimal
    currency: str
    level: int
    opens: datetime
    closes: datetime
    example: bool
    url: str


class ProjectOut(Schema):
    """A project by its number on the sheet; ``district``: whose money it would take."""

    number: int
    proposal: str
    application: str | None
    title: str
    kind: str
    territory: str | None
    district: str | None
    cost: Decimal


class EnvelopeOut(Schema):
    """A district's part of the money: by residents, and the top-up."""

    territory: str
    residents: int
    base: Decimal
    top_up: Decimal


class TurnoutOut(Schema):
    """Ballots in the box (measured)."""

    ballots: int
    internet: int
    paper: int


class CountStepOut(Schema):
    """One step of a count: ``words`` say it; ``price``: paid by each supporter at most; ``left``: of the money after.

    Of a project that is passed over: ``reason``, ``available`` to it and ``short``, what it lacked.
    """

    project: int
    taken: bool
    round: int
    phase: str
    cost: Decimal
    supporters: int
    price: float | None
    left: Decimal | None
    reason: str | None
    available: float | None
    short: float | None
    tied: list[int]
    words: str
    notes: list[str]


class CountOut(Schema):
    """One rule's count of one part of the money; ``first_share`` and ``share``: of each voter, Equal Shares only."""

    rule: str
    deciding: bool
    winners: list[int]
    spent: Decimal
    left: Decimal
    first_share: float | None
    share: float | None
    intro: str
    steps: list[CountStepOut]


class PartOut(Schema):
    """A district's money, or all of it, with both counts; ``file``: address of its Pabulib file."""

    district: str | None
    budget: Decimal
    voters: int
    file: str
    counts: list[CountOut]


class ComparedOut(Schema):
    """What a rule gives over all parts; ``served``: voters with at least one funded project that they chose."""

    rule: str
    winners: list[int]
    spent: Decimal
    left: Decimal
    served: int
    served_share: float
    funded_per_voter: float


class OutcomeOut(Schema):
    """A project's ballots, and whether the rule that decides funds it."""

    project: int
    ballots: int
    funded: bool


class ResultOut(Schema):
    """The result; ``confirmed`` by a second person or not yet."""

    confirmed: bool
    voters: int
    outcomes: list[OutcomeOut]
    compared: list[ComparedOut]
    parts: list[PartOut]


class BallotDetailOut(BallotOut):
    """A vote with its projects, its money by district and, once counted, its result."""

    projects: list[ProjectOut]
    envelopes: list[EnvelopeOut]
    turnout: TurnoutOut
    result: ResultOut | None


class BallotsOut(Schema):
    """Some of the votes."""

    count: int
    items: list[BallotOut]


class BallotsIn(Span):
    """What the list is narrowed by."""

    stage: Literal["", "open", "coming", "over"] = ""


class VoteIn(Schema):
    """A ballot: numbers of projects, each with its points (1 where the vote has none); ``key``: a UUID of yours."""

    choices: dict[str, int] = Field(max_length=200)
    key: UUID


class VoteOut(Schema):
    """One's own ballot while the vote is open; ``choices``: null where none was cast, or nobody can tell any more."""

    slug: str
    choices: dict[str, int] | None


def _stage(one: BallotBox) -> str:
    if one.status != BallotBox.Status.PUBLISHED:
        return str(one.status)
    if one.is_open:
        return "open"
    return "over" if one.is_over else "coming"


def _row(one: BallotBox) -> dict[str, Any]:
    kind = one.kind
    return {
        "slug": one.slug, "names": one.names, "about": one.about,
        "territory": one.territory.code if one.territory else None, "call": one.call.slug if one.call else None,
        "stage": _stage(one), "kind": kind, "most": one.most if kind == BallotBox.Kind.APPROVAL else None,
        "points": one.points if kind == BallotBox.Kind.POINTS else None, "rule": one.rule, "budget": one.budget,
        "currency": settings.PROFILE.currency, "level": one.level, "opens": one.opens, "closes": one.closes,
        "example": one.example, "url": f"{settings.SITE_URL}{one.get_absolute_url()}",
    }  # fmt: skip


def _project(one: BallotProject) -> dict[str, Any]:
    measure, place = one.measure, one.measure.territory
    return {
        "number": one.number, "proposal": measure.ref, "application": one.application.ref if one.application else None,
        "title": measure.title, "kind": measure.kind, "territory": place.code if place else None,
        "district": one.envelope.territory.code if one.envelope else None, "cost": one.cost,
    }  # fmt: skip


@router.get("/ballots", response=BallotsOut, summary="Votes on projects, newest first")
def ballots(request: HttpRequest, given: Query[BallotsIn]) -> dict[str, Any]:
    """Votes that this viewer may see."""
    return rows(_of_stage(selectors.boxes(viewer=request.user), given.stage), given, _row)


def _of_stage(found: QuerySet[BallotBox], stage: str) -> QuerySet[BallotBox]:
    now, draft = timezone.now(), BallotBox.Status.DRAFT
    match stage:
        case "open":
            return found.filter(status=BallotBox.Status.PUBLISHED, opens__lte=now, closes__gt=now)
        case "coming":
            return found.filter(status=BallotBox.Status.PUBLISHED, opens__gt=now)
        case "over":
            return found.exclude(status=draft).filter(closes__lte=now)
        case _:
            return found


@router.get("/ballots/{slug}", response=BallotDetailOut, summary="One vote: projects, money, both counts step by step")
def ballot(request: HttpRequest, slug: str) -> dict[str, Any]:
    """A vote."""
    one = selectors.box(viewer=request.user, slug=slug)
    count, turnout = selectors.count_of(one), selectors.turnout(one)
    done = count is not None and count.status == Count.Status.DONE
    return {
        **_row(one), "projects": [_project(row) for row in selectors.projects(one)],
        "envelopes": [
            {"territory": row.territory.code, "residents": row.population, "base": row.base, "top_up": row.top_up}
            for row in one.envelopes.select_related("territory")
        ],
        "turnout": {"ballots": turnout.ballots, "internet": turnout.internet, "paper": turnout.paper},
        "result": _result(one, count) if done and count is not None else None,
    }  # fmt: skip


def _result(one: BallotBox, count: Count) -> dict[str, Any]:
    parts = selectors.told(one, count)
    return {
        "confirmed": one.status == BallotBox.Status.COUNTED, "voters": count.facts["voters"],
        "outcomes": [
            {"project": row.project.number, "ballots": row.votes, "funded": row.funded}
            for row in selectors.outcomes(one, parts)
        ],
        "compared": [
            {
                **row, "rule": rule, "winners": [int(number) for number in row["winners"]],
                "spent": major(row["spent"]), "left": major(row["left"]),
            }
            for rule, row in count.facts["rows"].items()
        ],
        "parts": [
            {
                "district": part.district or None, "budget": part.budget, "voters": part.voters,
                "file": f"{settings.SITE_URL}/api/v1/ballots/{one.slug}/files/{part.file}",
                "counts": [_count(told, facts[told.rule]) for told in part.told],
            }
            for part, facts in zip(parts, count.facts["parts"], strict=True)
        ],
    }  # fmt: skip


def _count(told: selectors.Told, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule": told.rule, "deciding": told.deciding, "winners": [row.number for row in told.winners],
        "spent": told.spent, "left": told.left, "first_share": _money(facts["first_share"]),
        "share": _money(facts["share"]), "intro": told.intro,
        "steps": [_step(line, step) for line, step in zip(told.lines, facts["steps"], strict=True)],
    }  # fmt: skip


def _step(line: selectors.Line, step: dict[str, Any]) -> dict[str, Any]:
    left = step.get("left")
    return {
        "project": line.project.number, "taken": line.taken, "round": step["round"], "phase": step["phase"],
        "cost": major(step["cost"]), "supporters": step["supporters"], "price": _money(step.get("price")),
        "left": None if left is None else major(left), "reason": step.get("reason"),
        "available": _money(step.get("available")), "short": _money(step.get("short")),
        "tied": [int(number) for number in step.get("tied", ())], "words": line.words, "notes": list(line.notes),
    }  # fmt: skip


def _money(hundredths: float | None) -> float | None:
    """Hundredths of the currency as money; shares of a voter need not be whole hundredths."""
    return None if hundredths is None else hundredths / 100


@router.get(
    "/ballots/{slug}/files/{name}", summary="Ballots without names, as a Pabulib file",
    openapi_extra={"responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}},
)  # fmt: skip
def recount(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The file from which anybody can count again; plain text."""
    return HttpResponse(
        selectors.file_of(selectors.box(viewer=request.user, slug=slug), name),
        content_type="text/plain; charset=utf-8",
    )


@router.get("/ballots/{slug}/vote", response=VoteOut, summary="One's own ballot, while the vote is open")
def own(request: HttpRequest, slug: str) -> dict[str, Any]:
    """What the person who is signed in has voted."""
    person, one = person_of(request), selectors.box(viewer=request.user, slug=slug)
    services.require_open(one)
    return _vote(person, one)


@router.post("/ballots/{slug}/vote", response=VoteOut, summary="Cast a ballot, or change it")
def cast(request: HttpRequest, slug: str, given: VoteIn) -> dict[str, Any]:
    """Put a ballot into the box; until the vote closes another one takes its place."""
    person, one = person_of(request), selectors.box(viewer=request.user, slug=slug)

    def make() -> BallotBox:
        services.cast(acting=person, box=one, choices=given.choices)
        return one

    # Under the key stands the vote, never the ballot: nothing that is kept may lead from a person to what she voted.
    once(given.key, person, BallotBox, make)
    return _vote(person, one)


def _vote(person: Person, one: BallotBox) -> dict[str, Any]:
    row = services.own_ballot(person, one)
    return {"slug": one.slug, "choices": dict(row.choices) if row else None}
