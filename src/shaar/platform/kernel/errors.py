"""What a service says when it does not do what was asked; every kind becomes a page or an answer of its own status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse


class Refusal(Exception):
    """Something was not done, and why; nothing has changed.

    Parameters
    ----------
    code
        Dotted name for programs, as ``proposal.closed``.
    message
        One translated sentence for the person; lazy text is fine.
    field
        The field of the form it speaks of, if any.
    """

    status = 422

    def __init__(self, code: str, message: Any, *, field: str | None = None) -> None:
        self.code, self.message, self.field = code, message, field
        super().__init__(code)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(Refusal):
    """What was given cannot be taken."""


class Forbidden(Refusal):
    """This person may not do this."""

    status = 403


class Missing(Refusal):
    """There is no such thing, or none that this person may know of."""

    status = 404


class Conflict(Refusal):
    """Somebody else was first, or the time for it has passed."""

    status = 409


class TooMany(Refusal):
    """Too often in a short time."""

    status = 429


class RefusalMiddleware:
    """Shows a refusal that no view has answered as a page that says it, with its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a `Refusal` into its page."""
        return page(request, error) if isinstance(error, Refusal) else None


def page(request: HttpRequest, error: Refusal) -> HttpResponse:
    """The page that says a refusal."""
    from django.shortcuts import render

    return render(request, "failure.html", {"refusal": error}, status=error.status)
