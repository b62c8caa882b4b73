"""One picture that stands alone: whose journeys get shorter or longer, on the quiet base of the report's maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from markupsafe import Markup

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.report.classes import classify
from shaar.report.colours import GAIN, LAND_LIGHT, LOSS, NEUTRAL
from shaar.report.geometry import WIDTH, Frame
from shaar.report.maps.base import base_layers, city_frame
from shaar.report.maps.frame import scale_metres
from shaar.report.maps.labels import UNITS_WIDE, Room, text_width
from shaar.report.maps.zones import class_layer
from shaar.report.svg import el

#: Cuts of the classes on both sides of no change, minutes.
BREAKS = (1.0, 3.0, 6.0)
#: Class of the picture -> CSS class and colour: gains are blue, losses orange (see ``colours``).
CLASSES = {
    0: ("g3", GAIN[2]), 1: ("g2", GAIN[1]), 2: ("g1", GAIN[0]), 3: ("n0", NEUTRAL),
    4: ("l1", LOSS[0]), 5: ("l2", LOSS[1]), 6: ("l3", LOSS[2]),
}  # fmt: skip
#: Grid units a pixel of a wide screen, in which letters and strokes are sized.
U = UNITS_WIDE
MOST_NAMES = 14

STYLE = f"""
text{{font-family:system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#1b252d}}
.land{{fill:{LAND_LIGHT}}}.built{{fill:#ece8e1}}.green{{fill:#dfe9d6}}.water{{fill:#cfe2ec}}
.green-line,.built-line{{fill:none}}.water-line{{fill:none;stroke:#cfe2ec;stroke-width:{2 * U:.0f}}}
.r1,.r2,.r3,.rail{{fill:none;stroke:#fff;stroke-linecap:round;stroke-linejoin:round;stroke-width:{1.2 * U:.0f}}}
.r2{{stroke-width:{0.8 * U:.0f}}}.r3{{stroke-width:{0.5 * U:.0f}}}.casing{{stroke:none}}
.rail{{stroke:#8d857b;stroke-width:{0.8 * U:.0f};stroke-dasharray:{4 * U:.0f} {3 * U:.0f}}}
.hatch{{stroke:#8d979f;stroke-width:6}}.key{{stroke:#8d979f;stroke-width:3}}
.halo{{stroke:#fff;stroke-width:{3 * U:.0f};stroke-linejoin:round;paint-order:stroke;text-anchor:middle}}
.n0{{fill:url(#hatch)}}
"""
FILLS = "".join(f".{css}{{fill:{colour}}}" for css, colour in CLASSES.values() if css != "n0")


@dataclass(frozen=True, slots=True)
class Words:
    """What is written on the picture, in the reader's language; ``classes`` are seven, most gained minutes first."""

    title: str
    legend: str
    classes: tuple[str, ...]
    credit: str


def minutes_classes(change: npt.NDArray[np.float64], clear: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Class of each zone: 0-2 gains (most first), 3 no clear change, 4-6 losses, -1 where nobody travels.

    Parameters
    ----------
    change
        Minutes by which journeys get longer, nan without trips, shape (z,).
    clear
        1 where the gain is clear, -1 where the loss is, 0 otherwise, shape (z,).
    """
    size = np.clip(classify(np.abs(change), BREAKS), 1, 3)
    found = np.select([clear > 0, clear < 0], [3 - size, 3 + size], default=3)
    return np.where(np.isfinite(change), found, -1)


def minutes_map(city: City, change: npt.NDArray[np.float64], clear: npt.NDArray[np.int64], words: Words) -> str:
    """Draw the map as SVG text with its title, legend, scale and source; colours work on light and dark pages."""
    classes = minutes_classes(change, clear)
    here = City(**{**{f: getattr(city, f) for f in city.__dataclass_fields__},
                   "zones": city.zones.filter(pl.Series(classes >= 0))})  # fmt: skip
    window = city_frame(here, np.empty(0, dtype=object))
    layers = base_layers(city, window)
    zones = class_layer(window.project(geometries(city.zones)), classes, {k: css for k, (css, _) in CLASSES.items()})
    top, row = 34 * U, 24 * U
    bottom = 2 * row + 40 * U
    picture = Markup(
        '<svg x="0" y="{top:.0f}" width="{w}" height="{h}" viewBox="0 0 {w} {h}">{ground}<g fill-opacity=".88">{zones}'
        "</g>{water}{roads}{names}{scale}</svg>"
    ).format(
        top=top, w=WIDTH, h=window.height, ground=Markup(layers["ground"]), zones=Markup(zones),
        water=Markup(layers["water"]), roads=Markup(layers["roads"]), names=_names(city, window, classes >= 0),
        scale=_scale(window),
    )  # fmt: skip
    high = top + window.height + bottom
    body = [
        Markup('<rect width="{}" height="{:.0f}" fill="#fff"/>').format(WIDTH, high),
        _text(words.title, 8 * U, 23 * U, 16, weight=600),
        picture,
        _legend(words, top + window.height, row),
    ]
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h:.0f}" role="img" aria-label="{title}">'
            "<style>{style}</style>{hatch}{body}</svg>\n"
        ).format(
            w=WIDTH,
            h=high,
            title=words.title,
            style=Markup(STYLE.replace("\n", "") + FILLS),
            hatch=_hatch(),
            body=Markup("").join(body),
        )
    )


def _hatch() -> Markup:
    """Stripes, so that no clear change differs from a light class without colour too."""
    return Markup(
        '<defs><pattern id="hatch" width="36" height="36" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="36" height="36" fill="{}"/><path class="hatch" d="M0 0V36"/></pattern></defs>'
    ).format(NEUTRAL)


def _text(text: str, x: float, y: float, size: float, *, css: str | None = None, weight: int | None = None) -> Markup:
    return el("text", text, x=round(x), y=round(y), font_size=round(size * U), class_=css, font_weight=weight)


def _legend(words: Words, top: float, row: float) -> Markup:
    """The classes in two rows, gains above losses, no clear change at the end of the first."""
    out = [_text(words.legend, 8 * U, top + 22 * U, 13, weight=600)]
    for line, members in enumerate(((0, 1, 2, 3), (6, 5, 4))):
        y = top + 32 * U + line * row
        for place, k in enumerate(members):
            x = 8 * U + place * WIDTH / 4
            out.append(
                Markup('<rect x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" class="{}"/>').format(
                    x, y, 22 * U, 14 * U, CLASSES[k][0]
                )
            )
            out.append(_text(words.classes[k], x + 28 * U, y + 11.5 * U, 12))
    out.append(_text(words.credit, 8 * U + 3 * WIDTH / 4, top + 32 * U + row + 11.5 * U, 10))
    return Markup("").join(out)


def _scale(window: Frame) -> Markup:
    metres = scale_metres(window)
    wide, y = metres / window.metres, window.height - 14 * U
    said = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    bar = Markup('<path d="M{:.0f} {:.0f}v{:.0f}h{:.0f}v{:.0f}" fill="none" stroke="#1b252d" stroke-width="{:.0f}"/>')
    return bar.format(12 * U, y - 5 * U, 5 * U, wide, -5 * U, 1.5 * U) + _text(said, 14 * U, y - 4 * U, 11)


def _names(city: City, window: Frame, shown: npt.NDArray[np.bool_]) -> Markup:
    """Names of the districts and settlements with most residents, where there is room."""
    inside = city.zones.filter(pl.Series(shown))
    people: dict[str, float] = {}
    for kind in ("district", "settlement"):
        people |= dict(inside.group_by(kind).agg(pl.col("population").sum()).drop_nulls().iter_rows())
    rows = city.places.filter(pl.col("place_id").is_in(list(people)))
    if rows.height == 0:
        return Markup("")
    inner = shapely.point_on_surface(geometries(rows))
    xy = window.points(shapely.get_x(inner), shapely.get_y(inner))
    room = Room(U, window.height)
    out: list[Markup] = []
    order = np.argsort([-people[p] for p in rows["place_id"]], kind="stable")
    for k in order:
        name = rows["name"][int(k)]
        if len(out) < MOST_NAMES and name and room.take(xy[k, 0], xy[k, 1], text_width(name, 11.0), 14.0):
            out.append(_text(name, xy[k, 0], xy[k, 1] + 4 * U, 11, css="halo"))
    return Markup("").join(out)
