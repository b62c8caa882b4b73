"""Tiles of the base map: public pictures without names, kept by browsers for good."""

from __future__ import annotations

import hashlib
import json

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.http import parse_etags, quote_etag

from shaar.platform.kernel.fields import check_geometry
from shaar.platform.kernel.gate import public
from shaar.platform.places import selectors
from shaar.platform.portal.maps import picture as pictures
from shaar.platform.portal.maps import tiles
from shaar.platform.portal.maps.draw import city_window
from shaar.platform.portal.maps.mercator import window_from
from shaar.platform.portal.maps.things import things_of

# These pictures have their own style inside; nothing else may be in them.
_ONLY_STYLE = "default-src 'none'; style-src 'unsafe-inline'"


@public
def tile(request: HttpRequest, stamp: str, zoom: int, column: int, row: int) -> HttpResponse:
    """One tile; its address changes when the city's data does."""
    if not stamp or stamp != tiles.stamp():
        raise Http404
    etag = quote_etag(f"{stamp}-{zoom}-{column}-{row}")
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        answer = HttpResponse(status=304)
    else:
        drawn = tiles.tile(zoom, column, row)
        if drawn is None:
            raise Http404
        answer = HttpResponse(drawn, content_type="image/svg+xml")
    answer["ETag"] = etag
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    answer["Content-Security-Policy"] = _ONLY_STYLE
    return answer


@public
def picture(request: HttpRequest) -> HttpResponse:
    """A window as one picture, for the input that takes clicks; ``mark`` is GeoJSON of what is chosen."""
    window = window_from(request.GET.get("at", "")) or city_window()
    marked = None
    try:
        given = json.loads(request.GET.get("mark", "") or "null")
        check_geometry(given)
        marked = next(iter(things_of(given)[0]), None)
    except (ValueError, ValidationError):
        pass
    drawn = pictures.draw(window, selectors.current(), marked)
    etag = quote_etag(hashlib.sha256(drawn.encode()).hexdigest()[:16])
    same = etag in parse_etags(request.headers.get("If-None-Match", ""))
    answer = HttpResponse(status=304) if same else HttpResponse(drawn, content_type="image/svg+xml")
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, max-age=300"
    answer["Content-Security-Policy"] = _ONLY_STYLE
    return answer


urlpatterns = [
    path("maps/picture.svg", picture, name="map_picture"),
    path("maps/<str:stamp>/<int:zoom>/<int:column>/<int:row>.svg", tile, name="map_tile"),
]
