"""Editing the street tables on copies: columns of named links, capacity taken from cars, stress worked out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.assignment.road_city import road_parameters
from shaar.engine.city.model import City
from shaar.engine.city.street_stress import cycle_stress_why
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
#: Share of the capacity for cars that is left along and against a link; the road room multiplies by it.
SHARES = ("capacity_share_forward", "capacity_share_backward")
CARS = ("car_forward", "car_backward")


def need_links(city: City, links: Sequence[int], field: str = "links") -> I64:
    """Return the rows of links, each once and in order.

    Raises
    ------
    InputError
        The city has no such link.
    """
    rows = np.unique(np.asarray(links, np.int64))
    if len(rows) and rows[-1] >= city.links.height:
        raise InputError(f"the city has no street link {rows[-1]}; they end at {city.links.height - 1}", field=field)
    return rows


def with_links(city: City, rows: I64, values: Mapping[str, Any]) -> City:
    """Return the city with columns of some links set: one value for all of them, or as many as there are links."""
    out = []
    for name, value in values.items():
        known = name in city.links.columns
        given = value if isinstance(value, pl.Series) else pl.Series(name, [value] * len(rows))
        dtype = city.links.schema[name] if known else given.dtype
        old = city.links[name] if known else pl.Series(name, [None] * city.links.height, dtype=dtype)
        out.append(old.scatter(rows, given.cast(dtype)).alias(name))
    return replace(city, links=city.links.with_columns(out))


def open_to_cars(city: City, rows: I64) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether cars may drive along and against some links."""
    a, b = (city.links[c].fill_null(False).to_numpy()[rows] for c in CARS)
    return a, b


def lanes_each_way(city: City, rows: I64) -> F64:
    """Lanes for cars in one direction of some links: half of those tagged on two-way streets, else a planning value.

    The same rule as in the road room (``roads.csv``).
    """
    p = road_parameters()
    forward, backward = open_to_cars(city, rows)
    tagged = city.links["lanes"].cast(pl.Float64).fill_null(np.nan).to_numpy()[rows]
    lanes = np.where(forward & backward, tagged / 2.0, tagged)
    usual = [p.get(f"lanes_{h}", p["lanes_other"]) for h in city.links["highway"].fill_null("").gather(rows)]
    return np.where(lanes > 0, lanes, np.array(usual, float))


def with_share(city: City, rows: I64, forward: npt.ArrayLike, backward: npt.ArrayLike) -> City:
    """Return the city with the capacity for cars on some links multiplied by a share, along and against them."""
    values: dict[str, pl.Series] = {}
    for name, share in zip(SHARES, (forward, backward), strict=True):
        old = np.ones(city.links.height)
        if name in city.links.columns:
            old = city.links[name].fill_null(1.0).to_numpy().copy()
        values[name] = pl.Series(name, old[rows] * np.asarray(share, float))
    filled = city
    for name in SHARES:
        if name not in city.links.columns:
            filled = replace(filled, links=filled.links.with_columns(pl.lit(1.0).alias(name)))
    return with_links(filled, rows, values)


def take_lane(city: City, rows: I64, forward: npt.ArrayLike, backward: npt.ArrayLike, what: str) -> City:
    """Return the city with one lane of some links taken from cars, in the directions marked.

    Raises
    ------
    InputError
        A link has no second lane in that direction that cars could keep.
    """
    lanes = lanes_each_way(city, rows)
    takes = [np.broadcast_to(np.asarray(d, bool), rows.shape) & o
             for d, o in zip((forward, backward), open_to_cars(city, rows), strict=True)]  # fmt: skip
    narrow = np.flatnonzero((takes[0] | takes[1]) & (lanes < 2.0))
    if len(narrow):
        at = int(narrow[0])
        raise InputError(
            f"{_called(city, int(rows[at]))} has {lanes[at]:g} lane each way, so {what} would close it to cars; "
            "rebuild_road gives it lanes, close_road closes it",
            field="links",
        )
    left = 1.0 - 1.0 / lanes
    return with_share(city, rows, *(np.where(t, left, 1.0) for t in takes))


def _called(city: City, link: int) -> str:
    name = city.links["name"][link]
    return f"link {link} ({name})" if name else f"link {link}"


def with_stress(city: City, rows: I64, tags: Mapping[str, str] | None = None) -> City:
    """Return the city with cycling stress of some links worked out again from class, speed, lanes and cycle lanes.

    Parameters
    ----------
    tags
        Tags that are new ("cycleway": "track"); those that decided before stay, such as a track of its own.
    """
    level, why = [], []
    wanted = ("highway", "free_speed", "lanes", "car_forward", "car_backward", "cycle_stress_tag")
    for h, speed, lanes, forward, backward, before in city.links.select(wanted).gather(rows.tolist()).iter_rows():
        key, _, value = (before or "").partition("=")
        kept = {key: value} if key.startswith("cycleway") or key == "bicycle" else {}
        found = cycle_stress_why({"highway": h or "", **kept, **(tags or {})}, speed or 0.0, lanes, forward != backward)
        level.append(found[0])
        why.append(found[1])
    return with_links(
        city,
        rows,
        {
            "cycle_stress": pl.Series("l", level, dtype=pl.Int8),
            "cycle_stress_tag": pl.Series("w", why, dtype=pl.String),
        },
    )
