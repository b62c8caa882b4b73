"""Parking where nothing was counted: from the length and class of streets and what stands in a zone; all assumed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import shapely

from shaar.engine.assignment.parking import KINDS, Lots, join, lots
from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters

_KERB = "kerb_share."


def default_lots(city: City, parameters: Parameters) -> Lots:
    """Assume the spaces of every zone.

    Kerb: length x sides x usable share of the class / length of a space, of the links whose middle lies in the zone
    and that cars may use; a street tagged with one lane has one usable side. Yards: spaces per resident. Lots: spaces
    per job, shop and clinic. Prices are zero and stays unlimited, because a charge that nobody reported would be
    invented. The range takes all parameters at their low and at their high end.

    Parameters
    ----------
    city
        Read from its folder.
    parameters
        ``data/parameters/parking.csv``.
    """
    kerb = kerb_metres(city)
    zones = city.zones

    def column(name: str) -> np.ndarray:
        if name not in zones.columns:
            return np.zeros(zones.height)
        return np.nan_to_num(zones[name].cast(pl.Float64).fill_null(0.0).to_numpy(), nan=0.0)

    people, jobs, shops, clinics = (column(n) for n in ("population", "jobs", "shops", "clinics"))

    def street(p: Callable[[str], float], shorter: Callable[[str], float]) -> np.ndarray:
        return sum((m * p(_KERB + c) for c, m in kerb.items()), np.zeros(zones.height)) / shorter("space_m")

    def off_street(p: Callable[[str], float]) -> np.ndarray:
        return jobs * p("lot_per_job") + shops * p("lot_per_shop") + clinics * p("lot_per_clinic")

    def value(n: str) -> float:
        return parameters[n]

    def low(n: str) -> float:
        return parameters.row(n).low

    def high(n: str) -> float:
        return parameters.row(n).high

    every = np.arange(zones.height)
    yards = [people * p("yard_per_resident") for p in (value, low, high)]
    made: tuple[tuple[str, list[np.ndarray], str], ...] = (
        ("street", [street(value, value), street(low, high), street(high, low)], "length and class of streets"),
        ("lot", [off_street(p) for p in (value, low, high)], "jobs, shops and clinics"),
        ("yard", yards, "residents"),
    )
    return join(
        [
            lots(every, [kind] * len(every), n[0], low=n[1], high=n[2], source=f"assumed from {what}")
            for kind, n, what in made
        ]
    )


def kerb_metres(city: City) -> dict[str, np.ndarray]:
    """Metres of kerb of drivable streets by class and zone: class -> shape (z,); both sides, or one where narrow."""
    links = city.links.filter(pl.col("car_forward") | pl.col("car_backward"))
    links = links.with_columns(kind=pl.col("highway").str.strip_suffix("_link"))
    classes = [*("residential", "living_street", "unclassified", "service", "tertiary", "secondary", "primary")]
    links = links.filter(pl.col("kind").is_in(classes) & ~pl.col("highway").str.ends_with("_link"))
    if "structure" in links.columns:
        links = links.filter(pl.col("structure").is_null())
    out: dict[str, np.ndarray] = {c: np.zeros(city.zones.height) for c in classes}
    if not links.height or not city.zones.height:
        return out
    middle = shapely.line_interpolate_point(geoparquet.geometries(links), 0.5, normalized=True)
    point, zone = shapely.STRtree(geoparquet.geometries(city.zones)).query(middle, predicate="intersects")
    first = np.unique(point, return_index=True)[1]  # a point on the border of two zones counts once
    point, zone = point[first], zone[first]
    sides = np.where(links["lanes"].fill_null(2.0).to_numpy() < 2, 1.0, 2.0)
    one_way = (links["car_forward"] != links["car_backward"]).to_numpy()
    sides = np.where(one_way & links["lanes"].is_null().to_numpy(), 1.0, sides)
    metres = links["length"].to_numpy() * sides
    kind = links["kind"].to_numpy()
    for c in classes:
        of = kind[point] == c
        out[c] = np.bincount(zone[of], metres[point[of]], minlength=city.zones.height)
    return out


def complete(inventory: Lots, assumed: Lots, n_zones: int) -> Lots:
    """Take the inventory, and what is assumed for every zone and kind of which the inventory says nothing."""
    known = np.zeros((n_zones, len(KINDS)), bool)
    known[inventory.zone, inventory.kind] = True
    return join([inventory, assumed.rows(~known[assumed.zone, assumed.kind])])
