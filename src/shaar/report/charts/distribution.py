"""A distribution over people: which share of residents reaches at least so many jobs, before and after."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from shaar.report.charts.axes import curve, horizontal_grid, plot, vertical_grid
from shaar.report.classes import ticks
from shaar.report.facts import weighted_median
from shaar.report.i18n import Speaker
from shaar.report.svg import el, share

HEIGHT = 280


def exceedance(values: npt.NDArray[np.float64], people: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return (value, share of people with at least that value), from zero up, as the corners of a step line."""
    keep = np.isfinite(values) & (people > 0)
    order = np.argsort(values[keep], kind="stable")
    v, w = values[keep][order], people[keep][order]
    if len(v) == 0:
        return []
    left = 1.0 - np.concatenate([[0.0], np.cumsum(w)]) / w.sum()
    points = [(0.0, 1.0)]
    for i, x in enumerate(v.tolist()):
        points += [(x, float(left[i])), (x, float(max(0.0, left[i + 1])))]
    return points


def distribution_chart(
    before: npt.NDArray[np.float64],
    after: npt.NDArray[np.float64],
    people: npt.NDArray[np.float64],
    s: Speaker,
    *,
    before_words: str,
) -> Markup:
    """Return the chart. ``before`` and ``after`` are jobs within reach of each zone, shape (n,)."""
    high = float(np.nanmax(np.concatenate([before, after, [1.0]])))
    xt = ticks(0.0, high, 4)

    def at(v: float) -> float:
        return v / xt[-1]

    parts = [
        horizontal_grid((0.0, 0.25, 0.5, 0.75, 1.0), lambda v: 1 - v, s.pct, HEIGHT),
        vertical_grid(xt, at, s.n, HEIGHT),
    ]
    for values, css in ((before, "was"), (after, "now")):
        parts.append(curve([(at(x), 1 - y) for x, y in exceedance(values, people)], f"dist {css}"))
    for values, css, words, up in ((before, "was", before_words, False), (after, "now", s.t("word.plan"), True)):
        median = weighted_median(values, people)
        if np.isfinite(median):
            x, end = share(at(median)), at(median) > 0.6
            parts.append(el("circle", cx=x, cy=HEIGHT / 2, r="6", class_=css))
            parts.append(el("text", f"{words}: {s.sig(median)}", x=x, dx="-10" if end else "10",
                            y=HEIGHT / 2 + (-10 if up else 20),
                            class_=f"direct {css} {'end' if end else ''}".strip()))  # fmt: skip
    parts.append(el("text", s.t("dist.axis_y"), x="-40", y="-12", class_="axis"))
    parts.append(el("text", s.t("dist.axis_x"), x="100%", y=HEIGHT + 38, class_="axis end"))
    return plot(Markup("").join(parts), height=HEIGHT, label=s.t("dist.aria"), pad=(32, 24, 48, 52))
