"""What a published estimate is worth: people first, money over years after them, and alternatives weighed in public."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from shaar.platform.appraise import weighing
from shaar.platform.appraise.models import Alternative, Run, Study
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.worth import worth
from shaar.platform.kernel.errors import Invalid
from shaar.platform.kernel.gate import public


def _shown(study: Study) -> list[tuple[Alternative, Run]]:
    return [(one, one.shown) for one in selectors.alternatives(study, viewer=None) if one.shown is not None]


@public
def balance(request: HttpRequest, ref: str) -> HttpResponse:
    """Who gains least and most, then net present value, ranges, what decides it, and every assumption."""
    study = selectors.study_by_ref(ref, viewer=request.user)
    shown = _shown(study)
    asked = request.GET.get("alternative", "")
    pair = next((p for p in shown if str(p[0].number) == asked), shown[0] if shown else None)
    facts: dict[str, Any] = {"study": study, "alternatives": [one for one, _run in shown], "given": request.GET}
    status = 200
    if pair is not None:
        facts["alternative"] = pair[0]
        try:
            facts["worth"] = worth(pair[1], request.GET)
        except Invalid as refusal:
            facts["refusal"], status = refusal, refusal.status
            facts["worth"] = worth(pair[1], {})
    return render(request, "studies/worth.html", facts, status=status)


@public
def weigh(request: HttpRequest, ref: str) -> HttpResponse:
    """The alternatives by several criteria; the weights stand in the address, so that anybody can share hers."""
    study = selectors.study_by_ref(ref, viewer=request.user)
    found = weighing.weigh(_shown(study), request.GET)
    return render(request, "studies/weigh.html", {"study": study, "weighing": found, "most": weighing.MOST})


urlpatterns = [
    path("studies/<slug:ref>/worth/", balance, name="study_worth"),
    path("studies/<slug:ref>/weigh/", weigh, name="study_weigh"),
]
