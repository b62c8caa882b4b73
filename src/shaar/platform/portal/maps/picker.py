"""Choosing a place: what the form sent becomes the next picture; works by sending the form, better with the script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.http import urlencode
from shapely.geometry import shape

from shaar.platform.kernel.fields import check_geometry
from shaar.platform.places import finding, selectors
from shaar.platform.places.models import Territory

from .draw import city_window, window_of
from .mercator import Window, window_from
from .things import Thing

#: What each button does to the window: (shares across, shares down, zoom).
_MOVES = {
    "in": (0, 0, 0.5), "out": (0, 0, 2), "north": (0, -0.35, 1), "south": (0, 0.35, 1),
    "west": (-0.35, 0, 1), "east": (0.35, 0, 1),
}  # fmt: skip
#: Width of a window in which a pin is put well, m.
_CLOSE = 3000.0


@dataclass(frozen=True, slots=True)
class Picked:
    """What the picker shows."""

    window: Window
    geometry: dict[str, Any] | None
    territory: Territory | None
    address: str
    found: tuple[finding.Found, ...]
    looked: bool

    @property
    def geometry_text(self) -> str:
        """GeoJSON for the hidden field."""
        return json.dumps(self.geometry, separators=(",", ":")) if self.geometry else ""

    @property
    def things(self) -> list[Thing]:
        """The marked place."""
        return [Thing("", self.geometry)] if self.geometry else []

    @property
    def picture(self) -> str:
        """Address of the picture that takes clicks."""
        facts = {"at": self.window.text()}
        if self.geometry and len(self.geometry_text) < 1500:
            facts["mark"] = self.geometry_text
        return f"{reverse('map_picture')}?{urlencode(facts)}"


def picked(bound: BoundField, home: Territory | None = None) -> Picked:
    """Work out what to show from what was sent, or from the initial value; ``home`` is where to look first."""
    parts = bound.field.widget.format_value(bound.value())
    geometry = _geometry(parts["geometry"])
    territory = selectors.current().filter(code=parts["territory"]).first() if parts["territory"] else None
    window = window_from(parts["window"]) or _first_window(geometry, territory or home)
    found: tuple[finding.Found, ...] = ()
    looked = False
    do = parts.get("do") or ""
    if parts.get("click"):
        lon, lat = window.at(*parts["click"])
        geometry = _pin(lon, lat)
        territory = selectors.at_point(lon, lat) or territory
    elif do in _MOVES:
        across, down, zoom = _MOVES[do]
        window = window.moved(across, down, zoom)
    elif do == "clear":
        geometry = None
    elif do == "show" and territory is not None:
        window = window_of([], territory) if territory.geometry else window
    elif do == "find":
        looked = True
        found = tuple(finding.find(parts["address"]))
    elif do.startswith("at:"):
        there = _degrees(do)
        if there is not None:
            lon, lat = there
            middle = window_of([Thing("", _pin(lon, lat))])
            window = Window(middle.x, middle.y, min(window.width, middle.width * _CLOSE / 1200))
            geometry = _pin(lon, lat)
            territory = selectors.at_point(lon, lat) or territory
    elif do.startswith("in:"):
        chosen = selectors.current().filter(code=do[3:]).first()
        if chosen is not None:
            territory = chosen
            window = window_of([], chosen) if chosen.geometry else window
    return Picked(window, geometry, territory, parts["address"], found, looked)


def _first_window(geometry: dict[str, Any] | None, near: Territory | None) -> Window:
    if geometry:
        return window_of([Thing("", geometry)]).moved(zoom=_CLOSE / 1200)
    if near is not None and near.geometry:
        return window_of([], near)
    return city_window()


def _geometry(text: str) -> dict[str, Any] | None:
    """GeoJSON that may be drawn; anything else is left to the field to refuse."""
    try:
        given = json.loads(text) if text else None
        check_geometry(given)
        if given is not None:
            shape(given)
    except Exception:
        return None
    return given if isinstance(given, dict) else None


def _pin(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(lon, 5), round(lat, 5)]}


def _degrees(do: str) -> tuple[float, float] | None:
    try:
        lon, lat = (float(part) for part in do[3:].split(","))
    except ValueError:
        return None
    return (lon, lat) if -180 <= lon <= 180 and -80 <= lat <= 80 else None


def has_base() -> bool:
    """Whether there is a base map under the picker."""
    return settings.PROFILE.model is not None
