"""What an estimated matrix did: fit at the counts, and change against the prior, which is never left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
#: Limits of change that need an explanation: cells, trip ends, mean length (Department for Transport, *TAG unit M3.1
#: Highway assignment modelling*, significance of matrix estimation changes).
CELLS = (0.98, 1.02, 0.95)
ENDS = (0.99, 1.01, 0.98)
LENGTH = 0.05
#: Sums below this are no trips at all.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """Straight line through points by least squares: ``after = intercept + slope before``, and the share explained."""

    slope: float
    intercept: float
    r2: float


@dataclass(frozen=True, slots=True)
class Fit:
    """How modelled values meet counts.

    Parameters
    ----------
    rmse, percent_rmse
        Root mean square difference, and that in percent of the mean count.
    r2
        Squared correlation.
    bias
        Sum modelled over sum counted less one.
    geh_mean, geh_below_5
        ``sqrt(2 (v - c)^2 / (v + c))`` of hourly flows: its mean, and the share of counts below 5.
    """

    counts: int
    rmse: float
    percent_rmse: float
    r2: float
    bias: float
    geh_mean: float
    geh_below_5: float


@dataclass(frozen=True, slots=True)
class Change:
    """Estimate against prior.

    Parameters
    ----------
    total_before, total_after
        Trips.
    cells, origins, destinations
        Lines through the points (prior, estimate).
    moved
        Sum of absolute changes over the sum of the prior.
    largest
        Zones whose origins or destinations changed most: (zone, "origin" or "destination", before, after), by row and
        column of the matrix (classes summed).
    cost_before, cost_after
        Trip-weighted means; nan where no costs were given.
    beyond
        Sentences about what passes the limits of guidance.
    """

    total_before: float
    total_after: float
    cells: Line
    origins: Line
    destinations: Line
    moved: float
    largest: tuple[tuple[int, str, float, float], ...]
    cost_before: float
    cost_after: float
    beyond: tuple[str, ...]


def line(before: F64, after: F64) -> Line:
    """Fit ``after`` on ``before``; where ``before`` does not vary, the slope is that through the origin."""
    x, y = np.ravel(before), np.ravel(after)
    if x.size == 0:
        return Line(1.0, 0.0, 1.0)
    dx, dy = x - x.mean(), y - y.mean()
    sxx, syy, sxy = float(dx @ dx), float(dy @ dy), float(dx @ dy)
    if sxx <= 1e-24 * float(x @ x):
        slope = float(y.sum() / x.sum()) if x.sum() > _NOTHING else 1.0
        return Line(slope, 0.0, 1.0 if syy <= 1e-24 * float(y @ y) else 0.0)
    slope = sxy / sxx
    return Line(slope, float(y.mean() - slope * x.mean()), sxy**2 / (sxx * syy) if syy > 0 else 0.0)


def describe_fit(modelled: F64, counts: F64, hours: float = 1.0) -> Fit:
    """Compare modelled values with counts over the same hours."""
    difference = modelled - counts
    rmse = float(np.sqrt((difference**2).mean()))
    mean = float(counts.mean())
    both = modelled + counts
    geh = np.sqrt(np.divide(2 * difference**2, both, out=np.zeros_like(both), where=both > 0) / hours)
    return Fit(
        counts=len(counts),
        rmse=rmse,
        percent_rmse=100 * rmse / mean if mean > _NOTHING else float("nan"),
        r2=line(counts, modelled).r2,
        bias=float(modelled.sum() / counts.sum() - 1) if mean > _NOTHING else float("nan"),
        geh_mean=float(geh.mean()),
        geh_below_5=float((geh < 5).mean()),
    )


def describe_change(prior: F64, matrix: F64, costs: F64 | None = None, largest: int = 10) -> Change:
    """Compare an estimated matrix with its prior, shape (..., n, m), or (cells,) where no zones are known."""
    live = prior > 0
    cells = line(prior[live], matrix[live])
    square = prior.ndim >= 2
    sums = [
        (m.reshape(-1, *m.shape[-2:]).sum(axis=(0, 2)), m.reshape(-1, *m.shape[-2:]).sum(axis=(0, 1)))
        for m in ((prior, matrix) if square else ())
    ]
    origins = line(sums[0][0], sums[1][0]) if square else cells
    destinations = line(sums[0][1], sums[1][1]) if square else cells
    changed: list[tuple[int, str, float, float]] = []
    for k, way in enumerate(("origin", "destination") if square else ()):
        before, after = sums[0][k], sums[1][k]
        order = np.argsort(-np.abs(after - before), kind="stable")[:largest]
        changed += [(int(z), way, float(before[z]), float(after[z])) for z in order if after[z] != before[z]]
    changed.sort(key=lambda r: -abs(r[3] - r[2]))
    means = [float("nan"), float("nan")]
    if costs is not None:
        finite = np.isfinite(costs)
        sums_cost = [(float((m[finite] * costs[finite]).sum()), float(m[finite].sum())) for m in (prior, matrix)]
        means = [a / b if b > 0 else float("nan") for a, b in sums_cost]
    total = float(prior.sum())
    return Change(
        total_before=total,
        total_after=float(matrix.sum()),
        cells=cells,
        origins=origins,
        destinations=destinations,
        moved=float(np.abs(matrix - prior).sum() / total) if total > 0 else 0.0,
        largest=tuple(changed[:largest]),
        cost_before=means[0],
        cost_after=means[1],
        beyond=tuple(_beyond(cells, origins, destinations, means)),
    )


def _beyond(cells: Line, origins: Line, destinations: Line, means: list[float]) -> list[str]:
    said: list[str] = []
    for name, found, (low, high, least) in (
        ("cells", cells, CELLS),
        ("origins", origins, ENDS),
        ("destinations", destinations, ENDS),
    ):
        if not low <= found.slope <= high:
            said.append(f"slope of {name} {found.slope:.3f}, outside {low:g} to {high:g}")
        if found.r2 < least:
            said.append(f"R² of {name} {found.r2:.3f}, below {least:g}")
    if means[0] > 0 and abs(means[1] / means[0] - 1) > LENGTH:
        said.append(f"mean length changed by {means[1] / means[0] - 1:+.1%}, more than {LENGTH:.0%}")
    return said
