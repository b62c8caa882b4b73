"""``fare``: one price for a ride, with free changes within some time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import polars as pl
from pydantic import Field

from shaar.engine.measures.fields import Model
from shaar.engine.measures.forms import asked
from shaar.engine.measures.kinds import Kind, number, words
from shaar.engine.measures.state import State

FARE_ID = "shaar-fare"


class Fare(Model):
    """The price of a ticket that is good on every line; all other tickets are given up."""

    type: Literal["fare"] = "fare"
    price: float = Field(ge=0, le=1e6, allow_inf_nan=False, description="currency of the city")
    transfers: int = Field(default=0, ge=0, le=20, description="changes that the ticket allows")
    minutes: float | None = Field(
        default=None, gt=0, le=24 * 60, description="within which the last vehicle is boarded"
    )


def apply(change: Fare, state: State) -> State:
    """Return the timetable with this ticket alone (GTFS Fares v1), and the fare as a lever; the last one counts.

    Without a timetable the lever is all there is.
    """
    levers = (*state.levers, change)
    feed = state.feed
    if feed is not None:
        ticket = {
            "fare_id": FARE_ID, "price": repr(change.price), "currency_type": state.city.meta.currency,
            "payment_method": "0", "transfers": str(change.transfers),
            "transfer_duration": None if change.minutes is None else str(round(change.minutes * 60)),
        }  # fmt: skip
        others = {k: v for k, v in feed.others.items() if k not in ("fare_attributes", "fare_rules")}
        others["fare_attributes"] = pl.DataFrame(
            {k: [v] for k, v in ticket.items()}, schema=dict.fromkeys(ticket, pl.String)
        )
        feed = replace(feed, others=others)
    return replace(state, feed=feed, levers=levers)


def _values(change: Fare) -> tuple[str, Mapping[str, object]]:
    values = {"price": number(change.price), "transfers": change.transfers}
    if change.minutes is None:
        return "", values
    return "minutes", {**values, "minutes": number(change.minutes)}


KIND = Kind(
    model=Fare,
    apply=apply,
    tool="none",
    group="fleet",
    example={"type": "fare", "price": 110, "transfers": 1, "minutes": 60},
    label=words("Fare", "Стоимость проезда", "Жол кире", "Жол ақысы"),
    form=(
        asked(
            "price",
            "number",
            words("Price of a ride", "Цена поездки", "Бир жолу жүрүү баасы", "Бір жүру бағасы"),
            words("0: free of charge.", "0 — бесплатно.", "0 — акысыз.", "0 — тегін."),
            "currency",
        ),
        asked(
            "transfers",
            "number",
            words("Free changes", "Бесплатных пересадок", "Акысыз которулуулар", "Тегін ауысулар"),
            words(
                "How often one may change on one ticket.",
                "Сколько раз можно пересесть по одному билету.",
                "Бир билет менен канча жолу которулса болот.",
                "Бір билетпен неше рет ауысуға болады.",
            ),
        ),
        asked(
            "minutes",
            "number",
            words("Valid for", "Действует", "Жарактуу убактысы", "Жарамды уақыты"),
            words(
                "Until the last vehicle is boarded; left out: no limit.",
                "До посадки в последний автобус; если не указать, без ограничения.",
                "Акыркы унаага отурганга чейин; көрсөтүлбөсө, чексиз.",
                "Соңғы көлікке отырғанға дейін; көрсетілмесе, шексіз.",
            ),
            "min",
        ),
    ),
    sentences={
        "": words(
            "Charge {price} for a ride; free changes: {transfers}.",
            "Стоимость проезда: {price}; бесплатных пересадок: {transfers}.",
            "Жол кире: {price}; акысыз которулуулар: {transfers}.",
            "Жол ақысы: {price}; тегін ауысулар: {transfers}.",
        ),
        "minutes": words(
            "Charge {price} for a ride; free changes: {transfers}, within: {minutes} min.",
            "Стоимость проезда: {price}; бесплатных пересадок: {transfers}, в течение: {minutes} мин.",
            "Жол кире: {price}; акысыз которулуулар: {transfers}, убактысы: {minutes} мүн.",
            "Жол ақысы: {price}; тегін ауысулар: {transfers}, уақыты: {minutes} мин.",
        ),
    },
    values=_values,
)
