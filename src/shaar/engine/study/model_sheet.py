"""The calibration sheet of a city's model: how far each part of it can be trusted, and by what that was judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from shaar.engine.city.model import Badge
from shaar.engine.demand.elasticity import elasticities
from shaar.engine.demand.estimation_report import describe_fit
from shaar.engine.demand.four_step import demand_at
from shaar.engine.study.model_counts import counted_boardings, counted_links
from shaar.engine.study.model_estimate import ToCounts
from shaar.engine.study.model_results import CityModel

F64 = npt.NDArray[np.float64]
#: ``good`` and ``weak`` are judged by something independent of the model; ``met`` was calibrated to be so, which proves
#: nothing; ``sound`` is the mathematics (gaps), right whatever the data; ``open`` could not be judged.
Verdict = Literal["good", "weak", "met", "sound", "open"]
#: Department for Transport, TAG unit M2.1 (realism tests), recalled, check before citing: elasticities of trips to
#: fares and to minutes by car, and of car-km to the price of fuel, that a model of a city should show.
FARE, FUEL, CAR_TIME = (-0.9, -0.2), (-0.35, -0.25), (-2.0, 0.0)
TAG = "TAG unit M2.1, realism tests (UK Department for Transport)"
#: TAG unit M3.1: this share of counted links should have GEH below 5.
GEH_SHARE = 0.85
#: TAG unit M3.2, recalled, check before citing: over a line of counts modelled passengers should lie within this share
#: of those counted.
BOARDED = 0.15
#: Two ways of finding journeys by public transport should agree within this share of the median journey.
AGREE = 0.15


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet.

    Parameters
    ----------
    code
        Stable key of its words; ``name`` fills them in (a purpose, a mode, a table).
    value, unit
        The model's figure; nan where there is none.
    low, high
        What it was held against; nan where nothing.
    badge
        How the figure it was held against came to be; the model's own is always modelled.
    verdict, source
        The judgement, and where the yardstick comes from.
    """

    code: str
    name: str
    value: float
    unit: str
    low: float
    high: float
    badge: Badge
    verdict: Verdict
    source: str


def calibration_sheet(model: CityModel, estimated: ToCounts | None = None) -> tuple[Row, ...]:
    """Hold a model against everything that is there to be held against it.

    ``estimated``: its cars brought towards the counts, where there are enough of them; the model itself is judged as it
    was before.
    """
    return (
        *_inputs(model), *_demand(model), *_answers(model), *_roads(model), *_estimated(estimated), *_transit(model),
        *_parking(model),
    )  # fmt: skip


def trust(rows: Sequence[Row]) -> dict[Verdict, int]:
    """How many lines got each verdict."""
    found: dict[Verdict, int] = {"good": 0, "weak": 0, "met": 0, "sound": 0, "open": 0}
    for row in rows:
        found[row.verdict] += 1
    return found


def _inputs(model: CityModel) -> list[Row]:
    values = [table.row(key) for table in model.tables.values() for key in table]
    known = sum(v.badge != "assumed" for v in values)
    share = 100 * known / len(values)
    verdict: Verdict = "good" if share >= 50 else "weak"
    return [Row("inputs", "", share, "%", 50, 100, "assumed", verdict, f"{known} / {len(values)}")]


def _demand(model: CityModel) -> list[Row]:
    people = float(model.city.zones["population"].sum())
    out = sum(p.journeys for p in model.purposes.values())
    both = out * model.tables["trip_rates"]["journeys_per_outward"]
    rows = [Row("rate", "", both / people, "journeys/person/day", np.nan, np.nan, "assumed", "open", "trip_rates.csv")]
    for name, purpose in model.purposes.items():
        near = abs(purpose.mean_minutes - purpose.target_minutes) < 0.05
        goal = purpose.target_minutes
        rows.append(
            Row(
                "length",
                name,
                purpose.mean_minutes,
                "min",
                goal,
                goal,
                "assumed",
                "met" if near else "weak",
                "model.csv",
            )
        )
    for mode, share in model.shares.items():
        goal = 100 * model.target[mode]
        near = abs(100 * share - goal) < 0.05
        badge = model.tables["mode_choice"].row(f"share_{mode}").badge if model.options.shares is None else "reported"
        said = "mode_choice.csv" if model.options.shares is None else "given"
        rows.append(Row("share", mode, 100 * share, "%", goal, goal, badge, "met" if near else "weak", said))
    last = model.rounds[-1]
    change = 100 * max(last.change, last.gap)
    most = 100 * model.options.change
    rows.append(
        Row("loop", "", change, "%", 0.0, most, "modelled", "sound" if model.converged else "weak", f"{last.number}")
    )
    return rows


def _answers(model: CityModel) -> list[Row]:
    """Elasticities of the calibrated choice of mode: nothing was calibrated to them."""
    demand = model.demand
    trips: dict[str, F64] = {}
    for name, matrix in demand.matrices.items():
        shares = demand.group_shares[name]
        for g, share in zip(demand.groups, shares):
            trips[g] = trips.get(g, 0.0) + matrix * share[:, None]
    found = elasticities(
        trips, model.costs, constants=demand.constants.values, tree=demand.tree, parameters=demand.parameters
    )
    rows = []
    for mode, part, name, bounds in (("bus", "fare", "fare", FARE), ("car", "in_vehicle", "car_time", CAR_TIME)):
        value = next((e.value for e in found if (e.mode, e.of, e.part) == (mode, mode, part)), float("nan"))
        rows.append((name, value, bounds))
    rows.append(("fuel", fuel_elasticity(model), FUEL))
    return [
        Row("elasticity", name, value, "", low, high, "reported", "good" if low <= value <= high else "weak", TAG)
        for name, value, (low, high) in rows
        if np.isfinite(value)
    ]


def fuel_elasticity(model: CityModel) -> float:
    """Elasticity of car-km to the price of fuel, from a rise by a tenth; modes and destinations answer.

    ``ln(km after / km before) / ln 1.1``, nan where nobody drives from zone to zone.
    """
    dearer = 1.0 + 0.1 * model.tables["model"]["fuel_share"]
    car = model.costs["car"]
    costs = {**model.costs, "car": {**car, "running": np.asarray(car["running"]) * dearer}}
    km = np.where(np.isfinite(model.skims.km), model.skims.km, 0.0)
    before, after = (
        float((demand_at(model.demand, c).by_mode["car"] * km).sum()) for c in (model.costs, costs)
    )  # fmt: skip
    return float(np.log(after / before) / np.log(1.1)) if before > 0 else float("nan")


def _roads(model: CityModel) -> list[Row]:
    flows, net = model.flows, model.roads.network
    km = flows.flow * net.length_km
    hours = float(flows.flow @ flows.minutes) / 60.0
    full = (net.capacity > 0) & (flows.flow > net.capacity)
    speed = float(km.sum()) / hours if hours > 0 else float("nan")
    over = 100 * float(km[full].sum() / km.sum()) if km.sum() > 0 else 0.0
    gap_met: Verdict = "sound" if flows.gap <= model.options.road_gap else "weak"
    rows = [
        Row("road_gap", "", flows.gap, "", 0.0, model.options.road_gap, "modelled", gap_met, "Algorithm B"),
        Row("road_speed", "", speed, "km/h", np.nan, np.nan, "assumed", "open", "roads.csv"),
        Row("road_full", "", over, "%", np.nan, np.nan, "assumed", "open", "roads.csv"),
    ]
    counts = counted_links(model)
    if counts is None:
        return [*rows, Row("counts", "", float("nan"), "%", 100 * GEH_SHARE, 100, "measured", "open", "counts.csv")]
    fit = describe_fit(counts.modelled, counts.counted)
    share = 100 * fit.geh_below_5
    good: Verdict = "good" if share >= 100 * GEH_SHARE else "weak"
    said = f"counts.csv, {len(counts.counted)} links, R2 {fit.r2:.2f}"
    return [*rows, Row("counts", "", share, "%", 100 * GEH_SHARE, 100, "measured", good, said)]


def _estimated(estimated: ToCounts | None) -> list[Row]:
    """The matrix brought towards counts: judged where it did not look, and by how far it left the model."""
    if estimated is None:
        return []
    e, enough = estimated.found.estimate, 100 * GEH_SHARE
    fitted = 100 * e.after.geh_below_5
    said = f"counts.csv, {e.after.counts}"
    met: Verdict = "met" if fitted >= enough else "weak"
    rows = [Row("counts_fitted", "", fitted, "%", enough, 100, "measured", met, said)]
    if e.held_before is not None and e.held_after is not None:
        before, after = 100 * e.held_before.geh_below_5, 100 * e.held_after.geh_below_5
        better: Verdict = "good" if after >= enough or e.held_after.rmse < e.held_before.rmse else "weak"
        said = f"counts.csv, {e.held_after.counts}; {before:.0f} %"
        rows.append(Row("counts_held", "", after, "%", enough, 100, "measured", better, said))
    near: Verdict = "good" if not e.change.beyond else "weak"
    moved = 100 * e.change.moved
    return [*rows, Row("counts_moved", "", moved, "%", np.nan, np.nan, "modelled", near, "TAG unit M3.1")]


def _transit(model: CityModel) -> list[Row]:
    if model.transit is None:
        return [Row("lines", "", float("nan"), "", np.nan, np.nan, "reported", "open", "gtfs.zip")]
    loads, transit = model.transit.loads, model.transit
    met: Verdict = "sound" if loads.converged else "weak"
    rows = [Row("line_gap", "", loads.gap, "", 0.0, model.options.line_gap, "modelled", met, "optimal strategies")]
    difference, median = transit.against_router
    if np.isfinite(difference):
        near: Verdict = "good" if abs(difference) <= AGREE * median else "weak"
        rows.append(
            Row("router", "", difference, "min", -AGREE * median, AGREE * median, "modelled", near, "range-RAPTOR")
        )
    rows.append(Row("boardings", "", transit.boardings, "persons/h", np.nan, np.nan, "measured", "open", "counts.csv"))
    counts = counted_boardings(model)
    if counts is None:
        return rows
    fit = describe_fit(counts.modelled, counts.counted)
    near = "good" if abs(fit.bias) <= BOARDED and fit.r2 >= 0.5 else "weak"
    said = f"counts.csv, {len(counts.counted)}, R2 {fit.r2:.2f}"
    off = 100 * BOARDED
    return [*rows, Row("boarded", "", 100 * fit.bias, "%", -off, off, "measured", near, said)]


def _parking(model: CityModel) -> list[Row]:
    if model.parking is None:
        return []
    known = model.parking.inventory_rows
    cars = float(model.parking.day.stays.arrivals.sum())
    lost = 100 * float(model.parking.day.unplaced.sum()) / max(cars, 1e-9)
    verdict: Verdict = "open" if not known else "weak"
    return [Row("parking", "", lost, "%", np.nan, np.nan, "assumed", verdict, f"parking.csv, {known}")]
