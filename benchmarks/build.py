"""Time and memory of `shaar city build` on real cities, each in a process of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from measure import run

SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def main() -> int:
    cities = SHARED / "cities"
    if not cities.is_dir():
        print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
        return 1
    las, poa = cities / "las_palmas", cities / "porto_alegre"
    runs = {
        "Las Palmas (OSM 3.3 MB, GTFS)": [
            "--osm", las / "las_palmas_osm_20230221.osm.pbf", "--gtfs", las / "gtfs_guaguas_20230222.zip",
            "--country", "ES", "--name", "Las Palmas",
        ],
        "Porto Alegre (OSM, 2 GTFS, people and jobs by hexagon, elevation)": [
            "--osm", poa / "poa_osm.pbf", "--gtfs", poa / "poa_eptc.zip", "--gtfs", poa / "poa_trensurb.zip",
            "--zones", poa / "poa_hexgrid.csv", "--elevation", poa / "poa_elevation.tif", "--country", "BR",
            "--name", "Porto Alegre",
        ],
    }  # fmt: skip
    print(f"{'city':68s} {'wall s':>7s} {'peak MB':>8s}")
    for name, arguments in runs.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "shaar", "city", "build", f"{folder}/city", *map(str, arguments)]
            taken = run(command)
        print(f"{name:68s} {taken.seconds:7.1f} {taken.peak_mb:8.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
