"""Effects of one network against another: journeys, access, service, money and climate, with winners and losers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.access.groups import SHARES
from shaar.engine.demand.parameters import Parameters
from shaar.engine.measures.effects import Effect
from shaar.engine.study.access_measures import members
from shaar.engine.study.effects_service import HIGH, LOW, MIDDLE, vehicle_prices
from shaar.engine.study.effects_side import GROUPS, SERVICES, Journeys, Side, equity_of, people_near
from shaar.engine.study.effects_table import indicator
from shaar.engine.study.results import Options
from shaar.engine.study.verdict import CLEAR_MINUTES

F64 = npt.NDArray[np.float64]
#: Where figures of each method come from, named with them.
SOURCES = {
    "journey": "timetables, streets; demand.csv",
    "stops": "timetables, streets, zones",
    "access": "timetables, streets, zones; access.csv",
    "reach": "timetables, streets, zones; access.csv",
    "equity": "timetables, streets, zones",
    "service": "timetables",
    "boardings": "timetables, streets; demand.csv",
    "cost": "vehicles.csv, climate.csv",
    "capital": "effects_values.csv",
    "energy": "climate.csv, vehicles.csv; EMEP/EEA guidebook 2019",
    "emissions": "climate.csv, vehicles.csv, effects_values.csv; EMEP/EEA guidebook 2019",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A district or settlement and the rows of the zones in it."""

    place_id: str
    kind: str
    name: str
    zones: npt.NDArray[np.int64]


def places_of(side: Side) -> tuple[Place, ...]:
    """Districts and settlements that have residents."""
    return tuple(Place(i, k, n, np.flatnonzero(m)) for i, k, n, m in members(side.city) if k != "city")


def ranged(
    key: str,
    before: Sequence[float],
    after: Sequence[float],
    *,
    more: Sequence[float] = (),
    group: str = "all",
    place: str = "",
    source: str = "",
) -> Effect:
    """Make an effect of figures by draw: means, their difference, and the least and most change.

    Parameters
    ----------
    before, after
        By draw; the shorter one is used again from its start.
    more
        Changes under other assumptions, which widen the range.
    """
    row = indicator(key)
    was, now = mean(before), mean(after)
    n = max(len(before), len(after))
    changes = [after[k % len(after)] - before[k % len(before)] for k in range(n)]
    if not (np.isfinite(was) and np.isfinite(now)):
        return missing(key, "nobody", group=group, place=place)
    every = (now - was, *changes, *more)
    return Effect(
        indicator=key, unit=row.unit, before=was, after=now, change=now - was, low=min(every), high=max(every),
        badge=row.badge, better=row.better, group=group, place=place, method=row.method,
        source=source or SOURCES.get(row.method, ""),
    )  # fmt: skip


def missing(key: str, reason: str, *, group: str = "all", place: str = "") -> Effect:
    """Say that there is no figure, and why."""
    row = indicator(key)
    return Effect(
        indicator=key, unit=row.unit, before=None, after=None, change=None, low=None, high=None, badge=row.badge,
        better=row.better, group=group, place=place, method=row.method, not_modelled=reason,
    )  # fmt: skip


def mean(values: Sequence[float]) -> float:
    """Mean of draws; a single one as it is."""
    return float(values[0]) if len(values) == 1 else float(sum(values)) / len(values)


def journey_effects(
    before: Side, after: Side, was: Journeys, now: Journeys, places: Sequence[Place], ods: Sequence[F64]
) -> list[Effect]:
    """Mean journeys of all trips, and of those from and to each place."""
    if not float(ods[0].sum()) > 0:
        return [missing("journey.minutes", "no_demand"), missing("journey.unreached", "no_demand")]
    n = max(before.draws, after.draws)

    def changes(pick: Mapping[int, tuple[list[list[float]], list[list[float]]]] | None = None) -> list[float]:
        a, b = pick[0] if pick else (now.totals, was.totals)
        return [
            a[k % len(a)][o] - b[k % len(b)][o] for k in range(n) for o in range(1, len(ods))
        ]  # the first matrix is the demand itself

    out = [
        ranged("journey.minutes", [t[0] for t in was.totals], [t[0] for t in now.totals], more=changes()),
        ranged("journey.unreached", was.lost, now.lost),
    ]
    trips = [od.sum(axis=1) + od.sum(axis=0) for od in ods]
    for place in places:
        weight = [float(t[place.zones].sum()) for t in trips]
        if not weight[0] > 0:
            out.append(missing("journey.minutes", "nobody", place=place.place_id))
            continue
        sides = tuple(
            [[float(s[place.zones].sum()) / w if w > 0 else 0.0 for s, w in zip(sums, weight, strict=True)]
             for sums in journeys.zone_sums]
            for journeys in (now, was)
        )  # fmt: skip
        out.append(
            ranged(
                "journey.minutes", [x[0] for x in sides[1]], [x[0] for x in sides[0]],
                more=changes({0: (sides[0], sides[1])}), place=place.place_id,
            )
        )  # fmt: skip
    return out


def stop_effects(before: Side, after: Side, places: Sequence[Place]) -> list[Effect]:
    """People near a served stop."""
    was, now = people_near(before), people_near(after)
    out = [ranged(key, [float(was[key].sum())], [float(now[key].sum())]) for key in was]
    for place in places:
        for key in was:
            out.append(
                ranged(
                    key, [float(was[key][place.zones].sum())], [float(now[key][place.zones].sum())],
                    place=place.place_id,
                )
            )  # fmt: skip
    return out


def access_effects(
    before: Side,
    after: Side,
    was: Sequence[Mapping[str, F64]],
    now: Sequence[Mapping[str, F64]],
    groups: Sequence[str],
    places: Sequence[Place],
    shares: Parameters,
) -> list[Effect]:
    """What people of each group reach, and how many reach anything; of all residents by place as well.

    Parameters
    ----------
    was, now
        Opportunities reached by draw (:func:`shaar.engine.study.effects_side.reached`), of how these groups move.
    """
    out = []
    for group in groups:
        room = GROUPS[group]
        people = tuple(side.groups.persons[room] for side in (before, after))
        width = (1.0, 1.0)
        if room in before.groups.assumed and room in SHARES:
            row = shares.row(SHARES[room])
            width = (row.low / row.value, row.high / row.value)
        for key in was[0]:
            out.append(
                ranged(
                    f"access.{key}", [_weighted(r[key], people[0]) for r in was],
                    [_weighted(r[key], people[1]) for r in now], group=group,
                )
            )  # fmt: skip
            if key.partition("_")[0] in SERVICES:
                a = [float(people[0][r[key] > 0].sum()) for r in was]
                b = [float(people[1][r[key] > 0].sum()) for r in now]
                change = mean(b) - mean(a)
                out.append(ranged(f"reach.{key}", a, b, more=[change * w for w in width], group=group))
    if "all" not in groups:
        return out
    everyone = tuple(side.groups.persons["everyone"] for side in (before, after))
    for place in places:
        mine = tuple(p[place.zones] for p in everyone)
        for key in was[0]:
            sides = tuple([r[key][place.zones] for r in draws] for draws in (was, now))
            if key.startswith("jobs"):
                key = f"access.{key}"
                means = tuple([_weighted(v, m) for v in side] for side, m in zip(sides, mine, strict=True))
            else:
                key = f"reach.{key}"
                means = tuple([float(m[v > 0].sum()) for v in side] for side, m in zip(sides, mine, strict=True))
            out.append(ranged(key, means[0], means[1], place=place.place_id))
    return out


def _weighted(value: F64, people: F64) -> float:
    whole = float(people.sum())
    return float((value * people).sum()) / whole if whole > 0 else float("nan")


def equity_effects(before: Side, after: Side, options: Options) -> list[Effect]:
    """How unequally jobs are within reach."""
    was, now = equity_of(before, options), equity_of(after, options)
    return [ranged(key, [d[key] for d in was], [d[key] for d in now]) for key in was[0]]


def service_effects(before: Side, after: Side, values: Parameters) -> list[Effect]:
    """What runs on a day, what a year of it costs and emits, and what its vehicles cost."""
    a, b = before.service, after.service
    out = [
        ranged("service.lines", [float(len(a.lines))], [float(len(b.lines))]),
        ranged("service.vehicle_km", [a.vehicle_km], [b.vehicle_km]),
        ranged("service.vehicle_hours", [a.vehicle_hours], [b.vehicle_hours]),
        ranged("service.vehicles", [float(a.vehicles)], [float(b.vehicles)]),
    ]
    year = (before.year, after.year)
    out.append(_of_year("money.cost", year[0].cost, year[1].cost))
    extra = {t: max(0, n - a.by_type.get(t, 0)) for t, n in b.by_type.items()}
    out.append(_of_year("money.capital", np.zeros(3), vehicle_prices(extra, values)))
    for key, name in (("energy", "energy"), ("co2e", "co2e"), ("nox", "nox"), ("pm", "pm")):
        if year[0].missing or year[1].missing:
            out.append(missing(f"climate.{key}", "no_grid"))
        else:
            out.append(_of_year(f"climate.{key}", getattr(year[0], name), getattr(year[1], name)))
    return out


def _of_year(key: str, was: F64, now: F64) -> Effect:
    """Both sides rest on the same parameters, so that the range is that of their difference."""
    ends = [float(now[k] - was[k]) for k in (LOW, HIGH)]
    return ranged(key, [float(was[MIDDLE])], [float(now[MIDDLE])], more=ends)


def zone_table(before: Side, after: Side, was: Journeys, now: Journeys, ods: Sequence[F64]) -> pl.DataFrame:
    """Minutes and access of every zone, before and after (see :class:`shaar.engine.measures.effects.Appraisal`)."""
    z = before.city.zones
    trips = [od.sum(axis=1) + od.sum(axis=0) for od in ods]
    n = max(before.draws, after.draws)
    a = _means([s[0] for s in was.zone_sums], trips[0])
    b = _means([s[0] for s in now.zone_sums], trips[0])
    every = [b - a]
    for k in range(n):
        for o, t in enumerate(trips):
            x, y = was.zone_sums[k % before.draws][o], now.zone_sums[k % after.draws][o]
            every.append(_ratio(y, t) - _ratio(x, t))
    low, high = np.min(every, axis=0), np.max(every, axis=0)
    change = b - a
    gains = (change <= -CLEAR_MINUTES) & (high < 0.0)
    loses = (change >= CLEAR_MINUTES) & (low > 0.0)
    columns: dict[str, object] = {
        "zone_id": z["zone_id"], "population": before.groups.persons["everyone"], "minutes_before": a,
        "minutes_after": b, "change": change, "low": low, "high": high,
        "clear": gains.astype(np.int64) - loses.astype(np.int64),
    }  # fmt: skip
    for key in before.reached[0]:
        columns[f"access.{key}_before"] = _mean_rows([r[key] for r in before.reached])
        columns[f"access.{key}_after"] = _mean_rows([r[key] for r in after.reached])
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.col("minutes_before", "minutes_after", "change", "low", "high").fill_nan(None))


def _ratio(total: F64, trips: F64) -> F64:
    return np.divide(total, trips, out=np.full(len(trips), np.nan), where=trips > 0)


def _means(sums: Sequence[F64], trips: F64) -> F64:
    return _mean_rows([_ratio(s, trips) for s in sums])


def _mean_rows(rows: Sequence[F64]) -> F64:
    if len(rows) == 1:
        return rows[0]
    total = rows[0].copy()
    for row in rows[1:]:
        total += row
    return total / len(rows)


def place_table(before: Side, zones: pl.DataFrame, places: Sequence[Place], effects: Sequence[Effect]) -> pl.DataFrame:
    """Winners and losers by place, the most affected first.

    ``affected`` is person-minutes: the sum over its zones of residents times the absolute change of their mean journey;
    places of which it is equal stand by their ids.
    """
    journeys = {e.place: e for e in effects if e.indicator == "journey.minutes"}
    people = zones["population"].to_numpy()
    clear = zones["clear"].to_numpy()
    moved = np.abs(zones["change"].fill_null(0.0).to_numpy()) * people
    rows = []
    for place in places:
        e = journeys[place.place_id]
        one = 0 if e.change is None or abs(e.change) < CLEAR_MINUTES else e.clear
        rows.append({
            "place_id": place.place_id, "kind": place.kind, "name": place.name,
            "population": float(people[place.zones].sum()), "minutes_before": e.before, "minutes_after": e.after,
            "change": e.change, "low": e.low, "high": e.high, "clear": one,
            "gainers": float((people * (clear > 0))[place.zones].sum()),
            "losers": float((people * (clear < 0))[place.zones].sum()),
            "affected": float(moved[place.zones].sum()),
        })  # fmt: skip
    text, number = (
        ("place_id", "kind", "name"),
        ("population", "minutes_before", "minutes_after", "change", "low", "high"),
    )
    schema = (
        dict.fromkeys(text, pl.String) | dict.fromkeys(number, pl.Float64) | {"clear": pl.Int64}
        | dict.fromkeys(("gainers", "losers", "affected"), pl.Float64)
    )  # fmt: skip
    return pl.DataFrame(rows, schema=schema).sort("affected", "place_id", descending=[True, False])


def line_table(
    before: Side, after: Side, boardings: tuple[Mapping[str, float], Mapping[str, float]] | None
) -> pl.DataFrame:
    """Lines that are added, removed or run otherwise, by id."""
    a, b = before.service.lines, after.service.lines
    rows = []
    for route in sorted({*a, *b}):
        was, now = a.get(route), b.get(route)
        if was is not None and now is not None and was.signature == now.signature:
            continue
        some = now or was
        assert some is not None
        rows.append({
            "route_id": route, "name": some.name,
            "status": "new" if was is None else "gone" if now is None else "changed",
            **{f"{what}_{when}": (0.0 if line is None else float(getattr(line, what)))
               for what in ("vehicle_km", "vehicles")
               for when, line in (("before", was), ("after", now))},
            **{f"boardings_{when}": None if boardings is None else boardings[k].get(route, 0.0)
               for k, when in enumerate(("before", "after"))},
        })  # fmt: skip
    schema = {"route_id": pl.String, "name": pl.String, "status": pl.String} | {
        f"{what}_{when}": pl.Float64 for what in ("boardings", "vehicle_km", "vehicles") for when in ("before", "after")
    }
    return pl.DataFrame(rows, schema=schema)
