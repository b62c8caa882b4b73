"""A person's own pages: what she has here, messages, settings, taking her data along and being forgotten."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shaar.platform.accounts import codes, forms, registry, selectors, services
from shaar.platform.accounts.models import Person, Vouch
from shaar.platform.accounts.phones import shown
from shaar.platform.accounts.policies import may_vouch, roles_in_force
from shaar.platform.kernel import notify, telegram
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import opens_to, signed_in
from shaar.platform.kernel.models import Message
from shaar.platform.places.models import Territory


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What she has here: panels of every room, the last messages, her roles."""
    person = request.user
    assert isinstance(person, Person)
    facts = {
        "person": person,
        "panels": [{"panel": panel, "facts": facts} for panel, facts in registry.panels_of(person)],
        "latest": selectors.messages_of(person)[:5],
        "unread": notify.unread(person),
        "roles": roles_in_force(person).select_related("territory", "organisation"),
        "leads": selectors.led_by(person),
    }
    return render(request, "account/me.html", facts)


@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """All messages; looking at them reads them."""
    person = request.user
    assert isinstance(person, Person)
    page = Paginator(selectors.messages_of(person), 30).get_page(request.GET.get("page"))
    shown_now = list(page.object_list)
    fresh = [row.pk for row in shown_now if row.read_at is None]
    if fresh:
        Message.objects.filter(pk__in=fresh, person=person, read_at__isnull=True).update(read_at=timezone.now())
    return render(request, "account/messages.html", {"page": page, "rows": shown_now})


@signed_in
def own_settings(request: HttpRequest) -> HttpResponse:
    """Name, home, language, channels; four small forms on one page, told apart by ``part``."""
    person = request.user
    assert isinstance(person, Person)
    part = request.POST.get("part", "") if request.method == "POST" else ""
    asked = person.consents.filter(purpose="vouch", withdrawn_at__isnull=True).exists()
    about = forms.SelfForm(
        request.POST if part == "self" else None,
        initial={"name": person.name, "home": person.home_id, "language": person.language, "vouch": asked},
    )
    ways = forms.ChannelsForm(request.POST if part == "channels" else None, person=person)
    address = forms.EnterForm(request.POST if part == "address" else None, prefix="add")
    code = forms.CodeForm(request.POST if part == "code" else None)
    status = 200
    try:
        if part == "self" and about.is_valid():
            _save_self(person, about.cleaned_data)
            answer = redirect("me_settings")
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                about.cleaned_data["language"],
                max_age=settings.SESSION_COOKIE_AGE,
                samesite="Lax",
                httponly=True,
                secure=bool(settings.SESSION_COOKIE_SECURE),
            )
            with translation.override(about.cleaned_data["language"]):
                messages.success(request, _("Saved."))
            return answer
        if part == "channels" and ways.is_valid():
            services.set_contacts(person, set(ways.cleaned_data["channels"]), acting=person)
            messages.success(request, _("Saved."))
            return redirect("me_settings")
        if part == "address" and address.is_valid():
            codes.send(person, address.cleaned_data["address"], request=request)
            return redirect("/me/settings/#code")
        if part == "code" and code.is_valid():
            codes.enter(person, code.cleaned_data["code"])
            messages.success(request, _("Saved."))
            return redirect("me_settings")
    except Refusal as refusal:
        form = {"self": about, "channels": ways, "address": address, "code": code}[part]
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, str(refusal.message))
    if part:
        status = 422
    bot = settings.OPTIONS["TELEGRAM_TOKEN"] and settings.OPTIONS.get("TELEGRAM_BOT")
    facts = {
        "person": person, "about": about, "ways": ways, "address": address, "code": code,
        "pending": codes.pending(person), "phone": shown(person.phone),
        "telegram": f"https://t.me/{bot}?start={telegram.word_for(person.pk)}" if bot else "",
    }  # fmt: skip
    return render(request, "account/settings.html", facts, status=status)


def _save_self(person: Person, given: dict[str, object]) -> None:
    name, home, language = str(given["name"]), given["home"], str(given["language"])
    if name != person.name:
        services.change_name(person, name, acting=person)
    services.change_home(person, home if isinstance(home, Territory) else None, acting=person)
    services.set_language(person, language, acting=person)
    if given["vouch"]:
        services.agree(person, "vouch", "1", acting=person)
    else:
        services.take_back(person, "vouch", acting=person)


@signed_in
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Everything that is kept about her, as a file."""
    person = request.user
    assert isinstance(person, Person)
    facts = services.export_person(person, acting=person)
    answer = HttpResponse(json.dumps(facts, ensure_ascii=False, indent=1, default=str), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
def erase(request: HttpRequest) -> HttpResponse:
    """Ask once more, then forget her."""
    person = request.user
    assert isinstance(person, Person)
    form = forms.EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.erase_person(person, acting=person)
        except Refusal as refusal:
            form.add_error(None, str(refusal.message))
        else:
            logout(request)
            messages.success(request, _("Your data were erased. What you proposed in public stays, without your name."))
            return HttpResponseRedirect("/")
    return render(request, "account/erase.html", {"form": form}, status=422 if request.method == "POST" else 200)


@opens_to(lambda person: bool(selectors.led_by(person)), "leader")
def neighbours(request: HttpRequest) -> HttpResponse:
    """For a settlement leader: who asks to be confirmed, and whom she confirmed."""
    person = request.user
    assert isinstance(person, Person)
    places = [(place, selectors.asking_to_be_vouched(place)) for place in selectors.led_by(person)]
    return render(request, "account/neighbours.html", {"places": places, "given": selectors.vouched_by(person)})


@opens_to(lambda person: bool(selectors.led_by(person)), "leader")
@require_POST
def vouch(request: HttpRequest) -> HttpResponse:
    """Confirm where somebody lives."""
    acting = request.user
    assert isinstance(acting, Person)
    place = get_object_or_404(Territory, code=request.POST.get("territory", ""))
    person = (
        get_object_or_404(selectors.asking_to_be_vouched(place), pk=_number(request))
        if may_vouch(acting, place)
        else acting
    )
    try:
        services.vouch(person, acting=acting, territory=place)
        messages.success(request, _("Confirmed."))
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    return redirect("me_neighbours")


@opens_to(lambda person: bool(selectors.led_by(person)), "leader")
@require_POST
def unvouch(request: HttpRequest) -> HttpResponse:
    """Take a confirmation back."""
    acting = request.user
    assert isinstance(acting, Person)
    one = get_object_or_404(Vouch, pk=_number(request), by=acting)
    try:
        services.withdraw(one, acting=acting, reason=request.POST.get("reason", ""))
        messages.success(request, _("Taken back."))
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
    return redirect("me_neighbours")


def _number(request: HttpRequest) -> str:
    import uuid

    try:
        return str(uuid.UUID(request.POST.get("number", "")))
    except ValueError:
        return str(uuid.UUID(int=0))


urlpatterns = [
    path("me/", home, name="me"),
    path("me/messages/", inbox, name="me_messages"),
    path("me/settings/", own_settings, name="me_settings"),
    path("me/export/", export, name="me_export"),
    path("me/erase/", erase, name="me_erase"),
    path("me/neighbours/", neighbours, name="me_neighbours"),
    path("me/neighbours/confirm/", vouch, name="me_vouch"),
    path("me/neighbours/take-back/", unvouch, name="me_unvouch"),
]
