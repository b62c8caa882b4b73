"""Calls for small grants: the list, one call with its money and results, open data of awards."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from shaar.platform.decide import exports
from shaar.platform.decide.models import Call
from shaar.platform.decide.policies.grant import may_manage, takes_part
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.kernel import events
from shaar.platform.kernel.gate import public
from shaar.platform.places.models import Territory
from shaar.platform.portal import panels


@public
def calls(request: HttpRequest) -> HttpResponse:
    """Open calls first, then those to come, then finished ones."""
    groups: dict[str, list[Call]] = {"open": [], "coming": [], "over": [], "draft": []}
    for one in selectors.calls(viewer=request.user):
        groups[_stage(one)].append(one)
    return render(request, "grants/list.html", {"groups": groups, "any": any(groups.values())})


def _stage(one: Call) -> str:
    if one.status == Call.Status.DRAFT:
        return "draft"
    if one.is_open:
        return "open"
    return "coming" if one.opens > timezone.now() and one.status == Call.Status.PUBLISHED else "over"


@public
def call(request: HttpRequest, slug: str) -> HttpResponse:
    """One call: what, money by district, days, criteria, applications and results with reasons, minutes."""
    one = selectors.call(viewer=request.user, slug=slug)
    facts = {
        "call": one, "stage": _stage(one), "lots": selectors.lots(viewer=request.user, call=one),
        "criteria": one.criteria.all(), "applications": selectors.applications(viewer=request.user, call=one),
        "sessions": selectors.sessions(one), "events": events.story(one), "may_manage": may_manage(request.user),
        "takes_part": takes_part(request.user, one), "box": getattr(one, "box", None),
    }  # fmt: skip
    return render(request, "grants/call.html", facts)


@public
def awards_table(request: HttpRequest) -> HttpResponse:
    """Open data: every grant given, as CSV."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="grants.csv"'
    writer = csv.DictWriter(answer, exports.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(exports.rows())
    return answer


@public
def awards(request: HttpRequest) -> HttpResponse:
    """Open data: every grant given, as JSON."""
    return JsonResponse({"grants": exports.awards()}, json_dumps_params={"ensure_ascii": False})


def _panel(request: HttpRequest, territory: Territory | None = None) -> dict[str, Any] | None:
    found = [one for one in selectors.calls(viewer=None) if one.is_open]
    if territory is not None:
        found = [one for one in found if any(lot.territory.contains(territory) for lot in one.lots.all())]
    return {"calls": found[:3]} if found else None


panels.register(panels.HOME, "grants", order=10, template="grants/panel.html", fill=_panel)
panels.register(panels.PLACE, "grants", order=10, template="grants/panel.html", fill=_panel)
urlpatterns = [
    path("grants/", calls, name="grants"),
    path("grants.csv", awards_table, name="grants_csv"),
    path("grants.json", awards, name="grants_json"),
    path("grants/<slug:slug>/", call, name="grant_call"),
]
