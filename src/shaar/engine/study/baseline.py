"""How a city stands with one network: who lives near service, what people reach, how long journeys take, and where."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding
from shaar.engine.fleet.service import day_trips, service_stats
from shaar.engine.progress import Progress, silent
from shaar.engine.routing.raptor import travel_times
from shaar.engine.study.baseline_tables import equity, journey_stats, place_table, zone_table
from shaar.engine.study.baseline_walks import STOP_TO_STREET_M, TRANSFER_M, ZONE_TO_STREET_M, Walks, walks
from shaar.engine.study.results import Baseline, NetworkStats, Options
from shaar.engine.timetable.arrays import DayTimetable, no_service
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import Feed
from shaar.engine.timetable.pattern_length import pattern_km, pattern_km_findings

F64 = npt.NDArray[np.float64]
#: Draws of the unknown phases of lines that have only headways.
HEADWAY_DRAWS = 5
#: A window with less than this share of the departures of the busiest equally long span is said to be quiet.
QUIET_SHARE = 0.5


def baseline(
    city: City,
    feed: Feed | None,
    *,
    options: Options | None = None,
    label: str = "today",
    od: F64 | None = None,
    headway_draws: int = HEADWAY_DRAWS,
    progress: Progress = silent,
) -> Baseline:
    """Say how a city stands with a timetable, or on foot where it has none.

    Parameters
    ----------
    city, feed
        The city, and the timetable to judge (None: journeys are on foot only and there are no network figures).
    options
        Day (a typical weekday of the timetable when None), window of departures, walking, limits, thresholds.
    label
        What to call this network.
    od
        Daily trips float[z, z] that weigh the journeys; modelled by :mod:`shaar.engine.study.demand` when None.
    headway_draws
        Draws of the unknown phases of lines that have only headways; the median is over all of them.

    Returns
    -------
    Baseline
        Journey minutes are medians over the departures of the window, door to door, waiting included.

    Raises
    ------
    InputError
        The city has no zones or no streets to walk on, the demand has another shape or bad numbers, or nothing runs on
        the day.
    """
    options = options or Options()
    z = city.zones.height
    if z == 0:
        raise InputError("the city has no zones, so there is nobody to ask", file=city.path / "zones.parquet")
    if not city.links["walk"].fill_null(False).any():
        raise InputError("the city has no street to walk on", file=city.path / "links.parquet", field="walk")
    day, timetable, network, findings = _service(feed, options)
    modelled = od is None
    if od is None:
        from shaar.engine.study.demand import city_demand

        od = city_demand(city, progress=progress)
    if od.shape != (z, z):
        raise InputError(f"the demand has shape {od.shape} but the city has {z} zones")
    if not (np.isfinite(od).all() and (od >= 0).all()):
        raise InputError("a number of trips between two zones is negative or missing", field="demand")
    on_foot = walks(city, timetable, options, progress)
    journeys = travel_times(
        timetable,
        on_foot.access,
        on_foot.transfers,
        on_foot.egress,
        on_foot.direct,
        window=options.window,
        max_rides=options.max_rides,
        max_minutes=options.max_minutes,
        headway_draws=headway_draws,
        seed=options.seed,
        progress=progress,
    )
    zones = zone_table(city, journeys.minutes[0], on_foot.stop_m, on_foot.near, od, options)
    return Baseline(
        label=label,
        day=day,
        window=options.window,
        network=network,
        journeys=journey_stats(od, journeys, options.max_minutes),
        zones=zones,
        places=place_table(city, zones, options),
        equity=equity(zones, options),
        assumptions=(*_assumptions(city, timetable, on_foot, options, headway_draws, modelled=modelled), *findings),
    )


def _service(
    feed: Feed | None, options: Options
) -> tuple[dt.date | None, DayTimetable, NetworkStats | None, tuple[Finding, ...]]:
    if feed is None:
        return options.day, no_service(), None, ()
    day = options.day or typical_weekday(feed)
    own = day_timetable(feed, day, previous_day=False)
    if own.n_patterns == 0:
        raise InputError(f"no trip runs on {day.isoformat()}; choose another day with --day")
    s = service_stats(own, pattern_km(feed, own))
    if not s.trips:
        raise InputError(f"the headways of {day.isoformat()} give no departure; choose another day with --day")
    network = NetworkStats(**asdict(s))
    findings = (*_quiet_window(own, options), *pattern_km_findings(feed, own))
    return day, day_timetable(feed, day), network, findings


def _quiet_window(own: DayTimetable, options: Options) -> tuple[Finding, ...]:
    """Warn where the window holds far fewer departures than the day's busiest span of the same length."""
    start = np.sort(day_trips(own).start)
    first, end = options.window
    here = int(np.searchsorted(start, end) - np.searchsorted(start, first))
    counts = np.searchsorted(start, start + (end - first)) - np.arange(len(start))
    best = int(np.argmax(counts))
    most, hour = int(counts[best]), int(start[best])
    if here >= QUIET_SHARE * most:
        return ()
    clock = f"{hour // 3600}:{hour // 60 % 60:02d}"
    return (
        Finding(
            "baseline.window_quiet",
            f"{here} trips start in the hours looked at, but {most} in as many hours from {clock}; journeys are slower "
            "than at the busiest time, or the timetable is cut.",
            most - here,
            values={"trips": here, "most": most, "clock": clock},
        ),
    )


def _assumptions(
    city: City, timetable: DayTimetable, on_foot: Walks, options: Options, draws: int, *, modelled: bool
) -> tuple[Finding, ...]:
    change = min(TRANSFER_M, options.max_walk_m)
    out = [
        Finding(
            "baseline.walking",
            f"People walk at {options.walk_kmh:g} km/h, at most {options.max_walk_m:.0f} m to or from a stop and "
            f"{change:.0f} m between stops; journeys over {options.max_minutes:.0f} min do not count.",
            severity="assumed",
            values={"kmh": options.walk_kmh, "metres": options.max_walk_m, "change": change,
                    "minutes": options.max_minutes},
        )
    ]  # fmt: skip
    if timetable.n_patterns:
        out.append(
            Finding(
                "baseline.coverage",
                "Residents of a zone are taken to live evenly along its streets; who lives within 400 or 800 m of a "
                "served stop is counted along the streets from there.",
                severity="assumed",
            )
        )
    if modelled:
        out.append(Finding("baseline.demand", "Journeys are weighted by modelled demand, not by counted trips.",
                           severity="assumed"))  # fmt: skip
    if not timetable.n_patterns:
        out.append(Finding("baseline.no_timetable", "The city's data holds no timetable, so all journeys are on foot.",
                           severity="assumed"))  # fmt: skip
    headways = int((np.diff(timetable.span_ptr) > 0).sum())
    if headways:
        out.append(
            Finding(
                "baseline.headways",
                f"{headways} of {timetable.n_patterns} line variants have headways and no clock times; "
                f"{draws} random draws of their phases stand for them.",
                headways,
                severity="assumed",
                values={"patterns": headways, "all": timetable.n_patterns, "draws": draws},
            )
        )
    lost = np.flatnonzero(on_foot.lost_zones)
    if len(lost):
        people = float(city.zones["population"].fill_null(0.0).gather(lost).sum())
        where = city.zones.select("lon", "lat").gather(lost[:20]).rows()
        out.append(
            Finding(
                "baseline.zones_off_streets",
                f"{len(lost)} zones with {people:,.0f} people lie more than {ZONE_TO_STREET_M:.0f} m from any walkable "
                "street; nobody there reaches anything beyond the zone.",
                len(lost),
                str(city.zones["zone_id"][int(lost[0])]),
                values={"zones": len(lost), "people": round(people), "metres": ZONE_TO_STREET_M},
                points=tuple((float(a), float(b)) for a, b in where),
            )
        )
    stops = np.flatnonzero(on_foot.lost_stops)
    if len(stops):
        out.append(
            Finding(
                "baseline.stops_off_streets",
                f"{len(stops)} served stops lie more than {STOP_TO_STREET_M:.0f} m from any walkable street; "
                "nobody boards there.",
                len(stops),
                timetable.stop_ids[int(stops[0])],
                values={"stops": len(stops), "metres": STOP_TO_STREET_M},
                points=tuple((float(timetable.stop_lon[s]), float(timetable.stop_lat[s])) for s in stops[:20]),
            )
        )
    return tuple(out)
