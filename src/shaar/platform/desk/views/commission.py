"""The commission at the desk: sessions of a call, decisions on applications, signing the minutes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shaar.platform.accounts.policies import has_role
from shaar.platform.decide.forms.answering import answered
from shaar.platform.decide.forms.office import DecisionForm, SessionForm
from shaar.platform.decide.models import Call, Session
from shaar.platform.decide.policies import grant as policies
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.decide.selectors.money import left_in
from shaar.platform.decide.selectors.review import standing
from shaar.platform.decide.services import commission
from shaar.platform.decide.states import TO_DECIDE
from shaar.platform.desk import queues
from shaar.platform.kernel import attachments
from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.gate import opens_to


def members(person: Any) -> bool:
    """Whether the person sits on a commission."""
    return has_role(person, "commission")


@opens_to(members, "commission")
def sessions(request: HttpRequest) -> HttpResponse:
    """Calls with something to decide, and their sessions."""
    rows = []
    for call in selectors.calls(viewer=request.user).exclude(status=Call.Status.DRAFT):
        if policies.on_commission(request.user, call):
            open_ones = call.applications.filter(status__in=TO_DECIDE).count()
            rows.append({"call": call, "open": open_ones, "sessions": call.sessions.all()})
    return render(request, "desk/commission/sessions.html", {"rows": rows})


@opens_to(members, "commission")
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """Write down a new session."""
    call = selectors.call(viewer=request.user, slug=slug)
    form = SessionForm(request.POST or None, call=call)
    person: Any = request.user
    made: list[Session] = []

    def write() -> None:
        made.append(
            commission.hold_session(
                acting=person, call=call, once_key=request.POST.get("once_key"), **form.cleaned_data
            )
        )

    status = 200
    if request.method == "POST":
        status = answered(form, write)
        if not status:
            return redirect("desk_session", ref=made[0].ref)
    return render(request, "desk/commission/hold.html", {"call": call, "form": form}, status=status)


def _session(person: Any, ref: str) -> Session:
    found = Session.objects.select_related("call", "kept_by", "signed_by").filter(ref=ref).first()
    if found is None or not policies.on_commission(person, found.call):
        raise Missing("session.missing", _("There is no such session."))
    return found


@opens_to(members, "commission")
def session(request: HttpRequest, ref: str) -> HttpResponse:
    """One session: minutes, decisions so far, applications still to decide, the signature."""
    one = _session(request.user, ref)
    decided = set(one.decisions.values_list("application_id", flat=True))
    found = selectors.applications(viewer=request.user, call=one.call).filter(status__in=TO_DECIDE)
    rows = [{"application": row, "standing": standing(row)} for row in found if row.pk not in decided]
    person: Any = request.user
    facts = {
        "session": one, "decisions": one.decisions.select_related("application__measure"), "rows": rows,
        "lots": [{"lot": lot, "left": left_in(lot)} for lot in one.call.lots.select_related("territory")],
        "may_sign": one.signed_at is None and person.pk != one.kept_by_id and one.members.filter(pk=person.pk).exists(),
    }  # fmt: skip
    return render(request, "desk/commission/session.html", facts)


@opens_to(members, "commission")
def decide(request: HttpRequest, ref: str, application: str) -> HttpResponse:
    """Write a decision on one application into the minutes."""
    one = _session(request.user, ref)
    row = selectors.application(viewer=request.user, ref=application)
    form = DecisionForm(request.POST or None, initial=DecisionForm.given_by(row))
    status = 200
    if request.method == "POST":
        status = answered(
            form,
            lambda: commission.decide(acting=request.user, session=one, application=row, **form.cleaned_data),  # type: ignore[arg-type]
        )
        if not status:
            messages.success(request, _("Written down. It holds when the minutes are signed."))
            return redirect("desk_session", ref=one.ref)
    may = policies.may_decide(request.user, row)
    facts = {
        "session": one, "application": row, "form": form, "standing": standing(row), "may": may,
        "scores": row.scores.all() if may else (), "contributions": row.contributions.all() if may else (),
        "photos": attachments.photos_of(row) if may else (), "left": left_in(row.lot),
    }  # fmt: skip
    return render(request, "desk/commission/decide.html", facts, status=status)


@require_POST
@opens_to(members, "commission")
def sign(request: HttpRequest, ref: str) -> HttpResponse:
    """Sign the minutes: the decisions hold."""
    one = _session(request.user, ref)
    commission.sign_minutes(acting=request.user, session=one)  # type: ignore[arg-type]
    messages.success(request, _("The minutes are signed; applicants have been told."))
    return redirect("desk_session", ref=one.ref)


urlpatterns = [
    path("sessions/", sessions, name="desk_sessions"),
    path("sessions/new/<slug:slug>/", hold, name="desk_session_new"),
    path("sessions/<str:ref>/", session, name="desk_session"),
    path("sessions/<str:ref>/sign/", sign, name="desk_session_sign"),
    path("sessions/<str:ref>/<str:application>/", decide, name="desk_decide"),
]
queues.register("/desk/sessions/", gettext_lazy("Commission"), order=53, opens_to=members)
