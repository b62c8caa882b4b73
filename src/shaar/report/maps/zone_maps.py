"""The zone maps: density, distance to a stop, and change of the jobs within reach. Classes and shapes, no words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree

from shaar.engine.city.geoparquet import geometries
from shaar.engine.design.city_measures import area_names
from shaar.engine.study.results import PlanResult
from shaar.report.classes import classify, round_breaks
from shaar.report.facts import UNCLEAR_SHARE, Facts, zone_change
from shaar.report.geometry import Frame
from shaar.report.maps.zones import class_layer

STOP_BREAKS = (200.0, 400.0, 800.0, 1200.0)


@dataclass(frozen=True, slots=True)
class ZoneLayer:
    """A layer ready to draw, its cuts, and how many people live in each class (classes + 1 entries)."""

    svg: str
    breaks: tuple[float, ...]
    people: tuple[float, ...]
    values: npt.NDArray[np.float64]


def _sequential(result: PlanResult, window: Frame, values: npt.NDArray[np.float64], breaks: tuple[float, ...],
                ramp: str) -> ZoneLayer:  # fmt: skip
    people = result.city.zones["population"].fill_null(0.0).to_numpy()
    classes = np.where(people > 0, classify(values, breaks), -1)
    n = len(breaks) + 1
    names = {k: f"{ramp}{n}-{k}" for k in range(n)}
    svg = class_layer(window.project(geometries(result.city.zones)), classes, names)
    return ZoneLayer(svg, breaks, tuple(float(people[classes == k].sum()) for k in range(n)), values)


def density(result: PlanResult, window: Frame) -> ZoneLayer:
    """Residents per square kilometre of each inhabited zone."""
    zones = result.city.zones
    area = shapely.area(window.project(geometries(zones))) * window.metres**2 / 1e6
    people = zones["population"].fill_null(0.0).to_numpy()
    values = np.divide(people, area, out=np.zeros_like(people), where=area > 0)
    return _sequential(result, window, values, round_breaks(values), "q")


def stop_distance(result: PlanResult, window: Frame) -> ZoneLayer | None:
    """Distance from each zone to a stop before the plan, m.

    With a timetable it is the walk along streets to a served stop; without one, the straight line to the nearest stop
    on the map, whether a bus calls there or not. None where the city has no stops at all.
    """
    zones, city = result.city.zones, result.city
    if result.before.network is not None:
        joined = zones.select("zone_id").join(
            result.before.zones.select("zone_id", "stop_m"), on="zone_id", how="left", maintain_order="left"
        )
        values = joined["stop_m"].cast(pl.Float64).fill_null(np.inf).to_numpy()
        values = np.where(np.isinf(values), 1e9, values)
    else:
        tagged = city.stops.filter(pl.col("source") != "proposed")
        if tagged.height == 0:
            return None
        stops = window.points(tagged["lon"].to_numpy(), tagged["lat"].to_numpy()) * window.metres
        here = window.points(zones["lon"].to_numpy(), zones["lat"].to_numpy()) * window.metres
        values = np.asarray(cKDTree(stops).query(here)[0], dtype=np.float64)
    return _sequential(result, window, values, STOP_BREAKS, "q")


#: With fewer jobs than this the cuts would fall below one job.
FEWEST_JOBS = 40.0


def change_breaks(total: float) -> tuple[float, float, float]:
    """Return the cuts of the gain-loss map, in jobs: clear change, then about a tenth and a quarter of all jobs."""
    total = max(total, FEWEST_JOBS)
    clear = total * UNCLEAR_SHARE
    rounded = [clear]
    for part in (0.10, 0.25):
        power = 10.0 ** np.floor(np.log10(max(total * part, 1.0)))
        rounded.append(float(max(m for m in (1, 2, 2.5, 5) if m * power <= total * part + 1e-9) * power))
    return rounded[0], rounded[1], rounded[2]


def change(result: PlanResult, facts: Facts, window: Frame) -> ZoneLayer:
    """Change of the jobs within reach of each zone; classes 0-2 lose (most first), 3 no clear change, 4-6 gain."""
    table = result.city.zones.select("zone_id").join(
        zone_change(result, facts.threshold), on="zone_id", how="left", maintain_order="left"
    )
    values = table["change"].fill_null(np.nan).to_numpy()
    people = result.city.zones["population"].fill_null(0.0).to_numpy()
    a, b, c = change_breaks(facts.jobs_total)
    classes = np.where(people > 0, classify(values, (-c, -b, -a, a, b, c)), -1)
    # A cut belongs to the larger change on both sides, so that gain and loss are treated alike.
    for k, cut in ((0, -c), (1, -b), (2, -a)):
        classes = np.where((people > 0) & (values == cut), k, classes)
    names = {0: "d-3", 1: "d-2", 2: "d-1", 3: "d0", 4: "d1", 5: "d2", 6: "d3"}
    svg = class_layer(window.project(geometries(result.city.zones)), classes, names)
    return ZoneLayer(svg, (a, b, c), tuple(float(people[classes == k].sum()) for k in range(7)), values)


#: Cuts of the map of areas, minutes of the mean journey; less than the first is not called a change.
AREA_BREAKS = (1.0, 3.0, 6.0)


def areas(result: PlanResult, facts: Facts, window: Frame) -> ZoneLayer | None:
    """Change of the mean journey of each zone's area, minutes; classes 0-2 get longer (most first), 4-6 shorter.

    None where today's network is not known, so that no area has a journey before.
    """
    if not facts.chosen.areas:
        return None
    saved = {str(a["area"]): float(a["before_minutes"]) - float(a["after_minutes"]) for a in facts.chosen.areas}
    values = np.array([saved.get(name, np.nan) for name in area_names(result.city)])
    people = result.city.zones["population"].fill_null(0.0).to_numpy()
    size = np.where(np.abs(values) < AREA_BREAKS[0], 0, classify(np.abs(values), AREA_BREAKS))
    classes = np.where(
        np.isfinite(values) & (people > 0), 3 + np.sign(np.nan_to_num(values)).astype(np.int64) * size, -1
    )
    names = {0: "d-3", 1: "d-2", 2: "d-1", 3: "d0", 4: "d1", 5: "d2", 6: "d3"}
    svg = class_layer(window.project(geometries(result.city.zones)), classes, names)
    return ZoneLayer(svg, AREA_BREAKS, tuple(float(people[classes == k].sum()) for k in range(7)), values)
