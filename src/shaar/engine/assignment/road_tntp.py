"""Read networks, trips and flows in the TNTP format of the research community's test problems."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shaar.engine.assignment.road_kernels import BPR
from shaar.engine.assignment.road_network import RoadNetwork, check_network
from shaar.engine.errors import InputError

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
_COLUMNS = ("init node", "term node", "capacity", "length", "free flow time", "b", "power", "speed", "toll", "type")


@dataclass(frozen=True, slots=True)
class TntpFlow:
    """Published link flows: nodes (0-based), flow and cost, shape (m,)."""

    tail: I64
    head: I64
    flow: F64
    cost: F64


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="latin-1").splitlines()
    except OSError as e:
        raise InputError("the file cannot be read", file=path) from e


def _metadata(path: Path, lines: list[str]) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = re.match(r"\s*<([^>]+)>\s*(.*)", line)
        if match:
            key = match[1].strip().upper()
            if key == "END OF METADATA":
                return found, number + 1
            found[key] = match[2].strip()
    raise InputError("no line <END OF METADATA>, so this is not a TNTP file", file=path)


def _whole(path: Path, meta: dict[str, str], key: str, default: int | None = None) -> int:
    if key not in meta and default is not None:
        return default
    try:
        return int(meta[key].split()[0])
    except (KeyError, IndexError, ValueError) as e:
        raise InputError("the metadata give no whole number", file=path, field=key) from e


def read_tntp_network(file: Path | str) -> RoadNetwork:
    """Read ``*_net.tntp``. Lengths and times are kept in the file's units, tolls as money.

    A link with power 0 has the constant time ``t0 (1 + b)``.

    Raises
    ------
    InputError
        The file is not TNTP, a cell is not a number, a count differs, or a value is not possible.
    """
    path = Path(file)
    lines = _lines(path)
    meta, begin = _metadata(path, lines)
    rows: list[list[float]] = []
    where: list[int] = []
    for number, line in enumerate(lines[begin:], start=begin + 1):
        cells = line.split("~")[0].replace(";", " ").split()
        if not cells:
            continue
        if len(cells) < 7:
            raise InputError(f"a link has ten values, not {len(cells)}", file=path, row=number)
        values = []
        for name, cell in zip(_COLUMNS, cells):
            try:
                values.append(float(cell))
            except ValueError as e:
                raise InputError(f"{cell} is not a number", file=path, row=number, field=name) from e
        rows.append(values + [0.0] * (len(_COLUMNS) - len(values)))
        where.append(number)
    table = np.array(rows).reshape(-1, len(_COLUMNS))
    count = _whole(path, meta, "NUMBER OF LINKS", len(table))
    if count != len(table):
        raise InputError(f"{count} links are announced, {len(table)} stand there", file=path, field="NUMBER OF LINKS")
    constant = table[:, 6] == 0
    network = RoadNetwork(
        zones=_whole(path, meta, "NUMBER OF ZONES"),
        nodes=_whole(path, meta, "NUMBER OF NODES"),
        tail=table[:, 0].astype(np.int64) - 1,
        head=table[:, 1].astype(np.int64) - 1,
        length_km=table[:, 3],
        free_minutes=table[:, 4] * np.where(constant, 1.0 + table[:, 5], 1.0),
        capacity=table[:, 2],
        alpha=np.where(constant, 0.0, table[:, 5]),
        beta=table[:, 6],
        delay=np.full(len(table), BPR, np.int64),
        toll=table[:, 8],
        first_through=_whole(path, meta, "FIRST THRU NODE", 1) - 1,
        name=str(path),
        zone_names=tuple(str(k + 1) for k in range(_whole(path, meta, "NUMBER OF ZONES"))),
    )
    try:
        return check_network(network)
    except InputError as e:
        row = where[e.row] if e.row is not None else None
        raise InputError(e.message, file=path, row=row, field=e.field) from e


def read_tntp_trips(file: Path | str, zones: int | None = None) -> F64:
    """Read ``*_trips.tntp`` into trips from zone to zone, shape (z, z).

    Raises
    ------
    InputError
        The file is not TNTP, a zone is unknown, or trips are negative or no number.
    """
    path = Path(file)
    lines = _lines(path)
    meta, begin = _metadata(path, lines)
    z = _whole(path, meta, "NUMBER OF ZONES", zones) if zones is None else zones
    trips = np.zeros((z, z))
    origin = -1
    for number, line in enumerate(lines[begin:], start=begin + 1):
        text = line.split("~")[0].strip()
        match = re.match(r"Origin\s+(\S+)", text, re.IGNORECASE)
        if match:
            origin = _zone(path, number, match[1], z)
            text = text[match.end() :]
        for part in text.split(";"):
            if not part.strip():
                continue
            cell = part.split(":")
            if len(cell) != 2:
                raise InputError(f"'{part.strip()}' is not 'zone : trips'", file=path, row=number)
            if origin < 0:
                raise InputError("trips stand before the first origin", file=path, row=number)
            goal = _zone(path, number, cell[0], z)
            try:
                value = float(cell[1])
            except ValueError as e:
                raise InputError(f"{cell[1].strip()} is not a number", file=path, row=number, field="trips") from e
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"{value} trips are not possible", file=path, row=number, field="trips")
            trips[origin, goal] = value
    return trips


def _zone(path: Path, number: int, cell: str, zones: int) -> int:
    try:
        zone = int(cell)
    except ValueError as e:
        raise InputError(f"{cell.strip()} is not the number of a zone", file=path, row=number, field="zone") from e
    if not 1 <= zone <= zones:
        raise InputError(f"{zone} is not a zone: there are 1 to {zones}", file=path, row=number, field="zone")
    return zone - 1


def read_tntp_flow(file: Path | str) -> TntpFlow:
    """Read ``*_flow.tntp``, with a heading of from, to, volume and cost or with metadata.

    Raises
    ------
    InputError
        A row is not four numbers.
    """
    path = Path(file)
    rows = []
    for number, line in enumerate(_lines(path), start=1):
        cells = line.replace(";", " ").replace(":", " ").split("~")[0].split()
        if not cells or not cells[0][0].isdigit():
            continue
        try:
            rows.append([float(c) for c in cells[:4]])
        except ValueError as e:
            raise InputError("a row is from, to, volume and cost", file=path, row=number) from e
        if len(rows[-1]) != 4:
            raise InputError("a row is from, to, volume and cost", file=path, row=number)
    table = np.array(rows).reshape(-1, 4)
    return TntpFlow(table[:, 0].astype(np.int64) - 1, table[:, 1].astype(np.int64) - 1, table[:, 2], table[:, 3])
