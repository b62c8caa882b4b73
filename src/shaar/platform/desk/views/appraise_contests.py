"""The queue of objections to estimates, and answering one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.accounts.models import Person
from shaar.platform.appraise import policies
from shaar.platform.appraise.forms.office import ContestAnswerForm
from shaar.platform.appraise.selectors import study as selectors
from shaar.platform.appraise.services.contest import answer_contest
from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to

PAGE = 50


@opens_to(policies.may_appraise, "appraisers")
def contests(request: HttpRequest) -> HttpResponse:
    """Objections that wait for an answer, overdue on top."""
    page = Paginator(selectors.contests_waiting(request.user), PAGE).get_page(request.GET.get("page"))
    return render(request, "desk/studies/contests.html", {"page": page})


@opens_to(policies.may_appraise, "appraisers")
def contest(request: HttpRequest, number: UUID) -> HttpResponse:
    """One objection beside the figure that it is about."""
    row = selectors.contest_by(number, viewer=request.user)
    form, refusal = ContestAnswerForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        person = request.user
        assert isinstance(person, Person)
        try:
            answer_contest(acting=person, contest=row, **form.cleaned_data)
        except Refusal as error:
            refusal = error
            row = selectors.contest_by(number, viewer=request.user)
        else:
            messages.success(request, _("Answered; the person who objected is told, and everybody can read it."))
            return redirect("desk_contests")
    facts = {"contest": row, "form": form, "refusal": refusal, "may": policies.may_answer(request.user, row)}
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/studies/contest.html", facts, status=status)


queues.register(
    "/desk/contests/", gettext_lazy("Contested estimates"), order=62, opens_to=policies.may_appraise,
    waiting=lambda person: selectors.contests_waiting(person).count(),
)  # fmt: skip

urlpatterns = [
    path("contests/", contests, name="desk_contests"),
    path("contests/<uuid:number>/", contest, name="desk_contest"),
]
