"""Make a finding of a feed check."""

from __future__ import annotations

import polars as pl

from shaar.engine.findings import Finding, Severity

_POINTS = 20


def say(
    code: str,
    message: str,
    count: int,
    where: object = "",
    severity: Severity = "warning",
    points: pl.DataFrame | None = None,
    **values: str | int | float,
) -> Finding:
    """Build the finding ``check.<code>`` with places from the stops of a frame; ``n`` in its values is the count."""
    places: tuple[tuple[float, float], ...] = ()
    if points is not None:
        places = tuple((float(x), float(y)) for x, y in points.select("stop_lon", "stop_lat").head(_POINTS).iter_rows())
    return Finding(f"check.{code}", message, count, str(where or ""), severity, {"n": count, **values}, places)
