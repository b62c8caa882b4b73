"""Pages that say what went wrong and what to do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from shaar.platform.kernel.errors import Forbidden, Invalid, Missing, Refusal
from shaar.platform.kernel.gate import public


def _page(request: HttpRequest, refusal: Refusal, status: int) -> HttpResponse:
    return render(request, "failure.html", {"refusal": refusal}, status=status)


@public
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404."""
    return _page(request, Missing("page.missing", _("There is no such page, or it was removed.")), 404)


@public
def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403."""
    return _page(request, Forbidden("page.closed", _("This page is open to other roles only.")), 403)


@public
def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400."""
    return _page(request, Invalid("request.bad", _("The browser sent something that cannot be read.")), 400)


@public
def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form does not come from a page of this site, or from one that was open too long."""
    words = _(
        "The page was open for too long. Go back, load it again and send it once more: your words are still there."
    )
    return _page(request, Forbidden("form.token", words), 403)


@public
def broken(request: HttpRequest) -> HttpResponse:
    """500: no database may be needed here."""
    return HttpResponse(
        "<!doctype html><meta charset=utf-8><title>500</title><p>Ошибка на сайте. Ничего не потеряно: "
        "попробуйте ещё раз через минуту. / Сайтта ката кетти. / Сайтта қате бар. / The site failed; please try again.",
        status=500,
    )
