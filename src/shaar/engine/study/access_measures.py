"""The tables of an access study: measures by zone, means by place and group, equity, services, and the worst zones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.access.catchment import floating_catchment
from shaar.engine.access.change import winners_and_losers
from shaar.engine.access.deterrence import Deterrence
from shaar.engine.access.equity import concentration, gini, palma, theil, theil_between, worst_decile
from shaar.engine.access.facilities import TITLES, Facilities
from shaar.engine.access.groups import GROUPS, Groups
from shaar.engine.access.opportunities import gravity, minutes_to, within
from shaar.engine.city.model import City
from shaar.engine.study.access_times import Reach
from shaar.engine.study.results import Options

F64 = npt.NDArray[np.float64]
#: Services whose capacity is shared out, and the group that needs them (its share where no column counts it).
SHARED = {"schools": "share_pupils", "clinics": None}
PER = 10_000.0
#: The worst zones are looked for among those with at least so many residents.
WORST_RESIDENTS = 50.0
WORST = 10
#: Changes of at most so much count as none: minutes, and a part of the city's mean for numbers reached.
SAME_MINUTES, SAME_PART = 1.0, 0.01


def suffix(group: str) -> str:
    """Suffix of the measure columns by which a group moves."""
    return f"_{group}" if group in ("elderly", "wheelchair") else ""


def measures(
    city: City,
    groups: Groups,
    reaches: Mapping[str, Reach],
    found: Mapping[str, Facilities],
    parameters: Mapping[str, float],
    options: Options,
) -> pl.DataFrame:
    """One row a zone with the measures of every mover (see :class:`shaar.engine.study.access.AccessResult`).

    ``jobs_T``: jobs within T minutes; ``jobs_gravity``: weighted by exp(-b t); ``jobs_minutes``: minutes to the wanted
    share of the city's jobs; for a service ``S``: ``S_minutes`` to the nearest, ``S_third`` to the third nearest,
    ``S_within``: how many within its minutes; ``schools_2sfca``, ``schools_e2sfca`` ...: capacity per 10,000 persons
    who need it, for adults' travel.
    """
    z = city.zones
    jobs = z["jobs"].fill_null(0.0).fill_nan(0.0).to_numpy()
    columns: dict[str, object] = {
        "zone_id": z["zone_id"],
        "lon": z["lon"],
        "lat": z["lat"],
        "population": groups.persons["everyone"],
        "district": z["district"],
        "settlement": z["settlement"],
    }
    columns |= {f"people_{g}": groups.persons[g] for g in GROUPS if g != "everyone"}
    decay = Deterrence("exponential", parameters["jobs_decay"])
    for group, r in reaches.items():
        end = suffix(group)
        for t in options.thresholds:
            columns[f"jobs_{t}{end}"] = within(r.zones, jobs, t)
        columns[f"jobs_gravity{end}"] = gravity(r.zones, jobs, decay)
        if jobs.sum() > 0:
            columns[f"jobs_minutes{end}"] = minutes_to(r.zones, jobs, parameters["jobs_share"] * float(jobs.sum()))
        for p, f in found.items():
            one = f.capacity if f.from_zones else np.ones(f.n)
            columns[f"{p}_minutes{end}"] = minutes_to(r.places[p], one, 1)
            columns[f"{p}_third{end}"] = minutes_to(r.places[p], one, 3)
            columns[f"{p}_within{end}"] = within(r.places[p], one, parameters[f"{p}_minutes"])
    for p in SHARED:
        if p in found:
            limit = parameters[f"{p}_minutes"]
            plain = Deterrence("cumulative", limit)
            steps = Deterrence("steps", edges=(limit / 3, 2 * limit / 3, limit))
            need = _need(groups, p, parameters)
            minutes = reaches["everyone"].places[p]
            columns[f"{p}_2sfca"] = PER * floating_catchment(minutes, need, found[p].capacity, plain).access
            columns[f"{p}_e2sfca"] = PER * floating_catchment(minutes, need, found[p].capacity, steps).access
    frame = pl.DataFrame(columns)
    numeric = [c for c in frame.columns if c.endswith(("_minutes", "_third")) or "_minutes_" in c or "_third_" in c]
    return frame.with_columns(pl.col(numeric).fill_nan(None))


def _need(groups: Groups, purpose: str, parameters: Mapping[str, float]) -> F64:
    """Persons who need a service; pupils are in proportion to the children where zones count them."""
    share = SHARED[purpose]
    people = groups.persons["everyone"]
    if share is None:
        return people
    if "children" in groups.assumed:
        return people * parameters[share]
    return groups.persons["children"] * parameters[share] / parameters["share_children"]


def members(city: City) -> list[tuple[str, str, str, npt.NDArray[np.bool_]]]:
    """Return (place_id, kind, name, bool[z]) of the city, each district and each settlement that has residents."""
    names = dict(city.places.select("place_id", "name").iter_rows())
    whole = city.places.filter(pl.col("kind") == "city")
    out = [
        (
            whole["place_id"][0] if whole.height else "city",
            "city",
            city.meta.name,
            np.ones(city.zones.height, bool),
        )
    ]
    for kind in ("district", "settlement"):
        column = city.zones[kind]
        for place in sorted(column.drop_nulls().unique()):
            inside = (column == place).fill_null(False).to_numpy()
            if float(city.zones["population"].fill_null(0.0).to_numpy()[inside].sum()) > 0:
                out.append((place, kind, names.get(place) or place, inside))
    return out


def place_rows(
    city: City,
    groups: Groups,
    zones: pl.DataFrame,
    found: Mapping[str, Facilities],
    parameters: Mapping[str, float],
    options: Options,
) -> pl.DataFrame:
    """One row a place and group that has people: means over them, and the share near enough to each service.

    In means of minutes a way that is not possible counts as the longest journey.
    """
    wanted = [f"jobs_{t}" for t in options.thresholds] + ["jobs_gravity", "jobs_minutes"]
    wanted += [f"{p}_{m}" for p in found for m in ("minutes", "third", "within")]
    rows: list[dict[str, object]] = []
    for place_id, kind, name, inside in members(city):
        for group in GROUPS:
            w = np.where(inside, groups.persons[group], 0.0)
            if w.sum() <= 0:
                continue
            row: dict[str, object] = {
                "place_id": place_id,
                "kind": kind,
                "name": name,
                "group": group,
                "people": float(w.sum()),
            }
            for m in wanted:
                value = _column(zones, m + suffix(group))
                if value is not None:
                    row[m] = _mean(_with_limit(m, value, options), w)
            for p in found:
                value = _column(zones, f"{p}_minutes{suffix(group)}")
                assert value is not None
                row[f"{p}_share"] = float(w[value <= parameters[f"{p}_minutes"]].sum() / w.sum())
            for p in SHARED:
                for m in ("2sfca", "e2sfca"):
                    value = _column(zones, f"{p}_{m}")
                    if value is not None:
                        row[f"{p}_{m}"] = _mean(value, w)
            rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _column(zones: pl.DataFrame, name: str) -> F64 | None:
    if name not in zones.columns:
        return None
    return zones[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _with_limit(measure: str, value: F64, options: Options) -> F64:
    """Count a way that is not possible as the longest journey: means of two networks are then over the same people."""
    if not measure.endswith(("_minutes", "_third")):
        return value
    out: F64 = np.where(np.isfinite(value), value, options.max_minutes)
    return out


def _mean(value: F64, w: F64) -> float | None:
    ok = np.isfinite(value) & (w > 0)
    return float((value[ok] * w[ok]).sum() / w[ok].sum()) if ok.any() else None


def equity_table(
    zones: pl.DataFrame, found: Mapping[str, Facilities], rank: F64 | None, options: Options
) -> pl.DataFrame:
    """One row a measure for everyone; figures that do not exist are null.

    ``theil_between`` is the share of Theil's T that lies between settlements and districts. For minutes the worst
    decile is the tenth that takes longest and the ratios are left out, since a person without any way has no minutes.
    """
    people = zones["population"].to_numpy()
    where = pl.coalesce(zones["settlement"], zones["district"], pl.lit("")) if zones.height else pl.lit("")
    label = zones.select(where.alias("g"))["g"].to_numpy()
    names = [f"jobs_{t}" for t in options.thresholds] + ["jobs_gravity"]
    names += [f"{p}_{m}" for p in SHARED if p in found for m in ("2sfca", "e2sfca")]
    rows: list[dict[str, object]] = []
    for name in names:
        value = _column(zones, name)
        assert value is not None
        total = theil(value, people)
        rows.append(
            {
                "measure": name,
                "gini": gini(value, people),
                "palma": palma(value, people),
                "theil": total,
                "theil_between": theil_between(value, people, label) / total if total > 0 else None,
                "concentration": None if rank is None else concentration(value, people, rank),
                "worst_decile": worst_decile(value, people),
            }
        )
    for name in ["jobs_minutes", *(f"{p}_minutes" for p in found)]:
        value = _column(zones, name)
        if value is not None:
            full = np.where(np.isfinite(value), value, options.max_minutes)
            rows.append({"measure": name, "worst_decile": worst_decile(full, people, high_is_bad=True)})
    figures = ("gini", "palma", "theil", "theil_between", "concentration", "worst_decile")
    frame = pl.DataFrame(rows, schema={"measure": pl.String} | dict.fromkeys(figures, pl.Float64))
    ok = [pl.when(pl.col(c).is_finite()).then(pl.col(c)).alias(c) for c in figures]
    return frame.with_columns(ok)


def service_table(
    city: City, groups: Groups, r: Reach, found: Mapping[str, Facilities], parameters: Mapping[str, float]
) -> pl.DataFrame:
    """One row a place of a service: people within its minutes, and its capacity for 10,000 of them."""
    parts = []
    for p, f in found.items():
        need = _need(groups, p, parameters) if p in SHARED else groups.persons["everyone"]
        c = floating_catchment(r.places[p], need, f.capacity, Deterrence("cumulative", parameters[f"{p}_minutes"]))
        parts.append(
            pl.DataFrame(
                {
                    "purpose": [p] * f.n,
                    "id": f.ids,
                    "name": f.names,
                    "lon": f.lon,
                    "lat": f.lat,
                    "capacity": f.capacity,
                    "people": c.people,
                    "per_10000": PER * c.ratio,
                }
            ).with_columns(pl.col("per_10000").fill_nan(None))
        )
    empty = {"purpose": pl.String, "id": pl.String, "name": pl.String, "lon": pl.Float64, "lat": pl.Float64,
             "capacity": pl.Float64, "people": pl.Float64, "per_10000": pl.Float64}  # fmt: skip
    return pl.concat([pl.DataFrame(schema=empty), *parts])


def worst_zones(zones: pl.DataFrame, found: Mapping[str, Facilities], options: Options) -> pl.DataFrame:
    """Return the ten zones (of at least 50 residents) that are farthest from what people need.

    The figure is the mean of the minutes to a tenth of the jobs, the nearest school, clinic and shop. A way that is
    not possible counts as the longest journey.
    """
    names = [n for n in ("jobs_minutes", "schools_minutes", "clinics_minutes", "shops_minutes") if n in zones.columns]
    if not names:
        return zones.head(0).select("zone_id", "lon", "lat", "population", "district", "settlement")
    mean = pl.mean_horizontal(*(pl.col(n).fill_null(options.max_minutes) for n in names)).alias("minutes")
    return (
        zones.filter(pl.col("population") >= WORST_RESIDENTS)
        .select("zone_id", "lon", "lat", "population", "district", "settlement", *names, mean)
        .sort("minutes", "population", descending=True)
        .head(WORST)
    )


def compare(city: City, groups: Groups, before: pl.DataFrame, after: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Count who gains and who loses between two zone tables of one city, by measure, place and group.

    A change of up to a minute, or of 1 % of the city's mean before in numbers reached, counts as none. A way that is
    not possible counts as the longest journey.

    Returns
    -------
    Columns ``measure``, ``place_id``, ``kind``, ``name``, ``group`` and those of
    :func:`shaar.engine.access.change.winners_and_losers`.
    """
    where = members(city)
    inside = {place: mask for place, _, _, mask in where}
    parts = []
    wanted = [f"jobs_{t}" for t in options.thresholds] + ["jobs_minutes"]
    wanted += [f"{p}_minutes" for p in TITLES if p != "jobs" and f"{p}_minutes" in before.columns]
    for m in wanted:
        slow = m.endswith("_minutes")
        for group in GROUPS:
            b, a = _column(before, m + suffix(group)), _column(after, m + suffix(group))
            if b is None or a is None:
                continue
            b, a = _with_limit(m, b, options), _with_limit(m, a, options)
            mean = _mean(b, groups.persons["everyone"]) or 0.0
            tolerance = SAME_MINUTES if slow else SAME_PART * mean
            table = winners_and_losers(
                b, a, {group: groups.persons[group]}, inside, tolerance=tolerance, high_is_bad=slow
            )
            parts.append(table.with_columns(measure=pl.lit(m)))
    names = pl.DataFrame({"place": [w[0] for w in where], "kind": [w[1] for w in where], "name": [w[2] for w in where]})
    joined = pl.concat(parts).join(names, on="place", how="left", maintain_order="left")
    return joined.filter(pl.col("people") > 0).select(
        "measure", pl.col("place").alias("place_id"), "kind", "name", "group", "people", "gain", "lose", "same",
        "before", "after",
    )  # fmt: skip
