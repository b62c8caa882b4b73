"""Who may open which page: every view says it, and a view that says nothing opens to nobody."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .errors import Forbidden, page

View = Callable[..., HttpResponseBase]
#: Views of libraries that guard themselves.
_TRUSTED = ("allauth.", "django.views.static", "django.contrib.staticfiles", "ninja.")


def public(view: View) -> View:
    """Open to everybody, signed in or not. What the page shows is still chosen by the selectors for its viewer."""
    view.shaar_gate = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open to every person who has signed in; others are asked to, and come back."""
    return opens_to(lambda person: True, "signed in")(view)


def opens_to(predicate: Callable[[Any], bool], label: str) -> Callable[[View], View]:
    """Open to signed-in people for whom ``predicate(person)`` holds; what they may do there the services check again.

    ``label`` names the rule in the walk over all routes with all roles (tests) and in the refusal's log line.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return HttpResponseRedirect(f"{reverse('account_login')}?next={quote(request.get_full_path())}")
            if not predicate(request.user):
                raise Forbidden("page.closed", _("This page is open to other roles only."))
            return view(request, *args, **kwargs)

        guarded.shaar_gate = label  # type: ignore[attr-defined]
        return guarded

    return guard


class GateMiddleware:
    """Refuses views that do not say whom they open to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse an unmarked view before it runs."""
        if hasattr(view, "shaar_gate") or getattr(view, "__module__", "").startswith(_TRUSTED):
            return None
        # Raised here it would pass by the middleware that makes pages of refusals, and read as a fault of the server.
        return page(request, Forbidden("page.unmarked", _("This page is not open.")))
