"""Studies at the desk: prepare alternatives, have them computed, look, publish."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shaar.platform.accounts.models import Person
from shaar.platform.appraise import policies, words
from shaar.platform.appraise.failures import stage, why
from shaar.platform.appraise.forms.office import AlternativeForm, StudyForm
from shaar.platform.appraise.models import Alternative, Run, Study
from shaar.platform.appraise.sayings import sentence_of
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services import run as running
from shaar.platform.appraise.services import study as writing
from shaar.platform.appraise.services.alternative import save_alternative
from shaar.platform.desk import queues
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.kernel.once import once

PAGE = 50
LOOKS = {"queued": "plain", "running": "warn", "done": "good", "failed": "bad", "cancelled": "plain"}


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


@opens_to(policies.may_read_drafts, "appraisers")
def studies(request: HttpRequest) -> HttpResponse:
    """Every study, what is being computed, and the form that begins one."""
    form, refusal = StudyForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        person = _person(request)
        try:
            made = once(
                request.POST.get("once_key"), person, Study,
                lambda: writing.make_study(acting=person, **form.cleaned_data),
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            return redirect("desk_study", ref=made.ref)
    found = selectors.studies(
        request.user, words=request.GET.get("q", ""), state=request.GET.get("state", "")
    ).order_by("-made_at")  # fmt: skip
    facts = {
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")), "form": form, "refusal": refusal,
        "under_way": [_told(run) for run in selectors.runs_under_way(request.user)],
        "may": policies.may_appraise(request.user), "q": request.GET.get("q", "")[:100],
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/studies/list.html", facts, status=status)


def _told(run: Run | None) -> dict[str, Any] | None:
    """A run with its colour, and the sentence for what went wrong."""
    if run is None:
        return None
    lost = run.lost
    words_ = _("stopped") if lost else run.get_state_display()
    return {"run": run, "look": "bad" if lost else LOOKS[run.state], "words": words_, "why": why(run), "lost": lost,
            "stage": stage(run.stage)}  # fmt: skip


def _one(request: HttpRequest, study: Study, status: int = 200, **more: Any) -> HttpResponse:
    rows: list[dict[str, Any]] = [
        {
            "standing": one, "told": _told(one.run), "said": words.card(one.done, most=3) if one.done else [],
            "changes": [sentence_of(change) for change in one.alternative.changes[:12]],
        }
        for one in selectors.standings(study, viewer=request.user)
    ]  # fmt: skip
    done = [row["standing"].done for row in rows if row["standing"].done]
    facts = {
        "study": study, "rows": rows, "seen_runs": [run.pk for run in done],
        "may": policies.may_edit(request.user, study),
        "may_publish": policies.may_publish(request.user, study), "form": StudyForm(
            initial={"title": study.title, "about": study.about}
        ), "working": any(row["told"] and row["told"]["run"].open for row in rows),
        "contests": selectors.contests_of(study), "events": events.story(study, public_only=False), **more,
    }  # fmt: skip
    return render(request, "desk/studies/one.html", facts, status=status)


@opens_to(policies.may_read_drafts, "appraisers")
def study(request: HttpRequest, ref: str) -> HttpResponse:
    """A study with its alternatives and how far each is."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    if request.method != "POST":
        return _one(request, one)
    form = StudyForm(request.POST)
    if not form.is_valid():
        return _one(request, one, 422, form=form)
    try:
        writing.word_study(acting=_person(request), study=one, **form.cleaned_data)
    except Refusal as refusal:
        return _one(request, one, refusal.status, form=form, refusal=refusal)
    return redirect("desk_study", ref=one.ref)


@opens_to(policies.may_appraise, "appraisers")
@require_POST
def publish(request: HttpRequest, ref: str) -> HttpResponse:
    """Show everybody what was computed."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    try:
        seen = [UUID(number) for number in request.POST.getlist("seen")]
        writing.publish(acting=_person(request), study=one, seen_runs=seen)
    except ValueError:
        return _one(request, one, 422)
    except Refusal as refusal:
        return _one(request, one, refusal.status, refusal=refusal)
    messages.success(request, _("Published. Everybody can see it, and contest it."))
    return redirect("desk_study", ref=one.ref)


@opens_to(policies.may_appraise, "appraisers")
@require_POST
def close(request: HttpRequest, ref: str) -> HttpResponse:
    """End a study."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    try:
        writing.close(acting=_person(request), study=one)
    except Refusal as refusal:
        return _one(request, one, refusal.status, refusal=refusal)
    return redirect("desk_study", ref=one.ref)


@opens_to(policies.may_appraise, "appraisers")
def alternative_new(request: HttpRequest, ref: str) -> HttpResponse:
    """A new alternative: its name now, its changes afterwards."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    form, refusal, person = AlternativeForm(request.POST or None, study=one), None, _person(request)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            base = _base(request, one, given["base"])
            made = once(
                request.POST.get("once_key"), person, Alternative,
                lambda: save_alternative(
                    acting=person, study=one, changes=list(base.changes) if base else [], name=given["name"],
                    note=given["note"], base=base,
                ),
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            return redirect("desk_alternative", ref=one.ref, number=made.pk)
    facts = {"study": one, "form": form, "refusal": refusal, "row": None}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/studies/alternative.html", facts, status=status)


def _base(request: HttpRequest, study: Study, number: str) -> Alternative | None:
    return selectors.alternative_by(number, study=study, viewer=request.user) if number else None


@opens_to(policies.may_appraise, "appraisers")
def alternative(request: HttpRequest, ref: str, number: UUID) -> HttpResponse:
    """An alternative: name, note, what it is compared with, its changes; one can be taken out or moved up."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    row = selectors.alternative_by(number, study=one, viewer=request.user)
    first = {"name": row.name, "note": row.note, "base": row.base_id, "expected_version": row.version}
    form, refusal = AlternativeForm(request.POST or None, study=one, own=row, initial=first), None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            save_alternative(
                acting=_person(request), study=one, alternative=row, changes=_edited(request, row), name=given["name"],
                note=given["note"], base=_base(request, one, given["base"]), expected_version=given["expected_version"],
            )  # fmt: skip
        except Conflict as error:
            row = selectors.alternative_by(number, study=one, viewer=request.user)
            facts = {"study": one, "row": row, "form": form, "refusal": error, "version": row.version,
                     "mine": request.POST, "changes": _said(row.changes)}  # fmt: skip
            return render(request, "desk/studies/conflict.html", facts, status=409)
        except Refusal as error:
            refusal = error
        else:
            return redirect("desk_alternative", ref=one.ref, number=row.pk)
    facts = {
        "study": one, "row": row, "form": form, "refusal": refusal, "changes": _said(row.changes),
        "may": policies.may_edit(request.user, one),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/studies/alternative.html", facts, status=status)


def _said(changes: list[dict[str, Any]]) -> list[str]:
    return [sentence_of(change) for change in changes]


def _edited(request: HttpRequest, row: Alternative) -> list[dict[str, Any]]:
    """The changes without the one that a button takes out, or with the one that it moves up."""
    changes = list(row.changes)
    for name in ("drop", "up"):
        text = request.POST.get(name, "")
        if text.isdigit() and int(text) < len(changes):
            place = int(text)
            one = changes.pop(place)
            if name == "up":
                changes.insert(max(0, place - 1), one)
    return changes


@opens_to(policies.may_appraise, "appraisers")
@require_POST
def start(request: HttpRequest, ref: str, number: UUID) -> HttpResponse:
    """Have an alternative computed."""
    one = selectors.study_by_ref(ref, viewer=request.user)
    row = selectors.alternative_by(number, study=one, viewer=request.user)
    person = _person(request)
    try:
        once(
            request.POST.get("once_key"), person, Run, lambda: running.start_run(acting=person, alternative=row)
        )  # fmt: skip
    except Refusal as refusal:
        return _one(request, one, refusal.status, refusal=refusal)
    messages.success(request, _("Given to the model. You may close this page; you will be told when it is done."))
    return redirect("desk_study", ref=one.ref)


@opens_to(policies.may_read_drafts, "appraisers")
def run(request: HttpRequest, number: UUID) -> HttpResponse:
    """One run: how far it is, what it gave, from what it was made."""
    row = selectors.run_by(number, viewer=request.user)
    facts = {
        "told": _told(row), "run": row, "study": row.alternative.study, "alternative": row.alternative,
        "may": policies.may_edit(request.user, row.alternative.study), "changes": _said(row.changes),
    }  # fmt: skip
    return render(request, "desk/studies/run.html", facts)


@opens_to(policies.may_appraise, "appraisers")
@require_POST
def cancel(request: HttpRequest, number: UUID) -> HttpResponse:
    """Stop a run."""
    row = selectors.run_by(number, viewer=request.user)
    running.cancel_run(acting=_person(request), run=row)
    messages.info(request, _("Cancelled. Nothing of it was kept."))
    return redirect("desk_study", ref=row.alternative.study.ref)


@opens_to(policies.may_appraise, "appraisers")
@require_POST
def repeat(request: HttpRequest, number: UUID) -> HttpResponse:
    """Compute the same once more."""
    row, person = selectors.run_by(number, viewer=request.user), _person(request)
    made = once(request.POST.get("once_key"), person, Run, lambda: running.repeat_run(acting=person, run=row))
    messages.success(request, _("It is computed once more; the figures are compared to the last digit."))
    return redirect("desk_run", number=made.pk)


queues.register(
    "/desk/studies/", gettext_lazy("Studies"), order=60, opens_to=policies.may_read_drafts,
    waiting=lambda person: selectors.runs_under_way(person).count(),
)  # fmt: skip

urlpatterns = [
    path("studies/", studies, name="desk_studies"),
    path("studies/<slug:ref>/", study, name="desk_study"),
    path("studies/<slug:ref>/publish/", publish, name="desk_study_publish"),
    path("studies/<slug:ref>/close/", close, name="desk_study_close"),
    path("studies/<slug:ref>/alternatives/new/", alternative_new, name="desk_alternative_new"),
    path("studies/<slug:ref>/alternatives/<uuid:number>/", alternative, name="desk_alternative"),
    path("studies/<slug:ref>/alternatives/<uuid:number>/run/", start, name="desk_run_start"),
    path("runs/<uuid:number>/", run, name="desk_run"),
    path("runs/<uuid:number>/cancel/", cancel, name="desk_run_cancel"),
    path("runs/<uuid:number>/repeat/", repeat, name="desk_run_repeat"),
]
