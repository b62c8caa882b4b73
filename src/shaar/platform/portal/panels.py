"""Panels of the first page and of the page of a place: each room registers its own, in an order.

A panel is a function of the request (and the place) that returns the rest of its context, or None for "nothing now".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

HOME = "home"
PLACE = "place"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: where it stands, its order there, its template and the function that fills it."""

    page: str
    name: str
    order: int
    template: str
    fill: Callable[..., dict[str, Any] | None]


_PANELS: dict[tuple[str, str], Panel] = {}


def register(page: str, name: str, *, order: int, template: str, fill: Callable[..., dict[str, Any] | None]) -> None:
    """Register a panel; the same name again replaces it.

    Parameters
    ----------
    page
        `HOME` or `PLACE`.
    order
        Lower comes first: 10 what needs people now (open ballots, calls), 20 proposals, 30 meetings and plans,
        40 risks, 50 results.
    template
        Gets what ``fill`` returns, and ``request``.
    fill
        ``fill(request)`` on the first page, ``fill(request, territory)`` on the page of a place.
    """
    _PANELS[page, name] = Panel(page, name, order, template, fill)


def shown(request: HttpRequest, page: str, *given: Any) -> list[SafeString]:
    """Panels of a page that have something to show, in order."""
    parts = []
    for panel in sorted((p for p in _PANELS.values() if p.page == page), key=lambda p: (p.order, p.name)):
        content = panel.fill(request, *given)
        if content is not None:
            parts.append(render_to_string(panel.template, content, request=request))
    return parts
