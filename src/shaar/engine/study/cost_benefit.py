"""From effects to money over years: what an appraisal is worth, how sure that is, what it hangs on, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from shaar.engine.appraisal.cba import Balance, Kind, Stream, balance, capital, growing, net_value
from shaar.engine.appraisal.equity import GroupShare, by_group, welfare_weights
from shaar.engine.appraisal.monte_carlo import Shape, Simulation, simulate
from shaar.engine.appraisal.tornado import Range, Tornado, tornado
from shaar.engine.city.model import Badge
from shaar.engine.demand.parameters import Parameters, load_parameters
from shaar.engine.errors import InputError
from shaar.engine.measures.effects import Appraisal, Effect, Provenance

F64 = npt.NDArray[np.float64]
#: Indicators that are turned into money; every other one is shown beside the balance, not in it.
COUNTED = ("journey.minutes", "climate.co2e", "climate.nox", "climate.pm", "health.deaths", "money.cost",
           "money.capital")  # fmt: skip
#: Money that changes hands without anything being used up: no cost to the city as a whole.
TRANSFERS = ("money.fares",)
#: Values that may be chosen as they are instead of following from wages, product and rates: EUR of the price year.
CHOSEN: Mapping[str, str] = {
    "time_hour": "EUR per hour", "carbon_eur": "EUR per t CO2e", "life_eur": "EUR per statistical life",
    "nox_eur": "EUR per kg", "pm_eur": "EUR per kg",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that the balance rests on, with its range, unit, badge and source."""

    name: str
    range: Range
    unit: str
    badge: Badge
    source: str


@dataclass(frozen=True, slots=True)
class CostBenefit:
    """What an appraisal is worth.

    Parameters
    ----------
    balance
        With every assumption at its centre; EUR of the price year.
    streams
        Benefits and costs year by year.
    tornado, simulation
        Net present value when assumptions move one by one, and all at once.
    places
        Minutes saved by district and settlement, those that gain least a person first: before any total is looked at.
    groups
        Effects that are known by group of people.
    not_counted
        (indicator, why) of effects that stand beside the balance: "transfer", "not_modelled" or "not_money".
    assumptions
        All that it rests on.
    price_year, currency, per_eur
        Year of the prices; the country's currency and how much of it a EUR is.
    provenance
        Of the appraisal: with it, the assumptions and the seed everything can be made again.
    npv_welfare
        Net present value with the time saved in each place weighed by its income; None where no incomes are given, or
        gains and losses cancel.
    """

    balance: Balance
    streams: tuple[Stream, ...]
    tornado: Tornado
    simulation: Simulation
    places: tuple[GroupShare, ...]
    groups: tuple[Effect, ...]
    not_counted: tuple[tuple[str, str], ...]
    assumptions: tuple[Assumption, ...]
    price_year: int
    currency: str
    per_eur: float
    provenance: Provenance
    npv_welfare: float | None = None


def cost_benefit(
    appraisal: Appraisal,
    *,
    country: str | None = None,
    works: float = 0.0,
    works_life: int = 25,
    parameters: Parameters | None = None,
    values: Mapping[str, float] | None = None,
    incomes: Mapping[str, float] | None = None,
    draws: int = 2000,
    seed: int = 0,
    shape: Shape = "triangular",
) -> CostBenefit:
    """Turn effects into yearly streams and weigh them.

    Parameters
    ----------
    appraisal
        Effects of a working day and of a year, against the scenario compared with.
    country
        ISO 3166-1 code: whose wages and product decide the values of time and life; None: the city's own.
    works, works_life
        Cost of building what the scenario asks for (EUR, without vehicles), and how many years it lasts.
    parameters
        Table of parameters; default ``data/parameters/appraisal.csv``.
    values
        Values replaced by name; also those of :data:`CHOSEN`, which then follow from nothing else.
    incomes
        Mean income by ``place_id``, in any unit, where it is known: then the balance is also shown with a poor
        person's time counting more (``income_eta``).
    draws, seed, shape
        Of the simulation.

    Raises
    ------
    InputError
        Nothing can be counted, a value is not known for the country, or a name is unknown.
    """
    country = country or str(appraisal.provenance.options.get("country") or "")
    given = dict(values or {})
    chosen = {k: given.pop(k) for k in CHOSEN if k in given}
    for name, value in chosen.items():
        if not (np.isfinite(value) and value >= 0):
            raise InputError(f"the {CHOSEN[name]} is a number from 0 up", field=name)
    table = (parameters or load_parameters("appraisal.csv")).with_values(given)
    if not works >= 0 or works_life < 1:
        raise InputError("works cost 0 or more and last a year at least", field="works")
    effects = {
        e.indicator: e
        for e in appraisal.effects
        if e.group == "all" and not e.place and e.indicator in COUNTED and e.change is not None
    }
    if not effects and not works:
        raise InputError("the appraisal holds no effect that can be turned into money", field="effects")
    assumptions = _assumptions(table, country, chosen, effects)
    ranges = {a.name: a.range for a in assumptions}
    trips = _trips(appraisal)
    half = partial(_half, *_journeys(appraisal))
    streams_of = partial(_streams, effects=tuple(effects), trips=trips, half=half, works=works, works_life=works_life)
    centre = {name: r.central for name, r in ranges.items()}
    streams = streams_of(centre)

    def worth(p: Mapping[str, float]) -> float:
        return net_value(streams_of(p), p["discount_rate"])

    key = f"wage_month.{country.upper()}"
    currency = table.row(key).unit.split()[0] if key in table else "EUR"
    made = balance(streams, centre["discount_rate"])
    return CostBenefit(
        balance=made,
        streams=tuple(streams),
        tornado=tornado(worth, ranges),
        simulation=simulate(worth, ranges, n=draws, seed=seed, shape=shape),
        places=_places(appraisal),
        groups=tuple(e for e in appraisal.effects if e.group != "all" and not e.place and e.change is not None),
        not_counted=_beside(appraisal),
        assumptions=assumptions,
        price_year=int(table["price_year"]),
        currency=currency,
        per_eur=table[f"per_eur.{currency}"],
        provenance=appraisal.provenance,
        npv_welfare=_welfare(appraisal, made, incomes, table["income_eta"]) if incomes else None,
    )


def _assumptions(
    table: Parameters, country: str, chosen: Mapping[str, float], effects: Mapping[str, Effect]
) -> tuple[Assumption, ...]:
    """Everything the streams need, and nothing else: a bar for a figure that plays no part would mislead."""
    names = ["discount_rate", "horizon", "ramp_1", "ramp_2"]
    rows: list[Assumption] = []
    climate, demand = load_parameters("climate.csv"), load_parameters("demand.csv")
    needs_life = "health.deaths" in effects and "life_eur" not in chosen
    needs_air = bool({"climate.nox", "climate.pm"} & set(effects)) and not {"nox_eur", "pm_eur"} <= set(chosen)
    if "journey.minutes" in effects:
        names += ["growth_trips", "demand_elasticity"]
        rows += [_taken(climate, "days_per_year"), _taken(demand, "trips_per_resident")]
        if "time_hour" not in chosen:
            wage = _row(table, "wage_month", country)
            names += ["time_share", "hours_month"]
            rows += [_taken(table, wage, "wage_month"), _taken(table, _currency(table, wage), "exchange")]
    if {"journey.minutes", "health.deaths"} & set(effects):
        names += ["growth_income"] + (["time_elasticity"] if "journey.minutes" in effects else [])
    if "climate.co2e" in effects:
        names += ["carbon_growth"] + ([] if "carbon_eur" in chosen else ["carbon_price"])
    if needs_life or needs_air:
        rows += [_taken(table, _row(table, "gdp_head", country), "gdp_head")]
    if needs_life:
        names += ["vsl_gdp"]
    if needs_life or ("climate.co2e" in effects and "carbon_eur" not in chosen):
        rows += [_taken(table, "per_eur.USD", "usd")]
    if needs_air:
        names += ["gdp_head_eu", "transfer_elasticity"]
    names += [k for k, e in (("nox_price", "climate.nox"), ("pm_price", "climate.pm"))
              if e in effects and f"{k[:-6]}_eur" not in chosen]  # fmt: skip
    names += ["capital_uplift"]
    if "money.capital" in effects:
        names += ["vehicle_life"]
    rows = [_taken(table, name) for name in dict.fromkeys(names)] + rows
    for name, value in chosen.items():
        rows.append(Assumption(name, Range(value, value, value), CHOSEN[name], "reported", "entered by the user"))
    for key, e in effects.items():
        assert e.change is not None
        low = e.change if e.low is None else min(e.low, e.change)
        high = e.change if e.high is None else max(e.high, e.change)
        rows.append(Assumption(f"effect.{key}", Range(low, e.change, high), e.unit, e.badge, e.source))
    return tuple(rows)


def _taken(table: Parameters, name: str, called: str = "") -> Assumption:
    r = table.row(name)
    return Assumption(called or name, Range(r.low, r.value, r.high), r.unit, r.badge, r.source)


def _currency(table: Parameters, wage: str) -> str:
    return f"per_eur.{table.row(wage).unit.split()[0]}"


def _row(table: Parameters, name: str, country: str) -> str:
    key = f"{name}.{country.upper()}"
    if key not in table:
        known = sorted(k.split(".")[1] for k in table if k.startswith(f"{name}."))
        other = "time_hour" if name == "wage_month" else "life_eur, nox_eur and pm_eur"
        raise InputError(
            f"no value is known for {country or 'a country without a code'}; known are {', '.join(known)}, or choose "
            f"{other} yourself",
            field=name,
        )
    return key


def _trips(appraisal: Appraisal) -> float:
    """Trips a day over trips per resident: what the rate of the demand, which has a range, is multiplied by."""
    rate = load_parameters("demand.csv")["trips_per_resident"]
    counted = appraisal.provenance.options.get("trips_day")
    if isinstance(counted, int | float):
        return float(counted) / rate
    return float(appraisal.zones["population"].fill_null(0.0).sum()) if "population" in appraisal.zones.columns else 0.0


def _journeys(appraisal: Appraisal) -> tuple[F64, F64]:
    """Minutes saved by the people of each zone, and its longer over its shorter mean journey."""
    if {"population", "minutes_before", "minutes_after"} - set(appraisal.zones.columns):
        return np.empty(0), np.empty(0)
    rows = appraisal.zones.filter((pl.col("minutes_before") > 0) & (pl.col("minutes_after") > 0))
    before, after, people = (
        rows[c].to_numpy().astype(np.float64) for c in ("minutes_before", "minutes_after", "population")
    )
    return np.nan_to_num((before - after) * people), np.maximum(before, after) / np.minimum(before, after)


def _half(saved: F64, ratio: F64, elasticity: float) -> float:
    """Share of the minutes saved that counts when fewer people travel while it takes longer: the rule of a half.

    The trips of the demand are those of the better state; in the worse one they are fewer by the elasticity, and who
    comes or goes gains or loses half: ``sum_z saved_z (1 + ratio_z^e) / 2 / sum_z saved_z``, 1 where nobody gains.
    """
    total = float(saved.sum())
    size = float(np.abs(saved).sum())
    if size <= 0 or abs(total) < 1e-6 * size:
        return 1.0
    # Gains and losses that almost cancel would make a share of any size.
    return float(np.clip((saved * (1.0 + ratio**elasticity) / 2.0).sum() / total, 0.0, 1.0))


def _streams(
    p: Mapping[str, float],
    *,
    effects: tuple[str, ...],
    trips: float,
    half: Callable[[float], float],
    works: float,
    works_life: int,
) -> list[Stream]:
    """Benefits and costs by year for one set of assumptions; see docs/cost-benefit.md for each formula."""
    horizon = max(round(p["horizon"]), 2)
    ramp = (p["ramp_1"], p["ramp_2"])
    streams: list[Stream] = []

    def add(key: str, kind: Kind, flow: tuple[float, ...]) -> None:
        streams.append(Stream(key, kind, flow))

    def saved(key: str) -> float:
        return -p[f"effect.{key}"]

    if "journey.minutes" in effects:
        hour = p.get("time_hour")
        if hour is None:
            hour = p["time_share"] * p["wage_month"] / p["hours_month"] / p["exchange"]
        hours = saved("journey.minutes") / 60.0 * trips * p["trips_per_resident"] * p["days_per_year"]
        hours *= half(p["demand_elasticity"])
        growth = (1.0 + p["growth_trips"]) * (1.0 + p["time_elasticity"] * p["growth_income"]) - 1.0
        add("time", "benefit", growing(hours * hour, horizon, growth=growth, ramp=ramp))
    if "climate.co2e" in effects:
        tonne = p["carbon_eur"] if "carbon_eur" in p else p["carbon_price"] / p["usd"]
        price = tonne * (1.0 + p["carbon_growth"])
        add("carbon", "benefit", growing(saved("climate.co2e") * price, horizon, growth=p["carbon_growth"]))
    for key in ("nox", "pm"):
        if f"climate.{key}" in effects:
            kilo = p.get(f"{key}_eur")
            if kilo is None:
                kilo = p[f"{key}_price"] * (p["gdp_head"] / p["gdp_head_eu"]) ** p["transfer_elasticity"]
            add(key, "benefit", growing(saved(f"climate.{key}") * kilo, horizon))
    if "health.deaths" in effects:
        life = p["life_eur"] if "life_eur" in p else p["vsl_gdp"] * p["gdp_head"] / p["usd"]
        add("health", "benefit", growing(saved("health.deaths") * life, horizon, growth=p["growth_income"]))
    if "money.cost" in effects:
        add("running", "cost", growing(p["effect.money.cost"], horizon))
    if "money.capital" in effects:
        price = p["effect.money.capital"] * p["capital_uplift"]
        add("vehicles", "cost", capital(price, max(round(p["vehicle_life"]), 1), horizon))
    if works:
        add("works", "cost", capital(works * p["capital_uplift"], works_life, horizon))
    return streams


def _places(appraisal: Appraisal) -> tuple[GroupShare, ...]:
    """Person-minutes a trip that districts and settlements save, by name."""
    if "name" not in appraisal.places.columns:
        return ()
    names = dict(appraisal.places.select("place_id", "name").iter_rows())
    # Two villages may have one name.
    return tuple(replace(s, group=str(names[s.group] or s.group)) for s in _shares(appraisal))


def _shares(appraisal: Appraisal) -> tuple[GroupShare, ...]:
    """The same by ``place_id``; a place without journeys is left out."""
    lacking = {"place_id", "kind", "name", "population", "minutes_before", "minutes_after"} - set(
        appraisal.places.columns
    )
    if lacking:
        return ()
    rows = appraisal.places.filter(
        (pl.col("kind") != "city")
        & pl.col("minutes_before").is_finite()
        & pl.col("minutes_after").is_finite()
        & (pl.col("population") > 0)
    )
    people = rows["population"].to_numpy().astype(np.float64)
    saved = (rows["minutes_before"] - rows["minutes_after"]).to_numpy().astype(np.float64) * people
    return by_group(saved, people, rows["place_id"].to_list())


def _welfare(appraisal: Appraisal, made: Balance, incomes: Mapping[str, float], eta: float) -> float | None:
    """Replace the present value of time by that of time weighed by income, place by place."""
    rows = [g for g in _shares(appraisal) if g.group in incomes]
    if unknown := sorted(set(incomes) - {g.group for g in _shares(appraisal)}):
        raise InputError(f"there is no place {unknown[0]} with journeys", field="incomes")
    saved, people, income = (
        np.array(v, np.float64)
        for v in zip(*((g.benefit, g.people, incomes[g.group]) for g in rows), strict=True)
    )  # fmt: skip
    weight = welfare_weights(income, eta, mean=float(np.average(income, weights=people)))
    if abs(saved.sum()) < 1e-6 * np.abs(saved).sum() or not np.abs(saved).sum() > 0:
        return None
    time = sum(v for key, _, v in made.parts if key == "time")
    return made.npv + (float((weight * saved).sum() / saved.sum()) - 1.0) * time


def _beside(appraisal: Appraisal) -> tuple[tuple[str, str], ...]:
    out: dict[str, str] = {}
    for e in appraisal.effects:
        if e.group != "all" or e.place:
            continue
        if e.change is None:
            out[e.indicator] = "not_modelled"
        elif e.indicator in TRANSFERS:
            out[e.indicator] = "transfer"
        elif e.indicator not in COUNTED:
            out[e.indicator] = "not_money"
    return tuple(out.items())
