"""Crash modification factors: what a change has done to crashes elsewhere, and what it may save here."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shaar.engine.demand.parameters import table_lines
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

F64 = npt.NDArray[np.float64]
_COLUMNS = ("name", "measure", "crashes", "severity", "value", "se", "country", "study", "method", "applies", "checked")
#: More than so many factors multiplied are beyond what studies of single measures can say.
MOST = 3


@dataclass(frozen=True, slots=True)
class Factor:
    """One crash modification factor: crashes after over crashes without the measure.

    ``se`` is the standard error, nan where the study gives none; ``crashes`` and ``severity`` say which crashes it was
    measured on; ``applies`` where; ``checked`` whether value and error were compared with the study or a register of
    such factors ("yes", "value": only the value, "no": taken over from a handbook).
    """

    name: str
    measure: str
    crashes: str
    severity: str
    value: float
    se: float
    country: str
    study: str
    method: str
    applies: str
    checked: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """Crashes of a period with and without measures; ``low`` and ``high`` hold the saving with about 95 %."""

    factor: float
    before: float
    after: float
    saved: float
    low: float
    high: float
    findings: tuple[Finding, ...]


def load_factors(file: str | Path = "cmf.csv") -> dict[str, Factor]:
    """Read a table of factors: a path, or the one that ships with the package.

    Raises
    ------
    InputError
        The file or a column is missing, a number cannot be read, or a name stands twice.
    """
    reader = csv.DictReader(table_lines(file, "table of crash modification factors"))
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError("the column is missing", file=file, field=missing[0])
    out: dict[str, Factor] = {}
    for number, raw in enumerate(reader, start=2):
        value = _number(raw["value"], file, number, "value")
        se = _number(raw["se"], file, number, "se") if raw["se"] else math.nan
        if value <= 0 or se < 0:
            raise InputError("a factor is above 0 and its error not below", file=file, row=number, field="value")
        if raw["name"] in out:
            raise InputError("the name stands here twice", file=file, row=number, field="name")
        words = {c: (raw[c] or "").strip() for c in _COLUMNS if c not in ("value", "se")}
        out[raw["name"]] = Factor(value=value, se=se, **words)
    return out


def _number(text: str | None, file: str | Path, row: int, field: str) -> float:
    try:
        value = float(text or "")
    except ValueError as e:
        raise InputError("the cell is not a number", file=file, row=row, field=field) from e
    if not math.isfinite(value):
        raise InputError("the cell is not a finite number", file=file, row=row, field=field)
    return value


def speed_factor(before_kmh: float, after_kmh: float, exponent: float) -> float:
    """Power model of speed: crashes change by (v1 / v0)^p, v the mean speed driven, not the limit.

    Exponents for urban roads (Elvik 2009, The Power Model of the relationship between speed and road safety, TOI report
    1034): fatal crashes 2.6, serious 1.5, slight 1.0, all injury crashes 1.2.
    """
    if not (before_kmh > 0 and after_kmh > 0):
        raise ValueError("speeds must be above 0")
    return float((after_kmh / before_kmh) ** exponent)


def combine(factors: Sequence[Factor]) -> tuple[float, float]:
    """Product of factors and its standard error, as if the measures did not touch each other.

    The relative variances add: (se / F)^2 = sum (se_i / f_i)^2; nan where a factor has no error.
    """
    value = math.prod(f.value for f in factors)
    relative = sum((f.se / f.value) ** 2 for f in factors)
    return value, value * math.sqrt(relative)


def forecast(
    expected: float, names: Sequence[str], factors: Mapping[str, Factor], *, expected_error: float = 0.0
) -> Forecast:
    """Say what measures may save of the crashes expected at a place.

    Parameters
    ----------
    expected
        Crashes of the period without the measures: the empirical-Bayes estimate, not the count, since places are chosen
        after bad years. It must be of the kind and severity that the factors speak of.
    names
        Factors, multiplied.
    expected_error
        Standard error of ``expected``.

    Raises
    ------
    InputError
        A name is unknown.
    """
    unknown = [n for n in names if n not in factors]
    if unknown:
        raise InputError(f"there is no crash modification factor of this name; known are {', '.join(factors)}",
                         field=unknown[0])  # fmt: skip
    if expected < 0 or expected_error < 0:
        raise ValueError("expected crashes and their error must not be negative")
    used = [factors[n] for n in names]
    value, se = combine(used)
    saved = expected * (1 - value)
    error = math.hypot((1 - value) * expected_error, expected * se) if math.isfinite(se) else math.nan
    return Forecast(
        factor=value,
        before=expected,
        after=expected * value,
        saved=saved,
        low=saved - 1.96 * error,
        high=min(expected + 1.96 * expected_error, saved + 1.96 * error),
        findings=_cautions(used),
    )


def _cautions(used: Sequence[Factor]) -> tuple[Finding, ...]:
    out = []
    if len(used) > 1:
        many = f", and {len(used)} are more than studies support" if len(used) > MOST else ""
        out.append(
            Finding(
                "safety.factors_multiplied",
                "The factors are multiplied as if the measures worked apart from each other; measures against the same "
                f"crashes save less together than that{many}.",
                len(used),
                severity="assumed" if not many else "warning",
                values={"factors": len(used)},
            )
        )
    if len({(f.crashes, f.severity) for f in used}) > 1:
        out.append(
            Finding(
                "safety.factors_differ",
                "The factors were measured on different kinds or severities of crashes, so their product fits none of "
                "them exactly.",
                len(used),
            )
        )
    without = [f.name for f in used if math.isnan(f.se)]
    if without:
        out.append(
            Finding(
                "safety.factor_without_error",
                f"{', '.join(without)} has no standard error in its study, so there is no range.",
                len(without),
                values={"names": ", ".join(without)},
            )
        )
    return tuple(out)
