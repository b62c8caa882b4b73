"""The one interface: who may call it, how it refuses, which rooms it shows."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth

from shaar.platform.appraise.api import router as studies
from shaar.platform.kernel.errors import Refusal
from shaar.platform.propose.api import router as proposals

from . import applications, ballots, events, grants, hazards, meetings, opinions, places

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Session(SessionAuth):
    """Reading is open to everybody, and selectors choose what this viewer sees; all else takes a session.

    It stands before every operation of every room, so that a new one is closed to strangers unless it only reads. A
    session is the cookie of the site, and with it goes the header ``X-CSRFToken``, as for the pages' own forms.
    """

    def __call__(self, request: HttpRequest) -> Any:
        """Who calls; None where she must sign in first."""
        if request.method in _READING:
            return request.user
        return super().__call__(request)


ABOUT = """\
Everything that the public pages show, for programs. Reading takes no key. Writing takes a session of the site (its
cookie, and its token in the header `X-CSRFToken`), and follows the rules of the pages.

A refusal is `{"code", "message", "field"}` with the status 401, 403, 404, 409, 422 or 429: `code` stays the same, the
message is a sentence in the language of `Accept-Language`, `field` names what it speaks of, or is null. People are in
no answer. Lists take `limit` (500 at most) and `offset`.
"""

api = NinjaAPI(
    title="Shaar",
    version="1",
    description=ABOUT,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    auth=Session(csrf=True),
)
api.add_router("", proposals)
api.add_router("", studies)
for room in (places, hazards, meetings, opinions, grants, applications, ballots, events):
    api.add_router("", room.router)


def _refuse(request: HttpRequest, status: int, code: str, message: Any, field: str | None = None) -> HttpResponse:
    return api.create_response(request, {"code": code, "message": str(message), "field": field}, status=status)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    """A service's refusal, with its status."""
    return _refuse(request, error.status, error.code, error.message, error.field)


@api.exception_handler(AuthenticationError)
def signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Nobody is signed in."""
    return _refuse(request, 401, "api.signed_out", _("Sign in first."))


@api.exception_handler(HttpError)
def broken_rule(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The library's own refusals: a form token that does not fit, a body that is no JSON."""
    if error.status_code == 403:
        return _refuse(request, 403, "api.token", _("The header X-CSRFToken is missing or does not fit."))
    return _refuse(request, error.status_code, "api.request", _("This request cannot be read."))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """No such thing."""
    return _refuse(request, 404, "api.missing", _("There is no such thing."))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first field that does not fit its description."""
    first = error.errors[0] if error.errors else {}
    path = [str(part) for part in first.get("loc", ()) if part not in {"body", "query", "path", "given", "filters"}]
    field = ".".join(path) or None
    words = _("This value does not fit: %(why)s") % {"why": first.get("msg", "")}
    return _refuse(request, 422, "api.value", words, field)
