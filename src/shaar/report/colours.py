"""Colours with reasons: the sequential ramp, the gain-loss scale, and line colours of equal lightness."""

from __future__ import annotations

import math

#: Cividis (Nunez, Anderton, Renslow 2018, doi 10.1371/journal.pone.0199239), light to dark, for at most six classes.
CIVIDIS = ("#fdea45", "#d3c164", "#a59c74", "#7c7b78", "#4f576c", "#00224e")

#: Gain to loss, safe for colour-blind eyes: three blues, neutral, three oranges.
GAIN = ("#9ecae1", "#3182bd", "#08519c")
LOSS = ("#fdbe85", "#f28e2b", "#b84a00")
NEUTRAL = "#efefef"

LAND_LIGHT, LAND_DARK = "#f4f2ee", "#1b252d"


def sequential(classes: int) -> tuple[str, ...]:
    """Return so many steps (1-6) of the ramp, light to dark, the ends always taken."""
    if classes == 1:
        return (CIVIDIS[3],)
    return tuple(CIVIDIS[round(i * (len(CIVIDIS) - 1) / (classes - 1))] for i in range(classes))


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return the sRGB hex of an OKLCH colour (Ottosson 2020); chroma shrinks until the colour can be shown."""
    while True:
        rgb = _oklch_to_linear(lightness, chroma, hue)
        if all(-1e-4 <= c <= 1 + 1e-4 for c in rgb) or chroma < 0.005:
            return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, c)))):02x}" for c in rgb)
        chroma -= 0.004


def _oklch_to_linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(c: float) -> float:
    return 12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055


def luminance(colour: str) -> float:
    """Return the relative luminance of a #rrggbb colour (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2), 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


#: Twelve hues far enough apart to tell; neighbours in the order differ strongly, so lines next to each other do too.
HUES = (255, 35, 150, 325, 75, 205, 355, 115, 285, 15, 175, 305)
LINE_LIGHT = tuple(oklch(0.50, 0.17, h) for h in HUES)
LINE_DARK = tuple(oklch(0.76, 0.13, h) for h in HUES)
