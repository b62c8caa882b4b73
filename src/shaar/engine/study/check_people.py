"""Checks of the zones: numbers that cannot be, people without streets or stops near, zones outside every district."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely
from scipy.spatial import cKDTree

from shaar.engine.city.model import City
from shaar.engine.city.projection import project, project_shapes
from shaar.engine.findings import Finding, Severity
from shaar.engine.study.check_streets import SHOWN
from shaar.engine.timetable.feed import Feed

#: People further than this from a street or stop have no access, metres in a straight line.
ACCESS_M = 800.0
#: A stated total further than this from the zones' sum is odd (share).
TOTAL_TOLERANCE = 0.01
_NUMBERS = ("population", "jobs", "schools", "clinics")
_NOUN = {"jobs": "workplaces", "schools": "schools", "clinics": "clinics"}


def people_findings(city: City, feed: Feed | None) -> list[Finding]:
    """Check the zones of a city; ``feed`` says which stops are served (None: all stops of the city count)."""
    zones = city.zones
    if not zones.height:
        return [Finding("zones.none", "The city has no zones, so it has no people.", severity="error")]
    found = _numbers(zones)
    people = float(zones["population"].fill_null(0.0).fill_nan(0.0).sum())
    if people <= 0:
        found.append(Finding("zones.no_people", "No zone has residents, so nobody travels.", severity="error"))
        return found
    found += _total(city, people)
    lived = zones.filter(pl.col("population").fill_nan(0.0) > 0)  # polars holds NaN for greater than any number
    x, y = project(lived["lon"].to_numpy(), lived["lat"].to_numpy(), city.meta.crs)
    walk = city.links.filter(pl.col("walk").fill_null(False))
    if walk.height:
        tree = shapely.STRtree(project_shapes(shapely.from_wkb(walk["geometry"].to_numpy()), city.meta.crs))
        reached = np.zeros(lived.height, dtype=bool)
        reached[tree.query(shapely.points(x, y), predicate="dwithin", distance=ACCESS_M)[0]] = True
        found += _people(
            "zones.no_street",
            "{zones} zones with {persons} residents have no walkable street within {metres} m.",
            lived.filter(pl.Series(~reached)),
            people,
        )
    lon, lat = _stops(city, feed)
    if len(lon):
        sx, sy = project(lon, lat, city.meta.crs)
        metres = np.asarray(cKDTree(np.column_stack([sx, sy])).query(np.column_stack([x, y]))[0])
        found += _people(
            "zones.no_stop",
            "{zones} zones with {persons} residents ({percent} % of all) have no stop within {metres} m in a straight "
            "line.",
            lived.filter(pl.Series(metres > ACCESS_M)),
            people,
        )
    if (city.places["kind"] == "district").any():
        found += _people(
            "zones.no_district",
            "{zones} zones with {persons} residents ({percent} % of all) lie in no district, so they count only in the "
            "city's figures.",
            lived.filter(pl.col("district").is_null()),
            people,
        )
    return found


def _numbers(zones: pl.DataFrame) -> list[Finding]:
    found = []
    for name in _NUMBERS:
        values = zones[name].cast(pl.Float64)
        bad = zones.filter(values.is_null() | values.is_nan() | values.is_infinite() | (values < 0))
        if bad.height:
            found.append(
                Finding(
                    "zones.bad_number",
                    f"{bad.height} zones have a negative or missing number of {name}.",
                    bad.height,
                    str(bad["zone_id"][0]),
                    "error",
                    {"zones": bad.height, "column": name},
                    _points(bad),
                )
            )
        elif name in _NOUN and float(values.sum()) <= 0:
            found.append(
                Finding(
                    f"zones.no_{name}",
                    f"No zone has {_NOUN[name]}, so nothing is said about reaching them and they draw no trips.",
                    zones.height,
                    severity="assumed",
                )
            )
    twice = zones.height - zones["zone_id"].n_unique()
    if twice:
        first = zones.filter(zones["zone_id"].is_duplicated())["zone_id"][0]
        found.append(
            Finding(
                "zones.twice",
                f"{twice} zones have the id of another zone.",
                twice,
                str(first),
                "error",
                {"zones": twice},
            )
        )
    return found


def _total(city: City, people: float) -> list[Finding]:
    """Compare with the total that ``city.toml`` states (``[build] population_total``), where it does."""
    stated: Any = city.meta.build.get("population_total")
    if not isinstance(stated, int | float) or isinstance(stated, bool) or stated <= 0:
        return []
    difference = people / float(stated) - 1
    if abs(difference) <= TOTAL_TOLERANCE:
        return []
    percent = round(100 * difference, 1)
    return [
        Finding(
            "zones.population_total",
            f"The zones have {people:,.0f} residents together, the reported total is {stated:,.0f} ({percent:+} %).",
            values={"residents": round(people), "reported": round(stated), "percent": percent},
        )
    ]


def _stops(city: City, feed: Feed | None) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if feed is None:
        return city.stops["lon"].to_numpy(), city.stops["lat"].to_numpy()
    served = feed.stops.filter(pl.col("stop_id").is_in(feed.stop_times["stop_id"].unique().implode()))
    served = served.drop_nulls(["stop_lon", "stop_lat"])
    return served["stop_lon"].to_numpy(), served["stop_lat"].to_numpy()


def _people(
    code: str, template: str, which: pl.DataFrame, everybody: float, severity: Severity = "warning"
) -> list[Finding]:
    if not which.height:
        return []
    persons = float(which["population"].sum())
    values: dict[str, str | int | float] = {
        "zones": which.height,
        "persons": round(persons),
        "percent": round(100 * persons / everybody, 1),
        "metres": round(ACCESS_M),
    }
    shown = which.sort("population", descending=True)
    words = {**values, "persons": f"{round(persons):,}"}
    return [
        Finding(
            code, template.format(**words), which.height, str(shown["zone_id"][0]), severity, values, _points(shown)
        )
    ]


def _points(zones: pl.DataFrame) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zones.head(SHOWN).select("lon", "lat").iter_rows())
