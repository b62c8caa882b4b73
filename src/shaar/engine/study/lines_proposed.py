"""The optimiser inside the workbench: new lines for some places with so many vehicles, better ones as it goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.design import city_front as front_of
from shaar.engine.design.city_cover import Need
from shaar.engine.design.city_front import Point
from shaar.engine.design.city_instance import CityInstance, city_instance
from shaar.engine.design.lines import StopBook, StreetLine
from shaar.engine.errors import InputError
from shaar.engine.measures.models import AddLine, Headway, NewStop, clock
from shaar.engine.progress import Progress, silent
from shaar.engine.study.design_rules import VEHICLE_TYPE, DesignRules, Wishes
from shaar.engine.study.design_today import today_of
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]
#: Zones within this distance of a place that is only a point belong to it (m).
NEAR_M = 1000.0
#: A network counts as better when the mean journey of the places gets shorter by more than this (min).
BETTER_MIN = 0.02
#: Seconds of each search: short at first, so that there is an answer soon, then longer.
FIRST_S, LONGEST_S = 2.0, 12.0
#: Mean headways (min) at which the lines tried would use all the vehicles, and the most lines tried.
HEADWAYS, MOST_LINES = (10.0, 7.0, 15.0, 20.0), 4


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer: new lines beside those that run.

    Parameters
    ----------
    found_at
        Seconds after the search began.
    lines
        The changes that make it, the most used line first.
    vehicles
        That they need at the peak, not more than were given.
    minutes_before, minutes_after
        Mean door-to-door journey of the trips from and to the places by the search model (modelled).
    boardings
        Of each line, a day, by the search model.
    """

    found_at: float
    lines: tuple[AddLine, ...]
    vehicles: int
    minutes_before: float
    minutes_after: float
    boardings: tuple[float, ...]


def zones_of(city: City, place_ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which zones belong to the places: by their district or settlement, else by where they lie; shape (z,).

    Raises
    ------
    InputError
        No place, one that the city does not have, or none of their zones has people.
    """
    if not place_ids:
        raise InputError("name at least one place", field="place_ids")
    known = set(city.places["place_id"])
    for place in place_ids:
        if place not in known:
            raise InputError(f"there is no place {place}", field="place_ids")
    of = pl.col("settlement").is_in(place_ids) | pl.col("district").is_in(place_ids)
    found = np.asarray(city.zones.select(of.fill_null(False)).to_series().to_numpy()).copy()
    lon, lat = city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy()
    for place in place_ids:
        own = pl.col("settlement").eq_missing(place) | pl.col("district").eq_missing(place)
        if city.zones.filter(own).height:
            continue
        shape = geoparquet.geometries(city.places.filter(pl.col("place_id") == place))[0]
        if shapely.area(shape) > 0:
            found |= shapely.contains_xy(shape, lon, lat)
        else:
            at = shapely.centroid(shape)
            dx = (lon - at.x) * np.cos(np.radians(at.y))
            found |= np.hypot(dx, lat - at.y) * 111_195.0 <= NEAR_M
    if not found.any() or float(city.zones["population"].to_numpy()[found].sum()) < 1.0:
        raise InputError("nobody is known to live in these places", field="place_ids")
    return found


def propose_lines(
    city: City,
    feed: Feed | None,
    od: F64,
    place_ids: Sequence[str],
    *,
    vehicles: int,
    seconds: float = 60.0,
    seed: int = 0,
    better: Callable[[Offer], None],
    cancelled: Callable[[], bool] = lambda: False,
    progress: Progress = silent,
) -> Offer | None:
    """Search new lines for some places beside the lines that run, and hand out each better answer as it is found.

    Simulated annealing over stop groups (:func:`shaar.engine.design.search.search`) with today's lines fixed and only
    the trips from and to the places as demand, for one to four lines and several headways in turn; what is found is
    laid on the streets and given headways by marginal allocation.

    Parameters
    ----------
    feed
        The network as it stands; its lines and headways stay as they are. None: there is none.
    od
        Daily trips by public transport between zones, shape (z, z).
    vehicles
        At the peak, for the new lines together.
    seconds
        Wall clock for searching; reading the streets comes on top (a few seconds).
    better, cancelled
        Called with each better answer; asked between searches whether to stop.

    Returns
    -------
    Offer or None
        The best answer; None where none is better than today's network.

    Raises
    ------
    InputError
        Unknown or empty places, less than one vehicle, no trips from or to the places, no streets for buses.
    """
    if not 1 <= vehicles <= 500:
        raise InputError("between 1 and 500 vehicles can be given", field="vehicles")
    inside = zones_of(city, place_ids)
    demand = np.where(inside[:, None] | inside[None, :], od, 0.0)
    if demand.sum() < 1.0:
        raise InputError("the model knows of no trips from or to these places", field="place_ids")
    progress("streets and stops", 0, 1)
    # Only these places have to be reached; the lines that run look after the others.
    chosen = city.places.filter((pl.col("kind") == "city") | pl.col("place_id").is_in(place_ids))
    rules = DesignRules()
    instance = city_instance(replace(city, places=chosen), demand, rules.city)
    stay, fleet, before, rules = _standing(instance, feed, rules)
    need = Need(instance, StopBook(instance), metres=400.0)
    progress("streets and stops", 1, 1)
    began, best, least = time.monotonic(), None, before
    taken = set() if feed is None else set(feed.routes["route_id"]) | set(feed.routes["route_short_name"].drop_nulls())
    for number, (count, cap, span) in enumerate(_tries(vehicles, rules)):
        left = seconds - (time.monotonic() - began)
        if left <= 0.2 or cancelled():
            break
        progress("search", min(seconds - left, seconds), seconds, f"{count}")
        found, _, interrupted = front_of.candidates(
            instance, [(count, cap)], need.book, seconds=min(span, left), iterations=None, seed=seed + number,
            stay=stay, chains=1,
        )  # fmt: skip
        if interrupted or cancelled():
            break
        point = front_of.points(need, found, [fleet + vehicles], rules.headways).get(fleet + vehicles)
        minutes = math.inf if point is None else point.plan.assignment.mean_minutes
        if point is None or minutes >= least - BETTER_MIN:
            continue
        offer = _offer(need.book, point, rules, before, taken, time.monotonic() - began)
        if offer.lines:
            best, least = offer, minutes
            better(offer)
    progress("search", seconds, seconds)
    return best


def _standing(
    instance: CityInstance, feed: Feed | None, rules: DesignRules
) -> tuple[tuple[StreetLine, ...], int, float, DesignRules]:
    """Lines that run, held; their vehicles in the model; the mean journey with them; the rules with their peak."""
    if feed is None:
        return (), 0, math.inf, rules
    today, rules = today_of(instance, feed, rules, Wishes())
    stay = tuple(
        replace(line, today=replace(line.today, held=True, kept=True, fixed=True)) for line in today.lines if line.today
    )
    used = sum(line.today.vehicles for line in stay if line.today)
    return stay, used, today.point.plan.assignment.mean_minutes, rules


def _tries(vehicles: int, rules: DesignRules) -> list[tuple[int, float, float]]:
    """Number of lines, cap on their total one-way run time (min), and seconds, one try after another."""
    out: list[tuple[int, float, float]] = []
    layover = rules.headways.layover + 0.03
    for turn in range(1000):
        headway = HEADWAYS[turn // MOST_LINES % len(HEADWAYS)]
        count = 1 + turn % MOST_LINES
        total = vehicles * headway / (2.0 * (1.0 + layover))
        if count <= vehicles and total >= 6.0 * count:
            out.append((count, total, min(LONGEST_S, FIRST_S * (1 + len(out) // MOST_LINES))))
    return out or [(1, max(6.0, vehicles * 20.0 / 2.4), FIRST_S)] * 200


def _offer(book: StopBook, point: Point, rules: DesignRules, before: float, taken: set[str], at: float) -> Offer:
    plan = point.plan
    new = [k for k, line in enumerate(point.lines) if line.today is None]
    new.sort(key=lambda k: -float(plan.assignment.boardings[k]))
    table = book.table()
    fresh = {r["stop_id"]: r for r in table.filter(pl.col("source") == "proposed").iter_rows(named=True)}
    lines, names = [], set(taken)
    for k in new:
        number = next(n for n in range(1, 10_000) if f"N{n}" not in names)
        names.add(f"N{number}")
        lines.append(_add_line(point.lines[k], f"N{number}", float(plan.headways[k]), rules, fresh))
    return Offer(
        found_at=round(at, 1),
        lines=tuple(lines),
        vehicles=int(plan.vehicles[new].sum()) if new else 0,
        minutes_before=before,
        minutes_after=plan.assignment.mean_minutes,
        boardings=tuple(float(plan.assignment.boardings[k]) for k in new),
    )


def _add_line(
    line: StreetLine, name: str, headway: float, rules: DesignRules, fresh: dict[str, dict[str, object]]
) -> AddLine:
    periods = sorted(rules.periods.items(), key=lambda p: p[1].start)
    stops = dict.fromkeys((*line.forward.stops, *line.backward.stops))
    return AddLine(
        line_id=name,
        name=name,
        stops_forward=line.forward.stops,
        minutes_forward=_minutes(line.forward.minutes),
        stops_backward=line.backward.stops,
        minutes_backward=_minutes(line.backward.minutes),
        headways=tuple(
            Headway(start=clock(p.start), end=clock(p.end), minutes=_off_peak(headway, p.fleet, p.run, p.longest),
                    period=key)
            for key, p in periods
        ),
        new_stops=tuple(
            NewStop(stop_id=s, lon=fresh[s]["lon"], lat=fresh[s]["lat"], name=fresh[s]["name"] or "")  # type: ignore[arg-type]
            for s in stops if s in fresh
        ),
        geometry_forward=_course(line.forward.geometry),
        geometry_backward=_course(line.backward.geometry),
        vehicle_type=VEHICLE_TYPE,
    )  # fmt: skip


def _off_peak(headway: float, fleet: float, run: float, longest: float) -> float:
    """Minutes that the period's share of vehicles keeps with its run times, in half minutes, within the policy."""
    return float(min(math.ceil(2.0 * headway * run / fleet - 1e-9) / 2.0, max(longest, headway)))


def _minutes(minutes: F64) -> tuple[float, ...]:
    """Minutes from the first stop, to the second and growing."""
    out = [0.0]
    for m in (minutes - minutes[0])[1:]:
        out.append(max(round(float(m) * 60.0) / 60.0, out[-1] + 1.0 / 60.0))
    return tuple(round(m, 4) for m in out)


def _course(line: shapely.LineString) -> tuple[tuple[float, float], ...]:
    return tuple((round(float(x), 6), round(float(y), 6)) for x, y, *_ in line.coords)
