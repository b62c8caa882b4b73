"""One run in a process of its own: it can be stopped at once, and what it breaks is only itself.

``python -m shaar.platform.appraise.computing JOB.json`` reads a job, opens the city, appraises the scenario and writes
the tables beside each other and into place. It says on its output how far it is, one JSON object a line, the last one
``{"end": "done"}`` or ``{"end": code, "message": words}``. It knows no database.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from shaar.engine.errors import InputError, ShaarError
from shaar.engine.progress import Progress


def compute(job: dict[str, Any], progress: Progress) -> None:
    """Appraise ``job["changes"]`` against ``job["against"]`` (None: the network as it stands) into ``job["folder"]``.

    The same functions and options as ``shaar appraise``, so the figures are the same to the last digit.
    """
    from dataclasses import replace

    from shaar.engine.city.folder import read
    from shaar.engine.measures.scenario import parse_scenario
    from shaar.engine.study.effects import Workshop, write_appraisal
    from shaar.engine.study.results import Options
    from shaar.engine.timetable.read import read_gtfs

    city = read(job["city"])
    feed = read_gtfs(city.gtfs) if city.gtfs else None
    scenario = parse_scenario({"name": job["name"], "changes": job["changes"]})
    base = None
    if job["against"] is not None:
        base = parse_scenario({"name": job["against_name"], "changes": job["against"]})
    options = replace(Options(), seed=int(job["seed"]))
    workshop = Workshop.open(city, feed, base=base, options=options, progress=progress)
    write_appraisal(workshop.appraise(scenario, progress=progress), Path(job["folder"]))


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _tell(stage: str, done: float, total: float | None = None, note: str = "") -> None:
    _say(stage=stage, done=done, total=total, note=note)


def main(file: str) -> None:
    """Do a job and say how it ended."""
    with suppress(OSError):  # not on every system
        # Where memory runs out, the system ends this process rather than the site.
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")
        os.nice(5)
    try:
        compute(json.loads(Path(file).read_text(encoding="utf-8")), _tell)
    except MemoryError:
        _say(end="memory", message="")
    except InputError as error:
        _say(end="scenario", message=str(error))
    except ShaarError as error:
        _say(end="engine", message=str(error))
    else:
        _say(end="done", message="")


if __name__ == "__main__":
    main(sys.argv[1])
