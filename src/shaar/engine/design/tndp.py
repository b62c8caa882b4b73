"""Benchmark instances of the transit network design problem and route sets as text, read and written."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import InputError
from .instance import Instance, Route, RouteSet


def read_tndp(
    folder: Path, *, n_routes: int, min_nodes: int, max_nodes: int, transfer_penalty: float = 5.0
) -> Instance:
    """Read a benchmark instance.

    Parameters
    ----------
    folder
        Holds ``nodes.csv`` (``id``, and ``x,y`` or ``lon,lat``, optionally ``terminal``), ``links.csv`` (``from,to,
        travel_time_min``, directed) and ``demand.csv`` (``from,to,trips``). Node k of the result is row k of
        ``nodes.csv``.
    n_routes, min_nodes, max_nodes, transfer_penalty
        The rules of the problem, which the files do not hold; penalty in minutes.

    Returns
    -------
    Instance
        The classic problem: every node must be covered, unserved trips count ``inf``.

    Raises
    ------
    InputError
        Naming file, line and field.
    """
    folder = Path(folder)
    if not n_routes >= 1:
        raise InputError(f"a route set needs at least one route, not {n_routes}", field="n_routes")
    if not 2 <= min_nodes <= max_nodes:
        raise InputError(
            f"2 <= min_nodes <= max_nodes is needed, not {min_nodes} and {max_nodes}", field="min_nodes, max_nodes"
        )
    index, xy, terminal = _nodes(folder / "nodes.csv")
    n = len(index)
    time = np.full((n, n), np.inf)
    for row, a, b, minutes in _pairs(folder / "links.csv", "travel_time_min", index):
        if not minutes > 0:
            raise InputError(
                f"a run time must be above zero, not {minutes:g}",
                file=folder / "links.csv", row=row, field="travel_time_min",
            )  # fmt: skip
        time[a, b] = minutes
    demand = np.zeros((n, n))
    for row, a, b, trips in _pairs(folder / "demand.csv", "trips", index):
        if not (np.isfinite(trips) and trips >= 0):
            raise InputError(
                f"trips must be a number not below zero, not {trips:g}",
                file=folder / "demand.csv", row=row, field="trips",
            )  # fmt: skip
        demand[a, b] = trips
    np.fill_diagonal(demand, 0.0)
    np.fill_diagonal(time, np.inf)
    return Instance(
        name=folder.name, time=time, demand=demand, xy=xy, n_routes=n_routes, min_nodes=min_nodes,
        max_nodes=max_nodes, transfer_penalty=transfer_penalty, terminal=terminal, must_cover=np.ones(n, dtype=bool),
    )  # fmt: skip


def read_route_set(text: str) -> RouteSet:
    """Read routes written as 1-based nodes ``1-2-3;4-5-6`` (also one route a line).

    Raises
    ------
    InputError
        If something is no whole number from 1, naming the route.
    """
    routes: list[Route] = []
    for number, part in enumerate((p for p in text.replace("\n", ";").split(";") if p.strip()), start=1):
        try:
            route = tuple(int(node) - 1 for node in part.strip().split("-"))
        except ValueError:
            raise InputError(
                f"a route is written as numbers joined by '-', not {part.strip()!r}", row=number, field="routes"
            ) from None
        if min(route) < 0:
            raise InputError(f"nodes are numbered from 1, not as in {part.strip()!r}", row=number, field="routes")
        routes.append(route)
    if not routes:
        raise InputError("there is no route in the text", field="routes")
    return tuple(routes)


def write_route_set(routes: RouteSet) -> str:
    """Write routes as 1-based nodes, ``1-2-3;4-5-6``: the inverse of `read_route_set`."""
    return ";".join("-".join(str(node + 1) for node in route) for route in routes)


def write_tndp(instance: Instance, folder: Path) -> None:
    """Write ``nodes.csv``, ``links.csv`` and ``demand.csv`` as `read_tndp` reads them, with ids from 1."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "nodes.csv").open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["id", "x", "y", "terminal"])
        for k in range(instance.n):
            x, y = instance.xy[k]
            table.writerow([k + 1, repr(float(x)), repr(float(y)), int(instance.terminal[k])])
    for name, field, matrix, keep in (
        ("links.csv", "travel_time_min", instance.time, np.isfinite(instance.time)),
        ("demand.csv", "trips", instance.demand, instance.demand > 0),
    ):
        with (folder / name).open("w", newline="", encoding="utf-8") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(["from", "to", field])
            for a, b in zip(*np.nonzero(keep)):
                if a != b:
                    table.writerow([a + 1, b + 1, repr(float(matrix[a, b]))])


def _rows(file: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("the file is missing", file=file) from None
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", file=file) from None
    table = csv.DictReader(text.splitlines())
    for field in needed:
        if field not in (table.fieldnames or ()):
            raise InputError("the column is missing", file=file, row=1, field=field)
    for record in table:
        yield table.line_num, {key: value or "" for key, value in record.items() if key is not None}


def _number(text: str, file: Path, row: int, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"a number is needed, not {text!r}", file=file, row=row, field=field) from None


def _nodes(file: Path) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    index: dict[str, int] = {}
    places: list[tuple[float, float]] = []
    ends: list[bool] = []
    for row, record in _rows(file, ("id",)):
        if record["id"] in index:
            raise InputError(f"node {record['id']!r} is there twice", file=file, row=row, field="id")
        across, up = ("x", "y") if "x" in record else ("lon", "lat")
        for field in (across, up):
            if field not in record:
                raise InputError("the column is missing (x and y, or lon and lat)", file=file, row=1, field=field)
        index[record["id"]] = len(index)
        places.append((_number(record[across], file, row, across), _number(record[up], file, row, up)))
        flag = record.get("terminal", "1").strip().lower()
        if flag not in {"0", "1", "true", "false"}:
            raise InputError(f"0 or 1 is needed, not {flag!r}", file=file, row=row, field="terminal")
        ends.append(flag in {"1", "true"})
    if len(index) < 2:
        raise InputError(f"at least two nodes are needed, not {len(index)}", file=file)
    return index, np.array(places), np.array(ends, dtype=bool)


def _pairs(file: Path, field: str, index: dict[str, int]) -> Iterator[tuple[int, int, int, float]]:
    seen: set[tuple[int, int]] = set()
    for row, record in _rows(file, ("from", "to", field)):
        for end in ("from", "to"):
            if record[end] not in index:
                raise InputError(f"node {record[end]!r} is not in nodes.csv", file=file, row=row, field=end)
        pair = index[record["from"]], index[record["to"]]
        if pair in seen:
            raise InputError(f"the pair {record['from']}, {record['to']} is there twice", file=file, row=row)
        seen.add(pair)
        yield row, *pair, _number(record[field], file, row, field)
