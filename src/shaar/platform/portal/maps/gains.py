"""The map of winners and losers: areas whose journeys get clearly shorter or longer, and where it is not clear.

The areas of one class are one path, joined and simplified to what the picture can show, so that the page stays light.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from shaar.engine.city import geoparquet
from shaar.platform.places import selectors
from shaar.platform.places.models import Territory
from shaar.report.geometry import path as svg_path

from . import draw, tags
from .mercator import Window, window_around
from .picker import has_base
from .things import Thing

#: Classes from the largest gain to the largest loss: (css, from, to) in minutes of the mean journey saved.
CLASSES = (
    ("gain-3", 10.0, np.inf), ("gain-2", 3.0, 10.0), ("gain-1", 0.0, 3.0),
    ("loss-1", -3.0, 0.0), ("loss-2", -10.0, -3.0), ("loss-3", -np.inf, -10.0),
)  # fmt: skip
#: A change of so many minutes or more that is not clear is drawn with a hatch; below it nothing is drawn.
UNCLEAR = 0.5


def classes(zones: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """Zones by class: those that clearly gain or lose by minutes, then those where nothing is clear."""
    known = zones.filter(pl.col("change").is_not_null())
    saved = -known["change"].to_numpy()
    clear = known["clear"].fill_null(0).to_numpy()
    names = known["zone_id"].to_numpy()
    found: list[tuple[str, list[str]]] = []
    for css, low, high in CLASSES:
        inside = (saved >= low) & (saved < high) if low >= 0 else (saved > low) & (saved <= high)
        # What is clear is said by its sign: a clear gain of nothing does not exist.
        mine = inside & (clear == (1 if low >= 0 else -1))
        found.append((css, [str(name) for name in names[mine]]))
    hazy = (clear == 0) & (np.abs(saved) >= UNCLEAR)
    found.append(("unclear", [str(name) for name in names[hazy]]))
    return found


@lru_cache(maxsize=2)
def _zones(folder: str) -> tuple[dict[str, int], Any]:
    table = geoparquet.read(Path(folder) / "zones.parquet")
    return {str(z): n for n, z in enumerate(table["zone_id"].to_list())}, geoparquet.geometries(table)


def areas(found: Sequence[tuple[str, list[str]]]) -> list[tuple[str, Any]]:
    """Each class as one shape in degrees; zones that the city no longer has are left out."""
    row, shapes = _zones(str(settings.PROFILE.model))
    joined = []
    for css, names in found:
        rows = [row[name] for name in names if name in row]
        if rows:
            joined.append((css, shapely.union_all(shapes[rows])))
    return joined


def _path(area: Any, window: Window, css: str) -> SafeString:
    def grid(c: Any) -> Any:
        y = (1 - np.arcsinh(np.tan(np.radians(c[:, 1]))) / np.pi) / 2
        return np.column_stack(
            [((c[:, 0] + 180) / 360 - window.west) / window.width, (y - window.north) / window.width]
        ) * [draw.UNITS, draw.UNITS]

    drawn = shapely.transform(area, grid)
    drawn = shapely.simplify(shapely.clip_by_rect(drawn, -600, -600, draw.UNITS + 600, draw.TALL + 600), 0.8)
    parts = [one for one in getattr(drawn, "geoms", [drawn]) if one.geom_type == "Polygon" and not one.is_empty]
    fill = mark_safe(' fill="url(#hatch)"') if css == "unclear" else ""
    return format_html('<path class="{}"{} d="{}"/>', css, fill, svg_path(parts)) if parts else SafeString("")


def layer(joined: Iterable[tuple[str, Any]], window: Window) -> SafeString:
    """The areas as paths; those without a clear change get a hatch."""
    hatch = (
        '<defs><pattern id="hatch" width="12" height="12" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V12"/></pattern></defs>'
    )
    paths = mark_safe("".join(_path(area, window, css) for css, area in joined))
    return format_html('{}<g class="gains">{}</g>', mark_safe(hatch), paths)


def legend(shown: Iterable[str]) -> SafeString:
    """What the colours mean, for the classes that there are."""
    words = {
        "gain-3": _("10 min or more shorter"), "gain-2": _("3 to 10 min shorter"), "gain-1": _("up to 3 min shorter"),
        "unclear": _("no clear change"),
        "loss-1": _("up to 3 min longer"), "loss-2": _("3 to 10 min longer"), "loss-3": _("10 min or more longer"),
    }  # fmt: skip
    there = set(shown)
    hatched = mark_safe(' fill="url(#hatch)"')
    rows = [(css, hatched if css == "unclear" else "", said) for css, said in words.items() if css in there]
    items = format_html_join(
        "",
        '<li><svg viewBox="0 0 22 22" aria-hidden="true"><g class="gains"><rect class="{}"{} width="22" height="22"/>'
        "</g></svg>{}</li>",
        rows,
    )
    return format_html('<ul class="map-legend">{}</ul>', items) if rows else SafeString("")


def context(zones: pl.DataFrame, things: Sequence[Thing] = (), *, caption: str = "") -> dict[str, Any]:
    """A map of gains and losses with what changes on it, for ``ui/map.html``."""
    joined = areas(classes(zones))
    shown: list[Territory] = list(selectors.current())
    boxes = [shapely.bounds(area) for _css, area in joined]
    boxes += [shapely.bounds(shapely.geometry.shape(one.geometry)) for one in things]
    if boxes:
        table = np.array(boxes)
        least = (*table[:, :2].min(axis=0), *table[:, 2:].max(axis=0))
        window = window_around(tuple(float(edge) for edge in least), margin=0.06)  # type: ignore[arg-type]
    else:
        window = draw.city_window()
    label = caption or _("Where journeys get shorter and longer")
    return {
        "svg": draw.svg(window, list(things), shown=shown, label=label, layer=layer(joined, window)),
        "legend": legend(css for css, _area in joined), "window": window, "things": [], "nowhere": [],
        "caption": caption, "based": has_base(), "open": False, "listed": False,
        "approximate": False, "osm": draw.is_osm(), "date": tags.base_date(), **tags.tile_facts(),
    }  # fmt: skip
