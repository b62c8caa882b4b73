"""Texts that somebody called the moderators to, and hiding them or leaving them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.accounts.models import Person
from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Forbidden, Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.propose.forms.office import ModerationForm
from shaar.platform.propose.models import Comment, Measure
from shaar.platform.propose.policies.measure import may_moderate
from shaar.platform.propose.selectors import measure as selectors
from shaar.platform.propose.selectors import talk
from shaar.platform.propose.services import moderation as moderating

from .proposals import answers_proposals


@opens_to(answers_proposals, "officers")
def flagged(request: HttpRequest) -> HttpResponse:
    """Flagged texts, the oldest call first."""
    seen: dict[Any, dict[str, Any]] = {}
    for flag in talk.flags_waiting(request.user):
        row = seen.setdefault((flag.measure_id, flag.comment_id), {"flag": flag, "calls": 0})
        row["calls"] += 1
    page = Paginator(list(seen.values()), 50).get_page(request.GET.get("page"))
    return render(request, "desk/proposals/flags.html", {"page": page})


def _text(request: HttpRequest) -> tuple[Measure, Comment | None]:
    """The text that the address names: ``?comment=<number>`` or ``?ref=<number of a proposal>``."""
    if number := request.GET.get("comment"):
        comment = talk.any_comment(number)
        return comment.measure, comment
    return selectors.measure_by_ref(request.GET.get("ref", ""), viewer=request.user), None


@opens_to(answers_proposals, "officers")
def moderate(request: HttpRequest) -> HttpResponse:
    """One text: hide it for a reason, show it again, or leave it."""
    person = request.user
    assert isinstance(person, Person)
    measure, comment = _text(request)
    if not may_moderate(person, measure):
        raise Forbidden("moderation.closed", _("Only officers of the place moderate here."))
    text = comment or measure
    about: dict[str, Any] = {"comment": comment} if comment else {"measure": measure}
    leave = request.method == "POST" and request.POST.get("do") == "leave"
    form = ModerationForm(request.POST if request.method == "POST" and not leave else None)
    refusal = None
    if leave:
        moderating.dismiss(acting=person, measure=measure, comment=comment)
        messages.info(request, _("Left as it is."))
        return redirect("desk_flags")
    if request.method == "POST" and form.is_valid():
        act = moderating.show if request.POST.get("do") == "show" else moderating.hide
        try:
            act(acting=person, reason=form.cleaned_data["reason"], words=form.cleaned_data["words"], **about)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Done; the writer is told, and the log shows it."))
            return redirect("desk_flags")
    facts = {
        "measure": measure, "comment": comment, "hidden": text.hidden, "form": form, "refusal": refusal,
        "acts": text.moderations.order_by("-at"),
    }  # fmt: skip
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "desk/proposals/moderate.html", facts, status=status)


queues.register(
    "/desk/moderation/", gettext_lazy("Texts to moderate"), order=20, opens_to=answers_proposals,
    waiting=lambda person: talk.flags_waiting(person).count(),
)  # fmt: skip

urlpatterns = [
    path("moderation/", flagged, name="desk_flags"),
    path("moderation/text/", moderate, name="desk_moderate"),
]
