"""The tables of a baseline: journeys weighted by demand, figures by zone, by place, and their equity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.access.coverage import people_within
from shaar.engine.access.equity import gini, palma, worst_decile
from shaar.engine.access.opportunities import within
from shaar.engine.city.model import City
from shaar.engine.routing.raptor import TravelTimes
from shaar.engine.study.baseline_walks import COVERAGE_M
from shaar.engine.study.results import JourneyStats, Options

F64 = npt.NDArray[np.float64]
OPPORTUNITIES = ("jobs", "schools", "clinics")
#: Threshold of the equity figures, minutes; the middle one where it is not among those asked for.
EQUITY_MINUTES = 45
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


def journey_stats(od: F64, times: TravelTimes, limit: float) -> JourneyStats:
    """Describe the journeys that people make, each pair weighted by its trips.

    Minutes are the median over the departures of the window; a quantile is the least time within which that share of
    the trips that arrive is made. Where no trip arrives the figures are nan, but for ``mean_all``, which counts those
    journeys as ``limit`` minutes.
    """
    minutes = times.minutes[0]
    seconds, weight = np.zeros(0), 0.0
    riding, rides, walking, total, time = 0.0, 0.0, 0.0, 0.0, 0.0
    for row, w in enumerate(od):
        m = minutes[row]
        total += float(w.sum())
        ok = np.isfinite(m) & (w > 0)
        if not ok.any():
            continue
        t, v, foot = m[ok].astype(np.float64), w[ok], times.walked[row, ok].astype(np.float64)
        count = np.bincount(np.rint(t * 60).astype(np.int64), weights=v)
        if len(count) > len(seconds):
            seconds = np.concatenate([seconds, np.zeros(len(count) - len(seconds))])
        seconds[: len(count)] += count
        weight += float(v.sum())
        time += float((t * v).sum())
        walking += float((foot * v).sum())
        riding += float(((1 - foot) * v).sum())
        rides += float((times.rides[row, ok] * v).sum())
    if weight <= 0:
        nan = float("nan")
        some = total > 0
        return JourneyStats(
            nan, nan, nan, nan, nan, nan, 1.0 if some else nan, 0.0 if some else nan, nan, limit if some else nan
        )
    share = np.cumsum(seconds) / weight
    q = [float(np.searchsorted(share, p - 1e-12)) / 60 for p in QUANTILES]
    return JourneyStats(
        mean=time / weight,
        p10=q[0],
        p25=q[1],
        p50=q[2],
        p75=q[3],
        p90=q[4],
        unreached=max(0.0, 1 - weight / total),
        walked=walking / total,
        transfers=rides / riding - 1 if riding > 1e-9 * total else 0.0,
        mean_all=(time + max(0.0, total - weight) * limit) / total,
    )


def zone_table(
    city: City, minutes: npt.NDArray[np.float32], stop_m: F64, near: F64, od: F64, options: Options
) -> pl.DataFrame:
    """One row a zone.

    ``within_400`` and ``within_800`` are persons (from the shares ``near``, float[2, z]); ``trips`` and
    ``trips_reached`` are the zone's trips a day and those of them that arrive within the limit.
    """
    z = city.zones
    trips, reached, time = od.sum(axis=1), np.zeros(z.height), np.zeros(z.height)
    for i in range(z.height):
        ok = np.isfinite(minutes[i])
        reached[i] = od[i, ok].sum()
        time[i] = (od[i, ok] * minutes[i, ok]).sum()
    population = z["population"].fill_null(0.0).fill_nan(0.0).to_numpy()
    columns: dict[str, npt.NDArray[np.generic] | pl.Series] = {
        "zone_id": z["zone_id"],
        "population": population,
        "stop_m": stop_m,
        **{f"within_{m}": people_within(near[c], population) for c, m in enumerate(COVERAGE_M)},
        "mean_minutes": np.divide(time, reached, out=np.full(len(time), np.nan), where=reached > 0),
        "trips": trips,
        "trips_reached": reached,
    }
    for name in OPPORTUNITIES:
        amount = z[name].fill_null(0.0).to_numpy()
        for t in options.thresholds:
            columns[f"{name}_{t}"] = within(minutes, amount, t)
    return pl.DataFrame(columns).with_columns(pl.col("stop_m", "mean_minutes").fill_nan(None))


def place_table(city: City, zones: pl.DataFrame, options: Options) -> pl.DataFrame:
    """One row for the city, each district and each settlement that has zones; means are weighted by residents.

    ``mean_minutes`` is weighted by the trips that start in the place and arrive within the limit.
    """
    names = {r["place_id"]: (r["kind"], r["name"]) for r in city.places.select("place_id", "kind", "name").to_dicts()}
    whole = city.places.filter(pl.col("kind") == "city")
    city_id = whole["place_id"][0] if whole.height else "city"
    everyone = np.ones(zones.height, bool)
    rows = [_place_row(city_id, "city", city.meta.name, zones, everyone, options)]
    for kind in ("district", "settlement"):
        member = city.zones[kind]
        for place in sorted(member.drop_nulls().unique()):
            _, name = names.get(place, (kind, place))
            inside = (member == place).fill_null(False).to_numpy()
            rows.append(_place_row(place, kind, name or place, zones, inside, options))
    return pl.DataFrame(rows, infer_schema_length=None)


def _place_row(
    place_id: str, kind: str, name: str, zones: pl.DataFrame, inside: npt.NDArray[np.bool_], options: Options
) -> dict[str, object]:
    part = zones.filter(pl.Series(inside))
    people = part["population"].to_numpy()
    reached = part["trips_reached"].to_numpy()
    time = float((part["mean_minutes"].fill_null(0.0).to_numpy() * reached).sum())
    row: dict[str, object] = {"place_id": place_id, "kind": kind, "name": name, "population": float(people.sum())}
    row |= {f"within_{m}": float(part[f"within_{m}"].sum()) for m in COVERAGE_M}
    row["mean_minutes"] = time / float(reached.sum()) if reached.sum() > 0 else None
    for o in OPPORTUNITIES:
        for t in options.thresholds:
            value = part[f"{o}_{t}"].to_numpy()
            row[f"{o}_{t}"] = float((value * people).sum() / people.sum()) if people.sum() > 0 else None
    return row


def equity(zones: pl.DataFrame, options: Options) -> dict[str, float]:
    """Gini, Palma ratio and worst tenth of what people reach, and the journey of the tenth that travels longest.

    A figure that does not exist (nobody reaches anything, or the worst-off reach nothing at all) is left out.
    """
    t = _threshold(options)
    people = zones["population"].to_numpy()
    out: dict[str, float] = {}
    for o in OPPORTUNITIES:
        value = zones[f"{o}_{t}"].to_numpy()
        out[f"gini_{o}_{t}"] = gini(value, people)
        out[f"palma_{o}_{t}"] = palma(value, people)
        out[f"worst_decile_{o}_{t}"] = worst_decile(value, people)
    minutes = zones["mean_minutes"].fill_null(float("nan")).to_numpy()
    out["worst_decile_minutes"] = worst_decile(minutes, people, high_is_bad=True)
    return {k: v for k, v in out.items() if np.isfinite(v)}


def _threshold(options: Options) -> int:
    if EQUITY_MINUTES in options.thresholds:
        return EQUITY_MINUTES
    return sorted(options.thresholds)[len(options.thresholds) // 2]
