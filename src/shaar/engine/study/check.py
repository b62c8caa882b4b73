"""What is missing, odd or assumed in a city: one finding each, with counts and places. Codes: docs/check.md."""

from __future__ import annotations

from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding, Severity
from shaar.engine.study.check_people import people_findings
from shaar.engine.study.check_streets import stop_findings, street_findings
from shaar.engine.timetable.calendar import day_findings, typical_weekday
from shaar.engine.timetable.check import check_feed
from shaar.engine.timetable.feed import Feed

_GRAVEST_FIRST = {"error": 0, "warning": 1, "assumed": 2, "info": 3}
#: Provenance that every city folder should state.
_PROVENANCE = (
    "zones.population",
    "zones.jobs",
    "zones.schools",
    "zones.clinics",
    "places",
    "links",
    "stops",
)
#: Optional files of the city folder: code, file, sentence.
_PARTS = (
    (
        "parts.no_demand",
        "demand.omx",
        "There is no matrix of trips, so demand is modelled from residents, jobs and services (gravity model).",
    ),
    (
        "parts.no_counts",
        "counts.csv",
        "There are no passenger or traffic counts, so the modelled demand is not fitted to any.",
    ),
    (
        "parts.no_fleet",
        "fleet.csv",
        "There is no list of vehicles, so energy and emissions are given for several kinds of bus.",
    ),
)


def check_city(city: City, feed: Feed | None = None) -> tuple[Finding, ...]:
    """Look a city over before anything is computed with it.

    Parameters
    ----------
    city
        As read from its folder.
    feed
        Its timetable, None where it has none.

    Returns
    -------
    tuple of Finding
        Gravest first: errors (results would be wrong), warnings (odd), assumed (missing, and what replaced it), info.
    """
    findings = [
        *street_findings(city),
        *stop_findings(city),
        *people_findings(city, feed),
        *_missing_parts(city, feed),
        *_provenance(city),
    ]
    if feed is not None:
        findings += _timetable(city, feed)
    return tuple(sorted(findings, key=lambda f: _GRAVEST_FIRST[f.severity]))


def _timetable(city: City, feed: Feed) -> list[Finding]:
    found = list(check_feed(feed))
    try:
        day = typical_weekday(feed)
    except InputError as e:
        message = f"The timetable has no day with service: {e}."
        return [*found, Finding("timetable.no_day", message, severity="error", values={"reason": str(e)})]
    found.append(
        Finding(
            "timetable.day",
            f"{day} stands for an ordinary working day of the timetable unless another day is chosen.",
            where=str(day),
            severity="info",
            values={"day": str(day)},
        )
    )
    known = {(f.code, f.where) for f in found}
    found += [f for f in day_findings(feed, day) if (f.code, f.where) not in known]
    if city.stops.height:
        unknown = sorted(set(feed.stop_times["stop_id"].drop_nulls()) - set(city.stops["stop_id"]))
        if unknown:
            found.append(
                Finding(
                    "timetable.stops_unknown",
                    f"{len(unknown)} stops of the timetable are not among the city's stops, so they are placed by the "
                    "timetable's own coordinates.",
                    len(unknown),
                    unknown[0],
                    values={"stops": len(unknown)},
                )
            )
    return found


def _missing_parts(city: City, feed: Feed | None) -> list[Finding]:
    found = []
    if feed is None:
        found.append(
            Finding(
                "parts.no_timetable",
                "The city has no timetable, so journeys as they stand are counted on foot only and the service of "
                "today is not known.",
                severity="assumed",
            )
        )
    if city.links.height and city.links["slope"].null_count() == city.links.height:
        found.append(
            Finding(
                "parts.no_elevation",
                "No elevation was given, so all streets count as flat.",
                city.links.height,
                severity="assumed",
            )
        )
    if city.links.height and not city.turns.height:
        found.append(
            Finding(
                "parts.no_turns",
                "No banned turn is known, so every turn that the directions of the streets allow counts as legal.",
                severity="assumed",
            )
        )
    if not (city.places["kind"] == "district").any():
        found.append(
            Finding(
                "parts.no_districts",
                "The city has no districts, so figures are given for the city as a whole.",
                severity="assumed",
            )
        )
    severity: Severity
    for code, file, message in _PARTS:
        if (city.path / file).exists():
            code, severity = "parts.unread", "warning"
            message = f"{file} lies in the city folder, but nothing reads it yet: no result depends on it."
        else:
            severity = "assumed"
        found.append(Finding(code, message, where=file, severity=severity, values={"file": file}))
    return found


def _provenance(city: City) -> list[Finding]:
    found = []
    missing = [
        key for key in _PROVENANCE if key not in city.meta.provenance and key.split(".")[0] not in city.meta.provenance
    ]
    if missing:
        found.append(
            Finding(
                "provenance.missing",
                f"city.toml does not say where {len(missing)} parts of the data come from: {', '.join(missing)}.",
                len(missing),
                missing[0],
                values={"parts": len(missing), "names": ", ".join(missing)},
            )
        )
    assumed = [key for key, p in city.meta.provenance.items() if p.badge == "assumed"]
    if assumed:
        parts = "1 part of the data is" if len(assumed) == 1 else f"{len(assumed)} parts of the data are"
        found.append(
            Finding(
                "provenance.assumed",
                f"{parts} assumed, not observed: {', '.join(assumed)}.",
                len(assumed),
                assumed[0],
                "assumed",
                {"parts": len(assumed), "names": ", ".join(assumed)},
            )
        )
    if not city.meta.data_date:
        found.append(
            Finding("provenance.no_date", "city.toml does not say what day the map data are from.", where="data_date")
        )
    else:
        found.append(
            Finding(
                "provenance.date",
                f"The map data are from {city.meta.data_date}; what was built later is not in them.",
                severity="info",
                values={"date": city.meta.data_date},
            )
        )
    return found
