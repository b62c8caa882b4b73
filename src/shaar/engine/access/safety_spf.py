"""Safety performance functions of a city's junctions and sections, and its places ranked by empirical Bayes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.access.safety_bayes import empirical_bayes, excess_by_chance, rank
from shaar.engine.access.safety_negbin import CountModel, negative_binomial
from shaar.engine.errors import InputError
from shaar.engine.findings import Finding

F64 = npt.NDArray[np.float64]
LEVELS = ("minor", "middle", "major")
#: A feature needs so many crashes and so many places on either side of it to be told apart.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Ranking:
    """Places ranked, and the models behind it.

    ``table``: the sites with crashes, predicted, weight, expected, error, excess, low, high, probability, chance, rank
    (1 is worst, over both kinds, by excess); ``models``: kind -> fitted model.
    """

    table: pl.DataFrame
    models: Mapping[str, CountModel]
    findings: tuple[Finding, ...]


def rank_sites(
    sites: pl.DataFrame, counts: npt.ArrayLike, *, years: float, flow: npt.ArrayLike | None = None
) -> Ranking:
    """Fit one model for junctions and one for sections, and rank all places by their excess of crashes.

    ln mu = ln(years) + b0 + b1 ln(flow) + class + (junctions: arms over 3, signals), for sections + ln(length),
    which is taken as proportional (offset) with the dispersion of a kilometre (Hauer 2001). Features that too few
    crashes speak of are left out. Without flows the class of the street stands for traffic, which is weak; it is said.

    Parameters
    ----------
    sites
        Table of :func:`shaar.engine.access.safety_sites.find_sites`.
    counts
        Shape (s,): crashes of each site in the period.
    years
        Length of the period.
    flow
        Shape (s,): vehicles a day of each site; those without (nan or 0) get the median of their class.

    Raises
    ------
    InputError
        There is no crash at all.
    """
    y = np.asarray(counts, np.float64)
    if y.sum() == 0:
        raise InputError("no crash lies on a street of the city, so there is nothing to rank")
    if years <= 0:
        raise ValueError("the period must be longer than 0")
    models: dict[str, CountModel] = {}
    findings: list[Finding] = []
    parts: list[pl.DataFrame] = []
    traffic = None if flow is None else _filled(np.asarray(flow, np.float64), sites)
    for kind in ("junction", "section"):
        here = np.flatnonzero((sites["kind"] == kind).to_numpy())
        own = sites[here]
        if not len(here):
            continue
        if y[here].sum() == 0:
            findings.append(
                Finding("safety.none_of_kind", f"No crash lies at a {kind}, so none is ranked.", 0, severity="info")
            )
            continue
        design, names = _design(own, y[here], None if traffic is None else traffic[here])
        offset = np.full(len(here), np.log(years))
        scale = None
        if kind == "section":
            km = np.maximum(own["length"].to_numpy(), 1.0) / 1000
            offset, scale = offset + np.log(km), 1.0 / km
        model = negative_binomial(y[here], design, offset=offset, scale=scale, names=names)
        models[kind] = model
        e = empirical_bayes(y[here], np.maximum(model.mean, 1e-12), model.dispersion)
        parts.append(
            own.with_columns(
                crashes=pl.Series(y[here]),
                predicted=pl.Series(e.predicted),
                weight=pl.Series(e.weight),
                expected=pl.Series(e.expected),
                error=pl.Series(e.error),
                excess=pl.Series(e.excess),
                low=pl.Series(e.low),
                high=pl.Series(e.high),
                probability=pl.Series(e.probability),
                chance=pl.Series(excess_by_chance(y[here], e.predicted)),
            )
        )
        if model.alpha == 0:
            findings.append(
                Finding(
                    "safety.no_dispersion",
                    f"The crashes at {kind}s vary no more than by chance, so every {kind} is taken to be like the "
                    "others of its class and none stands out.",
                    severity="warning",
                    values={"kind": kind},
                )
            )
    if traffic is None:
        findings.append(
            Finding(
                "safety.no_flows",
                "No traffic volumes were given, so the class of a street stands for its traffic; a place may rank high "
                "only because more people pass it.",
                severity="assumed",
            )
        )
    table = pl.concat(parts)
    order = rank(empirical_bayes(table["crashes"], table["predicted"], _dispersion(table)))
    table = table[order].with_columns(rank=pl.Series(np.arange(1, table.height + 1, dtype=np.int32)))
    return Ranking(table, models, tuple(findings))


def _dispersion(table: pl.DataFrame) -> F64:
    """Dispersion back from the weight, w = 1 / (1 + a mu)."""
    w = table["weight"].to_numpy()
    out: F64 = (1 / w - 1) / table["predicted"].to_numpy()
    return out


def _filled(flow: F64, sites: pl.DataFrame) -> F64:
    """Give places without a count the median flow of their class, or of all."""
    known = np.isfinite(flow) & (flow > 0)
    if not known.any():
        raise InputError("no place has a traffic volume above 0", field="flow")
    out = flow.copy()
    level = sites["level"].to_numpy()
    for k in LEVELS:
        same = level == k
        base = known & same if (known & same).any() else known
        out[same & ~known] = np.median(flow[base])
    return out


def _design(own: pl.DataFrame, y: F64, flow: F64 | None) -> tuple[F64, tuple[str, ...]]:
    columns, names = [np.ones(own.height)], ["constant"]
    if flow is not None and np.ptp(np.log(flow)) > 1e-9:
        columns.append(np.log(flow))
        names.append("ln(vehicles a day)")
    level = own["level"].to_numpy()
    wanted: list[tuple[str, F64]] = [(f"{k} street", (level == k).astype(np.float64)) for k in ("middle", "major")]
    if own["kind"][0] == "junction":
        wanted.append(("more than 3 arms", (own["arms"] > 3).to_numpy().astype(np.float64)))
        wanted.append(("traffic lights", own["signal"].to_numpy().astype(np.float64)))
    for title, column in wanted:
        on = column > 0
        if min(on.sum(), (~on).sum()) < ENOUGH or min(y[on].sum(), y[~on].sum()) < ENOUGH:
            continue
        trial = np.column_stack([*columns, column])
        if np.linalg.matrix_rank(trial) == trial.shape[1]:
            columns.append(column)
            names.append(title)
    return np.column_stack(columns), tuple(names)


def exposure(links: pl.DataFrame, flow: npt.ArrayLike, years: float) -> F64:
    """Million vehicle-km of each link over a period: flow x 365.25 x years x length / 1e9, float64[l].

    Parameters
    ----------
    flow
        Shape (l,): vehicles a day both ways; nan where not known.
    """
    out: F64 = np.asarray(flow, np.float64) * 365.25 * years * links["length"].to_numpy() / 1e9
    return out
