"""How fast route sets are evaluated and searched, and how that grows with the network.

    python benchmarks/tndp_growth.py [DATA] [--seconds 2] [--sizes 15,30,60,127,250,400,600]

One thread; rates per CPU second, so that other work on the machine does not count. The first table is of generated
street networks, the second of the benchmark instances in DATA [$SHAAR_SHARED_DATA/tndp], left out where there are none.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from shaar.engine.study.benchmark_growth import SIZES, street_network, table
from shaar.engine.study.benchmark_tndp import FIRST, STANDARD, machine

LEGEND = """per: most nodes on a route. exact: evaluate(), called from Python. 16-bit: a route set measured from scratch
inside the search. blocks: two routes taken out and the rest closed, once per 42 proposals. inserted: one route
put into a closed network and judged. proposals, evaluated: the running search. first: CPU seconds to draw the
first route set. rounding: minutes between the 16-bit and the exact mean travel time."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the route search by network size.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with a sub-folder per instance")
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU seconds per rate")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="nodes of the generated networks")
    wish = parser.parse_args()
    if wish.data is None and "SHAAR_SHARED_DATA" in os.environ:
        wish.data = Path(os.environ["SHAAR_SHARED_DATA"]) / "tndp"
    print(f"{machine()}, one thread; per CPU second")
    print()
    print("Generated street networks")
    for line in table([street_network(int(size)) for size in wish.sizes.split(",")], wish.seconds):
        print(line)
    if wish.data is not None and wish.data.is_dir():
        print()
        print("Benchmark instances")
        for line in table([task.read(wish.data) for task in (*STANDARD, *FIRST)], wish.seconds):
            print(line)
    print()
    print(LEGEND)


if __name__ == "__main__":
    main()
