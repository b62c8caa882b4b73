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
from shaar.engine.routing.mobility import Profile, profile
from shaar.engine.study.access_measures import equity_table, measures, place_rows, service_table, worst_zones
from shaar.engine.study.access_times import Reach, reach
from shaar.engine.study.baseline import HEADWAY_DRAWS
from shaar.engine.study.baseline_walks import TRANSFER_M
from shaar.engine.study.results import Options
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed

F64 = npt.NDArray[np.float64]
MAX_MINUTES = 90.0
#: With more residents for one place of a service, most places are taken to be missing in the data.
MOST_PER_PLACE = 50_000.0


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


def profiles(mobility: Mapping[str, float], options: Options) -> dict[str, Profile]:
    """Group -> how it gets about; groups that are not named move like everyone.

    Everyone walks as in the baseline (speed and longest walk of the options, every street level), so that both studies
    say the same; older people and those in a wheelchair move as ``mobility.csv`` says.
    """
    adult = replace(
        profile("adult", mobility),
        kmh=options.walk_kmh,
        slope=0.0,
        max_slope=float("inf"),
        steps_kmh=options.walk_kmh,
        crossing_s=0.0,
        max_walk_m=options.max_walk_m,
        max_change_m=TRANSFER_M,
    )
    return {"everyone": adult, "elderly": profile("elderly", mobility), "wheelchair": profile("wheelchair", mobility)}


def access(
    city: City,
    feed: Feed | None,
    *,
    options: Options | None = None,
    parameters: Parameters | None = None,
    mobility: Parameters | None = None,
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
    parameters, mobility
        ``parameters/access.csv`` and ``parameters/mobility.csv`` when None.
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
    mobility = mobility or load_parameters("mobility.csv")
    if city.zones.height == 0:
        raise InputError("the city has no zones, so there is nobody to ask", file=city.path / "zones.parquet")
    if not city.links["walk"].fill_null(False).any():
        raise InputError("the city has no street to walk on", file=city.path / "links.parquet", field="walk")
    groups = group_people(city.zones, parameters, outlying=_outlying(city), file=city.path / "zones.parquet")
    found = {p: (facilities or {}).get(p) or facilities_of(city.places, city.zones, p) for p in KINDS}
    found = {p: f for p, f in found.items() if f.n}
    points = {p: f for p, f in found.items() if not f.from_zones}
    day = None if feed is None else options.day or typical_weekday(feed)
    if feed is not None and day is not None and day_timetable(feed, day).n_patterns == 0:
        raise InputError(f"no trip runs on {day.isoformat()}; choose another day with --day")
    reaches = {}
    for group, who in profiles(mobility, options).items():
        r = reach(city, feed, day, points, who, options, headway_draws=HEADWAY_DRAWS, progress=progress)
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
    old, chair = reaches["elderly"].who, reaches["wheelchair"].who
    out = [
        Finding(
            "access.walking",
            f"Adults and children walk at {options.walk_kmh:g} km/h and at most {options.max_walk_m:.0f} m to or from "
            f"a stop, people of 65 and over at {old.kmh:g} km/h and {old.max_walk_m:.0f} m, in a wheelchair at "
            f"{chair.kmh:g} km/h and {chair.max_walk_m:.0f} m without steps or slopes over {chair.max_slope:g} %.",
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
    people = float(city.zones["population"].fill_null(0.0).sum())
    number = {p: float(f.capacity.sum()) if f.from_zones else float(f.n) for p, f in found.items()}
    few = [
        f"{n:,.0f} of kind {TITLES[p]}" for p, n in number.items() if p != "one_stop" and people > MOST_PER_PLACE * n
    ]
    if few:
        out.append(
            Finding(
                "access.few_places",
                f"For {people:,.0f} residents the data holds only {', '.join(few)}; most are not mapped, so the "
                "figures for them say little.",
                len(few),
                severity="warning",
                values={"people": round(people)},
            )
        )
    by_zone = [TITLES[p] for p, f in found.items() if f.from_zones]
    if by_zone:
        out.append(
            Finding(
                "access.by_zone",
                f"The data counts these by zone without their places, so they stand where the zone's people are: "
                f"{', '.join(by_zone)}.",
                len(by_zone),
                severity="assumed",
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
    else:
        out += _accessible(reaches["wheelchair"])
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


def _accessible(r: Reach) -> list[Finding]:
    """Say what the timetable does not know about wheelchairs, and what that does to the figures."""
    t = r.timetable
    if t is None or not (t.trips_unknown or t.stops_unknown):
        return []
    parts = []
    if t.trips_unknown:
        used = "usable" if r.who.unknown_vehicle else "not usable"
        parts.append(f"of {t.trips_unknown:,} of {t.trips:,} trips whether a wheelchair can ride (taken as {used})")
    if t.stops_unknown:
        used = "usable" if r.who.unknown_stop else "not usable"
        parts.append(f"of {t.stops_unknown:,} of {t.stops:,} stops whether one can board there (taken as {used})")
    return [
        Finding(
            "access.wheelchair_unknown",
            f"The timetable does not say {' and '.join(parts)}.",
            t.trips_unknown + t.stops_unknown,
            severity="assumed",
            values={"trips": t.trips_unknown, "stops": t.stops_unknown},
        )
    ]
