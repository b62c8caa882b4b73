"""A whole map as one SVG file without script or links: what an input that takes clicks can show."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape
from shapely.geometry import shape

from shaar.platform.places.models import Territory
from shaar.report.geometry import WIDTH
from shaar.report.maps import labels

from . import tiles
from .draw import DROP, UNITS, graticule, outline
from .mercator import ASPECT, Window
from .things import Thing

#: Size of the picture, px; the form's inputs show it smaller or one to one (`places.forms.PICTURES`).
WIDE = 640
TALL = round(WIDE * ASPECT)
_STYLE = (
    "svg{--i:#17222d;--p:#fff;--m:#b84a00;--o:#0b6470;--d:#d9d4cb}"
    "@media(prefers-color-scheme:dark){svg{--i:#e8edf2;--p:#111a22;--m:#f5a45c;--o:#6fc7d1;--d:#2f3b45}}"
    "text{font:600 15px 'Noto Sans',system-ui,sans-serif;fill:var(--i);stroke:var(--l);stroke-width:4px;"
    "paint-order:stroke;text-anchor:middle}.o{fill:none;stroke:var(--o);stroke-width:2;stroke-dasharray:6 4}"
    ".m{fill:var(--m);fill-opacity:.3;stroke:var(--m);stroke-width:3}.k{fill:var(--m);stroke:var(--p);stroke-width:2}"
    ".d{fill:var(--o);stroke:var(--p);stroke-width:2}.e{stroke:var(--d);fill:none}"
)


def draw(window: Window, territories: Iterable[Territory], marked: Thing | None) -> str:
    """Draw base, outlines and names of settlements, and the marked place."""
    base = tiles.picture(window, WIDE)
    per = tiles.UNITS / tiles.PIXELS
    if base:
        ground = f'<g transform="scale({1 / per:g})">{base}</g>'
    else:
        grid = graticule(window).replace("map-grid", "e")
        ground = f'<path class="l" d="M0 0h{WIDE}v{TALL}H0z"/><g transform="scale({WIDE / UNITS:g})">{grid}</g>'
    shapes, words = "", ""
    height = round(WIDTH * ASPECT)
    wanted, said = [], []
    for one in territories:
        if not one.geometry or one.kind == "city":
            continue
        given = shape(one.geometry)
        if one.kind != "district":
            shapes += outline(one.geometry, window, "o")
        inside = given.representative_point()
        x, y = window.share(inside.x, inside.y)
        if 0 < x < 1 and 0 < y < 1:
            point = given.geom_type == "Point"
            if point:
                shapes += f'<circle class="d" cx="{x * UNITS:.0f}" cy="{y * UNITS * ASPECT:.0f}" r="9"/>'
            # Drawn at 640, often shown at 320: words twice as large as they look there.
            wanted.append((x * WIDTH, y * height, labels.text_width(str(one), 15) / 2, 12.0))
            said.append((str(one), x * WIDE, y * TALL - (10 if point else -5)))
    for (name, x, y), where in zip(said, labels.place(wanted, height)):
        if where == "":
            words += f'<text x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>'
    mark = ""
    if marked is not None:
        given = shape(marked.geometry)
        middle = given.representative_point()
        x, y = window.share(middle.x, middle.y)
        shapes += outline(marked.geometry, window, "m")
        if given.geom_type == "Point":
            mark = f'<path class="k" transform="translate({x * WIDE:.1f} {y * TALL:.1f}) scale(1.6)" d="{DROP}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" width="{WIDE}" height="{TALL}">'
        f"<style>{tiles.STYLE}{_STYLE}</style>{ground}"
        f'<g transform="scale({WIDE / UNITS:g})">{shapes}</g>{words}{mark}</svg>'
    )
