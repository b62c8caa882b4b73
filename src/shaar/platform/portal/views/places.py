"""The places of the city: the tree, a search that forgives, and a page for each."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path

from shaar.platform.kernel import events
from shaar.platform.kernel.gate import public
from shaar.platform.places import selectors
from shaar.platform.places.models import Territory
from shaar.platform.portal import panels


@public
def places(request: HttpRequest) -> HttpResponse:
    """All territories of today, or those that a search finds; one alone is opened at once."""
    text = request.GET.get("q", "").strip()[:80]
    found = selectors.search(text) if text else []
    if len(found) == 1:
        return HttpResponseRedirect(found[0].get_absolute_url())
    rows = selectors.tree()
    return render(
        request,
        "places/list.html",
        {
            "q": text,
            "found": found,
            "groups": _groups(rows),
            "settlements": [one for one, _depth in rows if one.kind in {"settlement", "village", "quarter"}],
            "districts": [one for one, _depth in rows if one.kind == "district"],
        },
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A district (None: none is stated) and what lies in it."""

    head: Territory | None
    inside: list[Territory]


def _groups(rows: list[tuple[Territory, int]]) -> list[Group]:
    """Districts with what lies in them; what lies in the city itself comes last."""
    groups: list[Group] = []
    rest: list[Territory] = []
    for one, _depth in rows:
        if one.kind == "district":
            groups.append(Group(one, []))
        elif one.kind != "city":
            home = next((g for g in groups if g.head is not None and g.head.contains(one)), None)
            (home.inside if home else rest).append(one)
    return [*groups, Group(None, rest)] if rest else groups


@public
def place(request: HttpRequest, code: str) -> HttpResponse:
    """One territory: where it lies, what is going on there, its history."""
    one = selectors.find(code)
    today = selectors.became(one) if one.until else []
    inside = list(one.children.filter(until__isnull=True).order_by("path"))
    return render(
        request,
        "places/place.html",
        {
            "place": one,
            "today": today,
            "above": selectors.ancestors(one),
            "inside": sorted(inside, key=str),
            "old_names": one.old_names.order_by("until"),
            "before": one.predecessors.all(),
            "story": events.story(one),
            "panels": panels.shown(request, panels.PLACE, one),
            "city_source": settings.PROFILE.source,
        },
    )


urlpatterns = [
    path("places/", places, name="places"),
    path("places/<str:code>/", place, name="place"),
]
