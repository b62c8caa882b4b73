"""Keeping what was drawn: studies, alternatives, runs and files, through the services of the appraise room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from pydantic import Field

from shaar.platform.appraise import network_files
from shaar.platform.appraise.failures import why
from shaar.platform.appraise.models import Alternative, Run, Study
from shaar.platform.appraise.sayings import sentence_of
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services import run as running
from shaar.platform.appraise.services import study as writing
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.desk.answering import Body, answers, as_json, body, person_of, said
from shaar.platform.desk.views.workbench_ask import Changes, Id
from shaar.platform.kernel.errors import Conflict
from shaar.platform.kernel.once import once
from shaar.platform.propose.selectors.measure import measure_by_ref

#: Studies that the list shows, newest first.
MOST = 200


class NewStudy(Body):
    """A study to begin, of the proposal ``measure`` if one is named; ``once_key``: sent twice, it is begun once."""

    title: str = Field(max_length=120)
    about: str = Field(default="", max_length=3000)
    measure: str = Field(default="", max_length=20)
    once_key: str = Field(default="", max_length=36)


class Saved(Body):
    """An alternative to save: ``expected_version`` is the one that the editor began from."""

    name: str = Field(max_length=120)
    changes: Changes
    note: str | None = Field(default=None, max_length=1000)
    base: Id | None = None
    expected_version: int | None = Field(default=None, ge=1)
    once_key: str = Field(default="", max_length=36)


class RunAsked(Body):
    """A run of an alternative."""

    seed: int = Field(default=0, ge=0, le=2**31)
    expected_version: int | None = Field(default=None, ge=1)
    once_key: str = Field(default="", max_length=36)


class Nothing(Body):
    """No more is asked."""


def studies(request: HttpRequest) -> dict[str, Any]:
    """Studies, the newest first."""
    found = selectors.studies(request.user).order_by("-made_at").prefetch_related("alternatives")[:MOST]
    return {"studies": [_study(one, [_short(row) for row in one.alternatives.all()]) for one in found]}


def make(request: HttpRequest) -> HttpResponse:
    """Begin a study."""
    asked, person = body(request, NewStudy), person_of(request)
    measure = measure_by_ref(asked.measure, viewer=person) if asked.measure else None
    made = once(
        asked.once_key, person, Study,
        lambda: writing.make_study(acting=person, title=asked.title, about=asked.about, measure=measure),
    )  # fmt: skip
    return as_json(_whole(request, made), status=201)


def study(request: HttpRequest, ref: str) -> dict[str, Any]:
    """A study with its alternatives."""
    return _whole(request, selectors.study_by_ref(ref, viewer=request.user))


def publish(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Show everybody what was computed."""
    body(request, Nothing)
    one = selectors.study_by_ref(ref, viewer=request.user)
    return _whole(request, writing.publish(acting=person_of(request), study=one))


def alternatives(request: HttpRequest, ref: str) -> dict[str, Any]:
    """Alternatives of a study."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    return {"alternatives": [_alternative(row) for row in selectors.alternatives(one, viewer=request.user)]}


def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Save a new alternative."""
    asked, person = body(request, Saved), person_of(request)
    one = selectors.study_by_ref(ref, viewer=request.user)
    row = once(
        asked.once_key, person, Alternative,
        lambda: save_alternative(
            acting=person, study=one, changes=asked.changes, name=asked.name, note=asked.note or "",
            base=_base(request, one, asked.base),
        ),
    )  # fmt: skip
    return as_json(_alternative(selectors.alternative_by(row.pk, study=one, viewer=request.user)), status=201)


def alternative(request: HttpRequest, ref: str, number: UUID) -> dict[str, Any]:
    """One alternative with its last run."""
    return _alternative(_row(request, ref, number)[1])


def save(request: HttpRequest, ref: str, number: UUID) -> dict[str, Any] | HttpResponse:
    """Save an alternative; somebody else's save meanwhile is shown, and nothing is lost."""
    asked = body(request, Saved)
    one, row = _row(request, ref, number)
    try:
        save_alternative(
            acting=person_of(request), study=one, alternative=row, changes=asked.changes, name=asked.name,
            note=row.note if asked.note is None else asked.note,
            base=row.base if asked.base is None else _base(request, one, asked.base),
            expected_version=asked.expected_version,
        )  # fmt: skip
    except Conflict as error:
        if error.code != "alternative.stale":
            raise
        return said(409, "stale", str(error.message), current=_alternative(_row(request, ref, number)[1]))
    return _alternative(_row(request, ref, number)[1])


def start(request: HttpRequest, ref: str, number: UUID) -> HttpResponse:
    """Have an alternative computed in full."""
    asked, person = body(request, RunAsked), person_of(request)
    row = _row(request, ref, number)[1]
    run = once(
        asked.once_key, person, Run,
        lambda: running.start_run(
            acting=person, alternative=row, seed=asked.seed, expected_version=asked.expected_version
        ),
    )  # fmt: skip
    return as_json(_run(run), status=201)


def run(request: HttpRequest, number: UUID) -> dict[str, Any]:
    """How far a run is."""
    return _run(selectors.run_by(number, viewer=request.user))


def cancel(request: HttpRequest, number: UUID) -> dict[str, Any]:
    """Stop a run."""
    row = selectors.run_by(number, viewer=request.user)
    running.cancel_run(acting=person_of(request), run=row)
    return _run(selectors.run_by(number, viewer=request.user))


def gtfs(request: HttpRequest, ref: str, number: UUID) -> FileResponse:
    """The timetable that an alternative would give, as GTFS."""
    one, row = _row(request, ref, number)
    return _file(network_files.gtfs(row), f"{one.ref}-{row.number}.gtfs.zip", "application/zip")


def geojson(request: HttpRequest, ref: str, number: UUID) -> FileResponse:
    """The lines and other changes of an alternative, as GeoJSON."""
    one, row = _row(request, ref, number)
    return _file(network_files.geojson(row), f"{one.ref}-{row.number}.geojson", "application/geo+json")


def _file(made: Any, name: str, kind: str) -> FileResponse:
    return FileResponse(made, as_attachment=True, filename=name, content_type=kind)


def _row(request: HttpRequest, ref: str, number: UUID) -> tuple[Study, Alternative]:
    one = selectors.study_by_ref(ref, viewer=request.user)
    return one, selectors.alternative_by(number, study=one, viewer=request.user)


def _base(request: HttpRequest, one: Study, number: str | None) -> Alternative | None:
    return selectors.alternative_by(number, study=one, viewer=request.user) if number else None


def _whole(request: HttpRequest, one: Study) -> dict[str, Any]:
    return _study(one, [_alternative(row) for row in selectors.alternatives(one, viewer=request.user)])


def _study(one: Study, rows: list[dict[str, Any]]) -> dict[str, Any]:
    measure = one.measure
    return {
        "ref": one.ref, "title": one.title, "about": one.about, "state": one.state,
        "state_words": one.get_state_display(), "url": one.get_absolute_url(), "desk": f"/desk/studies/{one.ref}/",
        "measure": None if measure is None else {
            "ref": measure.ref, "title": measure.title, "url": measure.get_absolute_url(), "geometry": measure.geometry,
        },
        "owner": one.owner.public_name, "made_at": one.made_at.isoformat(), "alternatives": rows,
    }  # fmt: skip


def _short(row: Alternative) -> dict[str, Any]:
    return {"id": str(row.pk), "name": row.name, "version": row.version, "number": row.number}


def _alternative(row: Alternative) -> dict[str, Any]:
    newest = selectors.newest(row)
    return {
        **_short(row), "note": row.note, "changes": row.changes, "hash": row.scenario_hash,
        "base": str(row.base_id) if row.base_id else None, "by": row.saved_by.public_name,
        "at": row.saved_at.isoformat(), "sentences": [sentence_of(change) for change in row.changes],
        "run": _run(newest) if newest else None,
    }  # fmt: skip


def _run(row: Run) -> dict[str, Any]:
    lost = row.lost
    return {
        "id": str(row.pk), "state": "failed" if lost else row.state,
        "state_words": _("stopped") if lost else row.get_state_display(), "stage": row.stage, "done": row.done,
        "total": row.total, "note": row.note, "message": why(row), "version": row.version, "seed": row.seed,
        "at": row.at.isoformat(), "url": f"/desk/runs/{row.pk}/",
    }  # fmt: skip


_ONE = "api/studies/<slug:ref>/alternatives/<uuid:number>"
urlpatterns = [
    path("api/studies", answers(GET=studies, POST=make), name="workbench_studies"),
    path("api/studies/<slug:ref>", answers(GET=study), name="workbench_study"),
    path("api/studies/<slug:ref>/publish", answers(POST=publish), name="workbench_publish"),
    path("api/studies/<slug:ref>/alternatives", answers(GET=alternatives, POST=add), name="workbench_alternatives"),
    path(_ONE, answers(GET=alternative, PUT=save), name="workbench_alternative"),
    path(f"{_ONE}/runs", answers(POST=start), name="workbench_runs"),
    path(f"{_ONE}/export.gtfs.zip", answers(GET=gtfs), name="workbench_gtfs"),
    path(f"{_ONE}/export.geojson", answers(GET=geojson), name="workbench_geojson"),
    path("api/runs/<uuid:number>", answers(GET=run, DELETE=cancel), name="workbench_run"),
]
