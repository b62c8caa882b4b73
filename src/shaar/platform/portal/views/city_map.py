"""The vector map that browsers draw: the PMTiles file by byte ranges, its style, and the glyphs of its names."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shaar.engine.prepare.tiles_mvt import varint
from shaar.platform.kernel.gate import public
from shaar.platform.places import city_map
from shaar.platform.portal.maps.style import THEMES, style

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"
GLYPHS = Path(str(files("shaar"))) / "platform" / "portal" / "data" / "glyphs"
#: Change it when glyphs are made anew.
GLYPHS_VERSION = "1"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@public
def archive(request: HttpRequest) -> HttpResponseBase:
    """The map, whole or a part of it; at its address with ``?v=`` it never changes."""
    found = city_map.ready()
    if found is None:
        if city_map.file() is None:
            raise Http404
        # No waiting here: a browser asks for several parts at once, and its other questions would queue behind them.
        city_map.ask()
        answer = JsonResponse(
            {"code": "map.making", "message": _("The map is being made. It will be here in a minute."), "field": None},
            status=503,
        )
        answer["Retry-After"] = "2"
        answer["Cache-Control"] = "no-store"
        answer._has_been_logged = True  # type: ignore[attr-defined] # not a fault of the server
        return answer
    stamp = found.stem
    etag = quote_etag(stamp)
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _said(HttpResponse(status=304), request, stamp)
    size = found.stat().st_size
    # A part of another file than the one that was asked for would be nonsense.
    part = _part(request, size) if request.headers.get("If-Range", etag) == etag else None
    if part is None:
        whole = FileResponse(found.open("rb"), content_type="application/vnd.pmtiles")
        return _said(whole, request, stamp)
    begin, end = part
    if begin >= end:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return _said(refused, request, stamp)
    with found.open("rb") as file:
        file.seek(begin)
        piece = HttpResponse(file.read(end - begin), status=206, content_type="application/vnd.pmtiles")
    piece["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return _said(piece, request, stamp)


def _part(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole file, an empty span for what lies outside."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size
    begin = int(match[1])
    end = min(size, int(match[2]) + 1) if match[2] else size
    if match[2] and int(match[2]) < begin:
        return None  # not a span at all: as if it had not been asked
    return (begin, end) if begin < size else (0, 0)


def _said(answer: HttpResponseBase, request: HttpRequest, stamp: str) -> HttpResponseBase:
    answer["ETag"] = quote_etag(stamp)
    answer["Accept-Ranges"] = "bytes"
    # Tiles are packed already, and a part must arrive byte by byte as it lies in the file.
    answer["Content-Encoding"] = "identity"
    answer["Cache-Control"] = FOR_GOOD if request.GET.get("v") == stamp else ASK_AGAIN
    return answer


@public
def style_json(request: HttpRequest) -> HttpResponse:
    """The style: ``theme`` light or dark, ``language`` of the names (else that of the page)."""
    theme = request.GET.get("theme", "light")
    language = request.GET.get("language") or get_language() or settings.LANGUAGE_CODE
    if theme not in THEMES or language not in dict(settings.LANGUAGES):
        raise Http404
    stamp = city_map.stamp()
    city_map.ask()  # whoever asks for the style will want the map a moment later
    tiles = request.build_absolute_uri(f"{reverse('city_map')}?v={stamp}") if stamp else ""
    glyphs = unquote(request.build_absolute_uri(reverse("map_glyphs", args=["{fontstack}", "{range}"])))
    made = style(theme=theme, language=language, tiles=tiles, glyphs=f"{glyphs}?v={GLYPHS_VERSION}")
    answer = JsonResponse(made, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})
    answer["Cache-Control"] = "public, max-age=300"
    return answer


@public
def glyphs(request: HttpRequest, stack: str, span: str) -> HttpResponse:
    """256 glyphs of a font; a range that we do not draw is empty, so that the rest of a name is still shown."""
    known = [name for name in stack.split(",") if name in _stacks()]
    if not known or not re.fullmatch(r"\d{1,5}-\d{1,5}", span):
        raise Http404
    file = GLYPHS / known[0] / f"{span}.pbf.gz"
    packed = file.read_bytes() if file.is_file() else _no_glyphs(known[0], span)
    accepts = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(packed if accepts else gzip.decompress(packed), content_type="application/x-protobuf")
    answer["Content-Encoding"] = "gzip" if accepts else "identity"
    answer["Vary"] = "Accept-Encoding"
    answer["Cache-Control"] = FOR_GOOD if request.GET.get("v") == GLYPHS_VERSION else ASK_AGAIN
    return answer


@lru_cache(maxsize=1)
def _stacks() -> frozenset[str]:
    return frozenset(folder.name for folder in GLYPHS.iterdir() if folder.is_dir())


def _no_glyphs(stack: str, span: str) -> bytes:
    words = b"".join(varint(n << 3 | 2) + varint(len(w)) + w for n, w in ((1, stack.encode()), (2, span.encode())))
    return gzip.compress(b"\x0a" + varint(len(words)) + words, mtime=0)


urlpatterns = [
    path("map/city.pmtiles", archive, name="city_map"),
    path("map/style.json", style_json, name="map_style"),
    path("map/glyphs/<str:stack>/<str:span>.pbf", glyphs, name="map_glyphs"),
]
