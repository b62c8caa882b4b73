"""Tickets of a feed: fare_attributes and fare_rules of GTFS (Fares v1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shaar.engine.errors import InputError
from shaar.engine.routing.fares import UNLIMITED, Fares
from shaar.engine.timetable.arrays import DayTimetable
from shaar.engine.timetable.feed import Feed

I32 = npt.NDArray[np.int32]
B = npt.NDArray[np.bool_]


def fares_of(feed: Feed, day: DayTimetable) -> Fares | None:
    """Read ``fare_attributes`` and ``fare_rules`` (GTFS Fares v1) of a feed; None where it has no fares.

    A ticket without rules is good everywhere. Rules of one ticket: any of its routes, any of its zone pairs; with
    ``contains_id`` the zones passed must be exactly those. A blank ``transfers`` means without limit.

    Raises
    ------
    InputError
        A price or number cannot be read, currencies differ, or a rule names an unknown ticket.
    """
    table = feed.others.get("fare_attributes")
    if table is None or not table.height:
        return None
    for column in ("fare_id", "price", "currency_type"):
        if column not in table.columns:
            raise InputError("the column is missing", file="fare_attributes.txt", field=column)
    currencies = table["currency_type"].unique().to_list()
    if len(currencies) > 1:
        raise InputError(f"prices in several currencies cannot be compared ({', '.join(sorted(map(str, currencies)))})",
                         file="fare_attributes.txt", field="currency_type")  # fmt: skip
    names = tuple(table["fare_id"])
    n = len(names)
    price = np.array([_number(v, i, "price") for i, v in enumerate(table["price"])])
    transfers = np.full(n, UNLIMITED, np.int32)
    if "transfers" in table.columns:
        transfers = np.array(
            [UNLIMITED if v is None else int(_number(v, i, "transfers")) for i, v in enumerate(table["transfers"])],
            np.int32,
        )
    duration = np.full(n, np.inf)
    if "transfer_duration" in table.columns:
        duration = np.array(
            [
                np.inf if v is None else _number(v, i, "transfer_duration")
                for i, v in enumerate(table["transfer_duration"])
            ]
        )
    zone_of, stop_zone = _zones(feed, day)
    route, pair, contains = _rules(feed, day, names, zone_of)
    if "agency_id" in table.columns and feed.agency.height > 1:
        agency = dict(feed.routes.select("route_id", "agency_id").iter_rows())
        own = np.array(
            [[a is None or agency.get(r) in (a, None) for r in day.route_ids] for a in table["agency_id"]], bool
        )
        route &= own.reshape(route.shape)
    return Fares(names, price, str(currencies[0]), transfers, duration, route, pair, contains, stop_zone)


def _number(value: str | None, row: int, field: str) -> float:
    try:
        found = float(value or "")
    except ValueError:
        found = -1.0
    if not (np.isfinite(found) and found >= 0):
        raise InputError(
            f'"{value or ""}" is not a number from 0', file="fare_attributes.txt", row=row + 2, field=field
        )
    return found


def _zones(feed: Feed, day: DayTimetable) -> tuple[dict[str, int], I32]:
    """Number the fare zones; stops without one share a zone of their own, the last."""
    if "zone_id" not in feed.stops.columns:
        return {}, np.zeros(day.n_stops, np.int32)
    of = {s: z for s, z in feed.stops.select("stop_id", "zone_id").iter_rows() if z is not None}
    number = {z: i for i, z in enumerate(sorted(set(of.values())))}
    return number, np.array([number.get(of.get(s, ""), len(number)) for s in day.stop_ids], np.int32)


def _rules(
    feed: Feed, day: DayTimetable, names: tuple[str, ...], zone_of: dict[str, int]
) -> tuple[B, npt.NDArray[np.bool_], tuple[frozenset[int] | None, ...]]:
    n, z = len(names), len(zone_of) + 1
    row_of = {f: i for i, f in enumerate(names)}
    route_of = {r: i for i, r in enumerate(day.route_ids)}
    every_route = set(feed.routes["route_id"])
    routes: list[set[int] | None] = [None] * n
    pairs: list[list[tuple[int | None, int | None]]] = [[] for _ in names]
    contains: list[set[int]] = [set() for _ in names]
    rules = feed.others.get("fare_rules")
    for i, rule in enumerate(rules.iter_rows(named=True) if rules is not None else ()):
        f = row_of.get(rule.get("fare_id") or "")
        if f is None:
            raise InputError(f'the ticket "{rule.get("fare_id")}" is not in fare_attributes', file="fare_rules.txt",
                             row=i + 2, field="fare_id")  # fmt: skip
        r = rule.get("route_id")
        if r is not None:
            if r not in every_route:
                raise InputError(f'there is no route "{r}"', file="fare_rules.txt", row=i + 2, field="route_id")
            routes[f] = (routes[f] or set()) | ({route_of[r]} if r in route_of else set())
        a, b, c = (rule.get(k) for k in ("origin_id", "destination_id", "contains_id"))
        for field, v in (("origin_id", a), ("destination_id", b), ("contains_id", c)):
            if v is not None and v not in zone_of:
                raise InputError(f'no stop lies in the fare zone "{v}"', file="fare_rules.txt", row=i + 2, field=field)
        if a is not None or b is not None:
            pairs[f].append((None if a is None else zone_of[a], None if b is None else zone_of[b]))
        if c is not None:
            contains[f].add(zone_of[c])
    route = np.ones((n, len(day.route_ids)), bool)
    pair = np.ones((n, z, z), bool)
    for f in range(n):
        good = routes[f]
        if good is not None:
            route[f] = False
            route[f, sorted(good)] = True
        if pairs[f]:
            pair[f] = False
            for a, b in pairs[f]:
                pair[f][
                    slice(None) if a is None else slice(a, a + 1), slice(None) if b is None else slice(b, b + 1)
                ] = True
    return route, pair, tuple(frozenset(c) if c else None for c in contains)
