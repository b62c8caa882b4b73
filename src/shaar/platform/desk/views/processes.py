"""Setting up processes: what is asked, in which phases, with which thresholds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shaar.platform.accounts.models import Person
from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Missing, Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.kernel.once import once
from shaar.platform.places import selectors as places
from shaar.platform.propose.forms.process import PhaseForm, ProcessForm, ThresholdForm
from shaar.platform.propose.models import Feature, Phase, Process
from shaar.platform.propose.policies.process import may_manage, phases_open, processes_visible_to
from shaar.platform.propose.services import process as setting_up


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)
    return request.user


def _process(request: HttpRequest, slug: str) -> Process:
    found = processes_visible_to(request.user).filter(slug=slug).first()
    if found is None:
        raise Missing("process.missing", _("There is no such process."))
    return found


@opens_to(may_manage, "mayor's office")
def processes(request: HttpRequest) -> HttpResponse:
    """All processes, also those that are not published."""
    rows = [
        {"process": process, "open": phases_open(process)}
        for process in processes_visible_to(request.user).prefetch_related("phases")
    ]
    return render(request, "desk/processes/list.html", {"rows": rows})


@opens_to(may_manage, "mayor's office")
def process(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Make a process, or change one."""
    found = _process(request, slug) if slug else None
    form = ProcessForm(request.POST or None, initial=ProcessForm.initial_of(found))
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        fields: dict[str, Any] = {
            "names": form.names(), "about": form.languages("about"), "kinds": given["kinds"],
            "territory": places.find(given["territory"]) if given["territory"] else None,
            **{name: given[name] for name in ("threshold", "answer_days", "appeal_days", "published")},
        }  # fmt: skip
        try:
            if found is not None:
                made = setting_up.change_process(acting=_person(request), process=found, **fields)
            else:
                made = once(
                    request.POST.get("once_key"), request.user, Process,
                    lambda: setting_up.make_process(acting=_person(request), slug=given["slug"], **fields),
                )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Kept."))
            return redirect("desk_process", slug=made.slug)
    words = dict(Feature.choices)
    phases = list(found.phases.all()) if found else []
    facts = {
        "process": found, "form": form, "refusal": refusal, "threshold_form": ThresholdForm(),
        "phases": [{"phase": row, "features": [words[name] for name in row.features]} for row in phases],
        "thresholds": found.thresholds.select_related("territory") if found else [],
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/processes/process.html", facts, status=status)


@opens_to(may_manage, "mayor's office")
def phase(request: HttpRequest, slug: str, number: Any = None) -> HttpResponse:
    """Add a phase, or change one."""
    found = _process(request, slug)
    row = found.phases.filter(pk=number).first() if number else None
    if number and row is None:
        raise Missing("phase.missing", _("There is no such phase."))
    form = PhaseForm(request.POST or None, initial=PhaseForm.initial_of(row))
    refusal = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            once(
                request.POST.get("once_key"), request.user, Phase,
                lambda: setting_up.set_phase(
                    acting=_person(request), process=found, phase=row, names=form.names(), since=given["since"],
                    until=given["until"], features=given["features"],
                ),
            )  # fmt: skip
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Kept."))
            return redirect("desk_process", slug=found.slug)
    facts = {"process": found, "phase": row, "form": form, "refusal": refusal}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/processes/phase.html", facts, status=status)


@opens_to(may_manage, "mayor's office")
@require_POST
def threshold(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for another number of supporters in a territory."""
    found, form = _process(request, slug), ThresholdForm(request.POST)
    if form.is_valid():
        territory = places.find(form.cleaned_data["territory"])
        setting_up.set_threshold(
            acting=_person(request), process=found, territory=territory, needed=form.cleaned_data["needed"]
        )
        messages.success(request, _("Kept."))
    else:
        messages.error(request, _("Choose a territory and a number."))
    return redirect("desk_process", slug=found.slug)


queues.register("/desk/processes/", gettext_lazy("Processes"), order=70, opens_to=may_manage)

urlpatterns = [
    path("processes/", processes, name="desk_processes"),
    path("processes/new/", process, name="desk_process_new"),
    path("processes/<slug:slug>/", process, name="desk_process"),
    path("processes/<slug:slug>/phases/new/", phase, name="desk_phase_new"),
    path("processes/<slug:slug>/phases/<uuid:number>/", phase, name="desk_phase"),
    path("processes/<slug:slug>/threshold/", threshold, name="desk_threshold"),
]
