"""Applications at the desk: check the conditions, sign the agreement, pay in parts, judge reports, ask money back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.accounts.policies import has_role
from shaar.platform.decide.forms.answering import answered
from shaar.platform.decide.forms.office import (
    AgreementForm,
    CheckForm,
    JudgeReportForm,
    PayForm,
    ReceivedForm,
    RefundForm,
)
from shaar.platform.decide.models import Application, Tranche
from shaar.platform.decide.policies import grant as policies
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.decide.selectors.money import paid
from shaar.platform.decide.services import application as services
from shaar.platform.decide.services import delivery
from shaar.platform.decide.states import S
from shaar.platform.desk import queues
from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.gate import opens_to

#: Which form is open in which state; "approve", "pay" and "close" are buttons.
_OPEN = {
    "check": (S.SUBMITTED,),
    "agreement": (S.APPROVED,),
    "approve": (S.AGREEMENT, S.IN_PROGRESS, S.REPORTED),
    "pay": (S.AGREEMENT, S.IN_PROGRESS),
    "report": (S.REPORTED,),
    "refund": (S.IN_PROGRESS, S.REPORTED),
    "received": (S.REFUND_DUE,),
    "close": (S.ACCEPTED, S.REFUNDED),
}


def officers(person: Any) -> bool:
    """Whether the person is an officer somewhere."""
    return has_role(person, *policies.OFFICERS)


def waiting(person: Any) -> int:
    """Applications and reports that wait for a judgement of the person's office."""
    return selectors.to_check(person).filter(status__in=(S.SUBMITTED, S.REPORTED)).count()


@opens_to(officers, "officer")
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for the office, the longest first."""
    page = Paginator(selectors.to_check(request.user), 50).get_page(request.GET.get("page"))
    return render(request, "desk/applications/queue.html", {"page": page})


def _forms(request: HttpRequest, row: Application, part: str) -> dict[str, Any]:
    given = {name: request.POST if part == name else None for name in _OPEN}
    made: dict[str, Any] = {
        "check": CheckForm(given["check"], initial={"seen_version": row.version}),
        "agreement": AgreementForm(given["agreement"], initial={"amount_1": row.awarded}),
        "approve": forms.Form(given["approve"]), "pay": PayForm(given["pay"]), "close": forms.Form(given["close"]),
        "report": JudgeReportForm(given["report"]), "refund": RefundForm(given["refund"]),
        "received": ReceivedForm(given["received"]),
    }  # fmt: skip
    return made


@opens_to(officers, "officer")
def application(request: HttpRequest, ref: str) -> HttpResponse:
    """One application: what may be done with it now; forms told apart by ``part``."""
    row = selectors.application(viewer=request.user, ref=ref)
    person: Any = request.user
    part = request.POST.get("part", "")
    made = _forms(request, row, part)

    def tranche() -> Tranche:
        number = request.POST.get("tranche", "")
        found = row.tranches.filter(number=int(number)).first() if number.isdigit() else None
        if found is None:
            raise Missing("tranche.missing", _("There is no such part."))
        return found

    def write() -> None:
        given = dict(made[part].cleaned_data)
        if part == "check":
            _check(person, row, given)
        elif part == "agreement":
            delivery.sign_agreement(acting=person, application=row, **given)
        elif part == "approve":
            delivery.approve_tranche(acting=person, tranche=tranche())
        elif part == "pay":
            delivery.pay_tranche(acting=person, tranche=tranche(), **given)
        elif part == "report":
            report = row.reports.last()
            if report is None:
                raise Missing("report.none", _("There is nothing to report on now."))
            delivery.judge_report(acting=person, report=report, **given)
        elif part == "refund":
            delivery.ask_refund(acting=person, application=row, **given)
        elif part == "received":
            delivery.record_refund(acting=person, application=row, **given)
        else:
            delivery.close(acting=person, application=row)

    status = 200
    if part in made:
        status = answered(made[part], write)
        if not status:
            messages.success(request, _("Written down."))
            return redirect("desk_application", ref=row.ref)
        row.refresh_from_db()
    facts = {
        "application": row, "forms": made, "used": made.get(part), "whole": policies.may_open_file(person, row),
        "may": policies.may_check(person, row), "may_approve": policies.may_approve_payment(person, row),
        "open": {name: row.status in states for name, states in _OPEN.items()},
        "contributions": row.contributions.all(), "photos": attachments.photos_of(row), "paid": paid(row),
        "tranches": row.tranches.select_related("approved_by", "paid_by"),
        "reports": [{"report": one, "photos": attachments.photos_of(one)} for one in row.reports.all()],
        "events": events.story(row, public_only=False),
        # Somebody else was first and the form is gone: what was typed is shown, to be used elsewhere.
        "typed": request.POST.get("words", "") if status == 409 else "",
    }  # fmt: skip
    return render(request, "desk/applications/application.html", facts, status=status)


def _check(person: Any, row: Application, given: dict[str, Any]) -> None:
    outcome, due = given.pop("outcome"), given.pop("due")
    if outcome == "returned":
        services.return_to_complete(acting=person, application=row, due=due, **given)
    else:
        services.judge_conditions(acting=person, application=row, eligible=outcome == "eligible", **given)


urlpatterns = [
    path("applications/", queue, name="desk_applications"),
    path("applications/<str:ref>/", application, name="desk_application"),
]
queues.register("/desk/applications/", gettext_lazy("Grants to check"), order=51, opens_to=officers, waiting=waiting)
