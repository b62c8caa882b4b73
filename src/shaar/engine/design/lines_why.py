"""Why a line is there: whom it serves, where it goes, and what people would lose without it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shaar.engine.design.city_front import Point
from shaar.engine.design.city_instance import CityInstance
from shaar.engine.design.headways import assign
from shaar.engine.design.lines import StreetLine

F64 = npt.NDArray[np.float64]
WALK_METRES = 400.0


def reasons(
    city: CityInstance, point: Point, where: Mapping[str, F64], names: Mapping[str, str]
) -> list[dict[str, float | str]]:
    """Figures for each line of a plan.

    Parameters
    ----------
    where
        stop_id -> metres (x, y).
    names
        place_id -> name of outlying settlements.

    Returns
    -------
    list of dict
        ``trips_day`` (boardings a day), ``people_400`` and ``jobs_400`` (within 400 straight metres of its stops),
        ``settlements`` (outlying ones reached, comma-separated), ``minutes_lost`` (rise of the mean journey of all
        trips without the line, other headways unchanged), ``people_losing`` (residents with no other line within
        400 m), ``peak_load`` (persons per vehicle on the busiest part in the peak hour), ``detour`` (length over the
        straight distance of its ends), ``speed`` (km/h with stops).
    """
    assignment = point.plan.assignment
    near = np.stack([_near(city, line, where) for line in point.lines])
    alone = near.sum(axis=0) == 1
    every = np.arange(len(point.lines))
    found: list[dict[str, float | str]] = []
    for k, line in enumerate(point.lines):
        without = np.where(every == k, np.inf, point.plan.headways)
        lost = assign(point.model, without, loads=False).mean_minutes - assignment.mean_minutes
        hourly = assignment.peak_load[k] * point.model.rules.peak_hour
        reached = [names.get(p, p) for p, g in city.settlements.items() if g in line.route or g in line.way_back]
        km = (line.forward.metres + line.backward.metres) / 1000.0
        found.append({
            "trips_day": round(float(assignment.boardings[k])),
            "people_400": round(float(city.people.population[near[k]].sum())),
            "jobs_400": round(float(city.people.jobs[near[k]].sum())),
            "settlements": ", ".join(reached),
            "minutes_lost": round(float(lost), 4),
            "people_losing": round(float(city.people.population[near[k] & alone].sum())),
            "peak_load": round(float(hourly * point.plan.headways[k] / 60.0), 1),
            "speed": round(float(km / (line.minutes / 60.0)), 1),
        })  # fmt: skip
        winding = detour(city, line)
        if np.isfinite(winding):
            found[-1]["detour"] = round(winding, 3)
    return found


def _near(city: CityInstance, line: StreetLine, where: Mapping[str, F64]) -> npt.NDArray[np.bool_]:
    xy = np.array([where[s] for s in line.stops if s in where]).reshape(-1, 2)
    return city.people.within(xy, WALK_METRES)


def detour(city: CityInstance, line: StreetLine) -> float:
    """Run time between the line's stop groups over the least possible between its ends, on the search's times."""
    nodes = np.asarray(line.route)
    least = float(city.shortest[nodes[0], nodes[-1]])
    # A line of today may join groups that no link joins, or end where it began.
    if line.today is not None:
        if not 0.0 < least < np.inf:
            return float("nan")
        return float(city.shortest[nodes[:-1], nodes[1:]].sum() / least)
    return float(city.instance.time[nodes[:-1], nodes[1:]].sum() / least)


def sentence(why: Mapping[str, float | str]) -> str:
    """Say the reason of a line in plain English, from the figures of :func:`reasons` (and of the demand draws)."""
    trips, people, jobs = (float(why[k]) for k in ("trips_day", "people_400", "jobs_400"))
    said = [
        f"Carries {trips:,.0f} trips a day; {people:,.0f} people and {jobs:,.0f} jobs are within 400 m of its stops."
    ]
    if why.get("settlements"):
        said.append(f"Reaches {why['settlements']}.")
    lost, losing = float(why["minutes_lost"]), float(why["people_losing"])
    without = []
    if lost >= 0.01:
        without.append(f"the mean journey of all trips would be {lost:.2f} min longer")
    if losing >= 1:
        without.append(f"{losing:,.0f} people would have no line within 400 m")
    said.append(f"Without it {' and '.join(without)}." if without else "Without it hardly anybody would lose.")
    if "found_in_draws" in why:
        share = float(why["found_in_draws"])
        said.append(f"A like line comes out of {share:.0%} of the demand draws.")
    if "loss_low" in why:
        low, high = float(why["loss_low"]), float(why["loss_high"])
        said.append(f"Over the draws its loss would cost {low:.2f} to {high:.2f} min.")
    return " ".join(said)
