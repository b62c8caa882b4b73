"""Our search beside another program: same instance, same CPU seconds, one thread, judged by the same evaluator.

    python benchmarks/peers.py DATA --peer-dir CHECKOUT [--peer-python PYTHON] [--seconds 30] [--seeds 3] [--out FILE]

The peer is njaric03/tndp-novi-sad (greedy construction and hill climbing in Python with SciPy; no licence is stated, so
it is neither carried nor changed here: CHECKOUT is a copy of its own, PYTHON an interpreter with numpy, scipy and
matplotlib). It minimises the mean travel time alone (its alpha = 1). Both programs stop at the first look at the clock
after their CPU seconds; imports and compilation are outside the clock. Without CHECKOUT it says so and ends.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.feasible import violations
from shaar.engine.design.instance import Instance, RouteSet
from shaar.engine.design.search import search
from shaar.engine.design.tndp import read_tndp

#: Name, folder, routes, least and most nodes, best published passenger ATT and TRT (Ahmed, Mumford and Kheiri 2019).
TASKS = (("mandl-6", "mandl", 6, 2, 8, 10.18, 212), ("mumford0", "mumford0", 12, 2, 15, 14.09, 722))
PEER = "tndp-novi-sad"
STARTS = ("greedy", "random")
NEVER = 10**12

# Runs in the peer's interpreter and folder: keeps the best whole network that the peer itself judges, until time is up.
RUNNER = """
import json, sys, time
import numpy as np
from tndp.baselines import greedy, hill_climb
from tndp.core.city import CityGraph

class Enough(Exception):
    pass

data = np.load(sys.argv[1])
wish = json.loads(sys.argv[2])
city = CityGraph(coords=data["xy"], street_time=data["time"], demand=data["demand"], terminal=data["terminal"])
best, count, judge = [float("inf"), None], 0, hill_climb.network_objective

def watched(city, network, *rest):
    global count
    if time.process_time() - began >= wish["seconds"]:
        raise Enough
    value = judge(city, network, *rest)
    count += 1
    if len(network.routes) == wish["n_routes"] and value < best[0]:
        best[:] = value, [[int(v) for v in route] for route in network.routes]
    return value

hill_climb.network_objective = greedy.network_objective = watched
began = time.process_time()
try:
    hill_climb.hill_climb(city, wish["n_routes"], wish["min_nodes"], wish["max_nodes"], alpha=1.0, seed=wish["seed"],
                          max_evals=10**12, init=wish["start"])
except Enough:
    pass
print(json.dumps({"routes": best[1], "cpu": time.process_time() - began, "evaluations": count}))
"""


def peer(
    instance: Instance, checkout: Path, python: str, seconds: float, seed: int, start: str
) -> tuple[RouteSet | None, float, int]:
    """Best routes of the peer, CPU seconds and route sets judged."""
    wish = {
        "seconds": seconds, "seed": seed, "start": start, "n_routes": instance.n_routes,
        "min_nodes": instance.min_nodes, "max_nodes": instance.max_nodes,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "instance.npz"
        street = instance.time.copy()
        np.fill_diagonal(street, 0.0)
        np.savez(file, xy=instance.xy, time=street, demand=instance.demand, terminal=instance.terminal)
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        done = subprocess.run(
            [python, "-c", RUNNER, str(file), json.dumps(wish)],
            cwd=checkout, env={**os.environ, **one}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the peer failed: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    routes = tuple(tuple(route) for route in found["routes"]) if found["routes"] else None
    return routes, found["cpu"], found["evaluations"]


def ours(instance: Instance, seconds: float, seed: int) -> tuple[RouteSet | None, float, int]:
    """Best routes of our search in one chain, CPU seconds and route sets judged."""
    began = time.process_time()

    def watch(stage: str, done: float, total: float | None = None, note: str = "") -> None:
        if time.process_time() - began >= seconds - 0.1:  # asked every 0.2 s
            raise KeyboardInterrupt

    found = search(instance, iterations=NEVER, seed=seed, chains=1, progress=watch)
    return found.routes, time.process_time() - began, found.evaluations


def row(
    task: str, program: str, seed: int, instance: Instance, run: tuple[RouteSet | None, float, int]
) -> dict[str, Any]:
    """One line of the table: figures only."""
    routes, cpu, evaluations = run
    out: dict[str, Any] = {
        "instance": task, "program": program, "seed": seed, "cpu_seconds": round(cpu, 2), "evaluations": evaluations,
    }  # fmt: skip
    if routes is None:
        return {**out, "broken": "no whole network in time"}
    wrong = violations(instance, routes)
    if wrong:
        return {**out, "broken": wrong[0]}
    found = evaluate(instance, routes)
    figures = {name: round(getattr(found, name), 4) for name in ("att", "trt", "d0", "d1", "d2", "dun")}
    return {**out, **figures, "broken": ""}


def version(checkout: Path) -> str:
    """Commit of the checkout, or unknown."""
    done = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def show(rows: list[dict[str, Any]]) -> None:
    print(f"{'instance':9} {'program':22} {'runs':>4} {'CPU s':>6} {'ATT median':>10} {'best':>8} {'worst':>8} "
          f"{'TRT':>5} {'sets/s':>8}   published ATT / TRT")  # fmt: skip
    for task, _, _, _, _, att, trt in TASKS:
        for program in dict.fromkeys(line["program"] for line in rows):
            lines = [line for line in rows if (line["instance"], line["program"]) == (task, program)]
            good = sorted((line for line in lines if not line["broken"]), key=lambda line: line["att"])
            if not lines:
                continue
            speed = statistics.median(line["evaluations"] / line["cpu_seconds"] for line in lines)
            cpu = statistics.median(line["cpu_seconds"] for line in lines)
            head = f"{task:9} {program:22} {len(lines):>4} {cpu:6.1f} "
            if good:
                middle = statistics.median(line["att"] for line in good)
                head += f"{middle:10.4f} {good[0]['att']:8.4f} {good[-1]['att']:8.4f} {good[0]['trt']:5.0f}"
            else:
                head += f"{'-':>10} {'-':>8} {'-':>8} {'-':>5}"
            print(f"{head} {speed:8,.0f}   {att:.2f} / {trt}")
            for line in lines:
                if line["broken"]:
                    print(f"{'':9} seed {line['seed']}: {line['broken']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with mandl and mumford0, as `read_tndp` reads them")
    parser.add_argument("--peer-dir", type=Path, help="checkout of the peer")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has what the peer needs")
    parser.add_argument("--seconds", type=float, default=30.0, help="CPU seconds per run")
    parser.add_argument("--seeds", type=int, default=3, help="runs per program and instance, seeds 0, 1, ...")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    wish = parser.parse_args()
    if wish.peer_dir is None or not (wish.peer_dir / "tndp" / "baselines" / "hill_climb.py").is_file():
        print(f"skipped: no checkout of {PEER} was given (--peer-dir)" if wish.peer_dir is None else
              f"skipped: {wish.peer_dir} is no checkout of {PEER}")  # fmt: skip
        return
    rows: list[dict[str, Any]] = []
    for task, folder, n_routes, least, most, _, _ in TASKS:
        instance = read_tndp(wish.data / folder, n_routes=n_routes, min_nodes=least, max_nodes=most)
        search(instance, iterations=1)  # compile outside the clock
        for seed in range(wish.seeds):
            rows.append(row(task, "shaar", seed, instance, ours(instance, wish.seconds, seed)))
            for start in STARTS:
                found = peer(instance, wish.peer_dir.resolve(), wish.peer_python, wish.seconds, seed, start)
                rows.append(row(task, f"{PEER}, {start}", seed, instance, found))
            print(f"{task}: seed {seed} done", file=sys.stderr, flush=True)
    show(rows)
    if wish.out:
        wish.out.parent.mkdir(parents=True, exist_ok=True)
        table = {
            "what": "mean travel time (ATT) and total route time (TRT) in minutes, d0 to dun in percent of trips",
            "peer": f"{PEER} {version(wish.peer_dir)}: hill climbing from a greedy or random start, alpha 1",
            "cpu_seconds_asked": wish.seconds,
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "runs": rows,
        }
        wish.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
