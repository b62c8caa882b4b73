"""Processes: what the city asks about, and what may be done in which phase."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from shaar.platform.kernel.errors import Missing
from shaar.platform.kernel.gate import public
from shaar.platform.propose.models import Feature
from shaar.platform.propose.policies.process import phases_open, processes_visible_to
from shaar.platform.propose.selectors.measure import Filters, measures

from .proposals import with_looks


@public
def processes(request: HttpRequest) -> HttpResponse:
    """What is open, what comes, what is over."""
    rows = []
    for process in processes_visible_to(request.user).select_related("territory").prefetch_related("phases"):
        rows.append({"process": process, "open": phases_open(process)})
    rows.sort(key=lambda row: (not row["open"], row["process"].slug))  # type: ignore[attr-defined]
    return render(request, "processes/list.html", {"rows": rows})


@public
def process(request: HttpRequest, slug: str) -> HttpResponse:
    """One process with its phases and its newest proposals."""
    found = processes_visible_to(request.user).select_related("territory").filter(slug=slug).first()
    if found is None:
        raise Missing("process.missing", _("There is no such process."))
    words = dict(Feature.choices)
    now, running = timezone.now(), phases_open(found)
    phases = [
        {
            "phase": phase, "open": phase in running, "gone": phase.until is not None and phase.until <= now,
            "features": [words[name] for name in phase.features],
        }
        for phase in found.phases.all()
    ]  # fmt: skip
    inside = measures(request.user, Filters(process=slug))
    facts = {
        "process": found, "phases": phases, "count": inside.count(), "newest": with_looks(inside[:6]),
        "may_propose": any(Feature.PROPOSE in phase.features for phase in running),
        "thresholds": found.thresholds.select_related("territory"),
    }  # fmt: skip
    return render(request, "processes/process.html", facts)


urlpatterns = [
    path("processes/", processes, name="processes"),
    path("processes/<slug:slug>/", process, name="process"),
]
