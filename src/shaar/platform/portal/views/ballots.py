"""Votes on projects: the list, one vote with its projects, the ballot, both counts, files for a recount."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from shaar.platform.decide.election import minor
from shaar.platform.decide.models import BallotBox, BallotProject, Count
from shaar.platform.decide.policies import ballot as policies
from shaar.platform.decide.selectors import ballot as selectors
from shaar.platform.decide.services import vote as services
from shaar.platform.kernel import events
from shaar.platform.kernel.errors import Conflict, Refusal
from shaar.platform.kernel.gate import public, signed_in
from shaar.platform.places.models import Territory
from shaar.platform.portal import panels


@public
def boxes(request: HttpRequest) -> HttpResponse:
    """Open votes first, then those to come and those that are over."""
    found = list(selectors.boxes(viewer=request.user))
    found.sort(key=lambda one: (not one.is_open, one.is_over))
    return render(request, "ballots/list.html", {"boxes": found})


@public
def box(request: HttpRequest, slug: str) -> HttpResponse:
    """One vote: projects, money, rule; after it the two counts side by side with every step."""
    one = selectors.box(viewer=request.user, slug=slug)
    count = selectors.count_of(one)
    parts = selectors.told(one, count) if count and count.status == Count.Status.DONE else []
    projects = selectors.projects(one)
    facts = {
        "box": one, "projects": projects, "measures": [project.measure for project in projects],
        "envelopes": one.envelopes.select_related("territory"), "count": count, "parts": parts,
        "outcomes": selectors.outcomes(one, parts) if parts else [], "turnout": selectors.turnout(one),
        "may_vote": policies.may_vote(request.user, one), "may_manage": policies.may_manage_boxes(request.user),
        "rows": count.facts.get("rows", {}) if count else {}, "events": events.story(one),
    }  # fmt: skip
    return render(request, "ballots/box.html", facts)


@signed_in
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """The ballot: tick or give points; "add up" counts without voting; sent again it replaces the one before."""
    one = selectors.box(viewer=request.user, slug=slug)
    person: Any = request.user
    projects = selectors.projects(one)
    refusal, status = None, 200
    if request.method == "POST":
        given, wrong = _given(request, projects)
        if "sum" not in request.POST:
            try:
                services.require_open(one)
                if wrong:
                    raise Refusal("ballot.points_low", _("Points are whole numbers above zero."), field="choices")
                services.cast(acting=person, box=one, choices=given)
            except Conflict:
                raise
            except Refusal as error:
                refusal, status = error, error.status
            else:
                messages.success(request, _("Your ballot is in the box. You may change it until the vote closes."))
                return redirect(one)
    else:
        if not one.is_open:
            return redirect(one)
        own = services.own_ballot(person, one)
        given = dict(own.choices) if own else {}
    facts = {
        "box": one, "refusal": refusal, "may_vote": policies.may_vote(person, one), "kind": one.kind,
        "rows": [{"project": project, "points": given.get(str(project.number), "")} for project in projects],
        "measures": [project.measure for project in projects], **_sums(one, projects, given),
    }  # fmt: skip
    return render(request, "ballots/vote.html", facts, status=status)


def _given(request: HttpRequest, projects: list[BallotProject]) -> tuple[dict[str, Any], bool]:
    """Choices as they were typed, and whether a number of points is none."""
    if "choice" in request.POST:
        return dict.fromkeys(request.POST.getlist("choice")[:200], 1), False
    found: dict[str, Any] = {}
    wrong = False
    for project in projects:
        text = request.POST.get(f"points_{project.number}", "").strip()
        if text and text != "0":
            whole = text.isascii() and text.isdigit() and len(text) <= 4
            found[str(project.number)] = int(text) if whole else text
            wrong |= not whole
    return found, wrong


def _sums(one: BallotBox, projects: list[BallotProject], given: dict[str, Any]) -> dict[str, Any]:
    chosen = [project for project in projects if str(project.number) in given]
    cost = sum(project.cost for project in chosen)
    points = sum(value for value in given.values() if isinstance(value, int))
    return {
        "chosen": len(chosen), "cost": cost, "left": one.budget - cost, "over": minor(one.budget - cost) < 0,
        "points": points, "points_left": one.points - points,
    }  # fmt: skip


@public
def recount(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """An anonymous file of ballots, in the format of Pabulib."""
    text = selectors.file_of(selectors.box(viewer=request.user, slug=slug), name)
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _panel(request: HttpRequest, territory: Territory | None = None) -> dict[str, Any] | None:
    found = [one for one in selectors.boxes(viewer=None) if one.is_open]
    if territory is not None:
        found = [one for one in found if one.territory is None or one.territory.contains(territory)]
    return {"boxes": found[:3]} if found else None


panels.register(panels.HOME, "ballots", order=10, template="ballots/panel.html", fill=_panel)
panels.register(panels.PLACE, "ballots", order=10, template="ballots/panel.html", fill=_panel)
urlpatterns = [
    path("ballots/", boxes, name="ballots"),
    path("ballots/<slug:slug>/", box, name="ballot"),
    path("ballots/<slug:slug>/vote/", vote, name="ballot_vote"),
    path("ballots/<slug:slug>/files/<str:name>", recount, name="ballot_file"),
]
