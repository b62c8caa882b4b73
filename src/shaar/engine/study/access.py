"""What every group of people reaches: jobs and services by zone and place, how unequal it is, and who is worst off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.access.facilities import KINDS, TITLES, Facilities, facilities_of
from shaar.engine.access.groups import Groups, group_people
from shaar.engine.city.model import City
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.progress import Progress, silent
from shaar.engine.study.access_measures import equity_table, measures, place_rows, service_table, worst_zones
from shaar.engine.study.access_times import Mover, Reach, reach
from shaar.engine.study.baseline import HEADWAY_DRAWS, _no_service
from shaar.engine.study.results import Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]
#: GTFS: 1 usable, 2 not usable in a wheelchair, 0 or empty unknown.
NOT_USABLE = 2
MAX_MINUTES = 90.0


@dataclass(frozen=True, slots=True)
class AccessResult:
    """What people reach.

    Parameters
    ----------
    label, day, window
        Which network, day and departures.
    groups
        Persons by group and zone.
    zones
        One row a zone: zone_id, lon, lat, population, place (settlement or district), persons by group
        (``people_carless`` ...) and the measures of each mover (no suffix, ``_elderly``, ``_wheelchair``).
    places
        One row a place (city, district, settlement) and group: people, means of the measures over them and
        ``<service>_share``, the share of the people who reach the nearest within the minutes of its row in the
        parameter table.
    equity
        One row a measure: gini, palma, theil, theil_between (settlements and districts), concentration, worst_decile.
    services
        One row a place of a service: purpose, id, name, lon, lat, capacity, people within reach, ratio.
    worst
        The zones in which people take longest to what they need.
    findings
        What was assumed or is missing.
    """

    label: str
    day: dt.date | None
    window: tuple[int, int]
    groups: Groups
    zones: pl.DataFrame
    places: pl.DataFrame
    equity: pl.DataFrame
    services: pl.DataFrame
    worst: pl.DataFrame
    findings: tuple[Finding, ...]


def movers(parameters: Mapping[str, float], options: Options) -> dict[str, Mover]:
    """Group -> how it gets about; groups that are not named move like an adult of the options."""
    kmh, walk = options.walk_kmh, options.max_walk_m
    return {
        "everyone": Mover("", kmh, walk),
        "elderly": Mover(
            "elderly", min(kmh, parameters["walk_kmh_elderly"]), min(walk, parameters["walk_max_elderly"])
        ),
        "wheelchair": Mover(
            "wheelchair",
            min(kmh, parameters["walk_kmh_wheelchair"]),
            min(walk, parameters["walk_max_wheelchair"]),
            steps=False,
            max_slope=parameters["slope_wheelchair"],
            accessible_only=True,
        ),
    }


def access(
    city: City,
    feed: Feed | None,
    *,
    options: Options | None = None,
    parameters: Parameters | None = None,
    facilities: Mapping[str, Facilities] | None = None,
    rank_by: str | None = None,
    label: str = "today",
    progress: Progress = silent,
) -> AccessResult:
    """Say what every group of people reaches.

    Parameters
    ----------
    city, feed
        The city and its timetable (None: on foot only).
    options
        Day, window, walking, longest journey counted.
    parameters
        ``parameters/access.csv`` when None.
    facilities
        Places of services that replace those of the city, by purpose.
    rank_by
        Numeric column of the zones from worst-off (low) to best-off by which the concentration index ranks people;
        the share without a car where the zones count them, else no such index.
    label
        What to call this network.

    Raises
    ------
    InputError
        The city has no zones or no street to walk on, nothing runs on the day, or a column is bad.
    """
    options = options or replace(Options(), max_minutes=MAX_MINUTES)
    parameters = parameters or load_parameters("access.csv")
    if city.zones.height == 0:
        raise InputError("the city has no zones, so there is nobody to ask", file=city.path / "zones.parquet")
    if not city.links["walk"].fill_null(False).any():
        raise InputError("the city has no street to walk on", file=city.path / "links.parquet", field="walk")
    groups = group_people(city.zones, parameters, outlying=_outlying(city), file=city.path / "zones.parquet")
    found = {p: (facilities or {}).get(p) or facilities_of(city.places, city.zones, p) for p in KINDS}
    found = {p: f for p, f in found.items() if f.n}
    points = {p: f for p, f in found.items() if not f.from_zones}
    day = None if feed is None else options.day or typical_weekday(feed)
    reaches = {}
    for group, mover in movers(parameters, options).items():
        timetable = _no_service()
        if feed is not None and day is not None:
            timetable = day_timetable(usable_by(feed, mover), day)
            if timetable.n_patterns == 0 and group == "everyone":
                raise InputError(f"no trip runs on {day.isoformat()}; choose another day with --day")
        r = reach(city, timetable, points, mover, options, headway_draws=HEADWAY_DRAWS, progress=progress)
        reaches[group] = replace(r, places={**r.places, **_from_zones(city, r, found)})
    rank = _rank(city, groups, rank_by)
    zones = measures(city, groups, reaches, found, parameters, options)
    places = place_rows(city, groups, zones, found, parameters, options)
    return AccessResult(
        label=label,
        day=day,
        window=options.window,
        groups=groups,
        zones=zones,
        places=places,
        equity=equity_table(zones, found, rank, options),
        services=service_table(city, groups, reaches["everyone"], found, parameters),
        worst=worst_zones(zones, found, options),
        findings=(*groups.findings, *_findings(city, feed, found, reaches, rank_by, rank, parameters, options)),
    )


def usable_by(feed: Feed, mover: Mover) -> Feed:
    """Leave out trips and calls that are known not to be usable in a wheelchair, for a mover who needs that."""
    if not mover.accessible_only:
        return feed
    trips, calls = feed.trips, feed.stop_times
    if "wheelchair_accessible" in trips.columns:
        trips = trips.filter(pl.col("wheelchair_accessible").cast(pl.Int32, strict=False).fill_null(0) != NOT_USABLE)
    closed = feed.stops.filter(pl.col("wheelchair_boarding").fill_null(0) == NOT_USABLE)["stop_id"]
    if len(closed):
        calls = calls.filter(~pl.col("stop_id").is_in(closed.implode()))
    if trips.height < feed.trips.height:
        calls = calls.filter(pl.col("trip_id").is_in(trips["trip_id"].implode()))
    return replace(feed, trips=trips, stop_times=calls)


def _outlying(city: City) -> frozenset[str] | None:
    """Settlements away from the built core; None (all settlements) where the city does not say which are."""
    said = city.places.filter((pl.col("kind") == "settlement") & pl.col("outlying").is_not_null())
    return frozenset(said.filter("outlying")["place_id"]) if said.height else None


def _from_zones(city: City, r: Reach, found: Mapping[str, Facilities]) -> dict[str, npt.NDArray[np.float32]]:
    """Minutes to services that are only counted by zone: to the zone, and within one's own zone the mean walk."""
    row = {zone: k for k, zone in enumerate(city.zones["zone_id"])}
    return {p: r.zones[:, [row[i] for i in f.ids]] for p, f in found.items() if f.from_zones}


def _rank(city: City, groups: Groups, rank_by: str | None) -> F64 | None:
    if rank_by is not None:
        if rank_by not in city.zones.columns or not city.zones[rank_by].dtype.is_numeric():
            raise InputError(
                "the zones have no such column of numbers", file=city.path / "zones.parquet", field=rank_by
            )
        return city.zones[rank_by].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if "carless" in groups.assumed:
        return None
    people = groups.persons["everyone"]
    share = np.divide(groups.persons["carless"], people, out=np.full(len(people), np.nan), where=people > 0)
    out: F64 = -share
    return out


def _findings(
    city: City,
    feed: Feed | None,
    found: Mapping[str, Facilities],
    reaches: Mapping[str, Reach],
    rank_by: str | None,
    rank: F64 | None,
    parameters: Mapping[str, float],
    options: Options,
) -> tuple[Finding, ...]:
    out = [
        Finding(
            "access.walking",
            f"Adults and children walk at {options.walk_kmh:g} km/h and at most {options.max_walk_m:.0f} m to or from "
            f"a stop, people of 65 and over at {reaches['elderly'].mover.walk_kmh:g} km/h and "
            f"{reaches['elderly'].mover.max_walk_m:.0f} m, in a wheelchair at "
            f"{reaches['wheelchair'].mover.walk_kmh:g} km/h and {reaches['wheelchair'].mover.max_walk_m:.0f} m without "
            f"steps or slopes over {parameters['slope_wheelchair']:g} %.",
            severity="assumed",
        )
    ]
    missing = [TITLES[p] for p in KINDS if p not in found]
    if missing:
        out.append(
            Finding(
                "access.no_places",
                f"The data holds no {', no '.join(missing)}; a file of places adds them (--places).",
                len(missing),
                severity="warning",
                values={"what": ", ".join(missing)},
            )
        )
    equal = [TITLES[p] for p in ("schools", "clinics") if p in found and not found[p].counted]
    if equal:
        out.append(
            Finding(
                "access.capacity",
                f"No capacity is known for every {' and '.join(equal)}, so each counts as one: the figures by capacity "
                "are places per 10,000 people who can reach them.",
                len(equal),
                severity="assumed",
                values={"what": ", ".join(equal)},
            )
        )
    if feed is None:
        out.append(
            Finding(
                "baseline.no_timetable",
                "The city's data holds no timetable, so all journeys are on foot.",
                severity="assumed",
            )
        )
    elif not _known(feed.stops, "wheelchair_boarding") and not _known(feed.trips, "wheelchair_accessible"):
        out.append(
            Finding(
                "access.no_wheelchair_data",
                "The timetable does not say which stops and vehicles can be used in a wheelchair; all are taken to be, "
                "so what people in a wheelchair reach is an upper bound.",
                severity="assumed",
            )
        )
    if city.links["slope"].is_null().all():
        out.append(
            Finding(
                "access.no_slope",
                "The streets have no slope in the data, so no street is too steep for a wheelchair.",
                severity="assumed",
            )
        )
    if rank is None and rank_by is None:
        out.append(
            Finding(
                "access.no_rank",
                "Nothing in the zones says who is worse off (income, or residents without a car), so there is no "
                "concentration index.",
                severity="info",
            )
        )
    lost = np.flatnonzero(reaches["everyone"].lost)
    if len(lost):
        people = float(city.zones["population"].fill_null(0.0).gather(lost).sum())
        out.append(
            Finding(
                "access.zones_off_streets",
                f"{len(lost)} zones with {people:,.0f} people lie far from any walkable street; they reach nothing.",
                len(lost),
                str(city.zones["zone_id"][int(lost[0])]),
                values={"zones": len(lost), "people": round(people)},
            )
        )
    return tuple(out)


def _known(table: pl.DataFrame, column: str) -> bool:
    return column in table.columns and bool((table[column].cast(pl.Int32, strict=False).fill_null(0) > 0).any())
