"""The proposed lines and stops: geometry once, then links, badges and words in each language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from markupsafe import Markup

from shaar.engine.study.results import DesignResult, Line
from shaar.report.colours import HUES
from shaar.report.facts import peak_headway
from shaar.report.geometry import Frame, path
from shaar.report.i18n import Speaker
from shaar.report.maps import labels
from shaar.report.svg import el

#: Services an hour from which a line is drawn wider.
WIDTHS = (6.0, 12.0)


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """One line on the map: what its badge says, its colour and width class, and where badges may stand."""

    line: Line
    label: str
    colour: int
    width: int
    svg: str
    spots: tuple[tuple[float, float], ...]


def geometry_of(lines: tuple[Line, ...]) -> npt.NDArray[Any]:
    """Return the WGS84 geometries of the lines, both directions."""
    wkb = [g for line in lines for g in (line.geometry_forward, line.geometry_backward)]
    return np.asarray(shapely.from_wkb(np.array(wkb)))


def labels_of(lines: tuple[Line, ...]) -> list[str]:
    """Return a short badge for each line: its name or id where short, else its number in the list."""
    for texts in ([line.name for line in lines], [line.line_id for line in lines]):
        if all(0 < len(t) <= 5 for t in texts) and len(set(texts)) == len(texts):
            return texts
    return [str(i) for i in range(1, len(lines) + 1)]


def draw_lines(lines: tuple[Line, ...], window: Frame) -> list[DrawnLine]:
    """Put the lines on the grid; where both directions use a street it is drawn once."""
    out = []
    for i, (line, label) in enumerate(zip(lines, labels_of(lines))):
        both = window.project(shapely.from_wkb(np.array([line.geometry_forward, line.geometry_backward])))
        snapped = shapely.simplify(shapely.set_precision(both, 1.0), 1.0)
        merged = shapely.line_merge(shapely.union_all(snapped))
        forward = both[0]
        spots = tuple(
            (float(p.x), float(p.y))
            for p in (shapely.line_interpolate_point(forward, f, normalized=True) for f in (0.0, 1.0, 0.5, 0.3, 0.7))
        )
        per_hour = 60.0 / peak_headway(line)
        width = sum(per_hour >= w for w in WIDTHS)
        out.append(DrawnLine(line, label, i % len(HUES), width, f'<path class="course" d="{path([merged])}"/>', spots))
    return out


def stop_layers(design: DesignResult, lines: tuple[Line, ...], window: Frame) -> tuple[str, str, int, int]:
    """Return dots of the stops on the map today, dots of proposed ones, and how many there are of each."""
    used = {s for line in lines for s in (*line.stops_forward, *line.stops_backward)}
    served = design.stops.filter(pl.col("stop_id").is_in(list(used)))
    layers = []
    for frame in (served.filter(pl.col("source") != "proposed"), served.filter(pl.col("source") == "proposed")):
        xy = window.points(frame["lon"].to_numpy(), frame["lat"].to_numpy())
        layers.append((path(shapely.points(np.unique(np.rint(xy), axis=0))) if len(xy) else "", frame.height))
    (old, n_old), (new, n_new) = layers
    existing = f'<path class="stop-case" d="{old}"/><path class="stop-old" d="{old}"/>' if old else ""
    proposed = f'<path class="stop-case" d="{new}"/><path class="stop-new" d="{new}"/>' if new else ""
    return existing, proposed, n_old, n_new


def line_links(drawn: list[DrawnLine], s: Speaker) -> Markup:
    """Return every line as a link to its description; the pictures themselves are defined once in the page."""
    out = []
    for i, d in enumerate(drawn):
        shape = Markup('<use href="#ln{0}" class="case"/><use href="#ln{0}" class="ink"/>').format(i)
        title = el("title", s.t("line.aria", label=d.label))
        out.append(
            el(
                "a",
                title,
                shape,
                href=f"#{s.language}-line-{i}",
                class_=f"ln c{d.colour} w{d.width}",
                data_line=i,
                aria_label=s.t("line.aria", label=d.label),
            )
        )
    return Markup("").join(out)


def badge_layer(drawn: list[DrawnLine], window: Frame) -> tuple[Markup, tuple[labels.Room, labels.Room]]:
    """Return the badges at the ends of the lines and along them, and the room they take."""
    phone = labels.Room(labels.UNITS_PHONE, window.height)
    wide = labels.Room(labels.UNITS_WIDE, window.height)
    wanted, which = [], []
    for spot in range(5):
        for d in drawn:
            x, y = d.spots[spot]
            wanted.append((x, y, max(18.0, 9.0 + 7.5 * len(d.label)), 18.0))
            which.append(d)
    shown = labels.place(wanted, window.height, taken=(phone, wide))
    out = []
    for d, (x, y, w, h), where in zip(which, wanted, shown):
        if where is not None:
            box = Markup('<rect x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="4"/>').format(
                -w / 2, -h / 2, w, h
            )
            out.append(
                el(
                    "g",
                    box,
                    el("text", d.label, y="4"),
                    class_=f"bdg c{d.colour} {where}".strip(),
                    style=f"--x:{x:.0f}px;--y:{y:.0f}px",
                    data_line=drawn.index(d),
                )
            )
    return Markup("").join(out), (phone, wide)
