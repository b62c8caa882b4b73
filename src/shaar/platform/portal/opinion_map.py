"""The map of opinions as a picture: people as signs, groups by shape and colour, without names."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, EDGE = 640, 420, 24
#: Signs around their middle, one a group, so that groups are told apart without colour.
SIGNS = (
    "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0", "M-4.5,-4.5h9v9h-9z", "M0,-6l5.5,10h-11z", "M0,-6.5l6,6.5l-6,6.5l-6,-6.5z",
    "M-6,-2h4v-4h4v4h4v4h-4v4h-4v-4h-4z",
)  # fmt: skip


def picture(shown: dict[str, Any], label: str) -> SafeString:
    """The map as SVG; axes have no unit: people stand near each other who vote alike."""
    points = shown["points"]
    if not points:
        return SafeString("")
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    across, down = max(max(xs) - min(xs), 1e-6), max(max(ys) - min(ys), 1e-6)

    def place(point: list[float]) -> tuple[float, float]:
        x = EDGE + (point[0] - min(xs)) / across * (WIDTH - 2 * EDGE)
        y = HEIGHT - EDGE - (point[1] - min(ys)) / down * (HEIGHT - 2 * EDGE)
        return round(x, 1), round(y, 1)

    signs = format_html_join(
        "", '<path class="group-{}" d="{}" transform="translate({},{})"/>',
        ((int(p[2]), SIGNS[int(p[2]) % len(SIGNS)], *place(p)) for p in points),
    )  # fmt: skip
    return format_html(
        '<svg class="opinion-map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', WIDTH, HEIGHT, label, signs
    )


def sign(group: int) -> SafeString:
    """The sign of a group, for the legend."""
    return format_html(
        '<svg class="opinion-sign" viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">'
        '<path class="group-{}" d="{}"/></svg>', group, SIGNS[group % len(SIGNS)],
    )  # fmt: skip
