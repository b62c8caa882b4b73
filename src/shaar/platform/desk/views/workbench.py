"""The workbench: its page, what it has to know of the city, and the layers of the network that it compares with."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import translation
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from shaar.platform.appraise import live, policies, scenarios
from shaar.platform.desk import queues
from shaar.platform.desk.answering import answers, person_of
from shaar.platform.kernel.errors import Missing, Refusal
from shaar.platform.kernel.gate import opens_to
from shaar.platform.places import city_map
from shaar.platform.propose.selectors.measure import measure_by_ref

PERIODS = {
    "early": gettext_noop("Early"), "morning_peak": gettext_noop("Morning peak"), "midday": gettext_noop("Midday"),
    "evening_peak": gettext_noop("Evening peak"), "evening": gettext_noop("Evening"),
}  # fmt: skip


@opens_to(policies.may_appraise, "appraisers")
def page(request: HttpRequest) -> HttpResponse:
    """The page; everything on it is drawn by the browser from what the addresses below answer.

    ``?study=`` and ``?alternative=`` open what is kept; ``?measure=`` leads to the open study of a proposal.
    """
    measure = None
    if ref := request.GET.get("measure"):
        measure = measure_by_ref(ref, viewer=request.user)
        if known := measure.studies.exclude(state="closed").order_by("made_at").first():
            return redirect(f"{reverse('workbench')}?study={known.ref}")
    stamp = city_map.stamp()
    boot = {
        "language": translation.get_language(), "csrf": get_token(request), "person": str(person_of(request).pk),
        "city": settings.PROFILE.names.get(translation.get_language() or "", "") or settings.PROFILE.names["ru"],
        "measure": None if measure is None else {
            "ref": measure.ref, "title": measure.title, "kind": measure.kind, "geometry": measure.geometry,
        },
        "study": request.GET.get("study") or None, "alternative": request.GET.get("alternative") or None,
        "urls": {
            "api": reverse("workbench").removesuffix("/") + "/api", "desk": reverse("desk"),
            "tiles": f"{reverse('city_map')}?v={stamp}" if stamp else "", "style": reverse("map_style"),
            "glyphs": "/map/glyphs/{fontstack}/{range}.pbf?v=1", "studies": "/desk/studies/",
        },
    }  # fmt: skip
    city_map.ask()
    with suppress(Refusal):
        live.workshop()  # it opens while the page is being loaded
    return render(request, "desk/workbench.html", {"boot": boot, "built": _built()})


def _built() -> str:
    """Hash of the program of the page, so that a new one is fetched at once; empty where it was not built."""
    names = [finders.find(f"desk/workbench/workbench.{kind}") for kind in ("js", "css")]
    if not all(names):
        return ""
    return _hash_of(tuple((str(name), Path(str(name)).stat().st_mtime_ns) for name in names))


@lru_cache(maxsize=4)
def _hash_of(files: tuple[tuple[str, int], ...]) -> str:
    whole = hashlib.sha256()
    for name, _changed in files:
        whole.update(Path(name).read_bytes())
    return whole.hexdigest()[:10]


def city(request: HttpRequest) -> dict[str, Any]:
    """What the workbench has to know before anything is drawn."""
    from shaar.engine.design.vehicles import vehicle_types
    from shaar.engine.measures.registry import catalogue
    from shaar.engine.measures.vehicle_types import TYPES
    from shaar.engine.study.effects import indicators

    engine = live.opened()
    state, meta = engine.state, engine.state.city.meta
    nodes = state.city.nodes
    lon, lat = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
    zones, people = state.city.zones, state.city.zones["population"].fill_null(0.0)
    total = float(people.sum())
    center = (
        [float((zones[axis] * people).sum()) / total for axis in ("lon", "lat")] if total > 0
        else [float(lon.mean()), float(lat.mean())]
    )  # fmt: skip
    window = engine.options.window
    known = vehicle_types()
    reference = scenarios.reference_scenario()
    return {
        "name": meta.name, "names": {**settings.PROFILE.names, **meta.names},
        "bbox": [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())], "center": center,
        "currency": meta.currency, "time_zone": meta.time_zone, "window": list(window),
        "day": engine.options.day.isoformat() if engine.options.day else None, "date": meta.data_date,
        "periods": [
            {"key": key, "label": _in_all(PERIODS.get(key, key)), "start": _clock(a), "end": _clock(b)}
            for key, (a, b) in engine.baseline.periods.items()
        ],
        "vehicle_types": [
            {"key": key, "label": dict(words), "places": known[key].places, "seats": known[key].seats}
            for key, words in TYPES.items() if key in known
        ],
        "catalogue": catalogue(),
        "reference": None if reference is None else {
            "name": reference.name, "hash": reference.hash, "badge": "modelled",
            "note": _("This city has no timetable. Everything is compared with a network that Shaar designed."),
        },
        "indicators": indicators(),
        "places": [
            {k: row.get(k) for k in ("place_id", "kind", "name", "population", "minutes")}
            for row in engine.baseline.places.to_dicts()
        ],
        "tiles": f"{reverse('city_map')}?v={city_map.stamp()}", "provenance": _provenance(engine),
    }  # fmt: skip


def _provenance(engine: Any) -> dict[str, Any]:
    given = engine.provenance
    return {"city": given.city, "parameters": given.parameters, "engine": given.engine, "seed": given.seed}


def _in_all(word: str) -> dict[str, str]:
    """A word in every language of the site."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[language] = _(word)
    return found


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"


def layer(request: HttpRequest, name: str) -> HttpResponse:
    """A layer as GeoJSON, made once a process and packed once."""
    found = live.layer(name)
    if found is None:
        raise Missing("layer.missing", _("There is no such layer."))
    packed, etag = found
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        answer = HttpResponse(status=304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(packed, content_type="application/geo+json")
        answer["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(gzip.decompress(packed), content_type="application/geo+json")
        answer["Content-Encoding"] = "identity"
    answer["ETag"] = etag
    answer["Vary"] = "Accept-Encoding, Cookie"
    answer["Cache-Control"] = "private, no-cache"
    return answer


urlpatterns = [
    path("", page, name="workbench"),
    path("api/city", answers(GET=city), name="workbench_city"),
    path("api/layers/<slug:name>.json", answers(GET=layer), name="workbench_layer"),
]

queues.register("/workbench/", gettext_lazy("Workbench"), order=61, opens_to=policies.may_appraise)
