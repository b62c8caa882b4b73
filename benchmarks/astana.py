"""Time and memory of the demo: the whole plan of Astana, stage by stage."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from measure import run


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        taken = run([sys.executable, "-m", "shaar", "demo-plan", "--no-serve", "--out", str(out)])
        figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
        size = (out / "report.html").stat().st_size / 1e6
    for stage, seconds in figures["seconds"].items():
        print(f"{stage:12s} {seconds:7.1f} s")
    print(f"{'whole':12s} {taken.seconds:7.1f} s wall")
    print(f"{'peak':12s} {taken.peak_mb:7.0f} MB")
    print(f"{'report':12s} {size:7.2f} MB")
    lines = taken.stdout.rstrip().splitlines()
    print("\n".join(line for line in lines if not line.startswith(("report ", "design "))).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
