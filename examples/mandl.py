"""Six routes on Mandl's network: a short search beside the best published passenger solution.

    python examples/mandl.py [PROPOSALS]

Prints the mean travel time (ATT, minutes in vehicles and 5 a transfer), total route time (TRT, minutes one way), the
share of trips without transfer, and the routes; the same ones every time. Published: Ahmed, Mumford and Kheiri,
European Journal of Operational Research 274 (2019), ATT 10.18 and TRT 212.
"""

from __future__ import annotations

import sys

from shaar.engine.design.evaluate import evaluate
from shaar.engine.design.example import example_instance_path
from shaar.engine.design.search import search
from shaar.engine.design.tndp import read_tndp, write_route_set

PUBLISHED_ATT, PUBLISHED_TRT = 10.18, 212


def main(arguments: list[str]) -> int:
    """Search and print."""
    proposals = int(arguments[0]) if arguments else 100_000
    mandl = read_tndp(example_instance_path("mandl"), n_routes=6, min_nodes=2, max_nodes=8)
    found = search(mandl, iterations=proposals, seed=1)
    figures = evaluate(mandl, found.routes)
    print(f"{found.evaluations:,} route sets judged in {found.seconds:.1f} s")
    print(f"found:     ATT {figures.att:.4f}  TRT {figures.trt:.0f}  direct {figures.d0:.2f} %")
    print(f"published: ATT {PUBLISHED_ATT}    TRT {PUBLISHED_TRT}")
    for number, route in enumerate(write_route_set(found.routes).split(";"), start=1):
        print(f"  route {number}: {route}")
    return 0 if round(figures.att, 2) <= PUBLISHED_ATT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
