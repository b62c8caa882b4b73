"""The optimiser at the workbench: ask for lines for some places, look at better and better answers, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import Field

from shaar.engine.errors import ShaarError
from shaar.platform.appraise import live, proposals, scenarios
from shaar.platform.desk.answering import Body, answers, body, person_of
from shaar.platform.desk.views.workbench_ask import Changes, Id

#: Effects of an answer that are shown at once; the rest comes when it is opened.
SHOWN = ("journey.minutes", "service.vehicles", "service.vehicle_km", "cost.year", "climate.co2e")


class Propose(Body):
    """Places that want lines, buses for them, and how long to search; ``changes`` are carried out before."""

    place_ids: list[Id] = Field(min_length=1, max_length=60)
    vehicles: int = Field(ge=1, le=500)
    seconds: Annotated[float, Field(ge=proposals.LEAST_S, le=proposals.MOST_S)] = 60
    changes: Changes = Field(default_factory=list)
    seed: int = Field(default=0, ge=0, le=2**31)


def propose(request: HttpRequest) -> dict[str, Any]:
    """Begin a search."""
    asked = body(request, Propose)
    job = proposals.start(
        acting=person_of(request), place_ids=list(asked.place_ids), vehicles=asked.vehicles, seconds=asked.seconds,
        changes=asked.changes, seed=asked.seed,
    )  # fmt: skip
    return {"job": job}


def look(request: HttpRequest, job: str) -> dict[str, Any]:
    """How far it is, and what it has found, the best last."""
    return _told(request, job, proposals.look(job, viewer=person_of(request)))


def cancel(request: HttpRequest, job: str) -> dict[str, Any]:
    """End a search; what it found can still be looked at."""
    return _told(request, job, proposals.cancel(job, acting=person_of(request)))


def _told(request: HttpRequest, job: str, state: dict[str, Any]) -> dict[str, Any]:
    better, fresh = [], True
    for number, one in enumerate(state["better"], start=1):
        lines = len(one["lines"])
        name = ngettext("Proposal %(k)d: %(n)d line", "Proposal %(k)d: %(n)d lines", lines) % {"k": number, "n": lines}
        effects, computed = _effects(request, job, state["asked"]["changes"] + one["changes"], compute=fresh)
        # One new answer at a time, so that looking stays quick.
        fresh = fresh and not computed
        better.append({**one, "name": name, "effects": effects})
    message = state["message"]
    if state["state"] == "failed" and message and not state.get("lost"):
        message = _("The search could not be made: %(why)s") % {"why": message}
    return {"state": state["state"], "progress": state["progress"], "better": better, "message": message,
            "field": state["field"]}  # fmt: skip


def _effects(
    request: HttpRequest, job: str, changes: list[dict[str, Any]], *, compute: bool
) -> tuple[list[dict[str, Any]] | None, bool]:
    """The shown effects of an answer if they are known or may be computed now, and whether they were computed."""
    try:
        wanted = scenarios.scenario_of("-", changes)
        known = live.known(wanted)
        if known is None and not compute:
            return None, False
        found = known or live.appraise(wanted, who=f"{person_of(request).pk}:{job}")
    except (ShaarError, live.StillOpening, live.Superseded):
        return None, False
    rows = [
        {"indicator": e.indicator, "unit": e.unit, "before": e.before, "after": e.after, "change": e.change,
         "low": e.low, "high": e.high, "badge": e.badge, "better": e.better, "group": e.group, "place": e.place}
        for e in found.effects if e.indicator in SHOWN and e.group == "all" and not e.place
    ]  # fmt: skip
    return rows, known is None


urlpatterns = [
    path("api/lines/propose", answers(POST=propose), name="workbench_propose"),
    path("api/lines/propose/<str:job>", answers(GET=look, DELETE=cancel), name="workbench_proposal"),
]
