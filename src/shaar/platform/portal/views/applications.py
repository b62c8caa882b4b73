"""An application for a grant: write it, follow it, complete it, report on the work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shaar.platform.decide.forms.answering import answered
from shaar.platform.decide.forms.grant import ApplyForm, ReportForm, WordsForm
from shaar.platform.decide.models import Application
from shaar.platform.decide.policies import grant as policies
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.decide.selectors.money import paid
from shaar.platform.decide.selectors.review import standing
from shaar.platform.decide.services import application as services
from shaar.platform.decide.services import delivery
from shaar.platform.decide.states import DECIDED, S
from shaar.platform.kernel import attachments, events
from shaar.platform.kernel.errors import Forbidden, Missing
from shaar.platform.kernel.gate import public, signed_in


def _photos(form: forms.Form, thing: models.Model | None = None) -> list[attachments.Prepared]:
    # The slow part, reading the photos, comes before anything is written: a bad photo loses nothing.
    return attachments.prepare_all(form.cleaned_data["photos"], thing=thing)


@signed_in
def apply(request: HttpRequest, slug: str) -> HttpResponse:
    """Write an application, on one page."""
    call = selectors.call(viewer=request.user, slug=slug)
    person: Any = request.user
    first = {"measure": request.GET.get("measure", "")}
    form = ApplyForm(request.POST or None, request.FILES or None, call=call, person=person, initial=first)
    status = 200 if call.is_open else 409
    made: list[Application] = []

    def send() -> None:
        given, photos = form.cleaned_data, _photos(form)
        made.append(
            services.apply(
                acting=person,
                call=call,
                lot=given["lot"],
                measure=given["measure"],
                text=given["text"],
                asked=given["asked"],
                own=form.lines(),
                organisation=given.get("organisation"),
                send="draft" not in request.POST,
                once_key=request.POST.get("once_key"),
            )
        )
        attachments.attach_all(made[0], photos, acting=person)

    if request.method == "POST":
        status = answered(form, send)
        if not status:
            return redirect(made[0])
    measures = selectors.measures_to_apply_with(person).exists() or policies.organisations_of(person).exists()
    facts = {"call": call, "form": form, "measures": measures, "takes_part": policies.takes_part(person, call)}
    return render(request, "grants/apply.html", facts, status=status)


@public
def application(request: HttpRequest, ref: str) -> HttpResponse:
    """One application: where it stands, what comes next, what it says, money, reports, everything that happened."""
    one = selectors.application(viewer=request.user, ref=ref)
    whole = policies.may_open_file(request.user, one)
    own = policies.is_applicant(request.user, one)
    parts = list(one.tranches.all())
    reports = [{"report": row, "photos": attachments.photos_of(row)} for row in one.reports.all()]
    facts = {
        "application": one, "whole": whole, "own": own, "step": selectors.next_step(one),
        "events": events.story(one, public_only=not own), "contributions": one.contributions.all() if whole else (),
        "photos": attachments.photos_of(one) if whole else (), "tranches": parts, "paid": paid(one),
        "reports": reports if whole else (), "may_edit": policies.may_edit(request.user, one),
        "scores": one.scores.all() if one.status in DECIDED else (), "standing": standing(one),
        "may_report": own and one.status == S.IN_PROGRESS,
        "may_withdraw": own and one.status in (S.DRAFT, S.SUBMITTED, S.RETURNED, S.ELIGIBLE, S.IN_REVIEW, S.REVISE),
    }  # fmt: skip
    return render(request, "applications/application.html", facts)


def _own(request: HttpRequest, ref: str) -> Application:
    one = selectors.application(viewer=request.user, ref=ref)
    if not policies.is_applicant(request.user, one):
        raise Forbidden("application.not_yours", _("Only its applicant may change this."))
    return one


@signed_in
def edit(request: HttpRequest, ref: str) -> HttpResponse:
    """Change an application that was not sent yet or was sent back."""
    one = _own(request, ref)
    form = WordsForm(
        request.POST or None, request.FILES or None, call=one.call, initial=WordsForm.given_by(one)
    )  # fmt: skip
    status = 200

    def send() -> None:
        # Before it is sent: afterwards nothing is added to it.
        attachments.attach_all(one, _photos(form, one), acting=request.user)
        seen = request.POST.get("seen_version", "")
        services.change(
            acting=request.user, application=one, text=form.cleaned_data["text"], asked=form.cleaned_data["asked"],  # type: ignore[arg-type]
            own=form.lines(), seen_version=int(seen) if seen.isdigit() else 0, send="draft" not in request.POST,
        )  # fmt: skip

    if request.method == "POST":
        status = answered(form, send)
        if not status:
            messages.success(request, _("Written down."))
            return redirect(one)
    facts = {"application": one, "call": one.call, "form": form, "photos": attachments.photos_of(one)}
    return render(request, "applications/edit.html", facts, status=status)


@require_POST
@signed_in
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take one's application back."""
    one = _own(request, ref)
    services.withdraw(acting=request.user, application=one)  # type: ignore[arg-type]
    messages.success(request, _("The application was taken back."))
    return redirect(one)


@signed_in
def report(request: HttpRequest, ref: str) -> HttpResponse:
    """Report on the work, with photos of the site."""
    one = _own(request, ref)
    if one.status not in (S.IN_PROGRESS, S.REPORTED):
        raise Missing("report.none", _("There is nothing to report on now."))
    form = ReportForm(request.POST or None, request.FILES or None)
    status = 200

    def send() -> None:
        photos, given = _photos(form), form.cleaned_data
        made = delivery.hand_in_report(
            acting=request.user, application=one, text=given["text"], spent=given["spent"], final=given["final"],  # type: ignore[arg-type]
            once_key=request.POST.get("once_key"),
        )  # fmt: skip
        attachments.attach_all(made, photos, acting=request.user)

    if request.method == "POST":
        status = answered(form, send)
        if not status:
            messages.success(request, _("Thank you. An officer will look at the site."))
            return redirect(one)
    return render(
        request, "applications/report.html", {"application": one, "form": form, "paid": paid(one)}, status=status
    )


urlpatterns = [
    path("grants/<slug:slug>/apply/", apply, name="grant_apply"),
    path("applications/<str:ref>/", application, name="application"),
    path("applications/<str:ref>/edit/", edit, name="application_edit"),
    path("applications/<str:ref>/withdraw/", withdraw, name="application_withdraw"),
    path("applications/<str:ref>/report/", report, name="application_report"),
]
