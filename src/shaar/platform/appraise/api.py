"""Studies for programs: what was estimated, from what, and what is said against it; officers prepare and run them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from shaar.platform.accounts.models import Person
from shaar.platform.kernel.errors import Forbidden, Missing
from shaar.platform.kernel.once import once
from shaar.platform.propose.selectors import measure as measures

from . import exports
from .models import Alternative, Contest, EffectRow, Study
from .policies import may_read_drafts
from .selectors import study as selectors
from .services.alternative import save_alternative
from .services.contest import contest as contest_it
from .services.run import cancel_run, repeat_run, start_run
from .services.study import make_study, publish

router = Router(tags=["studies"])


class StudyOut(Schema):
    """A study, by its public fields."""

    ref: str
    title: str
    about: str
    state: str
    proposal: str | None
    published_at: datetime | None
    url: str


class StudiesOut(Schema):
    """Some of the studies, and how many there are."""

    count: int
    items: list[StudyOut]


class AlternativeOut(Schema):
    """An alternative: typed changes as a scenario file holds them; ``run``: the one whose figures are public."""

    id: UUID
    number: int
    name: str
    note: str
    changes: list[dict[str, Any]]
    scenario_hash: str
    version: int
    base: UUID | None
    run: UUID | None


class ContestOut(Schema):
    """An objection and its answer; ``about``: the figure as it stood."""

    id: UUID
    text: str
    at: datetime
    due: date
    state: str
    about: dict[str, Any]
    answer: str
    changed: bool
    answered_at: datetime | None


class StudyDetailOut(StudyOut):
    """A study with its alternatives and objections."""

    alternatives: list[AlternativeOut]
    contests: list[ContestOut]


class RunOut(Schema):
    """A run of the model: how far it is, and what it was made from."""

    id: UUID
    alternative: UUID
    version: int
    seed: int
    state: str
    asked_at: datetime
    finished_at: datetime | None
    stage: str
    done: float
    total: float | None
    note: str
    code: str
    message: str
    same: bool | None
    provenance: dict[str, Any]


class EffectOut(Schema):
    """One indicator before and after, whole as the engine gave it; ``id``: to contest this figure."""

    id: UUID
    study: str
    alternative: str
    indicator: str
    name: str
    group: str
    place: str
    unit: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    badge: str
    better: str
    method: str
    not_modelled: str
    source: str


class StudyIn(Schema):
    """A new study; ``key``: a UUID of yours, so that a request sent twice is taken once."""

    title: str = Field(min_length=5, max_length=120)
    about: str = Field("", max_length=3000)
    proposal: str | None = None
    key: UUID


class AlternativeIn(Schema):
    """An alternative; ``expected_version``: the one that you began from, for one that exists."""

    name: str = Field(min_length=1, max_length=120)
    note: str = Field("", max_length=1000)
    changes: list[dict[str, Any]] = Field(max_length=500)
    base: UUID | None = None
    expected_version: int | None = None


class RunIn(Schema):
    """What to compute: an alternative as it is, with a seed."""

    alternative: UUID
    seed: int = Field(0, ge=0, le=2**31 - 1)
    expected_version: int | None = None


class ContestIn(Schema):
    """An objection, to the study or to one of its figures."""

    text: str = Field(min_length=20, max_length=3000)
    effect: UUID | None = None
    key: UUID


class FilterIn(Schema):
    """What the list is narrowed by."""

    q: str = ""
    state: str = ""
    proposal: str = ""
    limit: int = Field(100, ge=1, le=500)
    offset: int = Field(0, ge=0)


def _person(request: HttpRequest) -> Person:
    if not isinstance(request.user, Person):
        raise Forbidden("api.signed_out", _("Sign in first."))
    return request.user


@router.get("/studies", response=StudiesOut, summary="Studies, newest first")
def studies(request: HttpRequest, filters: Query[FilterIn]) -> dict[str, Any]:
    """Published studies; offices see drafts as well."""
    measure = measures.measure_by_ref(filters.proposal, viewer=request.user) if filters.proposal else None
    found = selectors.studies(request.user, words=filters.q, state=filters.state, measure=measure)
    page = found[filters.offset : filters.offset + filters.limit]
    return {"count": found.count(), "items": [exports.study_fields(one) for one in page]}


@router.get("/studies/{ref}", response=StudyDetailOut, summary="One study")
def study(request: HttpRequest, ref: str) -> dict[str, Any]:
    """A study with its alternatives (the public: those that were published) and objections."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    rows = selectors.alternatives(one, viewer=request.user)
    return {
        **exports.study_fields(one), "alternatives": [_alternative(request, row) for row in rows],
        "contests": [exports.contest_fields(row) for row in selectors.contests_of(one)],
    }  # fmt: skip


def _alternative(request: HttpRequest, row: Alternative) -> dict[str, Any]:
    # What was published stands in the run: an alternative may have been worked on since.
    works = may_read_drafts(request.user)
    changes = row.changes if works or row.shown is None else row.shown.changes
    return {
        "id": row.pk, "number": row.number, "name": row.name, "note": row.note, "changes": changes,
        "scenario_hash": row.scenario_hash if works or row.shown is None else row.shown.provenance.get("scenario", ""),
        "version": row.version if works or row.shown is None else row.shown.version, "base": row.base_id,
        "run": row.shown_id,
    }  # fmt: skip


@router.get("/runs/{number}", response=RunOut, summary="One run")
def run(request: HttpRequest, number: UUID) -> dict[str, Any]:
    """A run: published ones are open to everybody."""
    return exports.run_fields(selectors.run_by(number, viewer=request.user))


@router.get("/runs/{number}/effects", response=list[EffectOut], summary="Effects of a run")
def effects(request: HttpRequest, number: UUID) -> list[dict[str, Any]]:
    """Every effect of a finished run, in the order of the engine."""
    one = selectors.run_by(number, viewer=request.user)
    rows = selectors.effects_of(one)
    return [{"id": row.pk, **exports.effect_fields(row, one.alternative)} for row in rows]


@router.get("/studies/{ref}/contests", response=list[ContestOut], summary="Objections to a study")
def contests(request: HttpRequest, ref: str) -> list[dict[str, Any]]:
    """Objections and their answers, without the people."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    return [exports.contest_fields(row) for row in selectors.contests_of(one)]


@router.post("/studies", response={201: StudyOut}, summary="Begin a study")
def begin(request: HttpRequest, given: StudyIn) -> Status[dict[str, Any]]:
    """Begin a study, of a proposal or by itself."""
    person = _person(request)
    measure = measures.measure_by_ref(given.proposal, viewer=person) if given.proposal else None
    made = once(
        given.key, person, Study,
        lambda: make_study(acting=person, title=given.title, about=given.about, measure=measure),
    )  # fmt: skip
    return Status(201, exports.study_fields(made))


@router.post("/studies/{ref}/alternatives", response={201: AlternativeOut}, summary="Add an alternative")
def add(request: HttpRequest, ref: str, given: AlternativeIn) -> Status[dict[str, Any]]:
    """Add an alternative to a study."""
    person, one = _person(request), selectors.study_by_ref(ref, viewer=request.user)
    row = save_alternative(
        acting=person, study=one, changes=given.changes, name=given.name, note=given.note,
        base=selectors.alternative_by(given.base, study=one, viewer=person) if given.base else None,
    )  # fmt: skip
    return Status(201, _alternative(request, row))


@router.put("/studies/{ref}/alternatives/{number}", response=AlternativeOut, summary="Save an alternative")
def save(request: HttpRequest, ref: str, number: UUID, given: AlternativeIn) -> dict[str, Any]:
    """Save an alternative; 409 where somebody has saved it since ``expected_version``."""
    person, one = _person(request), selectors.study_by_ref(ref, viewer=request.user)
    row = save_alternative(
        acting=person, study=one, changes=given.changes, name=given.name, note=given.note,
        alternative=selectors.alternative_by(number, study=one, viewer=person),
        base=selectors.alternative_by(given.base, study=one, viewer=person) if given.base else None,
        expected_version=given.expected_version,
    )  # fmt: skip
    return _alternative(request, row)


@router.post("/studies/{ref}/runs", response={202: RunOut}, summary="Have an alternative computed")
def compute(request: HttpRequest, ref: str, given: RunIn) -> Status[dict[str, Any]]:
    """Ask for a run; look at it until its state is done or failed."""
    person, one = _person(request), selectors.study_by_ref(ref, viewer=request.user)
    row = selectors.alternative_by(given.alternative, study=one, viewer=person)
    made = start_run(acting=person, alternative=row, seed=given.seed, expected_version=given.expected_version)
    return Status(202, exports.run_fields(made))


@router.post("/runs/{number}/repeat", response={202: RunOut}, summary="Compute the same once more")
def again(request: HttpRequest, number: UUID) -> Status[dict[str, Any]]:
    """The same scenario and seed again; ``same`` then says whether every figure is equal to the last digit."""
    person = _person(request)
    return Status(202, exports.run_fields(repeat_run(acting=person, run=selectors.run_by(number, viewer=person))))


@router.delete("/runs/{number}", response=RunOut, summary="Cancel a run")
def stop(request: HttpRequest, number: UUID) -> dict[str, Any]:
    """Stop a run that waits or works; nothing of it is kept."""
    person = _person(request)
    return exports.run_fields(cancel_run(acting=person, run=selectors.run_by(number, viewer=person)))


@router.post("/studies/{ref}/publish", response=StudyOut, summary="Publish a study")
def show(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Show everybody the last figures of each alternative."""
    person = _person(request)
    return exports.study_fields(publish(acting=person, study=selectors.study_by_ref(ref, viewer=person)))


@router.post("/studies/{ref}/contests", response={201: ContestOut}, summary="Contest an estimate")
def object_to(request: HttpRequest, ref: str, given: ContestIn) -> Status[dict[str, Any]]:
    """Object to a published study or to one of its figures; the office has to answer."""
    person, one = _person(request), selectors.study_by_ref(ref, viewer=request.user)
    about = None
    if given.effect is not None:
        about = EffectRow.objects.filter(pk=given.effect).first()
        if about is None:
            raise Missing("effect.missing", _("There is no such figure."))
    made = once(
        given.key, person, Contest, lambda: contest_it(acting=person, study=one, text=given.text, effect_row=about)
    )
    return Status(201, exports.contest_fields(made))
