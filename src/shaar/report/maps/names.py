"""The names of districts and settlements on a map, in the reader's language."""

from __future__ import annotations

import polars as pl
import shapely
from markupsafe import Markup

from shaar.engine.city.geoparquet import geometries
from shaar.engine.city.model import City
from shaar.report.geometry import Frame
from shaar.report.i18n import Speaker
from shaar.report.maps import labels
from shaar.report.svg import el

MOST = 40


def place_name(city: City, place_id: str, fallback: str, s: Speaker) -> str:
    """Return a place's name in the reader's language, else its local name."""
    row = city.places.filter(pl.col("place_id") == place_id)
    if row.height:
        value = row[f"name_{s.language}"][0] or row["name"][0]
        if value:
            return str(value)
    return fallback


def name_layer(city: City, window: Frame, s: Speaker, taken: tuple[labels.Room, labels.Room] | None = None) -> Markup:
    """Return the names as text: districts first, then settlements by residents, where there is room."""
    rows = city.places.filter(pl.col("kind").is_in(["district", "settlement"]))
    if rows.height == 0:
        return Markup("")
    people = {
        **dict(city.zones.group_by("district").agg(pl.col("population").sum()).iter_rows()),
        **dict(city.zones.group_by("settlement").agg(pl.col("population").sum()).iter_rows()),
    }
    inner = shapely.point_on_surface(geometries(rows))
    xy = window.points(shapely.get_x(inner), shapely.get_y(inner))
    named = []
    for r, (x, y) in zip(rows.iter_rows(named=True), xy.tolist()):
        text = r[f"name_{s.language}"] or r["name"]
        if text and people.get(r["place_id"]):
            named.append((r["kind"] != "district", -people[r["place_id"]], x, y, text, r["kind"]))
    named.sort()
    named = named[:MOST]
    sizes = {"district": 13.0, "settlement": 11.0}
    wanted = [(x, y, labels.text_width(text, sizes[kind]), 16.0) for _, _, x, y, text, kind in named]
    shown = labels.place(wanted, window.height, taken=taken)
    return Markup("").join(
        el("text", text, class_=f"nm {kind} {where}".strip(), style=f"--x:{x:.0f}px;--y:{y:.0f}px")
        for (_, _, x, y, text, kind), where in zip(named, shown)
        if where is not None
    )
