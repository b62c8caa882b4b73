"""Questions on which people weigh statements, and the map of opinions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from shaar.platform.kernel.errors import Missing, Refusal
from shaar.platform.kernel.gate import public
from shaar.platform.portal import opinion_map
from shaar.platform.propose.forms.opinion import SayForm
from shaar.platform.propose.models import Conversation, Opinion, OpinionMap
from shaar.platform.propose.policies import opinion as policy
from shaar.platform.propose.selectors import opinion as selectors
from shaar.platform.propose.services import opinion as services
from shaar.platform.propose.tasks import draw_soon


@public
def questions(request: HttpRequest) -> HttpResponse:
    """All questions."""
    found = list(selectors.conversations(viewer=request.user))
    facts = {"open": [one for one in found if one.is_open], "closed": [one for one in found if not one.is_open]}
    return render(request, "opinions/list.html", facts)


@public
def question(request: HttpRequest, slug: str) -> HttpResponse:
    """One question: vote on a statement, say another, see the map."""
    one = selectors.conversation(viewer=request.user, slug=slug)
    form, status = SayForm(), 200
    if request.method == "POST":
        if not request.user.is_authenticated:
            return HttpResponseRedirect(f"{reverse('account_login')}?next={one.get_absolute_url()}")
        if request.POST.get("part") == "say":
            form = SayForm(request.POST)
            status = _say(request, one, form)
            if status == 302:
                return redirect(one)
        else:
            _vote(request, one)
            return redirect(f"{one.get_absolute_url()}#vote")
    facts = {
        "question": one, "form": form, "may_take_part": policy.may_take_part(request.user, one),
        "next": selectors.next_opinion(request.user, one) if one.is_open else None,
        "voted": len(selectors.votes_of(request.user, one)),
        "all": one.opinions.filter(status=Opinion.Status.SHOWN).count(), **_map(one),
    }  # fmt: skip
    return render(request, "opinions/question.html", facts, status=status)


def _vote(request: HttpRequest, one: Conversation) -> None:
    number, value = request.POST.get("number", ""), request.POST.get("value", "")
    opinion = one.opinions.filter(number=int(number)).first() if number.isdigit() else None
    if opinion is None or value not in {"1", "0", "-1"}:
        raise Missing("opinion.missing", _("There is no such statement."))
    services.vote(acting=request.user, opinion=opinion, value=int(value))  # type: ignore[arg-type]
    draw_soon(one)


def _say(request: HttpRequest, one: Conversation, form: SayForm) -> int:
    if not form.is_valid():
        return 422
    try:
        said = services.say(
            acting=request.user, conversation=one, text=form.cleaned_data["text"],  # type: ignore[arg-type]
            once_key=request.POST.get("once_key"),
        )  # fmt: skip
    except Refusal as refusal:
        form.add_error("text", str(refusal.message))
        return refusal.status
    waits = said.status == Opinion.Status.WAITING
    messages.success(
        request, _("Thank you. A moderator looks at it first.") if waits else _("Thank you. It is shown now.")
    )
    return 302


def _map(one: Conversation) -> dict[str, Any]:
    drawn = OpinionMap.objects.filter(pk=one.pk).first()
    if drawn is None:
        return {"map": None}
    shown = drawn.shown
    words = {row.number: row.text for row in one.opinions.filter(status=Opinion.Status.SHOWN)}
    groups = [
        {
            "name": chr(ord("A") + g), "sign": opinion_map.sign(g), "size": size,
            "typical": [
                {"text": words[number], "agrees": agrees}
                for number, agrees, clear in shown["typical"][g]
                if number in words and clear
            ],
        }
        for g, size in enumerate(shown["sizes"])
    ]  # fmt: skip
    table = [
        {"number": row["number"], "text": words[row["number"]], "all": row["all"], "groups": row["groups"]}
        for row in shown["table"]
        if row["number"] in words
    ]
    return {
        "map": shown, "drawn_at": drawn.at, "votes": drawn.votes, "groups": groups, "table": table,
        "picture": opinion_map.picture(shown, _("Map of opinions: people who vote alike stand near each other")),
        "agreed": [words[n] for n in shown["agreed"] if n in words],
        "rejected": [words[n] for n in shown["rejected"] if n in words],
    }  # fmt: skip


@public
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """What the map was drawn from, without people: counts by statement and group."""
    one = selectors.conversation(viewer=request.user, slug=slug)
    drawn = OpinionMap.objects.filter(pk=one.pk).first()
    if drawn is None:
        raise Missing("opinion.map", _("No map has been drawn yet."))
    words = {row.number: row.text for row in one.opinions.filter(status=Opinion.Status.SHOWN)}
    return JsonResponse(
        {"question": one.names, "drawn_at": drawn.at, "votes": drawn.votes, "statements": words, **drawn.shown},
        json_dumps_params={"ensure_ascii": False},
    )


urlpatterns = [
    path("opinions/", questions, name="opinions"),
    path("opinions/<slug:slug>/", question, name="opinion"),
    path("opinions/<slug:slug>/data.json", data, name="opinion_data"),
]
