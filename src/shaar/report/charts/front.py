"""The front of a design: mean minutes against vehicles, with the chosen plan marked."""

from __future__ import annotations

from markupsafe import Markup

from shaar.engine.study.results import DesignResult
from shaar.report.charts.axes import curve, horizontal_grid, plot, vertical_grid
from shaar.report.classes import ticks
from shaar.report.i18n import Speaker
from shaar.report.svg import el, share

HEIGHT = 280


def front_chart(design: DesignResult, s: Speaker) -> Markup:
    """Return the chart; each plan is a dot with its words on hover, the chosen one is larger and named."""
    front = design.front
    fleets, minutes = [float(p.fleet) for p in front], [p.mean_minutes for p in front]
    pad = max(1.0, 0.08 * (max(fleets) - min(fleets)))
    xt = tuple(t for t in ticks(min(fleets) - pad, max(fleets) + pad, 5) if t >= 0)
    spread = max(0.5, 0.15 * (max(minutes) - min(minutes)))
    yt = ticks(min(minutes) - spread, max(minutes) + spread, 5)
    decimals = 0 if all(float(t).is_integer() for t in yt) else 1

    def at_x(v: float) -> float:
        return (v - xt[0]) / (xt[-1] - xt[0])

    def at_y(v: float) -> float:
        return (yt[-1] - v) / (yt[-1] - yt[0])

    parts = [
        horizontal_grid(yt, at_y, lambda v: s.n(v, decimals), HEIGHT),
        vertical_grid(xt, at_x, s.n, HEIGHT),
        curve([(at_x(x), at_y(y)) for x, y in zip(fleets, minutes)], "front-line"),
    ]
    for i, (p, x, y) in enumerate(zip(front, fleets, minutes)):
        chosen = i == design.chosen
        words = s.t("front.point", vehicles=s.p("count.vehicles", p.fleet), minutes=s.unit(p.mean_minutes, "min", 1))
        cx, cy = share(at_x(x)), f"{at_y(y) * HEIGHT:.1f}"
        parts.append(
            el("circle", el("title", words), cx=cx, cy=cy, r=8 if chosen else 5, class_="dot on" if chosen else "dot")
        )
        if chosen:
            right = at_x(x) > 0.55
            text = el("text", s.t("front.chosen"), x=cx, y=f"{at_y(y) * HEIGHT - 16:.1f}", dx="4" if right else "-4",
                      class_="direct end" if right else "direct")  # fmt: skip
            parts.append(text)
    parts.append(el("text", s.t("front.axis_y"), x="-40", y="-12", class_="axis"))
    parts.append(el("text", s.t("front.axis_x"), x="100%", y=HEIGHT + 38, class_="axis end"))
    return plot(Markup("").join(parts), height=HEIGHT, label=s.t("front.aria"), pad=(32, 16, 48, 44))
