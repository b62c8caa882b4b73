"""The officer's queue of hazards, and judging one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.accounts.policies import has_role
from shaar.platform.desk import queues
from shaar.platform.kernel import attachments
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.propose.forms.hazard import JudgeForm, StepForm
from shaar.platform.propose.policies.hazard import JUDGES, may_judge
from shaar.platform.propose.selectors import hazard as selectors
from shaar.platform.propose.services import hazard as services


def judges(person: Any) -> bool:
    """Whether the person judges hazards somewhere."""
    return has_role(person, *JUDGES)


def waiting(person: Any) -> int:
    """Reports that wait for the person's judgement."""
    return selectors.to_judge(viewer=person).filter(severity__isnull=True).count()


@opens_to(judges, "officer")
def queue(request: HttpRequest) -> HttpResponse:
    """Reports to check first, then confirmed hazards by the day of their review."""
    page = Paginator(selectors.to_judge(viewer=request.user), 50).get_page(request.GET.get("page"))
    return render(request, "desk/risks/queue.html", {"page": page})


@opens_to(judges, "officer")
def judge(request: HttpRequest, ref: str) -> HttpResponse:
    """Judge a hazard, or say what was done about it; two forms on one page, told apart by ``part``."""
    hazard = selectors.hazard(viewer=request.user, ref=ref)
    part = request.POST.get("part", "")
    first: dict[str, Any] = {"seen_status": hazard.status, "owner": hazard.owner, "review_on": hazard.review_on}
    form = JudgeForm(request.POST if part == "judge" else None, initial=first)
    step = StepForm(request.POST if part == "step" else None)
    status = 200
    used: JudgeForm | StepForm = form if part == "judge" else step
    if request.method == "POST":
        status = 422
        if used.is_valid():
            try:
                if part == "judge":
                    services.judge_hazard(acting=request.user, hazard=hazard, **used.cleaned_data)  # type: ignore[arg-type]
                elif used.cleaned_data["step"] == "work":
                    services.begin_work(
                        acting=request.user, hazard=hazard, measure=used.cleaned_data["measure"],  # type: ignore[arg-type]
                        words=used.cleaned_data["words"],
                    )  # fmt: skip
                else:
                    services.resolve_hazard(acting=request.user, hazard=hazard, words=used.cleaned_data["words"])  # type: ignore[arg-type]
                messages.success(request, _("Written down. Everybody can read it now."))
                return redirect("desk_risks")
            except Refusal as refusal:
                used.add_error(refusal.field if refusal.field in used.fields else None, str(refusal.message))
                status = refusal.status
                hazard.refresh_from_db()
    return render(
        request,
        "desk/risks/judge.html",
        {
            "hazard": hazard, "form": form, "step": step, "used": used, "photos": attachments.photos_of(hazard),
            "may_judge": may_judge(request.user, hazard),
        },
        status=status,
    )  # fmt: skip


urlpatterns = [
    path("risks/", queue, name="desk_risks"),
    path("risks/<str:ref>/", judge, name="desk_risk"),
]
queues.register("/desk/risks/", gettext_lazy("Risks to check"), order=40, opens_to=judges, waiting=waiting)
