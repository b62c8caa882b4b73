"""Proposals: the list, the story of each, and what residents do there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from shaar.platform.kernel.gate import public, signed_in
from shaar.platform.kernel.once import once
from shaar.platform.places.models import Territory
from shaar.platform.portal import panels
from shaar.platform.portal.estimate_of import estimate_of
from shaar.platform.propose.exports import measure as exports
from shaar.platform.propose.forms.proposal import AppealForm, CommentForm, FilterForm
from shaar.platform.propose.models import Appeal, Comment, Feature, Measure
from shaar.platform.propose.policies import measure as policy
from shaar.platform.propose.policies.process import feature_open
from shaar.platform.propose.reasons import reason_words
from shaar.platform.propose.selectors import measure as selectors
from shaar.platform.propose.selectors import talk
from shaar.platform.propose.selectors.steps import next_step, pending_appeal
from shaar.platform.propose.services import answer as answering
from shaar.platform.propose.services import comment as commenting
from shaar.platform.propose.services import measure as writing
from shaar.platform.propose.services import support as supporting
from shaar.platform.propose.states import LIVE

#: How each status is coloured, always beside its words.
LOOKS = {
    "open": "plain", "review": "warn", "accepted": "good", "partly": "good", "refused": "bad", "in_work": "good",
    "done": "good", "merged": "plain", "withdrawn": "plain",
}  # fmt: skip
PAGE = 20


def filters_from(request: HttpRequest) -> selectors.Filters:
    """What the address narrows the list by."""
    get = request.GET.get
    box = None
    if text := get("bbox"):
        try:
            west, south, east, north = (float(part) for part in text.split(","))
            box = (west, south, east, north)
        except ValueError:
            raise Invalid("filter.box", _("A box is four numbers: west, south, east, north.")) from None
    return selectors.Filters(
        words=get("q", "")[:100], kind=get("kind", ""), status=get("status", ""), territory=get("territory", ""),
        process=get("process", ""), box=box, order=get("order") or "newest",
    )  # fmt: skip


def with_looks(found: Iterable[Measure]) -> list[dict[str, Any]]:
    """Measures for a list, each with the colour of its status."""
    return [{"measure": measure, "look": LOOKS[measure.status]} for measure in found]


@public
def proposals(request: HttpRequest) -> HttpResponse:
    """The list, narrowed by what the address says, with a map of the same page beside it."""
    found = selectors.measures(request.user, filters_from(request))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    facts = {
        "page": page, "form": FilterForm(request.GET), "count": page.paginator.count,
        "rows": with_looks(page.object_list),
        "may_propose": bool(selectors.open_processes(request.user, Feature.PROPOSE)),
        "narrowed": any(request.GET.get(name) for name in ("q", "kind", "status", "territory", "process")),
    }  # fmt: skip
    return render(request, "proposals/list.html", facts)


def story_facts(request: HttpRequest, measure: Measure) -> dict[str, Any]:
    """Everything that the page of a measure shows to this viewer."""
    viewer = request.user
    shown = policy.may_see(viewer, measure)
    said = talk.talk(measure, viewer=viewer)
    files = list(attachments.files_of(measure, every=True)) if shown else []
    answer = selectors.answer_in_force(measure)
    wanted = selectors.needed(measure)
    return {
        "measure": measure, "shown": shown, "hidden_by": talk.hidden_by(measure), "look": LOOKS[measure.status],
        "step": next_step(measure), "authors": selectors.authors(measure), "answer": answer,
        "answer_reason": reason_words("answer", answer.reason) if answer else "",
        "needed": wanted, "missing": selectors.missing_supports(measure),
        "share": min(100, round(100 * measure.supports_count / wanted)) if wanted else None,
        "supports": selectors.supports(viewer, measure),
        "is_author": isinstance(viewer, Person) and viewer.pk == measure.author_id,
        "support_open": measure.status in ("open", "review") and feature_open(measure.process, Feature.SUPPORT),
        "comment_open": measure.status in LIVE and feature_open(measure.process, Feature.COMMENT),
        "may_edit": policy.may_edit(viewer, measure), "may_withdraw": policy.may_withdraw(viewer, measure),
        "may_appeal": answer is not None and not hasattr(answer, "appeal") and policy.may_appeal(viewer, answer),
        "pending": pending_appeal(measure), "works_here": policy.may_moderate(viewer, measure),
        "talk": said, "stances": talk.stances(said),
        "photos": [file for file in files if file.kind == attachments.PHOTO],
        "papers": [file for file in files if file.kind == attachments.DOCUMENT],
        "events": events.story(measure), "joined": measure.merged.order_by("ref"),
        "answers": selectors.answers_of(measure), "estimate": estimate_of(measure) if shown else None,
    }  # fmt: skip


@public
def story(request: HttpRequest, ref: str) -> HttpResponse:
    """What, where, who, where it stands, what happens next; support, talk, papers."""
    measure = selectors.measure_by_ref(ref, viewer=request.user, whole=True)
    if measure.ref != ref:
        return redirect(measure.get_absolute_url(), permanent=True)
    facts = {**story_facts(request, measure), "form": CommentForm()}
    return render(request, "proposals/story.html", facts)


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


@signed_in
@require_POST
def support(request: HttpRequest, ref: str) -> HttpResponse:
    """Stand behind it."""
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    measure = supporting.support(acting=_person(request), measure=measure)
    messages.success(request, _("You support this; %(n)d people do.") % {"n": measure.supports_count})
    return redirect(f"{measure.get_absolute_url()}#support")


@signed_in
@require_POST
def unsupport(request: HttpRequest, ref: str) -> HttpResponse:
    """Take one's support back."""
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    supporting.unsupport(acting=_person(request), measure=measure)
    messages.info(request, _("Your support was taken back."))
    return redirect(f"{measure.get_absolute_url()}#support")


@signed_in
@require_POST
def comment(request: HttpRequest, ref: str) -> HttpResponse:
    """Say something, or answer a comment; what cannot be taken comes back with its words."""
    person, measure = _person(request), selectors.measure_by_ref(ref, viewer=request.user)
    form, refusal = CommentForm(request.POST), None
    if form.is_valid():
        parent = form.cleaned_data["parent"]
        try:
            said = once(
                request.POST.get("once_key"), person, Comment,
                lambda: commenting.comment(
                    acting=person, measure=measure, text=form.cleaned_data["text"],
                    stance=form.cleaned_data["stance"] or "neutral",
                    parent=talk.comment_of(measure, parent) if parent else None,
                ),
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            return redirect(f"{measure.get_absolute_url()}#c-{said.pk}")
    facts = {**story_facts(request, measure), "form": form, "refusal": refusal}
    return render(request, "proposals/story.html", facts, status=refusal.status if refusal else 422)


@signed_in
@require_POST
def flag(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask the moderators to look."""
    measure = selectors.measure_by_ref(ref, viewer=request.user)
    number = request.POST.get("comment")
    about = talk.comment_of(measure, number) if number else None
    commenting.flag(acting=_person(request), measure=measure, about=about)
    messages.success(request, _("Thank you. The moderators will look at it."))
    return redirect(measure.get_absolute_url())


@signed_in
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask once more, then withdraw."""
    person, measure = _person(request), selectors.measure_by_ref(ref, viewer=request.user)
    if request.method != "POST":
        if not policy.may_withdraw(person, measure):
            raise Forbidden(
                "measure.not_withdrawable", _("This can be withdrawn by its author only, before an answer.")
            )
        return render(request, "proposals/withdraw.html", {"measure": measure})
    writing.withdraw(acting=person, measure=measure)
    messages.info(request, _("Your proposal was withdrawn."))
    return redirect(measure.get_absolute_url())


@signed_in
def appeal(request: HttpRequest, ref: str) -> HttpResponse:
    """Appeal against the answer."""
    person, measure = _person(request), selectors.measure_by_ref(ref, viewer=request.user)
    answer = selectors.answer_in_force(measure)
    if answer is None:
        raise Conflict("appeal.no_answer", _("There is no answer to appeal against."))
    if not policy.may_appeal(person, answer):
        raise Forbidden("appeal.not_yours", _("Only those concerned may appeal against this decision."))
    form, refusal = AppealForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            once(
                request.POST.get("once_key"), person, Appeal,
                lambda: answering.appeal(acting=person, decision=answer, text=form.cleaned_data["text"]),
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Your appeal was taken. Another person than before decides it."))
            return redirect(measure.get_absolute_url())
    facts = {"measure": measure, "answer": answer, "form": form, "refusal": refusal,
             "answer_reason": reason_words("answer", answer.reason)}  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "proposals/appeal.html", facts, status=status)


@public
def as_csv(request: HttpRequest) -> HttpResponse:
    """Open data: a table of what the list shows."""
    found = selectors.measures(request.user, filters_from(request)).filter(hidden=False).select_related("merged_into")
    answer = StreamingHttpResponse(exports.measures_csv(found.iterator(500)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="proposals.csv"'
    return answer  # type: ignore[return-value]


@public
def as_geojson(request: HttpRequest) -> HttpResponse:
    """Open data: the same with geometries."""
    found = selectors.measures(request.user, filters_from(request)).filter(hidden=False).select_related("merged_into")
    answer = JsonResponse(exports.measures_geojson(found), json_dumps_params={"ensure_ascii": False})
    answer["Content-Type"] = "application/geo+json"
    return answer


def _panel(request: HttpRequest, territory: Territory | None = None) -> dict[str, Any] | None:
    chosen = selectors.Filters(territory=territory.code if territory else "")
    found = selectors.measures(request.user, chosen).filter(hidden=False)
    newest = with_looks(found[:3])
    may = bool(selectors.open_processes(request.user, Feature.PROPOSE))
    if not newest and not may:
        return None
    return {"rows": newest, "count": found.count(), "may_propose": may, "territory": territory}


panels.register(panels.HOME, "proposals", order=20, template="proposals/panel.html", fill=_panel)
panels.register(panels.PLACE, "proposals", order=20, template="proposals/panel.html", fill=_panel)

urlpatterns = [
    path("proposals/", proposals, name="proposals"),
    path("proposals.csv", as_csv, name="proposals_csv"),
    path("proposals.geojson", as_geojson, name="proposals_geojson"),
    path("proposals/<slug:ref>/", story, name="proposal"),
    path("proposals/<slug:ref>/support/", support, name="proposal_support"),
    path("proposals/<slug:ref>/unsupport/", unsupport, name="proposal_unsupport"),
    path("proposals/<slug:ref>/comment/", comment, name="proposal_comment"),
    path("proposals/<slug:ref>/flag/", flag, name="proposal_flag"),
    path("proposals/<slug:ref>/withdraw/", withdraw, name="proposal_withdraw"),
    path("proposals/<slug:ref>/appeal/", appeal, name="proposal_appeal"),
]
