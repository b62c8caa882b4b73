"""Transit network design benchmark: our search against the best published passenger solutions.

    python benchmarks/tndp.py DATA [--seconds 60] [--seeds 5] [--chains 1] [--all] [--out FOLDER] [--check]

DATA is a folder with a sub-folder per instance (mandl, mumford0 ...) as `read_tndp` reads it. Prints a table; with
--out every run is stored as JSON and not run again. --check evaluates all route sets in the solutions.csv files and
counts those whose published figures are met exactly.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import platform
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.feasible import violations
from shaar.engine.design.instance import Instance
from shaar.engine.design.search import search
from shaar.engine.design.tndp import read_route_set, read_tndp, write_route_set


@dataclass(frozen=True)
class Task:
    """One benchmark instance with its rules and the best published passenger solution.

    ATT and TRT in minutes: Ahmed, Mumford and Kheiri, "Solving urban transit route design problem using selection
    hyper-heuristics", EJOR 274 (2019), the best published until 2019 that could be read.
    """

    name: str
    folder: str
    n_routes: int
    min_nodes: int
    max_nodes: int
    published_att: float
    published_trt: float


TASKS = (
    Task("mandl-4", "mandl", 4, 2, 8, 10.48, 148),
    Task("mandl-6", "mandl", 6, 2, 8, 10.18, 212),
    Task("mandl-7", "mandl", 7, 2, 8, 10.10, 250),
    Task("mandl-8", "mandl", 8, 2, 8, 10.08, 272),
    Task("mumford0", "mumford0", 12, 2, 15, 14.09, 722),
)
LARGE_TASKS = (
    Task("mumford1", "mumford1", 15, 10, 30, 21.69, 1956),
    Task("mumford2", "mumford2", 56, 10, 22, 25.19, 5257),
    Task("mumford3", "mumford3", 60, 12, 25, 28.05, 6119),
)


def machine() -> str:
    """Processor and number of cores."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = f"{names[0]}, {len(names)} cores" if names else model
    return f"{model}, Python {platform.python_version()}"


def run(task: Task, instance: Instance, seed: int, seconds: float, chains: int, out: Path | None) -> dict[str, object]:
    """One search, or its stored record."""
    file = out / f"{task.name}-{seconds:g}s-{chains}c-seed{seed}.json" if out else None
    if file is not None and file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    found = search(instance, seconds=seconds, seed=seed, chains=chains)
    broken = violations(instance, found.routes)
    if broken:
        raise SystemExit(f"{task.name}, seed {seed}: {broken[0]}")
    if found.interrupted:
        raise KeyboardInterrupt
    record: dict[str, object] = {
        "task": asdict(task),
        "seed": seed,
        "seconds": found.seconds,
        "chains": chains,
        "iterations": found.iterations,
        "evaluations": found.evaluations,
        "evaluation": asdict(evaluate(instance, found.routes)),
        "trace": found.trace,
        "routes": write_route_set(found.routes),
        "machine": machine(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        part.replace(file)
    return record


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
    parser.add_argument("data", type=Path, help="folder with a sub-folder per instance")
    parser.add_argument("--seconds", type=float, default=60.0, help="wall clock time per run")
    parser.add_argument("--seeds", type=int, default=5, help="runs per instance, seeds 0, 1, ...")
    parser.add_argument("--chains", type=int, default=1, help="independent chains per run")
    parser.add_argument("--all", action="store_true", help="mumford1 to 3 too")
    parser.add_argument("--only", default="", help="names of instances, separated by commas")
    parser.add_argument("--out", type=Path, help="store each run here as JSON, and do not repeat stored runs")
    parser.add_argument("--check", action="store_true", help="evaluate all published route sets first")
    wish = parser.parse_args()
    print(f"{machine()}; {datetime.datetime.now(datetime.UTC).date()}")
    if wish.check:
        total, equal = check(wish.data)
        print(f"published route sets evaluated: {total}, all figures equal: {equal}")
        if equal < total:
            sys.exit(1)
    print(f"{wish.seeds} runs of {wish.seconds:g} s, {wish.chains} chain(s) each; ATT and TRT in minutes, d0-dun in %")
    print(
        f"{'instance':10} {'published':>16} {'median':>9} {'best':>9} {'worst':>9} {'TRT':>6} "
        f"{'d0':>6} {'d1':>6} {'d2':>5} {'dun':>5} {'evals/s':>9} {'<= published':>13}"
    )
    chosen = [name for name in wish.only.split(",") if name]
    for task in TASKS + (LARGE_TASKS if wish.all or chosen else ()):
        if chosen and task.name not in chosen:
            continue
        instance = read_tndp(
            wish.data / task.folder, n_routes=task.n_routes, min_nodes=task.min_nodes, max_nodes=task.max_nodes
        )
        search(instance, iterations=1)  # compile outside the clock
        records = [run(task, instance, seed, wish.seconds, wish.chains, wish.out) for seed in range(wish.seeds)]
        values = [record["evaluation"] for record in records]
        atts = [value["att"] for value in values]
        best = min(values, key=lambda value: (value["att"], value["trt"]))
        speed = statistics.median(record["evaluations"] / record["seconds"] for record in records)
        met = sum(round(att, 2) <= task.published_att for att in atts)
        print(
            f"{task.name:10} {task.published_att:>9.2f} / {task.published_trt:<4.0f} {statistics.median(atts):9.4f} "
            f"{best['att']:9.4f} {max(atts):9.4f} {best['trt']:6.0f} {best['d0']:6.2f} {best['d1']:6.2f} "
            f"{best['d2']:5.2f} {best['dun']:5.2f} {speed:9,.0f} {met:>7} of {len(atts)}",
            flush=True,
        )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; finished runs are kept where --out was given")
