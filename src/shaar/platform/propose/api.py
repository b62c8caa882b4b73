"""Proposals for programs: read, put forward, support, comment; the rules are those of the pages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Forbidden, Invalid, Missing
from shaar.platform.kernel.once import once
from shaar.platform.places import selectors as places

from .exports.measure import public_fields
from .models import Comment, Measure, Process
from .policies.measure import may_see
from .policies.process import phases_open, processes_visible_to
from .selectors import measure as selectors
from .selectors.steps import next_step
from .selectors.talk import comment_of, talk
from .services.comment import comment as say
from .services.measure import propose
from .services.support import support, unsupport

router = Router(tags=["proposals"])


class ProposalOut(Schema):
    """A proposal, by its public fields."""

    ref: str
    kind: str
    title: str
    text: str
    language: str
    status: str
    status_at: datetime
    process: str | None
    territory: str | None
    territory_name: str | None
    address: str
    lon: float | None
    lat: float | None
    benefits: str
    cost_guess: Decimal | None
    currency: str | None
    cost_source: str | None
    supports: int
    comments: int
    version: int
    published_at: datetime
    due: date | None
    office: str | None
    merged_into: str | None
    channel: str
    url: str


class StepOut(Schema):
    """What happens next."""

    text: str
    day: date | None
    office: str | None
    late: bool


class CommentOut(Schema):
    """A comment; of a hidden one only that it is."""

    id: UUID
    parent: UUID | None
    stance: str
    text: str | None
    hidden: bool
    at: datetime


class DetailOut(ProposalOut):
    """A proposal with its place, what happens next and the talk."""

    geometry: dict[str, Any] | None
    supports_needed: int | None
    next_step: StepOut | None
    talk: list[CommentOut]


class ProposalIn(Schema):
    """A new proposal; ``key``: a UUID of yours, so that a request sent twice is taken once."""

    process: str
    kind: str
    title: str = Field(min_length=5, max_length=120)
    text: str = Field(min_length=20, max_length=5000)
    language: str = "ru"
    geometry: dict[str, Any] | None = None
    territory: str | None = None
    address: str = Field("", max_length=200)
    benefits: str = Field("", max_length=500)
    cost_guess: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    key: UUID


class CommentIn(Schema):
    """A comment."""

    text: str = Field(min_length=2, max_length=2000)
    stance: str = Field("neutral", pattern="^(pro|contra|neutral)$")
    parent: UUID | None = None
    key: UUID


class FilterIn(Schema):
    """What the list is narrowed by; kinds and statuses may be several, with commas; ``bbox``: west,south,east,north."""

    q: str = ""
    kind: str = ""
    status: str = ""
    territory: str = ""
    process: str = ""
    bbox: str = ""
    order: str = "newest"
    limit: int = Field(100, ge=1, le=500)
    offset: int = Field(0, ge=0)


class PageOut(Schema):
    """Some of the proposals, and how many there are."""

    count: int
    items: list[ProposalOut]


class SupportOut(Schema):
    """How a proposal stands after a support."""

    ref: str
    supports: int
    status: str
    yours: bool


class PhaseOut(Schema):
    """A phase of a process."""

    names: dict[str, str]
    since: datetime
    until: datetime | None
    features: list[str]
    open: bool


class ProcessOut(Schema):
    """A process with its phases."""

    slug: str
    names: dict[str, str]
    about: dict[str, str]
    territory: str | None
    kinds: list[str]
    threshold: int
    phases: list[PhaseOut]


def _person(request: HttpRequest) -> Person:
    if not isinstance(request.user, Person):
        raise Forbidden("api.signed_out", _("Sign in first."))
    return request.user


@router.get("/processes", response=list[ProcessOut], summary="Processes with their phases")
def processes(request: HttpRequest) -> list[dict[str, Any]]:
    """Every process that is public."""
    found = processes_visible_to(request.user).select_related("territory").prefetch_related("phases")
    return [_process(process) for process in found]


def _process(process: Process) -> dict[str, Any]:
    running = phases_open(process)
    return {
        "slug": process.slug, "names": process.names, "about": process.about, "kinds": process.kinds,
        "territory": process.territory.code if process.territory else None, "threshold": process.threshold,
        "phases": [
            {"names": p.names, "since": p.since, "until": p.until, "features": p.features, "open": p in running}
            for p in process.phases.all()
        ],
    }  # fmt: skip


@router.get("/proposals", response=PageOut, summary="Proposals, newest first")
def proposals(request: HttpRequest, filters: Query[FilterIn]) -> dict[str, Any]:
    """The list that the site shows to this viewer, without hidden ones."""
    box = None
    if filters.bbox:
        try:
            west, south, east, north = (float(part) for part in filters.bbox.split(","))
        except ValueError:
            raise Invalid("filter.box", _("A box is four numbers: west, south, east, north.")) from None
        box = (west, south, east, north)
    chosen = selectors.Filters(
        words=filters.q[:100], kind=filters.kind, status=filters.status, territory=filters.territory,
        process=filters.process, box=box, order=filters.order,
    )  # fmt: skip
    found = selectors.measures(request.user, chosen).filter(hidden=False).select_related("merged_into")
    page = found[filters.offset : filters.offset + filters.limit]
    return {"count": found.count(), "items": [public_fields(measure) for measure in page]}


@router.get("/proposals/{ref}", response=DetailOut, summary="One proposal")
def proposal(request: HttpRequest, ref: str) -> dict[str, Any]:
    """A proposal with its talk."""
    measure = _seen(request, ref)
    step = next_step(measure)
    rows = [said for top in talk(measure, viewer=None) for said in (top, *top.replies)]
    return {
        **public_fields(measure), "geometry": measure.geometry, "supports_needed": selectors.needed(measure),
        "next_step": None if step is None else {
            "text": step.text, "day": step.day, "office": str(step.office) if step.office else None, "late": step.late,
        },
        "talk": [
            {
                "id": said.comment.pk, "parent": said.comment.parent_id, "stance": said.comment.stance,
                "text": said.comment.text if said.shown else None, "hidden": said.comment.hidden, "at": said.comment.at,
            }
            for said in rows
        ],
    }  # fmt: skip


def _seen(request: HttpRequest, ref: str) -> Measure:
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    if not may_see(request.user, measure):
        raise Missing("measure.hidden", _("The words of this proposal are hidden."))
    return measure


@router.post("/proposals", response={201: ProposalOut}, summary="Put a proposal forward")
def create(request: HttpRequest, given: ProposalIn) -> Status[dict[str, Any]]:
    """Publish a proposal of the person who is signed in."""
    person = _person(request)
    process = processes_visible_to(person).filter(slug=given.process).first()
    if process is None:
        raise Missing("process.missing", _("There is no such process."))
    words = given.dict(exclude={"key", "process", "territory"})
    territory = places.find(given.territory) if given.territory else None
    measure = once(
        given.key, person, Measure,
        lambda: propose(
            acting=person, process=process, territory=territory, channel=Measure.Channel.API, **words
        ),
    )  # fmt: skip
    return Status(201, public_fields(measure))


@router.post("/proposals/{ref}/support", response=SupportOut, summary="Support a proposal")
def support_it(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Count the person who is signed in behind it; again, it changes nothing."""
    measure = support(acting=_person(request), measure=_seen(request, ref))
    return _standing(request, measure)


@router.delete("/proposals/{ref}/support", response=SupportOut, summary="Take a support back")
def unsupport_it(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Count the person no longer."""
    measure = unsupport(acting=_person(request), measure=_seen(request, ref))
    return _standing(request, measure)


def _standing(request: HttpRequest, measure: Measure) -> dict[str, Any]:
    yours = selectors.supports(request.user, measure)
    return {"ref": measure.ref, "supports": measure.supports_count, "status": measure.status, "yours": yours}


@router.post("/proposals/{ref}/comments", response={201: CommentOut}, summary="Comment on a proposal")
def comment_it(request: HttpRequest, ref: str, given: CommentIn) -> Status[dict[str, Any]]:
    """Say something, or answer a comment."""
    person, measure = _person(request), _seen(request, ref)
    parent = comment_of(measure, given.parent) if given.parent else None
    said = once(
        given.key, person, Comment,
        lambda: say(acting=person, measure=measure, text=given.text, stance=given.stance, parent=parent),
    )  # fmt: skip
    out = {
        "id": said.pk, "parent": said.parent_id, "stance": said.stance, "text": said.text, "hidden": said.hidden,
        "at": said.at,
    }  # fmt: skip
    return Status(201, out)
