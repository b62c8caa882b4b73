"""The first page, and the choice of the language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shaar.platform.kernel.gate import public
from shaar.platform.portal import panels


@public
def home(request: HttpRequest) -> HttpResponse:
    """What is going on in the city."""
    return render(request, "home.html", {"panels": panels.shown(request, panels.HOME)})


# Without the token no page for readers needs a cookie; the worst another site can do is to change the language.
@public
@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in a cookie and go back to the page."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    answer = HttpResponseRedirect(back)
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=365 * 86400, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return answer


urlpatterns = [
    path("", home, name="home"),
    path("language/", choose_language, name="language"),
]
