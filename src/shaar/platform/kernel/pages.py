"""Pages for people who have not signed in, kept for a few seconds: on a busy evening most people only read.

A page that anybody may see is the same for everybody who reads in one language and brings no cookies of a session.
It is made once, kept in the memory of the process for ``PAGE_SECONDS``, and given to all who ask in that time. Whoever
has signed in, or has a form open, always gets a page made for her.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request

#: Pages kept at most, and the largest that is kept, in bytes.
_PAGES, _LARGEST = 400, 400_000
#: What a request may not carry: it asks for more than the page.
_SPECIAL = {"Authorization", "Range", "If-Modified-Since", "If-None-Match"}
#: What an answer says that is of one reader only.
_PRIVATE = {"no-store", "no-cache", "private"}

Key = tuple[str, ...]


class KeptPagesMiddleware:
    """Answers from memory what was answered to nobody in particular a moment ago."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.pages: OrderedDict[Key, tuple[float, HttpResponse]] = OrderedDict()
        self.lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the kept page, or make one and keep it if it is of nobody."""
        seconds: float = settings.PAGE_SECONDS
        if not seconds or not _of_nobody(request):
            return self.get_response(request)
        key = (
            request.get_host(), request.scheme or "", request.get_full_path(), get_language_from_request(request),
            request.headers.get("HX-Request", ""), request.headers.get("HX-Target", ""),
            request.headers.get("Accept", ""), request.headers.get("Accept-Encoding", ""),
        )  # fmt: skip
        now = time.monotonic()
        with self.lock:
            found = self.pages.get(key)
        if found is not None and found[0] > now:
            return _copy(found[1])
        response = self.get_response(request)
        if _may_be_kept(response):
            with self.lock:
                self.pages[key] = (now + seconds, _copy(response))
                self.pages.move_to_end(key)
                while len(self.pages) > _PAGES:
                    self.pages.popitem(last=False)
        return response


def _of_nobody(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        # The language stands in the key; every other cookie may be somebody's.
        and set(request.COOKIES) <= {settings.LANGUAGE_COOKIE_NAME}
        and not _SPECIAL & set(request.headers)
    )


def _may_be_kept(response: HttpResponse) -> bool:
    said = {word.strip() for word in response.headers.get("Cache-Control", "").lower().split(",")}
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not said & _PRIVATE
        and len(response.content) <= _LARGEST
    )


def _copy(response: HttpResponse) -> HttpResponse:
    same = HttpResponse(response.content, status=response.status_code)
    for name, value in response.headers.items():
        same.headers[name] = value
    return same
