"""What each part of the route search is worth: the same proposals without it.

    python benchmarks/tndp_ablation.py [DATA] [--proposals 150000] [--seeds 3]
    python benchmarks/tndp_ablation.py [DATA] --fronts [--seconds 10] [--seeds 5]

The first prints the mean ATT (minutes) over the seeds on mumford0 (passenger view) and on mumford1 with the total route
time capped at 500 minutes, and how much worse that is than the whole search. The second makes fronts of mumford1 and
mumford2, each in so many CPU seconds, and prints the ATT within three totals: that of the shortest published routes
(Ahmed, Mumford and Kheiri 2019), twice that, and any. DATA is the folder of instances [the shared data's].
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path

from shaar.engine.design.front import front
from shaar.engine.design.instance import Instance
from shaar.engine.design.moves import PAIR_MOVES, SINGLE_MOVES
from shaar.engine.design.search import Schedule, search
from shaar.engine.design.tndp import read_tndp
from shaar.engine.errors import ShaarError


def variants() -> dict[str, Schedule]:
    """The whole search, and the search without one part."""
    whole = Schedule()
    some = {"whole": whole}
    for k, move in enumerate(SINGLE_MOVES + PAIR_MOVES):
        share = list(whole.share)
        share[k] = 0.0
        some[f"without {move}"] = replace(whole, share=tuple(share))
    some["moves learn, rate 0.1"] = replace(whole, learn=0.1)
    some["moves learn, rate 0.5"] = replace(whole, learn=0.5)
    some["no heat (descent)"] = replace(whole, hot=1e-9, cold=1e-10, lift=0.0)
    some["one long cycle"] = replace(whole, growth=1.0, first=10**6)
    some["no lift under a cap"] = replace(whole, lift=0.0)
    return some


def fronts(data: Path, seconds: float, seeds: int) -> None:
    """Print what parts of the front sweep are worth, by CPU seconds."""
    cases = [
        (read_tndp(data / "mumford1", n_routes=15, min_nodes=10, max_nodes=30), 408.0),
        (read_tndp(data / "mumford2", n_routes=56, min_nodes=10, max_nodes=22), 1330.0),
    ]
    whole = Schedule()
    some = {
        "whole, one chain": (whole, 1),
        "without the short start": (replace(whole, short=0), 1),
        "moves learn, rate 0.1": (replace(whole, learn=0.1), 1),
        "two chains": (whole, 2),
    }
    print(f"fronts of {seconds:g} CPU s, mean ATT of {seeds} seeds (how many have a route set within the total)")
    titles = (f"{case.name} {limit}" for case, cap in cases for limit in (f"<= {cap:g}", f"<= {2 * cap:g}", "any"))
    print(" " * 24 + "".join(f"{title:>18}" for title in titles))
    for name, (schedule, chains) in some.items():
        line = f"{name:24}"
        for instance, cap in cases:
            front(instance, iterations=2 * instance.n_routes, caps=1)
            made = [
                front(instance, seconds=seconds, seed=seed, chains=chains, schedule=schedule, clock=time.process_time)
                for seed in range(seeds)
            ]
            for total in (cap, 2 * cap, float("inf")):
                att = [min((one.att for one in points if one.trt <= total), default=None) for points in made]
                held = [one for one in att if one is not None]
                line += f"{statistics.mean(held):>14.3f} ({len(held)})" if held else f"{'-':>14} (0)"
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Ablation of the route search.")
    shared = os.environ.get("SHAAR_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("data", type=Path, nargs="?", default=Path(shared) / "tndp")
    parser.add_argument("--proposals", type=int, default=150_000)
    parser.add_argument("--fronts", action="store_true", help="fronts by CPU seconds instead of searches by proposals")
    parser.add_argument("--seconds", type=float, default=10.0, help="CPU seconds of a front")
    parser.add_argument("--seeds", type=int)
    wish = parser.parse_args()
    if wish.fronts:
        fronts(wish.data, wish.seconds, wish.seeds or 5)
        return
    wish.seeds = wish.seeds or 3
    cases: list[tuple[Instance, float | None]] = [
        (read_tndp(wish.data / "mumford0", n_routes=12, min_nodes=2, max_nodes=15), None),
        (read_tndp(wish.data / "mumford1", n_routes=15, min_nodes=10, max_nodes=30), 500.0),
    ]
    print(f"{wish.proposals} proposals, mean of {wish.seeds} seeds")
    print(f"{'':26}{'mumford0':>10}{'worse':>8}{'CPU s':>7}{'mumford1 <= 500':>17}{'worse':>8}{'CPU s':>7}")
    first: list[float] = []
    for name, schedule in variants().items():
        line = f"{name:26}"
        for k, (instance, cap) in enumerate(cases):
            if name == "one long cycle":
                schedule = replace(schedule, first=wish.proposals // instance.n_routes)
            search(instance, iterations=1)
            began = time.process_time()
            try:
                att = statistics.mean(
                    search(instance, iterations=wish.proposals, seed=seed, total_cap=cap, schedule=schedule).att
                    for seed in range(wish.seeds)
                )
            except ShaarError:
                att = float("nan")
            cpu = (time.process_time() - began) / wish.seeds
            if name == "whole":
                first.append(att)
            line += f"{att:>{17 if k else 10}.3f}{att / first[k] - 1:>8.2%}{cpu:>7.1f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
