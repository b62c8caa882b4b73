"""Missing links and a cycle network within a budget in two real cities: sizes, CPU seconds, benefit by kilometre.

    python benchmarks/cycling.py [--budget-km 30]

Astana comes with the project; Las Palmas is built from the shared data. CPU seconds are those of this process on all
its threads, kernels compiled before; the machine may be shared, so wall time is not shown.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numba

from shaar.engine.city.example import example_city_path
from shaar.engine.city.folder import read
from shaar.engine.study.cycling import CyclingStudy, cycling, figures
from shaar.engine.study.cycling_output import curve_rows

SHARED = Path(os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def las_palmas(folder: Path) -> Path:
    raw = SHARED / "cities" / "las_palmas"
    command = [
        sys.executable, "-m", "shaar", "city", "build", str(folder), "--osm", raw / "las_palmas_osm_20230221.osm.pbf",
        "--gtfs", raw / "gtfs_guaguas_20230222.zip", "--country", "ES", "--name", "Las Palmas",
    ]  # fmt: skip
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder


def show(path: Path, budget_km: float) -> None:
    city = read(path)
    at: list[tuple[str, float]] = [("", time.process_time())]

    def note(stage: str, done: float, total: float | None = None, text: str = "") -> None:
        if total is not None and done >= total and at[-1][0] != stage:
            at.append((stage, time.process_time()))

    begin = time.process_time()
    study: CyclingStudy = cycling(city, budget_km=budget_km, progress=note)
    seconds = time.process_time() - begin
    found = figures(study)
    print(f"{city.meta.name}, {budget_km:g} km")
    sizes = Counter(c.kind for c in study.candidates)
    print(
        f"  {study.net.n_nodes:,} nodes, {int((study.net.link >= 0).sum()):,} arcs, {len(study.points.node):,} points"
    )
    print(f"  candidates: {', '.join(f'{n:,} {k}' for k, n in sorted(sizes.items()))}")
    stages = ", ".join(f"{name} {t - before:.1f}" for (_, before), (name, t) in pairwise(at))
    print(f"  CPU seconds: {seconds:.1f} ({stages})")
    print(f"  {len(study.plan.steps):,} pieces built, {study.plan.evaluated:,} exact gains worked out for them")
    for name, value in found.items():
        print(f"  {name:58s} {value:12,.1f}")
    print(f"  {'km of the budget':>18s} {'perceived h saved/day':>22s} {'trips with a calm way':>22s}")
    for row in curve_rows(study):
        km, hours, share = row.values()
        print(f"  {km:18.1f} {hours:22,.0f} {share:22.1%}")
    print()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--budget-km", type=float, default=30.0)
    given = arguments.parse_args()
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    show(example_city_path("astana"), given.budget_km)
    if (SHARED / "cities" / "las_palmas").is_dir():
        with tempfile.TemporaryDirectory() as folder:
            show(las_palmas(Path(folder) / "city"), given.budget_km)
    return 0


if __name__ == "__main__":
    sys.exit(main())
