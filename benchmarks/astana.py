"""Time and memory of the demo: the whole plan of Astana, stage by stage."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        start = time.perf_counter()
        command = [sys.executable, "-m", "shaar", "demo", "--no-serve", "--out", str(out)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
        if run.returncode:
            print(run.stderr, file=sys.stderr)
            return 1
        figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
        size = (out / "report.html").stat().st_size / 1e6
    for stage, seconds in figures["seconds"].items():
        print(f"{stage:12s} {seconds:7.1f} s")
    print(f"{'whole':12s} {wall:7.1f} s wall")
    print(f"{'peak':12s} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:7.0f} MB")
    print(f"{'report':12s} {size:7.2f} MB")
    print(run.stdout.rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
