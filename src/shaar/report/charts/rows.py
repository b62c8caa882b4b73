"""Charts in rows: dumbbells (before and after) and bars with ranges; one scale for all rows, words at the marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from shaar.report.classes import ticks
from shaar.report.svg import el, share


@dataclass(frozen=True, slots=True)
class Row:
    """One row: words, a small second line, and its values. ``better`` tells the sign of the change for its colour."""

    label: str
    note: str
    before: float | None
    after: float | None
    better: int = 0
    low: float | None = None
    high: float | None = None
    css: str = ""


def _axis(high: float, words: Callable[[float], str]) -> tuple[float, Markup]:
    marks = ticks(0.0, high, 4)
    lines = [el("text", words(v), x=share(v / marks[-1]), y="12", class_="tick mid") for v in marks]
    axis = Markup('<svg width="100%" height="18" aria-hidden="true">{}</svg>').format(Markup("").join(lines))
    return marks[-1], el("div", el("span", class_="rl"), el("div", axis, class_="rp"), class_="row axis-row")


def _grid(top: float, height: int) -> Markup:
    marks = ticks(0.0, top, 4)
    return Markup("").join(
        el("line", x1=share(v / marks[-1]), x2=share(v / marks[-1]), y1="0", y2=height, class_="grid") for v in marks
    )


def _row(row: Row, content: Markup, height: int) -> Markup:
    label = el("span", row.label, el("small", row.note) if row.note else "", class_="rl")
    svg = Markup('<svg width="100%" height="{}" aria-hidden="true">{}</svg>').format(height, content)
    return el("div", label, el("div", svg, class_="rp"), class_="row")


def dumbbells(
    rows: Sequence[Row], words: Callable[[float], str], tick: Callable[[float], str], *, label: str
) -> Markup:
    """Return before-after pairs: before is a ring, after a filled dot; the bar between says gain or loss by colour.

    Parameters
    ----------
    words, tick
        How a value is written at its mark and on the axis.
    """
    high = max((v for r in rows for v in (r.before, r.after) if v is not None), default=1.0)
    top, axis = _axis(high, tick)
    out = []
    for r in rows:
        y, parts = 14, [_grid(top, 28)]
        marks = [(v, css) for v, css in ((r.before, "was"), (r.after, "now")) if v is not None]
        if r.before is not None and r.after is not None:
            css = {1: "gain", -1: "loss"}.get(r.better, "flat")
            parts.append(
                el("line", x1=share(r.before / top), x2=share(r.after / top), y1=y, y2=y, class_=f"link {css}")
            )
        left = min((v for v, _ in marks), default=0.0)
        for v, css in marks:
            x = share(v / top)
            parts.append(el("circle", cx=x, cy=y, r="6", class_=css))
            at_left = len(marks) == 2 and v == left and css == ("was" if r.before == left else "now")
            parts.append(el("text", words(v), x=x, dx="-11" if at_left else "11", y=y + 4,
                            class_=f"direct {'end' if at_left else ''} {css}".replace("  ", " ")))  # fmt: skip
        out.append(_row(r, Markup("").join(parts), 28))
    return el("div", axis, Markup("").join(out), class_="rows", role="img", aria_label=label)


def bars(rows: Sequence[Row], words: Callable[[Row], str], tick: Callable[[float], str], *, label: str) -> Markup:
    """Return bars from zero; ranges are whiskers with end caps."""
    high = max((v for r in rows for v in (r.after, r.high) if v is not None), default=1.0)
    top, axis = _axis(high, tick)
    out = []
    for r in rows:
        parts = [_grid(top, 42)]
        value = r.after or 0.0
        parts.append(el("rect", x="0", y="19", width=share(value / top), height="18", class_=f"bar {r.css}".strip()))
        if r.low is not None and r.high is not None:
            a, b = share(r.low / top), share(r.high / top)
            for css in ("whisker-case", "whisker"):
                parts.append(el("line", x1=a, x2=b, y1="28", y2="28", class_=css))
                parts += [el("line", x1=x, x2=x, y1="22", y2="34", class_=css) for x in (a, b)]
        parts.append(el("text", words(r), x="0", dx="4", y="13", class_="direct now"))
        out.append(_row(r, Markup("").join(parts), 42))
    return el("div", axis, Markup("").join(out), class_="rows bars", role="img", aria_label=label)
