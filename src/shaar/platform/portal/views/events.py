"""The log of what happened: for people to read, for feed readers, and for those who check that nobody changed it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.syndication.views import Feed
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shaar.platform.kernel import events, story
from shaar.platform.kernel.fields import in_language
from shaar.platform.kernel.gate import public
from shaar.platform.kernel.models import Event

#: Seconds for which a check of the whole chain is kept; it reads every event.
_CHECK_HOLDS = 600


def _checked() -> dict[str, Any]:
    """Result of the last check of the chain, made anew when it is old."""
    found: dict[str, Any] = cache.get("events:checked") or events.check()
    cache.set("events:checked", found, _CHECK_HOLDS)
    return found


@public
def log(request: HttpRequest) -> HttpResponse:
    """The head of the chain, whether it holds, and what happened last."""
    page = Paginator(story.public_events(), 50).get_page(request.GET.get("page"))
    lines = story.told(page.object_list, viewer=AnonymousUser())
    return render(request, "events/log.html", {"checked": _checked(), "page": page, "lines": lines})


@public
def chain(request: HttpRequest) -> JsonResponse:
    """Number and hash of every event from ``from`` on, a thousand at most: enough to keep a copy of the chain."""
    start = request.GET.get("from", "1")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 19 else 1
    rows = Event.objects.filter(seq__gte=first).order_by("seq").values_list("seq", "previous", "hash")[:1000]
    return JsonResponse({"events": [{"seq": s, "previous": p, "hash": h} for s, p, h in rows]})


class News(Feed):
    """Public events as Atom, in the language of ``?lang=`` or the reader's browser."""

    feed_type = Atom1Feed
    link = "/"

    def title(self) -> str:
        """Name of the city."""
        return in_language(settings.PROFILE.names)

    def subtitle(self) -> str:
        """What it is."""
        return _("What happened: proposals, answers, decisions, results")

    def feed_url(self) -> str:
        """Its own address."""
        return f"/feed.atom?lang={get_language()}"

    def items(self) -> list[story.Line]:
        """The last fifty."""
        return story.told(story.public_events()[:50], viewer=AnonymousUser())

    def item_title(self, item: story.Line) -> str:
        """The sentence, with the name of what it is about."""
        return f"{item.name}: {item.sentence}" if item.name else item.sentence

    def item_description(self, item: story.Line) -> str:
        """The sentence."""
        return item.sentence

    def item_link(self, item: story.Line) -> str:
        """The page of the object, else the log."""
        return item.link or "/events/"

    def item_guid(self, item: story.Line) -> str:
        """Its hash names an event for good."""
        return f"urn:sha256:{item.event.hash}"

    def item_pubdate(self, item: story.Line) -> Any:
        """When."""
        return item.event.at

    def item_updateddate(self, item: story.Line) -> Any:
        """When; events never change."""
        return item.event.at


@public
def feed(request: HttpRequest) -> HttpResponse:
    """Atom feed."""
    from django.utils import translation

    wanted = request.GET.get("lang", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else (get_language() or settings.LANGUAGE_CODE)
    with translation.override(language):
        return News()(request)


urlpatterns = [
    path("events/", log, name="events"),
    path("events/chain.json", chain, name="events_chain"),
    path("feed.atom", feed, name="feed"),
]
