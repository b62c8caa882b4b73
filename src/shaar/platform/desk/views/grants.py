"""Calls at the desk: prepare one, its money and criteria, announce it or call it off; its sessions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shaar.platform.decide.forms.answering import answered
from shaar.platform.decide.forms.preparing import CALL, CallForm, CriteriaForm, LotsForm, NamedForm
from shaar.platform.decide.models import Call
from shaar.platform.decide.policies.grant import may_manage
from shaar.platform.decide.selectors import grant as selectors
from shaar.platform.decide.services import call as services
from shaar.platform.desk import queues
from shaar.platform.kernel.gate import opens_to


@opens_to(may_manage, "prepares calls")
def calls(request: HttpRequest) -> HttpResponse:
    """All calls."""
    return render(request, "desk/grants/calls.html", {"calls": selectors.calls(viewer=request.user)})


@opens_to(may_manage, "prepares calls")
def make(request: HttpRequest) -> HttpResponse:
    """Prepare a new call."""
    form = CallForm(request.POST or None)
    person: Any = request.user
    made: list[Call] = []

    def write() -> None:
        given = dict(form.cleaned_data)
        slug, programme, name = given.pop("slug"), given.pop("programme"), given.pop("programme_name")
        if programme is None:
            programme = services.make_programme(acting=person, slug=slug, names={"ru": name})
        made.append(services.make_call(acting=person, programme=programme, slug=slug, **given))

    status = 200
    if request.method == "POST":
        status = answered(form, write)
        if not status:
            return redirect("desk_call", slug=made[0].slug)
    return render(request, "desk/grants/make.html", {"form": form}, status=status)


class _WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why it is called off"), min_length=10, max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@opens_to(may_manage, "prepares calls")
def call(request: HttpRequest, slug: str) -> HttpResponse:
    """One call: words and rules, money, criteria, announcing; told apart by ``part``."""
    one = selectors.call(viewer=request.user, slug=slug)
    person: Any = request.user
    part = request.POST.get("part", "")
    given = {
        name: request.POST if part == name else None for name in ("words", "lots", "criteria", "cancel", "publish")
    }
    made: dict[str, Any] = {
        "words": CallForm(given["words"], made=True, initial=NamedForm.first(one, *CALL)),
        "lots": LotsForm(given["lots"], call=one),
        "criteria": CriteriaForm(given["criteria"], initial=CriteriaForm.given_by(one)),
        "cancel": _WhyForm(given["cancel"]),
        "publish": forms.Form(given["publish"]),
    }

    def write() -> None:
        form = made[part]
        if part == "words":
            services.change_call(acting=person, call=one, **form.cleaned_data)
        elif part == "lots":
            for place, money in form.sums():
                services.set_lot(acting=person, call=one, territory=place, money=money)
        elif part == "criteria":
            services.set_criteria(acting=person, call=one, criteria=form.criteria())
        elif part == "cancel":
            services.cancel_call(acting=person, call=one, why=form.cleaned_data["why"])
        else:
            services.publish_call(acting=person, call=one)

    status = 200
    if part in made:
        status = answered(made[part], write)
        if not status:
            messages.success(request, _("Written down."))
            return redirect("desk_call", slug=one.slug)
        one.refresh_from_db()
    facts = {"call": one, "forms": made, "used": made.get(part), "sessions": one.sessions.all()}
    return render(request, "desk/grants/call.html", facts, status=status)


urlpatterns = [
    path("calls/", calls, name="desk_calls"),
    path("calls/new/", make, name="desk_call_new"),
    path("calls/<slug:slug>/", call, name="desk_call"),
]
queues.register("/desk/calls/", gettext_lazy("Calls for grants"), order=50, opens_to=may_manage)
