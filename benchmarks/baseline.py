"""Service figures of real feeds beside gtfs_kit; what a design changes in these cities: design_cities.py."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import gtfs_kit

from shaar.engine.fleet.service import service_stats
from shaar.engine.timetable.calendar import typical_weekday
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.pattern_length import pattern_km
from shaar.engine.timetable.read import read_gtfs

SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FEEDS = {
    "Porto Alegre bus": "porto_alegre/poa_eptc.zip",
    "Porto Alegre rail": "porto_alegre/poa_trensurb.zip",
    "Las Palmas bus": "las_palmas/gtfs_guaguas_20230222.zip",
}


def service(name: str, path: Path) -> None:
    feed = read_gtfs(path)
    day = typical_weekday(feed)
    timetable = day_timetable(feed, day, previous_day=False)
    ours = service_stats(timetable, pattern_km(feed, timetable))
    other = gtfs_kit.read_feed(path, dist_units="km")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trips = other.get_trips(date=day.strftime("%Y%m%d"))
        stats = gtfs_kit.compute_trip_stats(other)
    stats = stats[stats["trip_id"].isin(trips["trip_id"])]
    used = other.stop_times[other.stop_times["trip_id"].isin(trips["trip_id"])]["stop_id"].nunique()
    rows = [
        ("routes that run", ours.lines, trips["route_id"].nunique()),
        ("trips", ours.trips, len(trips)),
        ("stops served", ours.stops_served, used),
        ("vehicle-km", ours.vehicle_km, stats["distance"].sum()),
        ("vehicle-hours", ours.vehicle_hours, stats["duration"].sum()),
    ]
    print(f"{name}, {day.isoformat()}")
    for label, a, b in rows:
        print(f"  {label:18s} {a:12,.1f} {b:12,.1f} {a / b - 1:9.2%}")


def main() -> int:
    if not SHARED.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    print(f"{'a typical weekday':20s} {'Shaar':>12s} {'gtfs_kit':>12s} {'apart':>9s}")
    for name, path in FEEDS.items():
        service(name, SHARED / "cities" / path)
    print("\ngtfs_kit takes the whole shape of a trip and counts hours to the departure from its last stop;")
    print("Shaar takes the part of the shape between first and last stop, and hours to the arrival at the last.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
