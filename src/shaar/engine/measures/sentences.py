"""One plain sentence per change in English, Russian, Kyrgyz and Kazakh."""

from __future__ import annotations

from typing import Any

from shaar.engine.errors import InputError
from shaar.engine.measures.models import AddLine, Change, PopulationTotal, RemoveLine, SetHeadway

LANGUAGES = ("en", "ru", "ky", "kk")

#: Numbers stand after a dash or a colon, so that no language has to bend a noun by them.
SENTENCES: dict[str, dict[str, str]] = {
    "add_line": {
        "en": "Add line {name} from {first} to {last}; stops: {stops}, best headway: {minutes} min.",
        "ru": "Добавить маршрут {name}: {first} — {last}; остановок: {stops}, наименьший интервал: {minutes} мин.",
        "ky": "{name} каттамын кошуу: {first} — {last}; аялдамалар: {stops}, эң кыска аралык: {minutes} мүн.",
        "kk": "{name} бағытын қосу: {first} — {last}; аялдамалар: {stops}, ең қысқа аралық: {minutes} мин.",
    },
    "remove_line": {
        "en": "Remove line {route}.",
        "ru": "Убрать маршрут {route}.",
        "ky": "{route} каттамын алып салуу.",
        "kk": "{route} бағытын алып тастау.",
    },
    "set_headway": {
        "en": "Run line {route} every {minutes} min from {start} to {end}.",
        "ru": "Интервал маршрута {route} с {start} до {end}: {minutes} мин.",
        "ky": "{route} каттамынын {start}–{end} аралыгындагы жүрүү аралыгы: {minutes} мүн.",
        "kk": "{route} бағытының {start}–{end} аралығындағы жүру аралығы: {minutes} мин.",
    },
    "set_headway_direction": {
        "en": "Run line {route} in direction {direction} every {minutes} min from {start} to {end}.",
        "ru": "Интервал маршрута {route} в направлении {direction} с {start} до {end}: {minutes} мин.",
        "ky": "{route} каттамынын {direction}-багыттагы {start}–{end} аралыгындагы жүрүү аралыгы: {minutes} мүн.",
        "kk": "{route} бағытының {direction}-бағыттағы {start}–{end} аралығындағы жүру аралығы: {minutes} мин.",
    },
    "population_total": {
        "en": "Count with {value} residents on {date} (source: {source}).",
        "ru": "Считать, что жителей на {date}: {value} (источник: {source}).",
        "ky": "{date} карата жашоочулардын саны: {value} (булагы: {source}).",
        "kk": "{date} күнгі тұрғындар саны: {value} (дереккөзі: {source}).",
    },
}


def sentence(change: Change, language: str = "en") -> str:
    """Say what a change does.

    Raises
    ------
    InputError
        The language is not one of en, ru, ky, kk.
    """
    if language not in LANGUAGES:
        raise InputError(f"language is one of {', '.join(LANGUAGES)}, not {language}", field="language")
    key, values = _values(change)
    return SENTENCES[key][language].format(**values)


def _values(change: Change) -> tuple[str, dict[str, Any]]:
    if isinstance(change, AddLine):
        names = {s.stop_id: s.name for s in change.new_stops}
        ends = change.stops_forward[0], change.stops_forward[-1]
        return change.type, {
            "name": change.name,
            "first": names.get(ends[0]) or ends[0],
            "last": names.get(ends[1]) or ends[1],
            "stops": len(set(change.stops_forward) | set(change.stops_backward)),
            "minutes": _number(min(h.minutes for h in change.headways)),
        }
    if isinstance(change, RemoveLine):
        return change.type, {"route": change.route_id}
    if isinstance(change, SetHeadway):
        key = change.type if change.direction is None else "set_headway_direction"
        return key, {
            "route": change.route_id,
            "minutes": _number(change.minutes),
            "start": change.start,
            "end": change.end,
            "direction": change.direction,
        }
    assert isinstance(change, PopulationTotal)
    return change.type, {
        "value": f"{change.value:,.0f}".replace(",", "\u00a0"),
        "date": change.date.isoformat(),
        "source": change.source,
    }


def _number(value: float) -> str:
    return f"{value:.4g}"
