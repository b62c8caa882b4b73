"""Run the benchmark programs one after the other and write what they print to benchmarks/RESULTS.md.

python benchmarks/run.py [NAME ...] runs all or the named ones; sections of programs not run stay as they were.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"

PROGRAMS = {
    "build": ["build.py"],
    "astana": ["astana.py"],
    "baseline": ["baseline.py"],
    "porto_alegre": ["porto_alegre.py"],
    "routing_edits": ["routing_edits.py"],
    "effects": ["effects.py"],
    "workbench": ["workbench.py"],
    "workbench_view": ["workbench_view.py"],
    "journeys": ["journeys.py", "--origins", "40"],
    "osm_lines": ["osm_lines.py"],
    "strategies": ["strategies.py"],
    "model": ["model.py"],
    "roads": ["roads.py", "--peer-tight"],
    "cycling": ["cycling.py"],
    "design_cities": ["design_cities.py", "--images", "docs/img"],
    "tndp": ["tndp.py"],
    "tndp_caps": ["tndp_caps.py"],
    "tndp_ablation": ["tndp_ablation.py", "--fronts"],
    "tndp_growth": ["tndp_growth.py"],
}

INTRO = """# Results

Programs in this folder print these tables; `make bench` runs them all. Times are of one shared machine: compare within
a table rather than between machines. They read real cities and published results from a data folder beside the project
(`SHAAR_SHARED_DATA`).
"""


def machine() -> str:
    """Processor, cores and Python, without any name of the machine."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())
        model = found.group(1) if found else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def sections() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    parts = re.split(r"^## (\w+)\n", RESULTS.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def main() -> int:
    names = sys.argv[1:] or list(PROGRAMS)
    if unknown := [n for n in names if n not in PROGRAMS]:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    os.environ.setdefault("SHAAR_SHARED_DATA", str(HERE.parents[1] / "shared" / "data"))
    done = sections()
    failed = []
    for name in names:
        command = [sys.executable, str(HERE / PROGRAMS[name][0]), *PROGRAMS[name][1:]]
        print(f"== {name}", flush=True)
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(run.stdout, flush=True)
        if run.returncode:
            failed.append(name)
            continue
        shown = " ".join(["python", f"benchmarks/{PROGRAMS[name][0]}", *PROGRAMS[name][1:]])
        done[name] = (
            f"\n{dt.date.today().isoformat()}, {machine()}, `{shown}`\n\n```text\n{run.stdout.rstrip()}\n```\n\n"
        )
        body = "".join(f"## {n}\n{done[n]}" for n in (*PROGRAMS, *(d for d in done if d not in PROGRAMS)) if n in done)
        RESULTS.write_text(f"{INTRO}\n{body.rstrip()}\n", encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
