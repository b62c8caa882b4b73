"""The queue of proposals: answering, taking up, joining, appeals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shaar.platform.accounts.models import Person
from shaar.platform.accounts.policies import has_role
from shaar.platform.appraise.policies import may_model
from shaar.platform.appraise.sayings import sentence_of
from shaar.platform.appraise.scenarios import city_modelled
from shaar.platform.appraise.selectors import study as appraising
from shaar.platform.desk import queues
from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.errors import Conflict, Forbidden, Missing, Refusal
from shaar.platform.kernel.folding import fold_forgiving
from shaar.platform.kernel.gate import opens_to
from shaar.platform.kernel.once import once
from shaar.platform.propose.forms.office import AnswerForm, DecideForm, MergeForm, QueueForm, SeparateForm
from shaar.platform.propose.models import Answer, Appeal, Measure
from shaar.platform.propose.policies import measure as policy
from shaar.platform.propose.reasons import reason_words
from shaar.platform.propose.selectors import measure as selectors
from shaar.platform.propose.selectors import talk
from shaar.platform.propose.selectors.near import near_measure
from shaar.platform.propose.services import answer as answering
from shaar.platform.propose.services import measure as writing
from shaar.platform.propose.services.merge import merge as join
from shaar.platform.propose.services.separate import separate as split

PAGE = 50


def answers_proposals(person: Any) -> bool:
    """Whether she answers proposals somewhere."""
    return has_role(person, *policy.OFFICERS)


def decides_appeals(person: Any) -> bool:
    """Whether she decides appeals somewhere."""
    return has_role(person, *policy.DECIDERS)


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


@opens_to(answers_proposals, "officers")
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, overdue on top; the filters stand in the address."""
    state = request.GET.get("state", "")
    today = timezone.localdate()
    found = talk.waiting_for(request.user)
    if state == "all":
        found = selectors.measures(request.user).filter(
            pk__in=talk.covered(request.user, *policy.OFFICERS).values("pk")
        )
    elif state == "open":
        found = found.filter(status=Measure.Status.OPEN)
    else:
        found = found.filter(status=Measure.Status.REVIEW)
        if state == "late":
            found = found.filter(due__lt=today)
    for word in fold_forgiving(request.GET.get("q", "")[:100]).split():
        found = found.filter(search_text__contains=word)
    if kind := request.GET.get("kind"):
        found = found.filter(kind=kind)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [
        {"measure": m, "late": m.due is not None and m.due < today and m.status in ("open", "review")}
        for m in page.object_list
    ]
    facts = {"page": page, "rows": rows, "form": QueueForm(request.GET), "count": page.paginator.count}
    return render(request, "desk/proposals/queue.html", facts)


def _covered(request: HttpRequest, ref: str) -> Measure:
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    if not policy.works_here(request.user, measure, *policy.OFFICERS):
        raise Forbidden("desk.elsewhere", _("This proposal belongs to another territory."))
    return measure


def _one(request: HttpRequest, measure: Measure, status: int = 200, **more: Any) -> HttpResponse:
    answers = list(measure.answers.select_related("office", "by").order_by("-at"))
    form = AnswerForm(
        initial={
            "office": measure.office_id, "seen_answers": len(answers), "seen_version": measure.version,
            "deadline": answers[0].deadline if answers else None,
        }
    )  # fmt: skip
    facts = {
        "measure": measure, "form": form, "merge_form": MergeForm(), "alike": near_measure(request.user, measure),
        "answers": [{"answer": one, "reason": reason_words("answer", one.reason)} for one in answers],
        "may_answer": policy.may_answer(request.user, measure), "photos": attachments.photos_of(measure),
        "events": events.story(measure, public_only=False), "needed": selectors.needed(measure),
        "authors": selectors.authors(measure), "young": measure.status in ("open", "review"),
        "finishes": measure.status in ("accepted", "partly", "in_work"), "separate_form": SeparateForm(),
        "joined": measure.merged.order_by("ref"), "may_model": may_model(request.user, measure) and city_modelled(),
        "modelled": sentence_of(measure.change) if measure.change else "",
        "studies": appraising.studies(request.user, measure=measure),
        "may_separate": measure.merged_into is not None
        and policy.may_merge(request.user, measure, measure.merged_into), **more,
    }  # fmt: skip
    return render(request, "desk/proposals/one.html", facts, status=status)


@opens_to(answers_proposals, "officers")
def one(request: HttpRequest, ref: str) -> HttpResponse:
    """A proposal with all that an answer needs."""
    return _one(request, _covered(request, ref))


@opens_to(answers_proposals, "officers")
@require_POST
def answer(request: HttpRequest, ref: str) -> HttpResponse:
    """Give the answer. Who comes second is shown what was decided, and keeps what she wrote."""
    measure, person = _covered(request, ref), _person(request)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _one(request, measure, 422, form=form)
    given = form.cleaned_data
    try:
        once(
            request.POST.get("once_key"),
            person,
            Answer,
            lambda: answering.answer(acting=person, measure=measure, **given),
        )
    except Conflict as refusal:
        now = selectors.measure_by_ref(ref, viewer=person)
        decided = selectors.answer_in_force(now)
        again = AnswerForm({**request.POST.dict(), "seen_answers": now.answers.count(), "seen_version": now.version})
        facts = {
            "measure": now, "refusal": refusal, "decided": decided, "form": again,
            "decided_reason": reason_words("answer", decided.reason) if decided else "",
        }  # fmt: skip
        return render(request, "desk/proposals/conflict.html", facts, status=409)
    except Refusal as refusal:
        return _one(request, measure, refusal.status, form=form, refusal=refusal)
    messages.success(request, _("%(ref)s is answered; its author and supporters are told.") % {"ref": measure.ref})
    return redirect("desk_proposals")


@opens_to(answers_proposals, "officers")
@require_POST
def take(request: HttpRequest, ref: str) -> HttpResponse:
    """Take it up before it has all its supporters."""
    measure = _covered(request, ref)
    answering.take(acting=_person(request), measure=measure)
    messages.success(request, _("Taken up; the term begins today."))
    return redirect("desk_proposal", ref=measure.ref)


@opens_to(answers_proposals, "officers")
@require_POST
def finish(request: HttpRequest, ref: str) -> HttpResponse:
    """Say that it is done."""
    measure = _covered(request, ref)
    writing.finish(acting=_person(request), measure=measure)
    messages.success(request, _("Done; its page says so."))
    return redirect("desk_proposal", ref=measure.ref)


@opens_to(answers_proposals, "officers")
def merge(request: HttpRequest, ref: str) -> HttpResponse:
    """Show both side by side, then join."""
    measure, person = _covered(request, ref), _person(request)
    form = MergeForm(request.POST if request.method == "POST" else request.GET)
    refusal: Refusal | None = None
    into = None
    if form.is_valid():
        try:
            into = selectors.measure_by_ref(form.cleaned_data["into"].strip(), viewer=person)
            if request.method == "POST" and "sure" in request.POST:
                join(acting=person, measure=measure, into=into)
                messages.success(request, _("Joined. Supporters and authors count there."))
                return redirect("desk_proposal", ref=into.ref)
        except Refusal as error:
            refusal = error
    status = refusal.status if refusal else 422 if form.errors else 200
    facts = {"measure": measure, "into": into, "form": form, "refusal": refusal}
    return render(request, "desk/proposals/merge.html", facts, status=status)


@opens_to(answers_proposals, "officers")
@require_POST
def separate(request: HttpRequest, ref: str) -> HttpResponse:
    """Undo a join."""
    measure, form = _covered(request, ref), SeparateForm(request.POST)
    if not form.is_valid():
        return _one(request, measure, 422, separate_form=form)
    try:
        measure = split(acting=_person(request), measure=measure, reason=form.cleaned_data["reason"])
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))
        return _one(request, _covered(request, ref), refusal.status, separate_form=form)
    messages.success(request, _("Separated; both stand by themselves again."))
    return redirect("desk_proposal", ref=measure.ref)


@opens_to(decides_appeals, "heads")
def appeals(request: HttpRequest) -> HttpResponse:
    """Appeals that she may decide, the most urgent first."""
    today = timezone.localdate()
    rows = [{"appeal": one, "late": one.due < today} for one in talk.appeals_waiting(request.user)]
    return render(request, "desk/proposals/appeals.html", {"rows": rows})


@opens_to(decides_appeals, "heads")
def appeal(request: HttpRequest, number: Any) -> HttpResponse:
    """One appeal beside the decision it is about."""
    row = Appeal.objects.filter(pk=number).first()
    if row is None or not policy.works_here(request.user, row.measure, *policy.DECIDERS):
        raise Missing("appeal.missing", _("There is no such appeal."))
    form, refusal = DecideForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            answering.decide_appeal(
                acting=_person(request), appeal=row, overturn=given["overturn"] == "yes", words=given["words"]
            )
        except Refusal as error:
            refusal = error
            row.refresh_from_db()
        else:
            messages.success(request, _("Decided; the person who appealed is told."))
            return redirect("desk_appeals")
    use = "answer" if row.answer_id else "moderation"
    facts = {
        "appeal": row, "measure": row.measure, "form": form, "refusal": refusal,
        "reason": reason_words(use, row.decision.reason), "may": policy.may_decide(request.user, row),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/proposals/appeal.html", facts, status=status)


queues.register(
    "/desk/proposals/", gettext_lazy("Proposals to answer"), order=10, opens_to=answers_proposals,
    waiting=lambda person: talk.waiting_for(person).filter(status=Measure.Status.REVIEW).count(),
)  # fmt: skip
queues.register(
    "/desk/appeals/", gettext_lazy("Appeals"), order=15, opens_to=decides_appeals,
    waiting=lambda person: talk.appeals_waiting(person).count(),
)  # fmt: skip

urlpatterns = [
    path("proposals/", queue, name="desk_proposals"),
    path("proposals/<slug:ref>/", one, name="desk_proposal"),
    path("proposals/<slug:ref>/answer/", answer, name="desk_answer"),
    path("proposals/<slug:ref>/take/", take, name="desk_take"),
    path("proposals/<slug:ref>/finish/", finish, name="desk_finish"),
    path("proposals/<slug:ref>/merge/", merge, name="desk_merge"),
    path("proposals/<slug:ref>/separate/", separate, name="desk_separate"),
    path("appeals/", appeals, name="desk_appeals"),
    path("appeals/<uuid:number>/", appeal, name="desk_appeal"),
]
