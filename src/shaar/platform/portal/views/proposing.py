"""Putting a proposal forward, one question a screen; every screen is kept on the server at once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shaar.platform.accounts.models import Person
from shaar.platform.kernel import attachments
from shaar.platform.kernel.errors import Missing, Refusal
from shaar.platform.kernel.gate import public, signed_in
from shaar.platform.kernel.once import once
from shaar.platform.places import selectors as places
from shaar.platform.places.forms import ChosenPlace
from shaar.platform.propose.forms.proposal import KindForm, MoreForm, PlaceForm, WordsForm
from shaar.platform.propose.models import Draft, Feature, Measure, Process
from shaar.platform.propose.selectors.measure import open_processes
from shaar.platform.propose.selectors.near import near
from shaar.platform.propose.services.draft import drop_draft, find_draft, newest_draft, save_draft, send_draft
from shaar.platform.propose.whereabouts import territory_of

COOKIE = "proposal_draft"
STEPS = ("kind", "words", "place", "more", "check")


def _draft(request: HttpRequest) -> Draft | None:
    number = request.get_signed_cookie(COOKIE, default="", salt=COOKIE)
    found = find_draft(number, viewer=request.user)
    if found is None and isinstance(request.user, Person):
        return newest_draft(request.user)
    return found


def _go(step: str, draft: Draft | None) -> HttpResponseRedirect:
    answer = redirect("proposal_step", step=step)
    if draft is not None:
        answer.set_signed_cookie(
            COOKIE, str(draft.pk), salt=COOKIE, max_age=60 * 86400, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return answer


def _sign_in(step: str) -> HttpResponseRedirect:
    back = urlencode({"next": reverse("proposal_step", kwargs={"step": step})})
    return HttpResponseRedirect(f"{reverse('account_login')}?{back}")


def _next(step: str) -> str:
    return STEPS[STEPS.index(step) + 1]


def missing_step(draft: Draft | None) -> str | None:
    """The first screen that has not been answered, of those that must be."""
    data = draft.data if draft else {}
    if not data.get("kind") or not data.get("process"):
        return "kind"
    return "words" if not data.get("title") or not data.get("text") else None


@public
def begin(request: HttpRequest) -> HttpResponse:
    """What this is, what is open, and a draft that waits."""
    draft = _draft(request)
    facts = {
        "processes": open_processes(request.user, Feature.PROPOSE),
        "draft": draft,
        "next": missing_step(draft) or "check",
    }
    return render(request, "proposals/begin.html", facts)


@public
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One screen."""
    draft = _draft(request)
    if step not in STEPS:
        raise Missing("step.missing", _("There is no such page, or it was removed."))
    lacking = missing_step(draft)
    # What was sent already is answered by its key, though its draft is gone.
    sent = step == "check" and request.method == "POST"
    if lacking and STEPS.index(step) > STEPS.index(lacking) and not sent:
        return _go(lacking, draft)
    return _SCREENS[step](request, draft)


def _show(request: HttpRequest, step: str, draft: Draft | None, status: int = 200, **facts: Any) -> HttpResponse:
    number = STEPS.index(step)
    facts |= {
        "draft": draft, "step": step, "number": number + 1, "steps": len(STEPS),
        "back": STEPS[number - 1] if number else None,
    }  # fmt: skip
    return render(request, f"proposals/new_{step}.html", facts, status=status)


def _kind(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    processes = open_processes(request.user, Feature.PROPOSE)
    if not processes:
        return render(request, "proposals/begin.html", {"processes": [], "draft": draft}, status=409)
    given = draft.data if draft else {}
    wanted = given.get("process") or request.GET.get("process")
    initial = {"process": wanted, "kind": given.get("kind") or request.GET.get("kind")}
    form = KindForm(request.POST or None, processes=processes, initial=initial)
    if request.method == "POST" and form.is_valid():
        return _go(_next("kind"), save_draft(acting=request.user, draft=draft, data=form.cleaned_data))
    return _show(request, "kind", draft, 422 if form.errors else 200, form=form)


def _words(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    given = draft.data if draft else {}
    spoken = (get_language() or "ru").split("-")[0]
    form = WordsForm(request.POST or None, initial={"language": spoken, **given})
    if request.method == "POST":
        if form.is_valid():
            return _go(_next("words"), save_draft(acting=request.user, draft=draft, data=form.cleaned_data))
        # What is too short to publish is long enough to keep.
        kept = {name: request.POST.get(name, "")[:length] for name, length in (("title", 120), ("text", 5000))}
        draft = save_draft(acting=request.user, draft=draft, data=kept)
    return _show(request, "words", draft, 422 if form.errors else 200, form=form)


def _chosen(draft: Draft | None) -> ChosenPlace:
    given = draft.data if draft else {}
    territory = places.current().filter(code=given.get("territory") or "").first()
    return ChosenPlace(territory, given.get("geometry"), given.get("address", ""))


def _place(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    sent = request.method == "POST"
    form = PlaceForm(request.POST if sent else None, initial={"place": _chosen(draft)})
    moving = False
    if sent and form.is_valid():
        chosen: ChosenPlace = form.cleaned_data["place"]
        data = {
            "geometry": chosen.geometry, "address": chosen.address,
            "territory": chosen.territory.code if chosen.territory else "",
        }  # fmt: skip
        return _go(_next("place"), save_draft(acting=request.user, draft=draft, data=data))
    if sent:
        moving = any(error.code == "moving" for error in form.errors.as_data().get("place", ()))
    home = request.user.home if isinstance(request.user, Person) else None
    return _show(request, "place", draft, 422 if form.errors and not moving else 200, form=form, home=home)


def _more(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    if not isinstance(request.user, Person):
        return _sign_in("more")
    given = draft.data if draft else {}
    form = MoreForm(request.POST or None, request.FILES or None, initial=given)
    refusal = None
    if request.method == "POST" and form.is_valid():
        cost = form.cleaned_data["cost_guess"]
        data = {"benefits": form.cleaned_data["benefits"], "cost_guess": "" if cost is None else str(cost)}
        draft = save_draft(acting=request.user, draft=draft, data=data)
        try:
            ready = attachments.prepare_all(form.cleaned_data["photos"], thing=draft)
            attachments.attach_all(draft, ready, acting=request.user)
        except Refusal as error:
            refusal = Refusal(error.code, error.message, field="photos")
            refusal.status = error.status  # type: ignore[misc]
        else:
            return _go("more" if "add" in request.POST else _next("more"), draft)
    status = refusal.status if refusal else 422 if form.errors else 200
    photos = attachments.photos_of(draft) if draft else ()
    return _show(request, "more", draft, status, form=form, refusal=refusal, photos=photos)


def _check(request: HttpRequest, draft: Draft | None) -> HttpResponse:
    if not isinstance(request.user, Person):
        return _sign_in("check")
    person, refusal = request.user, None
    if draft is not None and draft.person_id is None:
        draft = save_draft(acting=person, draft=draft, data={})
    if request.method == "POST":
        try:
            measure = once(request.POST.get("once_key"), person, Measure, lambda: _send(person, draft))
        except Refusal as error:
            if draft is None:
                raise
            refusal = error
        else:
            messages.success(request, _("Your proposal is published. Its number is %(ref)s.") % {"ref": measure.ref})
            answer = redirect(measure.get_absolute_url())
            answer.delete_cookie(COOKIE)
            return answer
    given = draft.data if draft else {}
    chosen = _chosen(draft)
    alike = near(
        person,
        title=given.get("title", ""),
        text=given.get("text", ""),
        geometry=chosen.geometry,
        kind=given.get("kind", ""),
    )
    facts = {
        "form": None, "given": given, "place": chosen, "alike": alike,
        "territory": territory_of(chosen.geometry, chosen.territory),
        "process": Process.objects.filter(slug=given.get("process") or "").first(), "refusal": refusal,
        "kind": dict(Measure.Kind.choices).get(given.get("kind", ""), ""),
        "photos": attachments.photos_of(draft) if draft else (),
    }  # fmt: skip
    return _show(request, "check", draft, refusal.status if refusal else 200, **facts)


def _send(person: Person, draft: Draft | None) -> Measure:
    if draft is None:
        raise Missing("draft.missing", _("This draft is no longer there. It may have been sent already."))
    return send_draft(acting=person, draft=draft)


@signed_in
@require_POST
def drop_photo(request: HttpRequest, number: Any) -> HttpResponse:
    """Take a photo out of the draft."""
    draft = _draft(request)
    file = attachments.find(number, viewer=request.user)
    attachments.remove(file, acting=request.user)
    return _go("more", draft)


@public
@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    draft = _draft(request)
    if draft is not None:
        drop_draft(acting=request.user if isinstance(request.user, Person) else None, draft=draft)
    answer = redirect("proposals")
    answer.delete_cookie(COOKIE)
    return answer


_SCREENS = {"kind": _kind, "words": _words, "place": _place, "more": _more, "check": _check}

urlpatterns = [
    path("proposals/new/", begin, name="proposal_new"),
    path("proposals/new/drop/", drop, name="proposal_drop"),
    path("proposals/new/photos/<uuid:number>/drop/", drop_photo, name="proposal_drop_photo"),
    path("proposals/new/<slug:step>/", step, name="proposal_step"),
]
