"""Keeping round tables and joint action plans: one page each, with small forms told apart by ``part``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Missing, Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.propose.exports.meeting import sheet_pdf
from shaar.platform.propose.forms import meeting as form
from shaar.platform.propose.models import Meeting, Plan
from shaar.platform.propose.policies import meeting as policy
from shaar.platform.propose.selectors import meeting as selectors
from shaar.platform.propose.services import meeting as meeting_services
from shaar.platform.propose.services import plan as plan_services

hosts = opens_to(policy.may_call, "meeting hosts")
planners = opens_to(policy.may_plan, "planners")
Do = Callable[[dict[str, Any]], Any]


def _try(request: HttpRequest, given: forms.Form, do: Do) -> tuple[Any, int]:
    """(what was made, status): 200 made, else the status of what is wrong, which the form then says."""
    if not given.is_valid():
        return None, 422
    try:
        return do(given.cleaned_data), 200
    except Refusal as refusal:
        given.add_error(refusal.field if refusal.field in given.fields else None, str(refusal.message))
        return None, refusal.status


def _new(request: HttpRequest, kind: type[forms.Form], do: Do, heading: Any) -> HttpResponse:
    given, status = kind(request.POST or None), 200
    if request.method == "POST":
        made, status = _try(request, given, do)
        if made is not None:
            return redirect(request.path.replace("new", made.ref))
    return render(request, "desk/meetings/new.html", {"form": given, "heading": heading}, status=status)


@hosts
def meeting_list(request: HttpRequest) -> HttpResponse:
    """Meetings of the person's places, and plans."""
    mine = [one for one in selectors.meetings(viewer=request.user)[:200] if policy.may_keep(request.user, one)]
    plans = [one for one in selectors.plans(viewer=request.user)[:200] if policy.may_report(request.user, one)]
    facts = {"meetings": mine, "plans": plans, "may_plan": policy.may_plan(request.user)}
    return render(request, "desk/meetings/list.html", facts)


@hosts
def meeting_new(request: HttpRequest) -> HttpResponse:
    """Call a round table."""
    return _new(
        request, form.MeetingForm,
        lambda given: meeting_services.call_meeting(
            acting=request.user, once_key=request.POST.get("once_key"), **given  # type: ignore[arg-type]
        ),
        _("Call a round table"),
    )  # fmt: skip


def _meeting_part(request: HttpRequest, meeting: Meeting, part: str) -> tuple[forms.Form, Do] | None:
    """The form and the verb of a part of the meeting's page."""
    acting: Any = request.user
    item = meeting.agenda.filter(pk=_uuid(request.POST.get("item")) or UUID(int=0)).first()
    plain: dict[str, tuple[forms.Form, Do]] = {
        "agenda": (
            form.AgendaForm(request.POST),
            lambda given: meeting_services.add_agenda_item(acting=acting, meeting=meeting, **given),
        ),
        "guest": (
            form.GuestForm(request.POST),
            lambda given: meeting_services.invite(acting=acting, meeting=meeting, **given),
        ),
        "present": (
            forms.Form(request.POST),
            lambda given: meeting_services.hold(
                acting=acting, meeting=meeting, present=[u for u in map(_uuid, request.POST.getlist("present")) if u]
            ),
        ),
        "minutes": (
            form.MinutesForm(request.POST),
            lambda given: meeting_services.publish_minutes(acting=acting, meeting=meeting, **given),
        ),
    }
    if item is not None:
        found = item
        plain["statement"] = (
            form.StatementForm(request.POST),
            lambda given: meeting_services.note_statement(acting=acting, item=found, **given),
        )
        plain["decision"] = (
            form.DecisionForm(request.POST),
            lambda given: meeting_services.decide_item(acting=acting, item=found, **given),
        )
    return plain.get(part)


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


@hosts
def meeting(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep a round table: agenda, guests, sheet, statements, decisions, minutes."""
    one = selectors.meeting(viewer=request.user, ref=ref)
    if not policy.may_keep(request.user, one):
        raise Missing("meeting.missing", _("This round table is kept in another place."))
    used, status, part = None, 200, request.POST.get("part", "")
    if request.method == "POST":
        found = _meeting_part(request, one, part)
        if found is None:
            raise Missing("meeting.part", _("There is no such point."))
        used = found[0]
        made, status = _try(request, used, found[1])
        if made is not None:
            messages.success(request, _("Written down."))
            return redirect("desk_meeting", ref=one.ref)
        one.refresh_from_db()
    blank = {
        "agenda": form.AgendaForm(), "guest": form.GuestForm(), "statement": form.StatementForm(auto_id="s_%s"),
        "decision": form.DecisionForm(auto_id="d_%s"), "minutes": form.MinutesForm(),
    }  # fmt: skip
    if used is not None and part in blank:
        blank[part] = used  # type: ignore[assignment]
    facts = {
        "meeting": one, "forms": blank, "used": used, "guests": one.attendance.all(),
        "points": one.agenda.select_related("measure").prefetch_related("statements", "decisions"),
        "chosen_item": request.POST.get("item", ""),
    }  # fmt: skip
    return render(request, "desk/meetings/meeting.html", facts, status=status)


@hosts
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """The paper sheet to sign."""
    one = selectors.meeting(viewer=request.user, ref=ref)
    if not policy.may_keep(request.user, one):
        raise Missing("meeting.missing", _("This round table is kept in another place."))
    answer = HttpResponse(sheet_pdf(one), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{one.ref}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


@planners
def plan_new(request: HttpRequest) -> HttpResponse:
    """Begin a plan."""
    return _new(
        request, form.PlanForm,
        lambda given: plan_services.make_plan(
            acting=request.user, once_key=request.POST.get("once_key"), **given  # type: ignore[arg-type]
        ),
        _("Begin a joint action plan"),
    )  # fmt: skip


def _plan_part(request: HttpRequest, plan: Plan, part: str) -> tuple[forms.Form, Do] | None:
    acting: Any = request.user
    item = plan.items.filter(pk=_uuid(request.POST.get("item")) or UUID(int=0)).first()
    if part == "item":
        return form.ItemForm(request.POST), lambda given: plan_services.set_item(acting=acting, plan=plan, **given)
    if part == "adopt":
        seen = int(request.POST.get("seen_items", "0") or 0) if request.POST.get("seen_items", "").isdigit() else None
        return forms.Form(request.POST), lambda given: plan_services.adopt_plan(
            acting=acting, plan=plan, seen_items=seen
        )
    if part == "close":
        return forms.Form(request.POST), lambda given: plan_services.close_plan(acting=acting, plan=plan)
    if part == "progress" and item is not None:
        return form.ProgressForm(request.POST), lambda given: plan_services.report_item(
            acting=acting, item=item, **given
        )
    return None


@hosts
def plan(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep a plan: items, adoption, progress."""
    one = selectors.plan(viewer=request.user, ref=ref)
    if not policy.may_report(request.user, one):
        raise Missing("plan.missing", _("This plan is kept in another place."))
    used, status, part = None, 200, request.POST.get("part", "")
    if request.method == "POST":
        found = _plan_part(request, one, part)
        if found is None:
            raise Missing("plan.part", _("There is no such item."))
        used = found[0]
        made, status = _try(request, used, found[1])
        if made is not None:
            messages.success(request, _("Written down."))
            return redirect("desk_plan", ref=one.ref)
        one.refresh_from_db()
    items = selectors.items_of(one)
    rows = [(item, _progress_form(request, item, used, part)) for item in items]
    facts = {
        "plan": one, "rows": rows, "used": used, "item_form": used if part == "item" and used else form.ItemForm(),
        "may_adopt": policy.may_adopt(request.user, one), "may_plan": policy.may_plan(request.user, one.territory),
        "agreed": _agreed(one),
    }  # fmt: skip
    return render(request, "desk/meetings/plan.html", facts, status=status)


def _progress_form(request: HttpRequest, item: Any, used: forms.Form | None, part: str) -> forms.Form:
    if used is not None and part == "progress" and request.POST.get("item") == str(item.pk):
        return used
    first = {"status": item.status, "progress": item.progress, "seen_status": item.status}
    return form.ProgressForm(initial=first, auto_id=f"i{item.number}_%s")


def _agreed(plan: Plan) -> list[str]:
    """Measures that the plan's round table agreed on and that are not in the plan yet."""
    if plan.meeting is None:
        return []
    inside = plan.items.values("measure")
    found = plan.meeting.agenda.filter(decisions__agreed=True).exclude(decisions__measure__in=inside)
    return [str(ref) for ref in found.values_list("decisions__measure__ref", flat=True) if ref]


queues.register("/desk/meetings/", gettext_lazy("Round tables and plans"), order=30, opens_to=policy.may_call)
urlpatterns = [
    path("meetings/", meeting_list, name="desk_meetings"),
    path("meetings/new/", meeting_new, name="desk_meeting_new"),
    path("meetings/<slug:ref>/", meeting, name="desk_meeting"),
    path("meetings/<slug:ref>/sheet.pdf", sheet, name="desk_sheet"),
    path("plans/new/", plan_new, name="desk_plan_new"),
    path("plans/<slug:ref>/", plan, name="desk_plan"),
]
