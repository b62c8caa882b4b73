"""Published results of the benchmark instances, as a front of mean travel time against total route time."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

_SOUND = ("all_nodes_covered", "connected", "simple_paths", "within_length_limits")


@dataclass(frozen=True, slots=True)
class PublishedPoint:
    """A published pair of mean travel time and total route time in minutes; ``rounding``: half its last digit."""

    label: str
    att: float
    trt: float
    rounding: float


def published_front(data: Path, folder: str, n_routes: int) -> list[PublishedPoint]:
    """Comparable published points with both figures that no other published point dominates, by rising TRT.

    From ``published_results.csv`` (rows noted to break the limits on nodes per route are left out) and from the route
    sets in the instance's ``solutions.csv`` that keep every rule.

    Raises
    ------
    InputError
        If ``published_results.csv`` is missing or a figure is no number.
    """
    points = []
    table = data / "published_results.csv"
    if not table.exists():
        raise InputError("the file is missing", file=table)
    for number, row in _rows(table):
        same = row["instance"] == folder and row["number_of_routes"] == str(n_routes)
        if same and row["ATT"] and row["TRT"] and "breaks" not in row["note"]:
            points.append(_point(row["method"], row, table, number))
    solutions = data / folder / "solutions.csv"
    if solutions.exists():
        for number, row in _rows(solutions):
            if row["n_routes"] == str(n_routes) and all(row[rule] == "True" for rule in _SOUND):
                points.append(_point(row["label"], row, solutions, number))
    kept: list[PublishedPoint] = []
    for one in sorted(points, key=lambda one: (one.trt, one.att)):
        if not kept or one.att < kept[-1].att:
            kept.append(one)
    return kept


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    with file.open(encoding="utf-8", newline="") as table:
        return [(number, {k: v or "" for k, v in row.items()}) for number, row in enumerate(csv.DictReader(table), 2)]


def _point(label: str, row: dict[str, str], file: Path, number: int) -> PublishedPoint:
    try:
        digits = len(row["ATT"].partition(".")[2])
        return PublishedPoint(label, float(row["ATT"]), float(row["TRT"]), 0.5 * 10.0**-digits)
    except ValueError:
        raise InputError("ATT and TRT must be numbers", file=file, row=number, field="ATT, TRT") from None
