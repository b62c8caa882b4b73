"""Searches under a cap on the total route time, beside the best points of an early experiment of ours.

    python benchmarks/tndp_caps.py [DATA] [--seconds 120] [--seed 0] [--only mumford1:1081,...]

DATA as in tndp.py. For every compromise point in DATA/prototype_bests.csv: a search from nothing but the instance with
that point's total route time as cap. The passenger and operator points are met in the tables of tndp.py. Seconds are
CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from pathlib import Path

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.feasible import violations
from shaar.engine.design.search import search
from shaar.engine.study.benchmark_tndp import STANDARD, machine


def main() -> None:
    parser = argparse.ArgumentParser(description="Searches under caps beside our early experiment.")
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=120.0, help="CPU seconds of one search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="points as instance:cap, separated by commas")
    wish = parser.parse_args()
    if wish.data is None:
        if "SHAAR_SHARED_DATA" not in os.environ:
            parser.error("say where the instances are")
        wish.data = Path(os.environ["SHAAR_SHARED_DATA"]) / "tndp"
    tasks = {(task.folder, task.n_routes): task for task in STANDARD}
    print(f"{machine()}; {wish.seconds:g} CPU seconds a search, seed {wish.seed}")
    print(f"{'instance':12}{'cap':>7}{'earlier ATT':>13}{'ATT':>10}{'TRT':>7}{'CPU s':>7}  matched")
    with (wish.data / "prototype_bests.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        task = tasks[row["instance"], int(row["number_of_routes"])]
        if not row["perspective"].startswith("compromise"):
            continue
        instance = task.read(wish.data)
        cap = float(row["TRT"])
        if wish.only and f"{task.name}:{cap:.0f}" not in wish.only.split(","):
            continue
        search(instance, iterations=20_000)  # compile outside the clock
        began = time.process_time()
        found = search(instance, seconds=wish.seconds, seed=wish.seed, total_cap=cap, clock=time.process_time)
        if broken := violations(instance, found.routes):
            raise AssertionError(f"{task.name}: {broken[0]}")
        value = evaluate(instance, found.routes)
        matched = value.att <= float(row["ATT"]) + 5e-5 and value.trt <= cap
        print(
            f"{task.name:12}{cap:>7.0f}{float(row['ATT']):>13.4f}"
            f"{value.att:>10.4f}{value.trt:>7.0f}{time.process_time() - began:>7.0f}  {'yes' if matched else 'no'}",
            flush=True,
        )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped")
