"""Parameter tables: a value with its range, unit, badge and source; every value can be replaced, none is hidden."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import cast, get_args

import numpy as np

from shaar.engine.city.model import Badge
from shaar.engine.errors import InputError

_COLUMNS = ("name", "value", "low", "high", "unit", "badge", "source")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number with the range in which it plausibly lies, its unit and where it comes from."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    badge: Badge
    source: str


class Parameters(Mapping[str, float]):
    """An immutable table: ``parameters["name"]`` is a value, ``parameters.row("name")`` its whole row."""

    def __init__(self, rows: Mapping[str, Parameter]) -> None:
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> float:
        return self._rows[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, name: str) -> Parameter:
        """Return the parameter with its range, unit, badge and source."""
        return self._rows[name]

    def with_values(self, values: Mapping[str, float], source: str = "entered by the user") -> Parameters:
        """Return a copy with some values replaced; the range collapses to the entered value.

        Raises
        ------
        InputError
            A name is unknown or a value is not a finite number.
        """
        rows = dict(self._rows)
        for name, value in values.items():
            if name not in rows:
                raise InputError(f"there is no parameter of this name; known are {', '.join(rows)}", field=name)
            if not math.isfinite(value):
                raise InputError("the value is not a finite number", field=name)
            rows[name] = replace(
                rows[name], value=float(value), low=float(value), high=float(value), badge="reported", source=source
            )
        return Parameters(rows)

    def draw(self, seed: int) -> Parameters:
        """Return a copy with every value drawn from the triangular distribution (low, value, high).

        The same seed gives the same draw, whatever the order of the rows: names are drawn in alphabetical order.
        """
        rng = np.random.default_rng(seed)
        rows = dict(self._rows)
        for name in sorted(rows):
            r = rows[name]
            u = rng.random()
            if r.high > r.low:
                rows[name] = replace(r, value=_triangular(u, r.low, r.value, r.high))
        return Parameters(rows)


def _triangular(u: float, low: float, mode: float, high: float) -> float:
    split = (mode - low) / (high - low)
    if u < split:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - mode))


def load_parameters(file: str | Path) -> Parameters:
    """Read a parameter table.

    Parameters
    ----------
    file
        A path, or the bare name of a table that ships with the package ("demand.csv").

    Raises
    ------
    InputError
        A column is missing, a number cannot be read, a range does not hold its value, or a badge is unknown.
    """
    reader = csv.DictReader(table_lines(file, "parameter table"))
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError("the column is missing", file=file, field=missing[0])
    rows: dict[str, Parameter] = {}
    for number, raw in enumerate(reader, start=2):
        numbers: dict[str, float] = {}
        for column in ("value", "low", "high"):
            try:
                numbers[column] = float(raw[column])
            except (TypeError, ValueError) as e:
                raise InputError("the cell is not a number", file=file, row=number, field=column) from e
            if not math.isfinite(numbers[column]):
                raise InputError("the cell is not a finite number", file=file, row=number, field=column)
        if not numbers["low"] <= numbers["value"] <= numbers["high"]:
            raise InputError("the value lies outside its own range", file=file, row=number, field="value")
        if raw["badge"] not in get_args(Badge):
            raise InputError(f"badge is one of {', '.join(get_args(Badge))}", file=file, row=number, field="badge")
        if raw["name"] in rows:
            raise InputError("the name stands here twice", file=file, row=number, field="name")
        badge = cast(Badge, raw["badge"])
        rows[raw["name"]] = Parameter(name=raw["name"], unit=raw["unit"], badge=badge, source=raw["source"], **numbers)
    return Parameters(rows)


def table_lines(file: str | Path, called: str) -> list[str]:
    """Return the lines of a table: at a path, or the one of this bare name that ships with the package.

    Raises
    ------
    InputError
        There is none; the sentence says what it is called.
    """
    path = Path(file)
    try:
        if path.parent == Path() and not path.exists():
            return (resources.files("shaar") / "data" / "parameters" / path.name).read_text("utf-8").splitlines()
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as e:
        raise InputError(f"no such {called}", file=file) from e
