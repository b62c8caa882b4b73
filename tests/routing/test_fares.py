"""Prices: by hand, against a plain search over all ways to cut rides into tickets, and for whole matrices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import timetable, walks
from test_journeys import networks

from shaar.engine.errors import InputError
from shaar.engine.routing.fares import UNLIMITED, Fares, Rides, cheapest, flat_fares, prices, with_fares
from shaar.engine.routing.fares_gtfs import fares_of
from shaar.engine.routing.fares_search import fare_matrix, priced_journeys
from shaar.engine.routing.journeys import journeys
from shaar.engine.routing.raptor import travel_times
from shaar.engine.timetable.feed import SCHEMA, Feed


def feed(day, attributes, rules=None, zones=None):
    """Feed of a made timetable with fare tables given as lists of rows."""
    tables = {name: pl.DataFrame(schema=columns) for name, columns in SCHEMA.items()}
    tables["routes"] = pl.DataFrame({"route_id": day.route_ids, "agency_id": [None] * len(day.route_ids)})
    tables["stops"] = pl.DataFrame({"stop_id": day.stop_ids})
    if zones is not None:
        tables["stops"] = tables["stops"].with_columns(zone_id=pl.Series(zones, dtype=pl.String))
    others = {"fare_attributes": pl.DataFrame(attributes, schema_overrides=dict.fromkeys(attributes[0], pl.String))}
    if rules:
        others["fare_rules"] = pl.DataFrame(rules, schema_overrides=dict.fromkeys(rules[0], pl.String))
    return Feed(**tables, others=others)


def ticket(fare_id, price, transfers="0", **more):
    return {"fare_id": fare_id, "price": price, "currency_type": "KGS", "transfers": transfers, **more}


def line(*stops, at=0):
    return (list(stops), [[(at + 100 * k, at + 100 * k) for k in range(len(stops))]], [])


DAY = timetable(6, [line(0, 1, 2), line(2, 3, at=300), line(3, 4, 5, at=500), line(0, 5)])
WALKS = walks(1, 6, [(0, 0, 0)]), walks(6, 6, []), walks(6, 1, [(5, 0, 0)]), walks(1, 1, [])


def three_rides():
    """The journey over three lines: 0 -> 2 at 0 s, 2 -> 3 at 300 s, 3 -> 5 at 500 s."""
    only = replace(DAY, n_trips=np.array([1, 1, 1, 0], np.int32))
    (j,) = journeys(only, *WALKS, origin=0, destination=0, departure=0)
    assert j.rides == 3
    return j


@pytest.mark.parametrize(
    ("attributes", "rules", "zones", "price"),
    [
        ([ticket("a", "10")], None, None, 30),
        ([ticket("a", "10", "1")], None, None, 20),
        ([ticket("a", "10", None)], None, None, 10),
        ([ticket("a", "10", None, transfer_duration="300")], None, None, 20),
        ([ticket("a", "10"), ticket("b", "4")], [{"fare_id": "b", "route_id": "r1"}], None, 24),
        ([ticket("a", "10"), ticket("all", "25", None)], None, None, 25),
        ([ticket("b", "4")], [{"fare_id": "b", "route_id": "r1"}], None, np.nan),
        (
            [ticket("in", "5", None), ticket("out", "12", None)],
            [{"fare_id": "in", "origin_id": "1", "destination_id": "1"},
             {"fare_id": "out", "origin_id": "1", "destination_id": "2"}],
            ["1", "1", "1", "1", "2", "2"], 12,
        ),
        (  # zone 1 as far as stop 3, then a ticket within zones 1 and 2
            [ticket("in", "5", None), ticket("both", "6", "0")],
            [{"fare_id": "in", "contains_id": "1"}, {"fare_id": "both", "contains_id": "1"},
             {"fare_id": "both", "contains_id": "2"}],
            ["1", "1", "1", "1", "2", "2"], 11,
        ),
    ],
)  # fmt: skip
def test_prices_by_hand(attributes, rules, zones, price):
    fares = fares_of(feed(DAY, attributes, rules, zones), DAY)
    (j,) = with_fares([three_rides()], fares, DAY)
    assert j.fare == price or (np.isnan(j.fare) and np.isnan(price))


def test_flat_fares_and_feeds_without():
    assert fares_of(replace(feed(DAY, [ticket("a", "1")]), others={}), DAY) is None
    (j,) = with_fares([three_rides()], flat_fares(DAY, 17, "KGS", transfers=1, minutes=5), DAY)
    assert j.fare == 34  # 0 and 300 s on one ticket, 500 s on the next
    (j,) = with_fares([three_rides()], flat_fares(DAY, 17, "KGS", transfers=1, minutes=4), DAY)
    assert j.fare == 34  # 0 alone, 300 and 500 s together
    with pytest.raises(InputError, match="not negative"):
        flat_fares(DAY, -1, "KGS")


@pytest.mark.parametrize(
    ("attributes", "rules", "words"),
    [
        ([ticket("a", "ten")], None, 'fare_attributes.txt, line 2, field price: "ten" is not a number'),
        ([ticket("a", "1"), {**ticket("b", "1"), "currency_type": "EUR"}], None, "several currencies"),
        ([ticket("a", "1")], [{"fare_id": "b", "route_id": "r1"}], "fare_rules.txt, line 2, field fare_id"),
        ([ticket("a", "1")], [{"fare_id": "a", "route_id": "zz"}], 'there is no route "zz"'),
        ([ticket("a", "1")], [{"fare_id": "a", "origin_id": "9"}], 'no stop lies in the fare zone "9"'),
    ],
)
def test_bad_fares_are_refused(attributes, rules, words):
    with pytest.raises(InputError) as e:
        fares_of(feed(DAY, attributes, rules), DAY)
    assert words in str(e.value)


def by_hand(fares, rides, row, start=0):
    """Least price by trying every first ticket of the rest."""
    n = int((rides.route[row] >= 0).sum())
    if start == n:
        return 0.0
    best = np.inf
    for end in range(start, n):
        for f in range(len(fares.names)):
            good = end - start <= fares.transfers[f]
            good &= rides.start[row, end] - rides.start[row, start] <= fares.duration[f]
            good &= all(fares.route[f, rides.route[row, r]] for r in range(start, end + 1))
            if good:
                best = min(best, fares.price[f] + by_hand(fares, rides, row, end + 1))
    return best


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_prices_equal_a_plain_search(seed):
    rng = np.random.default_rng(seed)
    f, routes, m, k = 3, 4, 8, 4
    fares = Fares(
        tuple("abc"), rng.integers(1, 9, f).astype(float), "KGS", rng.choice([0, 1, 2, UNLIMITED], f).astype(np.int32),
        rng.choice([200.0, 900.0, np.inf], f), rng.random((f, routes)) < 0.7, np.ones((f, 1, 1), bool), (None,) * f,
        np.zeros(2, np.int32),
    )  # fmt: skip
    count = rng.integers(0, k + 1, m)
    route = np.where(np.arange(k) < count[:, None], rng.integers(0, routes, (m, k)), -1).astype(np.int32)
    start = np.cumsum(rng.integers(10, 400, (m, k)), axis=1).astype(np.int32)
    zero = np.zeros((m, k), np.int32)
    rides = Rides(route, zero, zero, start, zero, zero, zero)
    expected = np.array([by_hand(fares, rides, row) for row in range(m)])
    assert np.array_equal(prices(fares, rides, DAY), np.where(np.isinf(expected), np.nan, expected), equal_nan=True)


def test_a_slower_but_cheaper_journey_is_offered():
    # a dear direct line and a slower, cheap pair of lines
    day = timetable(3, [([0, 2], [[(0, 0), (300, 300)]], []), ([0, 1], [[(0, 0), (200, 200)]], []),
                        ([1, 2], [[(0, 250), (600, 600)]], [])])  # fmt: skip
    net = walks(1, 3, [(0, 0, 0)]), walks(3, 3, []), walks(3, 1, [(2, 0, 0)]), walks(1, 1, [])
    rules = [{"fare_id": "dear", "route_id": "r0"}, {"fare_id": "cheap", "route_id": "r1"},
             {"fare_id": "cheap", "route_id": "r2"}]  # fmt: skip
    fares = fares_of(feed(day, [ticket("dear", "50"), ticket("cheap", "10", None)], rules), day)
    found = priced_journeys(fares, day, *net, origin=0, destination=0, departure=0)
    assert [(j.arrival, j.rides, j.fare) for j in found] == [(300, 1, 50), (600, 2, 10)]
    best = cheapest(found)
    assert best is not None
    assert best.fare == 10


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(0, 600))
def test_the_fare_matrix_is_of_the_quickest_journeys(net, t):
    *parts, phases = net
    day = parts[0]
    fares = flat_fares(day, 10, "KGS")
    got = fare_matrix(fares, *parts, departure=t, max_rides=3, max_minutes=30, phases=phases[0])
    tt = travel_times(*parts, window=(t, t + 60), max_rides=3, max_minutes=30, phases=phases)
    seconds = np.where(got.seconds < 2**30, got.seconds / 60, np.nan).astype(np.float32)
    assert np.array_equal(seconds, tt.minutes[0], equal_nan=True)
    known = np.isfinite(tt.minutes[0])
    assert np.array_equal(got.rides[known], tt.rides[known].astype(int))
    assert np.array_equal(got.price, np.where(known, 10.0 * got.rides, np.nan), equal_nan=True)


def test_real_fares_of_two_cities(shared_data: Path):
    from shaar.engine.timetable.calendar import typical_weekday
    from shaar.engine.timetable.day import day_timetable
    from shaar.engine.timetable.read import read_gtfs

    poa = read_gtfs(shared_data / "cities" / "porto_alegre" / "poa_eptc.zip")
    fares = fares_of(poa, day_timetable(poa, typical_weekday(poa)))
    assert fares is not None
    assert (fares.price.tolist(), fares.currency, fares.transfers.tolist()) == ([4.7], "BRL", [0])
    trujillo = read_gtfs(shared_data / "cities" / "trujillo" / "gtfs_informal_trufi.zip")
    fares = fares_of(trujillo, day_timetable(trujillo, typical_weekday(trujillo)))
    assert fares is not None
    assert fares.currency == "PEN"
    assert fares.route.any(axis=0).all()
