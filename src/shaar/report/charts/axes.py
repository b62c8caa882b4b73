"""Axes shared by the charts: a plot whose sides are percentages and whose heights are pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from shaar.report.svg import el, share


def plot(content: Markup, *, height: int, label: str, pad: tuple[int, int, int, int]) -> Markup:
    """Return a plot; ``pad`` is the room in px (top, right, bottom, left) for what stands outside the axes."""
    svg = Markup('<svg width="100%" height="{h}" role="img" aria-label="{label}">{c}</svg>').format(
        h=height, label=label, c=content
    )
    top, right, bottom, left = pad
    return el("div", svg, class_="plot", style=f"padding:{top}px {right}px {bottom}px {left}px")


def vertical_grid(ticks: Sequence[float], at: Callable[[float], float], words: Callable[[float], str],
                  height: int) -> Markup:  # fmt: skip
    """Return upright hairlines with their words below."""
    out = []
    for v in ticks:
        x = share(at(v))
        out.append(el("line", x1=x, x2=x, y1="0", y2=height, class_="grid"))
        out.append(el("text", words(v), x=x, y=height + 18, class_="tick mid"))
    return Markup("").join(out)


def horizontal_grid(ticks: Sequence[float], at: Callable[[float], float], words: Callable[[float], str],
                    height: int) -> Markup:  # fmt: skip
    """Return level hairlines with their words at the left; ``at`` gives the share of the height from the top."""
    out = []
    for v in ticks:
        y = f"{at(v) * height:.1f}"
        out.append(el("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        out.append(el("text", words(v), x="-8", y=f"{at(v) * height + 4:.1f}", class_="tick end"))
    return Markup("").join(out)


def curve(points: Sequence[tuple[float, float]], css: str) -> Markup:
    """Return a line through points in shares of the plot (0-1, y from the top), stretched with the plot."""
    text, last = [], None
    for x, y in points:
        at = (round(1000 * x), round(1000 * y))
        if at != last:
            text.append(f"{at[0]} {at[1]}")
            last = at
    return Markup(
        '<svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none" overflow="visible">'
        '<path class="{}" d="M{}"/></svg>'
    ).format(css, "L".join(text))
