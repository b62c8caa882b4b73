"""One search for lines in a process of its own: ``python -m shaar.platform.appraise.proposing FOLDER``.

Reads ``job.json`` there, writes ``state.json`` beside and renames it whenever something is new, stops when a file
``cancel`` appears. It knows no database.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shaar.engine.errors import InputError, ShaarError

if TYPE_CHECKING:
    from shaar.engine.study.lines_proposed import Offer

#: State is written at most so often for progress alone, seconds.
EVERY = 0.5


class Telling:
    """What others may read of the search at any moment, whole."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.written = folder, 0.0
        self.state: dict[str, Any] = {
            "state": "running", "progress": {"note": "", "done": 0.0, "total": None}, "better": [], "message": "",
            "field": None,
        }  # fmt: skip

    def progress(self, stage: str, done: float, total: float | None = None, note: str = "") -> None:
        """Take in how far it is."""
        self.state["progress"] = {"note": stage, "done": done, "total": total}
        if time.monotonic() - self.written >= EVERY:
            self.write()

    def better(self, offer: Offer) -> None:
        """Take in a better answer."""
        self.state["better"].append(
            {
                "found_at": offer.found_at,
                "vehicles": offer.vehicles,
                "minutes_before": _finite(offer.minutes_before),
                "minutes_after": _finite(offer.minutes_after),
                "lines": [
                    {"name": line.name, "boardings": round(boardings)}
                    for line, boardings in zip(offer.lines, offer.boardings, strict=True)
                ],
                "changes": [line.model_dump(mode="json", exclude_none=True) for line in offer.lines],
            }
        )
        self.write()

    def end(self, state: str, message: str = "", field: str | None = None) -> None:
        """Say how it ended."""
        self.state |= {"state": state, "message": message, "field": field}
        self.write()

    def write(self) -> None:
        """Write beside and rename."""
        self.written = time.monotonic()
        handle, fresh = tempfile.mkstemp(dir=self.folder, prefix=".state.")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(self.state, out, ensure_ascii=False)
        Path(fresh).replace(self.folder / "state.json")


def _finite(minutes: float) -> float | None:
    return round(minutes, 2) if minutes < float("inf") else None


def search(folder: Path, telling: Telling) -> None:
    """Do the job of a folder."""
    from shaar.engine.city.folder import read
    from shaar.engine.measures.scenario import carry_out, parse_scenario, read_scenario
    from shaar.engine.measures.state import State
    from shaar.engine.study.demand import city_demand
    from shaar.engine.study.lines_proposed import propose_lines
    from shaar.engine.timetable.read import read_gtfs

    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    telling.progress("city", 0)
    city = read(job["city"])
    state = State(city, read_gtfs(city.gtfs) if city.gtfs else None)
    if job["reference"]:
        state = carry_out(state, read_scenario(job["reference"]))
    state = carry_out(state, parse_scenario({"name": "-", "changes": job["changes"]}))
    propose_lines(
        state.city, state.feed, city_demand(state.city), job["place_ids"], vehicles=job["vehicles"],
        seconds=job["seconds"], seed=job["seed"], better=telling.better,
        cancelled=(folder / "cancel").exists, progress=telling.progress,
    )  # fmt: skip


def main(given: str) -> None:
    """Do a job and say how it ended."""
    folder = Path(given)
    telling = Telling(folder)
    with suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")
        os.nice(5)
    try:
        search(folder, telling)
    except InputError as error:
        telling.end("failed", error.message, error.field)
    except ShaarError as error:
        telling.end("failed", str(error))
    except MemoryError:
        telling.end("failed", "memory")
    else:
        telling.end("cancelled" if (folder / "cancel").exists() else "done")


if __name__ == "__main__":
    main(sys.argv[1])
