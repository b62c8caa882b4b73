"""A front of route sets as one CSV file, to read, to go on from and to keep under version control."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import InputError
from .instance import Instance, RouteSet
from .search import SearchResult
from .tndp import read_route_set, write_route_set

_COLUMNS = ("trt", "att", "routes")


@dataclass(slots=True)
class Sitting:
    """Where a sweep stands: its visits, proposals and evaluations, wall and CPU seconds so far, and the routes."""

    visits: int = 0
    proposals: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    problem: str = ""
    routes: list[RouteSet] = field(default_factory=list)


def fingerprint(instance: Instance, fixed: RouteSet = ()) -> str:
    """A short name of the problem that changes whenever the problem does."""
    digest = hashlib.sha256()
    for array in (instance.time, instance.demand, instance.terminal, instance.must_cover):
        digest.update(np.ascontiguousarray(array).tobytes())
    rules = (
        instance.n_routes, instance.min_nodes, instance.max_nodes, instance.transfer_penalty, instance.max_minutes,
        instance.unserved_minutes, instance.max_detour, fixed,
    )  # fmt: skip
    digest.update(repr(rules).encode())
    return digest.hexdigest()[:16]


def read_front(file: Path, instance: Instance, fixed: RouteSet = ()) -> Sitting:
    """Read what `write_front` wrote.

    Raises
    ------
    InputError
        If the file is damaged or belongs to another problem.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    try:
        head = json.loads(lines[0].removeprefix("# "))
        sitting = Sitting(
            visits=int(head["visits"]), proposals=int(head["proposals"]), evaluations=int(head["evaluations"]),
            seconds=float(head["seconds"]), cpu_seconds=float(head.get("cpu_seconds", 0.0)),
            problem=str(head["problem"]),
        )  # fmt: skip
    except (IndexError, KeyError, TypeError, ValueError):
        raise InputError("the first line does not say where the sweep stands", file=file, row=1) from None
    if sitting.problem != fingerprint(instance, fixed):
        raise InputError(f"the front stored here is that of another problem than {instance.name}", file=file, row=1)
    for row in csv.DictReader(lines[1:]):
        sitting.routes.append(read_route_set(row["routes"]))
    return sitting


def thinned(found: Sequence[SearchResult], most: int = 200) -> list[SearchResult]:
    """At most so many points of a front, about evenly along it on logarithmic scales, its ends among them."""
    if len(found) <= most:
        return list(found)
    place = np.log([[max(one.trt, 1e-9), max(one.att, 1e-9)] for one in found])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(place, axis=0).T))])
    wish = np.linspace(0.0, along[-1], most)
    return [found[k] for k in sorted(set(np.abs(along[:, None] - wish).argmin(axis=0).tolist()))]


def write_front(
    file: Path, found: Sequence[SearchResult], sitting: Sitting, instance: Instance, fixed: RouteSet = ()
) -> None:
    """Write a front, thinned to 200 points, and where its sweep stands; the file is replaced as a whole."""
    head = {
        "problem": fingerprint(instance, fixed), "visits": sitting.visits, "proposals": sitting.proposals,
        "evaluations": sitting.evaluations, "seconds": round(sitting.seconds, 1),
        "cpu_seconds": round(sitting.cpu_seconds, 1),
    }  # fmt: skip
    text = io.StringIO()
    text.write("# " + json.dumps(head) + "\n")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for one in thinned(found):
        table.writerow([f"{one.trt:.10g}", f"{one.att:.10g}", write_route_set(one.routes)])
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text.getvalue(), encoding="utf-8")
    part.replace(file)
