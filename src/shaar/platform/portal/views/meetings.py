"""Public pages of round tables and joint action plans."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.gate import public
from shaar.platform.places import selectors as places
from shaar.platform.places.models import Territory
from shaar.platform.portal import panels
from shaar.platform.propose.exports.plan import plan_pdf, plan_xlsx
from shaar.platform.propose.models import Decision, Plan, PlanItem
from shaar.platform.propose.policies import meeting as policy
from shaar.platform.propose.selectors import meeting as selectors

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@public
def meetings(request: HttpRequest) -> HttpResponse:
    """Coming round tables, then those held."""
    here = places.current().filter(code=request.GET.get("place", "")).first()
    past = Paginator(selectors.meetings(viewer=request.user, territory=here, when="past"), 20)
    facts = {
        "coming": selectors.meetings(viewer=request.user, territory=here, when="coming"),
        "page": past.get_page(request.GET.get("page")), "may_call": policy.may_call(request.user), "here": here,
    }  # fmt: skip
    return render(request, "meetings/list.html", facts)


@public
def meeting(request: HttpRequest, ref: str) -> HttpResponse:
    """One round table: agenda, who was present by side, what was said and decided, minutes."""
    one = selectors.meeting(viewer=request.user, ref=ref)
    facts = {
        "meeting": one, "sides": selectors.present_by_side(one),
        "agenda": one.agenda.select_related("measure").prefetch_related("statements", "decisions__measure"),
        "agreed": Decision.objects.filter(item__meeting=one, agreed=True).count(),
        "plans": selectors.plans(viewer=request.user).filter(meeting=one),
        "may_keep": policy.may_keep(request.user, one), "photos": attachments.photos_of(one),
        "events": events.story(one),
    }  # fmt: skip
    return render(request, "meetings/meeting.html", facts)


@public
def plans(request: HttpRequest) -> HttpResponse:
    """Joint action plans with how far each is."""
    here = places.current().filter(code=request.GET.get("place", "")).first()
    page = Paginator(selectors.plans(viewer=request.user, territory=here), 20).get_page(request.GET.get("page"))
    return render(request, "plans/list.html", {"page": page, "may_plan": policy.may_plan(request.user), "here": here})


@public
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """One plan: items with owner, term, money, source and progress."""
    one = selectors.plan(viewer=request.user, ref=ref)
    items = selectors.items_of(one)
    sums = selectors.totals(items)
    facts = {
        "plan": one, "items": items, "sums": sums,
        "money": [(label, sums.money[code]) for code, label in PlanItem.Source.choices if code in sums.money],
        "may_report": policy.may_report(request.user, one), "events": events.story(one),
    }  # fmt: skip
    return render(request, "plans/plan.html", facts)


def _file(made: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(made, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@public
def paper(request: HttpRequest, ref: str) -> HttpResponse:
    """The plan as PDF."""
    one = selectors.plan(viewer=request.user, ref=ref)
    return _file(plan_pdf(one), "application/pdf", f"{one.ref}.pdf")


@public
def workbook(request: HttpRequest, ref: str) -> HttpResponse:
    """The plan as a workbook."""
    one = selectors.plan(viewer=request.user, ref=ref)
    return _file(plan_xlsx(one), XLSX, f"{one.ref}.xlsx")


def _panel(request: HttpRequest, territory: Territory | None = None) -> dict[str, Any] | None:
    coming = list(selectors.meetings(viewer=None, territory=territory, when="coming")[:3])
    adopted = list(selectors.plans(viewer=None, territory=territory).filter(status=Plan.Status.ADOPTED)[:2])
    return {"meetings": coming, "plans": adopted, "territory": territory} if coming or adopted else None


panels.register(panels.HOME, "meetings", order=30, template="meetings/panel.html", fill=_panel)
panels.register(panels.PLACE, "meetings", order=30, template="meetings/panel.html", fill=_panel)
urlpatterns = [
    path("meetings/", meetings, name="meetings"),
    path("meetings/<slug:ref>/", meeting, name="meeting"),
    path("plans/", plans, name="plans"),
    path("plans/<slug:ref>/", plan, name="plan"),
    path("plans/<slug:ref>/plan.pdf", paper, name="plan_pdf"),
    path("plans/<slug:ref>/plan.xlsx", workbook, name="plan_xlsx"),
]
