"""Coming in: phone or e-mail, a code, and for some a second step. Addresses under /account/."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.cryptokit import compare_user_code
from allauth.socialaccount import views as social_views
from allauth.socialaccount.providers.openid_connect import views as state_views
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from requests import RequestException

from shaar.platform.accounts import codes, examples
from shaar.platform.accounts.adapter import AccountAdapter
from shaar.platform.accounts.forms import CodeForm, EnterForm
from shaar.platform.accounts.models import Person
from shaar.platform.accounts.phones import example as example_phone
from shaar.platform.accounts.phones import shown
from shaar.platform.accounts.services import person_for_sign_in, prove
from shaar.platform.kernel import limits
from shaar.platform.kernel.errors import Refusal
from shaar.platform.kernel.gate import public, signed_in

_HELD = "account_address"


def _next(request: HttpRequest) -> str:
    """Where to go afterwards: a path of this site, else her own page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else str(settings.LOGIN_REDIRECT_URL)


def _with_next(name: str, request: HttpRequest) -> str:
    return f"{reverse(name)}?{urlencode({'next': _next(request)})}"


@public
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for a phone or an e-mail and send a code; joining is the same as signing in."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    form = EnterForm(request.POST or None, initial={"address": request.session.get(_HELD, {}).get("address", "")})
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    if request.method == "POST" and form.is_valid():
        try:
            return _send(request, form.cleaned_data["address"], brief=form.cleaned_data["brief"])
        except Refusal as refusal:
            form.add_error("address", str(refusal.message))
            status = refusal.status
    state = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    facts = {
        "form": form, "next": _next(request), "states": state, "examples": examples.listed(),
        "example_phone": example_phone(),
    }  # fmt: skip
    return render(request, "account/login.html", facts, status=status)


def _send(request: HttpRequest, text: str, *, brief: bool) -> HttpResponse:
    limits.count("code_from", AccountAdapter(request).get_client_ip(request))
    person, kind, address = person_for_sign_in(text)
    limits.count("code", address)
    given: dict[str, Any] = {kind: address}
    LoginCodeVerificationProcess.initiate(request=request, user=person, **given)
    request.session[_HELD] = {"address": address, "kind": kind, "brief": brief}
    return HttpResponseRedirect(_with_next("account_confirm_login_code", request))


@public
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """Take the code."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    held = request.session.get(_HELD)
    if not held:
        return HttpResponseRedirect(_with_next("account_login", request))
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    process = LoginCodeVerificationProcess.resume(stage) if stage else None
    if request.method == "POST" and request.POST.get("action") == "resend":
        return _again(request, held)
    form, refusal = CodeForm(request.POST or None), None
    if process is None:
        refusal = codes.expired()
    elif request.method == "POST" and form.is_valid():
        limits.count("code_try", held["address"])
        if compare_user_code(actual=form.cleaned_data["code"], expected=process.code):
            return _come_in(request, process, held)
        left = process.record_invalid_attempt()
        refusal = codes.wrong(codes.TRIES - process.state["failed_attempts"]) if left else codes.spent()
    if refusal is not None:
        form = CodeForm({"code": "-"})
        form.is_valid()
        form.add_error("code", str(refusal.message))
        form.data = {"code": ""}  # a wrong code is not shown again
    open_ = refusal is None or refusal.code == "code.wrong"
    facts = {
        "form": form, "next": _next(request), "open": open_, "kind": held["kind"],
        "address": shown(held["address"]) if held["kind"] == "phone" else held["address"],
    }  # fmt: skip
    return render(
        request,
        "account/confirm_login_code.html",
        facts,
        status=refusal.status if refusal else 422 if form.errors else 200,
    )


def _again(request: HttpRequest, held: dict[str, Any]) -> HttpResponse:
    try:
        answer = _send(request, held["address"], brief=held["brief"])
    except Refusal as refusal:
        messages.error(request, str(refusal.message))
        return HttpResponseRedirect(_with_next("account_confirm_login_code", request))
    messages.success(request, _("A new code is on its way. The old one no longer holds."))
    return answer


def _come_in(request: HttpRequest, process: Any, held: dict[str, Any]) -> HttpResponse:
    person: Person = process.user
    prove(person, held["kind"], held["address"])
    request.session.pop(_HELD, None)
    person.refresh_from_db()
    answer = process.finish(_next(request))
    if held["brief"]:
        request.session.set_expiry(0)
    if request.user.is_authenticated:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, person.language, max_age=settings.SESSION_COOKIE_AGE, samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True,
        )  # fmt: skip
    return answer


@public
@require_POST
def enter_as_example(request: HttpRequest) -> HttpResponse:
    """Sign in as an example person: in a development installation only."""
    person = examples.person_of(request.POST.get("token", ""))
    start_session(request, person, backend="django.contrib.auth.backends.ModelBackend")
    examples.mark_session(request)
    UserSession.objects.create_from_request(request)
    messages.warning(request, _("You are an example person now: %(name)s.") % {"name": person.public_name})
    return HttpResponseRedirect(_next(request))


@signed_in
def second_factor_needed(request: HttpRequest) -> HttpResponse:
    """Say why the desk does not open yet, and how it will."""
    return render(request, "account/second_factor_needed.html", {"next": _next(request)})


@public
def to_enter(request: HttpRequest) -> HttpResponse:
    """Addresses that allauth names and this site does not need lead to the one way in."""
    return HttpResponseRedirect(get_next_redirect_url(request) or reverse("account_login"))


@signed_in
def to_settings(request: HttpRequest) -> HttpResponse:
    """Mail and phone are changed in the settings."""
    return HttpResponseRedirect(reverse("me_settings"))


@public
def enter_with_state(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the state's sign-in; say so if it cannot be reached."""
    try:
        return state_views.login(request, provider_id)
    except RequestException:
        return render(request, "socialaccount/authentication_error.html", status=503)


@public
def back_from_state(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from the state's sign-in."""
    try:
        return state_views.callback(request, provider_id)
    except RequestException:
        return render(request, "socialaccount/authentication_error.html", status=503)


#: Included at /account/ by `shaar.platform.urls`. allauth's pages for passwords are not among them.
account_urlpatterns = [
    path("login/", enter, name="account_login"),
    path("login/code/", to_enter, name="account_request_login_code"),
    path("login/code/confirm/", confirm, name="account_confirm_login_code"),
    path("example/", enter_as_example, name="example_sign_in"),
    path("signup/", to_enter, name="account_signup"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", to_enter, name="account_reauthenticate"),
    path("email/", to_settings, name="account_email"),
    path("confirm-email/", to_enter, name="account_email_verification_sent"),
    path("second-step/", second_factor_needed, name="second_factor_needed"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("3rdparty/login/cancelled/", social_views.login_cancelled, name="socialaccount_login_cancelled"),
    path("3rdparty/login/error/", social_views.login_error, name="socialaccount_login_error"),
    path("3rdparty/signup/", to_enter, name="socialaccount_signup"),
    path("3rdparty/", to_settings, name="socialaccount_connections"),
    path("oidc/<slug:provider_id>/login/", enter_with_state, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", back_from_state, name="openid_connect_callback"),
]
