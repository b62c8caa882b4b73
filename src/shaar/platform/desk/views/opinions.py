"""Asking a question and letting statements in."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.desk import queues
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.propose.forms.opinion import ConversationForm
from shaar.platform.propose.models import Opinion
from shaar.platform.propose.policies import opinion as policy
from shaar.platform.propose.services import opinion as services


def _waiting(person: Any) -> list[Opinion]:
    found = Opinion.objects.filter(status=Opinion.Status.WAITING).select_related("conversation__territory")
    return [one for one in found.order_by("at") if policy.may_moderate(person, one.conversation)]


@opens_to(policy.may_host, "officer")
def statements(request: HttpRequest) -> HttpResponse:
    """Statements that wait, and a form for a new question."""
    asked = request.POST if request.POST.get("part") == "question" else None
    form, status = ConversationForm(asked, person=request.user), 200
    if request.method == "POST":
        try:
            if request.POST.get("part") == "question":
                status = 422
                if form.is_valid():
                    _ask(request, form)
                    return redirect("desk_opinions")
            else:
                _moderate(request)
                return redirect("desk_opinions")
        except Refusal as refusal:
            status = refusal.status
            messages.error(request, str(refusal.message))
    return render(request, "desk/opinions/list.html", {"waiting": _waiting(request.user), "form": form}, status=status)


def _ask(request: HttpRequest, form: ConversationForm) -> None:
    until = timezone.make_aware(datetime.combine(form.cleaned_data["until"], time(23, 59)))
    services.open_conversation(
        acting=request.user, slug=form.cleaned_data["slug"], names=form.names(), since=timezone.now(),  # type: ignore[arg-type]
        until=until, territory=form.cleaned_data["territory"],
    )  # fmt: skip
    messages.success(request, _("The question is open."))


def _moderate(request: HttpRequest) -> None:
    opinion = next((one for one in _waiting(request.user) if str(one.pk) == request.POST.get("opinion")), None)
    if opinion is None:
        messages.warning(request, _("Somebody else has decided on this statement meanwhile."))
        return
    show = request.POST.get("show") == "yes"
    services.moderate(acting=request.user, opinion=opinion, show=show, why=request.POST.get("why", ""))  # type: ignore[arg-type]
    messages.success(request, _("Written down."))


queues.register(
    "/desk/opinions/", gettext_lazy("Statements to check"), order=35, opens_to=policy.may_host,
    waiting=lambda person: len(_waiting(person)),
)  # fmt: skip
urlpatterns = [path("opinions/", statements, name="desk_opinions")]
