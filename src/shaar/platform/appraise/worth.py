"""What a finished run is worth: who gets what first, then benefits and costs over years, how sure, and what decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from shaar.engine.errors import InputError, ShaarError
from shaar.platform.kernel.errors import Invalid
from shaar.platform.kernel.saying import language
from shaar.report import numbers

from . import words
from .models import Run

#: Values that a reader may choose: name in the address, name in the engine, decimals.
CHOICES = (("discount", "discount_rate"), ("hour", "time_hour"), ("carbon", "carbon_eur"))
#: Bars of the tornado and places of the equity table that a page shows.
BARS, PLACES = 8, 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a drawing: its words, where it stands as per cent of the width, figures at both ends."""

    words: str
    x: float
    wide: float
    low: str
    high: str
    decisive: bool = False


@dataclass(frozen=True, slots=True)
class Worth:
    """A balance as a page shows it; money in ``currency`` at prices of ``year``.

    ``priced``: whether anything of it comes to money; ``moved``: whether anybody's journeys change.
    """

    currency: str
    year: int
    npv: str
    sign: int
    priced: bool
    moved: bool
    between: str
    likely: int
    bcr: str
    irr: str
    payback: str
    parts: list[tuple[str, str, str]]
    tornado: list[Bar]
    zero: float
    least: list[Any]
    most: list[Any]
    beside: list[tuple[str, str]]
    assumptions: list[tuple[str, str, str, str, str]]


def worth(run: Run, given: Mapping[str, str]) -> Worth | None:
    """The balance of a run with the values chosen in ``given``; None where nothing can be turned into money.

    Raises
    ------
    Invalid
        A chosen value is no number, or out of range.
    """
    chosen = []
    for name, key in CHOICES:
        text = given.get(name, "").strip().replace(",", ".")
        if text:
            try:
                value = float(text)
            except ValueError:
                raise Invalid("worth.value", _("A number is needed here."), field=name) from None
            if not 0 <= value <= 1e9:
                raise Invalid("worth.value", _("This number is out of range."), field=name)
            chosen.append((key, value / 100 if name == "discount" else value))
    try:
        found = _balance(run.folder, tuple(chosen))
    except InputError as error:
        if error.field == "effects":
            return None
        raise Invalid("worth.refused", _("The model does not take this: %(why)s") % {"why": error.message}) from error
    except (ShaarError, OSError):
        return None
    return _shown(found)


@lru_cache(maxsize=32)
def _balance(folder: str, values: tuple[tuple[str, float], ...]) -> Any:
    from shaar.engine.study.cost_benefit import cost_benefit
    from shaar.engine.study.effects import read_appraisal

    from .tasks import appraisals

    return cost_benefit(read_appraisal(appraisals() / folder), country=settings.PROFILE.country, values=dict(values))


def _shown(found: Any) -> Worth:
    rate = found.per_eur
    balance = found.balance
    low, high = found.simulation.percentile(5, 95)
    bars = found.tornado.bars[:BARS]
    ends = [end for bar in bars for end in (bar.at_low, bar.at_high)] + [0.0, found.tornado.central]
    left, right = min(ends), max(ends)
    wide = (right - left) or 1.0
    decisive = set(found.tornado.decisive)
    places = [share for share in found.places if share.people > 0]
    return Worth(
        currency=found.currency, year=found.price_year, npv=_money(balance.npv * rate),
        sign=(balance.npv > 0) - (balance.npv < 0), priced=any(value for _key, _kind, value in balance.parts),
        moved=any(share.per_person for share in places), between=f"{_money(low * rate)} … {_money(high * rate)}",
        likely=round(100 * found.simulation.positive), bcr="–" if balance.bcr is None else _short(balance.bcr),
        irr="–" if balance.irr is None else f"{_short(100 * balance.irr)}\u00a0%",
        payback="–" if balance.payback is None else _short(balance.payback),
        parts=[(name_of(key), kind, _money(value * rate)) for key, kind, value in balance.parts],
        tornado=[
            Bar(
                name_of(bar.name), 100 * (min(bar.at_low, bar.at_high) - left) / wide, 100 * bar.swing / wide,
                _money(min(bar.at_low, bar.at_high) * rate), _money(max(bar.at_low, bar.at_high) * rate),
                bar.name in decisive,
            )
            for bar in bars
        ],
        zero=100 * (0.0 - left) / wide, least=places[:PLACES], most=places[PLACES:][::-1][:PLACES],
        beside=[(words.label(key), _beside(why)) for key, why in found.not_counted],
        assumptions=[
            (name_of(a.name), _short(a.range.central), _span(a.range.low, a.range.high), a.unit, a.badge)
            for a in found.assumptions
        ],
    )  # fmt: skip


def _money(value: float) -> str:
    """Money with three digits that mean something, in thousands or millions."""
    size = abs(value)
    if size >= 1e6:
        return _("%(n)s million") % {"n": numbers.significant(value / 1e6, language(), 3)}
    if size >= 1e4:
        return _("%(n)s thousand") % {"n": numbers.significant(value / 1e3, language(), 3)}
    return numbers.significant(value, language(), 3)


def _short(value: float) -> str:
    return numbers.significant(value, language(), 3)


def _span(low: float, high: float) -> str:
    return "–" if low == high else f"{_short(low)} … {_short(high)}"


def _beside(why: str) -> str:
    known = {
        "transfer": _("money that changes hands: no cost to the city as a whole"),
        "not_modelled": _("not modelled"),
        "not_money": _("not turned into money; look at it by itself"),
    }
    return known.get(why, why)


def name_of(key: str) -> str:
    """A benefit, a cost or an assumption in the reader's language."""
    if key.startswith("effect."):
        return words.label(key.removeprefix("effect."))
    return str(_NAMES[key]()) if key in _NAMES else key


_NAMES = {
    "time": lambda: _("time of travellers"), "carbon": lambda: _("greenhouse gases"),
    "nox": lambda: _("nitrogen oxides"), "pm": lambda: _("particles"), "health": lambda: _("early deaths avoided"),
    "running": lambda: _("running the service"), "vehicles": lambda: _("vehicles"), "works": lambda: _("works"),
    "discount_rate": lambda: _("discount rate"), "horizon": lambda: _("years counted"),
    "ramp_1": lambda: _("use in the first year"), "ramp_2": lambda: _("use in the second year"),
    "growth_trips": lambda: _("growth of trips"), "growth_income": lambda: _("growth of incomes"),
    "time_elasticity": lambda: _("growth of the value of time with incomes"),
    "demand_elasticity": lambda: _("answer of demand to journey times"),
    "time_share": lambda: _("value of an hour over an hourly wage"), "hours_month": lambda: _("paid hours a month"),
    "wage_month": lambda: _("monthly wage"), "exchange": lambda: _("exchange rate"), "usd": lambda: _("dollar rate"),
    "days_per_year": lambda: _("days that a year counts"), "trips_per_resident": lambda: _("trips a person and day"),
    "carbon_price": lambda: _("price of a tonne of CO2e"), "carbon_growth": lambda: _("growth of the price of carbon"),
    "vehicle_life": lambda: _("years that a vehicle lasts"), "capital_uplift": lambda: _("cost at the end over plan"),
    "time_hour": lambda: _("value of an hour"), "carbon_eur": lambda: _("price of a tonne of CO2e"),
    "gdp_head": lambda: _("product per head"), "gdp_head_eu": lambda: _("product per head, EU"),
    "nox_price": lambda: _("damage of a kilogram of nitrogen oxides"),
    "pm_price": lambda: _("damage of a kilogram of particles"),
    "transfer_elasticity": lambda: _("damage over incomes"),
    "vsl_gdp": lambda: _("value of a life over product per head"),
}  # fmt: skip
