"""The frame of a map: picture, scale, attribution and legend, in one language."""

from __future__ import annotations

from itertools import pairwise

from markupsafe import Markup

from shaar.report.geometry import WIDTH, Frame
from shaar.report.i18n import Speaker
from shaar.report.svg import el

ATTRIBUTION_URL = "https://www.openstreetmap.org/copyright"


def uses(*idents: str) -> Markup:
    """Refer to layers defined once in the page."""
    return Markup("").join(Markup('<use href="#{}"/>').format(i) for i in idents)


def map_box(
    content: Markup, window: Frame, s: Speaker, *, label: str, legend: Markup, osm: bool, links_inside: bool = False
) -> Markup:
    """Return a map with its scale, attribution and legend.

    Parameters
    ----------
    content
        What is drawn, in grid units.
    label
        What the map shows, for those who hear it; the list twin of the figure holds the figures.
    osm
        Whether the base is OpenStreetMap data, to be named on the map.
    links_inside
        The picture holds links, so it is a group of things and not one image.
    """
    svg = Markup('<svg class="map" viewBox="0 0 {w} {h}" role="{role}" aria-label="{label}">{content}</svg>').format(
        w=WIDTH, h=window.height, role="group" if links_inside else "img", label=label, content=content
    )
    metres = scale_metres(window)
    text = s.unit(metres / 1000, "km") if metres >= 1000 else s.unit(metres, "m")
    scale = el("div", el("span", text), class_="scale", style=f"width:{100 * metres / window.metres / WIDTH:.2f}%")
    credit = Markup("")
    if osm:
        link = el("a", s.t("map.attribution"), href=ATTRIBUTION_URL, rel="noopener")
        credit = el("p", Markup("© "), link, class_="credit")
    box = el("div", svg, scale, credit, class_="mapbox", data_in=s.t("map.zoom_in"), data_out=s.t("map.zoom_out"))
    return Markup("").join([box, legend])


def scale_metres(window: Frame) -> float:
    """Return a round length that takes about a fifth of the width."""
    most = window.metres * WIDTH * 0.24
    series = [m * 10.0**e for e in range(1, 6) for m in (1, 2, 5)]
    return max((v for v in series if v <= most), default=10.0)


def swatches(title: str, items: list[tuple[str, str]]) -> Markup:
    """Return a legend of filled boxes: (CSS class, words)."""
    boxes = [
        el("li", Markup('<svg class="sw" aria-hidden="true"><rect class="{}"/></svg>').format(css), words)
        for css, words in items
    ]
    return el("div", el("p", title, class_="legend-title"), el("ul", Markup("").join(boxes)), class_="legend")


def class_words(breaks: tuple[float, ...], s: Speaker, decimals: int = 0) -> list[str]:
    """Return the words of each class: under the first cut, between cuts, from the last cut on."""
    if not breaks:
        return [s.t("legend.any")]
    words = [s.t("legend.under", n=s.n(breaks[0], decimals))]
    words += [f"{s.n(a, decimals)}–{s.n(b, decimals)}" for a, b in pairwise(breaks)]
    return [*words, s.t("legend.over", n=s.n(breaks[-1], decimals))]
