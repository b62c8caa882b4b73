"""AequilibraE's bi-conjugate Frank-Wolfe on one TNTP case; run by the interpreter of an environment that has it.

    PYTHON benchmarks/roads_peer.py FOLDER GAP [--iterations 2000] [--threads 2]

Prints one line of JSON: relative gap, iterations, CPU and wall seconds, total system travel time (time alone as cost).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

os.environ["AEQ_SHOW_PROGRESS"] = "FALSE"  # Bars would cost it time.
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass


def tables(folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    net = (folder / f"{folder.name}_net.tntp").read_text(encoding="latin-1")
    rows = [
        line.replace(";", " ").split()[:7]
        for line in net.split("<END OF METADATA>")[1].splitlines()
        if line.strip() and line.strip()[0].isdigit()
    ]
    names = ["a_node", "b_node", "capacity", "length", "free", "b", "power"]
    links = pd.DataFrame(np.array(rows, float), columns=names).astype({"a_node": int, "b_node": int})
    links["link_id"] = np.arange(1, len(links) + 1)
    links["direction"] = 1
    # It wants positive times and powers of at least one.
    links["free"] = links["free"].clip(lower=1e-6)
    links["power"] = links["power"].clip(lower=1.0)
    links["capacity"] = links["capacity"].clip(lower=1e-3)
    text = (folder / f"{folder.name}_trips.tntp").read_text(encoding="latin-1")
    zones = int(re.search(r"NUMBER OF ZONES>\s*(\d+)", text)[1])
    trips = np.zeros((zones, zones))
    for block in re.split(r"Origin", text.split("<END OF METADATA>")[1])[1:]:
        origin = int(re.match(r"\s*(\d+)", block)[1])
        for goal, value in re.findall(r"(\d+)\s*:\s*([-+0-9.eE]+)\s*;", block):
            trips[origin - 1, int(goal) - 1] = float(value)
    np.fill_diagonal(trips, 0.0)
    return links, trips


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    ask.add_argument("gap", type=float)
    ask.add_argument("--iterations", type=int, default=2000)
    ask.add_argument("--threads", type=int, default=2)
    options = ask.parse_args()
    links, trips = tables(options.folder)
    zones = np.arange(1, len(trips) + 1)
    graph = Graph()
    graph.network = links
    graph.mode = "c"
    graph.prepare_graph(zones)
    graph.set_graph("free")
    graph.set_blocked_centroid_flows("_SiouxFalls" not in f"_{options.folder.name}")
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=len(zones), matrix_names=["cars"], memory_only=True)
    matrix.index[:] = zones
    matrix.matrix["cars"][:, :] = trips
    matrix.computational_view(["cars"])
    task = TrafficAssignment()
    task.set_classes([TrafficClass("car", graph, matrix)])
    task.set_vdf("BPR")
    task.set_vdf_parameters({"alpha": "b", "beta": "power"})
    task.set_capacity_field("capacity")
    task.set_time_field("free")
    task.set_algorithm("bfw")
    task.set_cores(options.threads)
    task.max_iter = options.iterations
    task.rgap_target = options.gap
    cpu, wall = time.process_time(), time.perf_counter()
    task.execute(log_specification=False)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    flow = task.results()
    column = "PCE_tot" if "PCE_tot" in flow else next(c for c in flow if c.lower().startswith("pce"))
    v = flow[column].reindex(links["link_id"]).fillna(0.0).to_numpy()
    minutes = links["free"] * (1 + links["b"] * (v / links["capacity"]) ** links["power"])
    print(json.dumps({"gap": float(task.assignment.rgap), "iterations": int(task.assignment.iter), "cpu": cpu,
                      "wall": wall, "tstt": float((v * minutes).sum())}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
