"""Transit network design benchmark: our passenger views and fronts beside the published ones.

    python benchmarks/tndp.py [DATA] [--seconds 10] [--seeds 5] [--front-seconds 600] [--budget 600]
                              [--only NAMES] [--first] [--out FOLDER] [--check]

DATA is a folder with a sub-folder per instance, mandl, mumford0 ... [$SHAAR_SHARED_DATA/tndp]. Every run is stored in
--out and not made again; a front goes on where its last sitting ended, so the tables grow over several sittings.
Seconds are CPU seconds of one thread, so that other work on the machine does not count. --budget shares out so many of
them over everything asked for. 0 seconds only print what is stored.
--check evaluates all route sets in the solutions.csv files and counts those whose published figures are met exactly.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import os
import sys
from pathlib import Path

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.tndp import read_route_set, read_tndp
from shaar.engine.study.benchmark_tndp import FIRST, STANDARD, machine, run


def check(data: Path) -> tuple[int, int]:
    """How many published route sets there are, and for how many our figures equal the published ones."""
    total = equal = 0
    for folder in ("mandl", "mumford0", "mumford1", "mumford2", "mumford3"):
        instance = read_tndp(data / folder, n_routes=1, min_nodes=2, max_nodes=999)
        with (data / folder / "solutions.csv").open(encoding="utf-8") as table:
            for row in csv.DictReader(table):
                found = evaluate(instance, read_route_set(row["routes"]))
                shares = ("d0", "d1", "d2", "dun")
                total += 1
                equal += (
                    abs(found.att - float(row["ATT"])) <= 1e-6
                    and found.trt == float(row["TRT"])
                    and all(abs(getattr(found, share) - float(row[share])) <= 1e-4 for share in shares)
                )
    return total, equal


def main() -> None:
    parser = argparse.ArgumentParser(description="Transit network design benchmark.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with a sub-folder per instance")
    parser.add_argument("--seconds", type=float, default=10.0, help="CPU seconds of one passenger search")
    parser.add_argument("--seeds", type=int, default=5, help="passenger searches per instance, seeds 0, 1, ...")
    parser.add_argument("--front-seconds", type=float, default=0.0, help="CPU seconds per front, all sittings")
    parser.add_argument("--budget", type=float, help="at most about so many seconds in all, shared out evenly")
    parser.add_argument("--only", default="", help="names of instances, separated by commas")
    parser.add_argument("--first", action="store_true", help="the networks without published results too")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "runs", help="where runs are stored")
    parser.add_argument("--check", action="store_true", help="evaluate all published route sets first")
    wish = parser.parse_args()
    if wish.data is None:
        if "SHAAR_SHARED_DATA" not in os.environ:
            parser.error("say where the instances are")
        wish.data = Path(os.environ["SHAAR_SHARED_DATA"]) / "tndp"
    names = [name for name in wish.only.split(",") if name]
    names = names or [task.name for task in (*STANDARD, *(FIRST if wish.first else ()))]
    if wish.budget is not None:
        asked = len(names) * (wish.seeds * wish.seconds + wish.front_seconds)
        share = min(1.0, wish.budget / max(asked, 1e-9))
        wish.seconds, wish.front_seconds = wish.seconds * share, wish.front_seconds * share
    print(f"{machine()}; {datetime.datetime.now(datetime.UTC).date()}")
    if wish.check:
        total, equal = check(wish.data)
        print(f"published route sets evaluated: {total}, all figures equal: {equal}")
        if equal < total:
            sys.exit(1)
    for line in run(
        wish.data, out=wish.out, instances=names, seconds=wish.seconds, front_seconds=wish.front_seconds,
        seeds=wish.seeds,
    ):  # fmt: skip
        print(line)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; finished runs are kept")
