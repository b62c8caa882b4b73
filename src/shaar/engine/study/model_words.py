"""The sheet's lines in plain English: what was looked at, what it was held against, and what that proves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shaar.engine.study.model_sheet import Row, trust

LABELS = {
    "inputs": "Parameters that are measured or reported",
    "rate": "Journeys per person and day",
    "length": "Mean journey for {name}, by car on empty streets",
    "share": "Share of {name}",
    "loop": "Change between the last two rounds of demand and supply",
    "elasticity": "Answer of travellers to {name}",
    "road_gap": "Roads: relative gap of the equilibrium",
    "road_speed": "Roads: mean speed in the busiest hour",
    "road_full": "Roads: car-km on streets above capacity",
    "counts": "Roads: counted streets with GEH below 5",
    "line_gap": "Lines: relative gap of the assignment",
    "router": "Lines: minutes by frequencies less minutes by the timetable",
    "boardings": "Lines: boardings in the busiest hour",
    "lines": "Lines: no timetable",
    "parking": "Parking: cars without a legal space",
}
NAMES = {"fare": "the bus fare", "fuel": "the cost of driving", "car_time": "minutes by car"}
#: A word for the table, and what it means.
VERDICTS = {
    "good": ("agrees", "with something independent of the model"),
    "weak": ("weak", "does not agree, or rests on assumptions"),
    "met": ("calibrated", "made to be so, which proves nothing"),
    "sound": ("precise", "computed to this precision, whatever the data"),
    "open": ("open", "nothing to hold it against"),
}


def label(row: Row) -> str:
    """What the line is about."""
    return LABELS[row.code].format(name=NAMES.get(row.name, row.name))


def figure(value: float, unit: str) -> str:
    """A number with its unit, in as many digits as it deserves."""
    if not np.isfinite(value):
        return "-"
    if value != 0 and abs(value) < 0.005:
        text = f"{value:.1e}"
    elif abs(value) < 100:
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:,.0f}"
    return f"{text} {unit}".strip()


def against(row: Row) -> str:
    """What the figure was held against."""
    if not (np.isfinite(row.low) and np.isfinite(row.high)):
        return "-"
    if row.low == row.high:
        return figure(row.low, row.unit)
    return f"{figure(row.low, '')} to {figure(row.high, row.unit)}"


def conclusion(rows: Sequence[Row]) -> str:
    """How far the model can be trusted, in a few sentences."""
    found = trust(rows)
    counted = any(r.code == "counts" and np.isfinite(r.value) for r in rows)
    said = [
        f"Of {len(rows)} lines {found['good']} agree with something independent of the model, {found['weak']} do not "
        f"or rest on assumptions, {found['met']} were calibrated to be so, {found['sound']} are precision, "
        f"{found['open']} could not be judged."
    ]
    if all(r.verdict == "sound" for r in rows if r.code in ("road_gap", "line_gap", "loop")):
        said.append("Differences between two runs are real, not noise: the equilibria are tight.")
    else:
        said.append("An equilibrium was not reached: do not read differences between runs.")
    if not counted:
        said.append(
            "No street has been counted: traffic on single streets is an estimate. Put counts.csv in the folder."
        )
    return " ".join(said)
