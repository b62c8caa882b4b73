"""A map as SVG: the base from tiles (a plain grid of degrees where there is no model), names, outlines, pins, scale.

Words and signs keep their size on every screen: they stand in small pictures of their own placed by shares of the map,
while the base and the outlines stretch with it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from shapely.geometry import shape

from shaar.platform.places.models import Territory
from shaar.report.geometry import WIDTH
from shaar.report.geometry import path as svg_path
from shaar.report.maps import labels

from ..saying import number
from . import tiles
from .mercator import ASPECT, Window, to_degrees, window_around
from .things import Thing

#: Units across the stretched part of the picture.
UNITS = 1200
TALL = round(UNITS * ASPECT)
#: The width for which tiles are chosen, px: sharp on a phone, good on a wide screen.
PIXELS = 760
#: A pin whose tip stands on the place.
DROP = "M0 0c-3-7-10-12-10-20a10 10 0 0 1 20 0c0 8-7 13-10 20z"


def window_of(things: Iterable[Thing], around: Territory | None = None) -> Window:
    """The window that shows all things and the territory; with neither, the whole city."""
    boxes = [shape(t.geometry).bounds for t in things]
    if around is not None and around.geometry:
        boxes.append(shape(around.geometry).bounds)
    if not boxes:
        return city_window()
    wests, souths, easts, norths = zip(*boxes)
    return window_around((min(wests), min(souths), max(easts), max(norths)), margin=0.18)


def city_window() -> Window:
    """The whole city: the box of the places that are known, else what the base covers, else the country."""
    from django.db.models import Max, Min

    from shaar.platform.places import selectors

    inner = selectors.current().exclude(kind="city")
    box = inner.aggregate(w=Min("min_lon"), s=Min("min_lat"), e=Max("max_lon"), n=Max("max_lat"))
    if box["w"] is not None:
        return window_around((box["w"], box["s"], box["e"], box["n"]), margin=0.06)
    covered = tiles.box()
    if covered:
        west, north = to_degrees(covered[0], covered[1])
        east, south = to_degrees(covered[2], covered[3])
        return window_around((west, south, east, north), margin=0)
    return window_around((74.4, 42.75, 74.8, 42.98) if settings.PROFILE.country == "KG" else (66, 45, 76, 53))


def ground(window: Window, *, pixels: int = PIXELS) -> SafeString:
    """The base under the data: tiles, or degrees."""
    parts = [f'<rect class="map-land" width="{UNITS}" height="{TALL}"/>']
    unit = UNITS / window.width
    for zoom, column, row in tiles.tiles_of(window, pixels):
        side = unit / 2**zoom
        x, y = (column / 2**zoom - window.west) * unit, (row / 2**zoom - window.north) * unit
        href = reverse("map_tile", args=[tiles.stamp(), zoom, column, row])
        parts.append(
            f'<image href="{href}" x="{x:.1f}" y="{y:.1f}" width="{side + 0.4:.1f}" height="{side + 0.4:.1f}"/>'
        )
    if len(parts) == 1:
        parts.append(graticule(window))
    return mark_safe("".join(parts))


def _step(window: Window) -> float:
    wide = window.at(1, 1)[0] - window.at(0, 0)[0]
    return next((s for s in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2) if wide / s <= 7), 5)


def degrees(window: Window) -> SafeString:
    """Words of the lines of `graticule`; nothing where there is a base map."""
    if settings.PROFILE.model is not None:
        return SafeString("")
    (west, north), (east, south), step = window.at(0, 0), window.at(1, 1), _step(window)
    decimals = max(0, math.ceil(-math.log10(step)))
    out = ""
    for k in range(math.ceil(west / step), math.floor(east / step) + 1):
        text = f'<text class="map-degree" x="3" y="12">{number(k * step, decimals)}°</text>'
        out += _placed(window.share(k * step, north)[0], 0, text, "")
    for k in range(math.ceil(south / step), math.floor(north / step) + 1):
        y = window.share(west, k * step)[1]
        out += _placed(0, y, f'<text class="map-degree" x="3" y="-3">{number(k * step, decimals)}°</text>', "")
    return mark_safe(out)


def graticule(window: Window) -> str:
    """Lines at round degrees."""
    west, north = window.at(0, 0)
    east, south = window.at(1, 1)
    step = _step(window)
    d = ""
    for k in range(math.ceil(west / step), math.floor(east / step) + 1):
        d += f"M{window.share(k * step, north)[0] * UNITS:.0f} 0v{TALL}"
    for k in range(math.ceil(south / step), math.floor(north / step) + 1):
        d += f"M0 {window.share(west, k * step)[1] * TALL:.0f}h{UNITS}"
    return f'<path class="map-grid" d="{d}" vector-effect="non-scaling-stroke"/>'


def outline(geometry: dict[str, Any], window: Window, css: str) -> SafeString:
    """A line or an area in the stretched part of the picture; a point gives nothing."""
    given = shape(geometry)
    if given.geom_type == "Point":
        return SafeString("")

    def grid(c: Any) -> Any:
        lat = np.radians(c[:, 1])
        x, y = (c[:, 0] + 180) / 360, (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2
        return np.column_stack([(x - window.west) / window.width * UNITS, (y - window.north) / window.height * TALL])

    drawn = shapely.transform(given, grid)
    far = 3 * UNITS
    drawn = shapely.simplify(shapely.clip_by_rect(drawn, -far, -far, far, far), 0.7)
    if drawn.geom_type.endswith("LineString"):
        css = css.replace("map-shape", "map-line")
    return format_html('<path class="{}" d="{}"/>', css, svg_path([drawn]))


def _placed(x: float, y: float, inner: str, css: str) -> str:
    """A small picture of constant size at shares of the map; ``data-at`` lets the script move it."""
    return f'<svg class="{css}" x="{100 * x:.2f}%" y="{100 * y:.2f}%" overflow="visible">{inner}</svg>'


def names(window: Window, shown: Iterable[Territory], taken: list[tuple[float, float]]) -> SafeString:
    """Names of territories where there is room, districts first; ``taken`` are places of pins, as shares."""
    height = round(WIDTH * ASPECT)
    rooms = labels.Room(labels.UNITS_PHONE, height), labels.Room(labels.UNITS_WIDE, height)
    for x, y in taken:
        for room in rooms:
            room.take(x * WIDTH, y * height, 26, 26, gap=0)
    wanted, found = [], []
    for one in shown:
        if not one.geometry or one.kind == "city":
            continue
        given = shape(one.geometry)
        inside = given.representative_point()
        point = given.geom_type == "Point"
        x, y = window.share(inside.x, inside.y)
        if not (0 < x < 1 and 0 < y < 1):
            continue
        size, down = (13.0, 0.0) if one.kind == "district" else (12.0, -12.0 if point else 0.0)
        wanted.append(
            (x * WIDTH, y * height + down * labels.UNITS_WIDE, labels.text_width(str(one), size), 16.0)
        )  # fmt: skip
        found.append((one, x, y, down, point))
    out = ""
    for (one, x, y, down, point), where in zip(found, labels.place(wanted, height, taken=rooms)):
        if point:
            out += _placed(x, y, '<circle r="4"/>', "map-dot")
        if where is not None:
            text = f'<text class="map-name {one.kind}" y="{down + 4:.0f}">{escape(str(one))}</text>'
            out += _placed(x, y, text, where)
    return mark_safe(out)


def pins(window: Window, things: Iterable[Thing]) -> tuple[SafeString, list[tuple[float, float]]]:
    """Signs of things, moved apart a little where they would cover each other; and where they stand, as shares."""
    out, stand = "", []
    moved: list[tuple[float, float]] = []
    things = list(things)
    for thing in things:
        given = shape(thing.geometry)
        # Territories have their names on the map; only one alone that is a point needs a pin.
        if thing.area and (given.geom_type != "Point" or len(things) > 1):
            continue
        # A line without a name is seen as it is; a pin on its middle would say nothing.
        if not thing.name and not thing.link and given.geom_type.endswith("LineString"):
            continue
        middle = given.representative_point()
        x, y = window.share(middle.x, middle.y)
        px, py = _free(x * 600, y * 600 * ASPECT, moved)
        moved.append((px, py))
        stand.append((px / 600, py / 600 / ASPECT))
        dx, dy = px - x * 600, py - y * 600 * ASPECT
        words = thing.name or _("Marked place")
        if thing.number is None:
            inner = f'<path d="{DROP}"/><circle class="hole" cy="-20" r="3.5"/>'
        else:
            size = 11 if thing.number < 100 else 10
            inner = f'<circle r="13"/><text y="4" font-size="{size}">{thing.number}</text>'
        if abs(dx) + abs(dy) > 1:
            by = f"{dx:.0f} {dy:.0f}"
            inner = f'<path class="lead-line" d="M0 0l{by}"/><g transform="translate({by})">{inner}</g>'
        if thing.link:
            inner = format_html('<a href="{}" aria-label="{}">{}</a>', thing.link, words, mark_safe(inner))
        out = _placed(x, y, f"<title>{escape(words)}</title>{inner}", "map-pin") + out
    return mark_safe(out), stand


def _free(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The point, or the nearest on a spiral around it where no other sign stands."""
    for step in range(160):
        turn, far = step * 2.4, 9 * math.sqrt(step)
        cx, cy = x + far * math.cos(turn), y + far * math.sin(turn)
        if all(math.hypot(cx - a, cy - b) >= 24 for a, b in taken):
            return cx, cy
    return x, y


def scale(window: Window) -> SafeString:
    """A bar of a round length, about a fifth of the width."""
    most = window.metres * 0.24
    metres = max((m * 10.0**e for e in range(1, 6) for m in (1, 2, 5) if m * 10.0**e <= most), default=10.0)
    words = f"{number(metres / 1000)}\u00a0{_('km')}" if metres >= 1000 else f"{number(metres)}\u00a0{_('m')}"
    wide = 100 * metres / window.metres
    return format_html(
        '<g class="map-bar"><line class="map-scale" x1="2%" x2="{}%" y1="97%" y2="97%"/>'
        '<text class="map-scale-text" x="2%" y="95.5%">{}</text></g>',
        f"{2 + wide:.2f}", words,
    )  # fmt: skip


@lru_cache(maxsize=4)
def sources(folder: str) -> tuple[bool, str]:
    """Of a city folder: whether its base is OpenStreetMap's, and the day of its data."""
    text = (Path(folder) / "city.toml").read_text(encoding="utf-8")
    return "OpenStreetMap" in text or "ODbL" in text, str(tomllib.loads(text).get("data_date", ""))


def is_osm() -> bool:
    """Whether OpenStreetMap has to be named under the map."""
    return bool(settings.PROFILE.model) and sources(str(settings.PROFILE.model))[0]


def svg(
    window: Window, things: list[Thing], *, shown: Iterable[Territory], label: str, css: str = "", layer: str = ""
) -> SafeString:
    """The whole picture: ground, ``layer`` (paths in units of the picture) on it, outlines, names, pins, scale."""
    shown = list(shown)
    signs, stand = pins(window, things)
    lines = [
        outline(one.geometry, window, f"map-outline context{' approximate' if one.approximate else ''}")
        for one in shown
        if one.geometry and one.kind in {"settlement", "village", "quarter"}
    ]
    areas = [
        outline(t.geometry, window, f"map-outline{' approximate' if t.approximate else ''}" if t.area else "map-shape")
        for t in things
    ]
    role = "group" if any(t.link for t in things) else "img"
    return format_html(
        '<svg class="map-view {}" role="{}" aria-label="{}"><svg class="map-ground" viewBox="0 0 {} {}" '
        'preserveAspectRatio="none" width="100%" height="100%"><g class="map-tiles">{}</g>{}{}{}</svg>{}{}{}{}</svg>',
        css, role, label, UNITS, TALL, ground(window), mark_safe(layer), mark_safe("".join(lines)),
        mark_safe("".join(areas)),
        degrees(window), names(window, shown, stand), signs, scale(window),
    )  # fmt: skip
