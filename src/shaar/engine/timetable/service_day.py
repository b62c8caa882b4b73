"""Seconds of a service day and the clock on the wall: GTFS counts from noon minus twelve hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shaar.engine.errors import InputError
from shaar.engine.timetable.feed import Feed


def zero(day: date, zone: str) -> datetime:
    """Return the moment from which a service day's seconds count, in UTC.

    It is noon minus twelve hours (GTFS reference, "Time"): midnight, but 23:00 the day before where the clocks go
    forward on the day, and 1:00 where they go back.

    Raises
    ------
    InputError
        There is no such time zone.
    """
    noon = datetime.combine(day, time(12), tzinfo=_zone(zone))
    return noon.astimezone(UTC) - timedelta(hours=12)


def clock(day: date, seconds: int, zone: str) -> datetime:
    """Return what the clock on the wall shows, seconds into a service day (they may be negative or past 86,400)."""
    return (zero(day, zone) + timedelta(seconds=int(seconds))).astimezone(_zone(zone))


def seconds_at(day: date, moment: datetime, zone: str) -> int:
    """Return the seconds of a service day at a moment; one without a time zone is read off the wall of ``zone``.

    An hour that the clocks pass twice is its first pass unless ``moment.fold`` is 1.
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(zone))
    return round((moment.astimezone(UTC) - zero(day, zone)).total_seconds())


def day_length(day: date, zone: str) -> int:
    """Return the seconds between the beginnings of a service day and the next: 86,400 but when the clocks change."""
    return round((zero(day + timedelta(days=1), zone) - zero(day, zone)).total_seconds())


def feed_zone(feed: Feed) -> str:
    """Return the time zone in which a feed's times are: that of its agencies, which GTFS wants to be one.

    Where agencies disagree, the zone of most routes counts; ``check.time_zones`` reports them.
    """
    zones = feed.agency["agency_timezone"].drop_nulls().unique(maintain_order=True).to_list()
    if len(zones) <= 1:
        return str(zones[0]) if zones else "UTC"
    of = dict(zip(feed.agency["agency_id"], feed.agency["agency_timezone"], strict=True))
    count = dict.fromkeys(zones, 0)
    for agency in feed.routes["agency_id"]:
        if of.get(agency) in count:
            count[of[agency]] += 1
    return str(max(zones, key=lambda z: count[z]))


def _zone(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as e:
        raise InputError(f'"{zone}" is not a time zone (such as Asia/Almaty)', field="time_zone") from e
