"""The whole model of two cities: how many rounds until demand and supply agree, and what that takes."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from design_cities import CASES, SHARED, build

from shaar.cli.options import open_city
from shaar.engine.study.model import model_city
from shaar.engine.study.model_sheet import calibration_sheet, trust


def show(name: str, where: str) -> None:
    city, feed = open_city(where)
    start = time.process_time()
    model = model_city(city, feed)
    rows = calibration_sheet(model)
    took = time.process_time() - start
    last = model.rounds[-1]
    print(f"{name}: {city.zones.height} zones, {model.roads.network.links} road links, {took:.0f} CPU s")
    print("  round  change %   gap %  step")
    for r in model.rounds:
        print(f"  {r.number:5d}  {100 * r.change:8.3f} {100 * r.gap:7.3f} {r.step:5.2f}")
    print(f"  agrees to {100 * max(last.change, last.gap):.3f} % {'(met)' if model.converged else '(NOT met)'}")
    print(f"  cars and taxis in the hour {model.vehicles.sum():,.0f}, relative gap of the roads {model.flows.gap:.1e}")
    if model.transit is not None:
        print(f"  boardings {model.transit.boardings:,.0f}, relative gap of the lines {model.transit.loads.gap:.1e}")
    for row in rows:
        if row.code == "elasticity":
            print(f"  elasticity, {row.name:9s} {row.value:6.2f}, expected {row.low:.2f} to {row.high:.2f}")
    print("  lines of the sheet: " + ", ".join(f"{n} {verdict}" for verdict, n in trust(rows).items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folders", type=Path, default=Path(__file__).resolve().parents[1] / "out" / "cities")
    folders = parser.parse_args().folders
    show("Astana (no timetable)", "astana")
    path = folders / "las_palmas"
    if not path.exists():
        if not SHARED.is_dir():
            print("the shared data folder is not here; set SHAAR_SHARED_DATA", file=sys.stderr)
            return 1
        build(CASES["las_palmas"], path)
    show("Las Palmas", str(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
