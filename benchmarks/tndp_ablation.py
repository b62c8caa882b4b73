"""What each part of the route search is worth: the same proposals without it.

    python benchmarks/tndp_ablation.py DATA [--proposals 150000] [--seeds 3]

Prints the mean ATT (minutes) over the seeds on mumford0 (passenger view) and on mumford1 with the total route time
capped at 500 minutes, and how much worse that is than the whole search.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser(description="Ablation of the route search.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--proposals", type=int, default=150_000)
    parser.add_argument("--seeds", type=int, default=3)
    wish = parser.parse_args()
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
