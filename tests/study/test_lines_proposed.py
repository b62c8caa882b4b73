"""New lines for some places beside those that run: better answers in turn, each a change that can be carried out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from tests.study.model_town import BLOCK, buses, town

from shaar.engine.city import schema
from shaar.engine.city.model import City
from shaar.engine.errors import InputError
from shaar.engine.measures.scenario import Scenario, apply
from shaar.engine.study.demand import city_demand
from shaar.engine.study.lines_proposed import Offer, propose_lines, zones_of


@pytest.fixture(scope="module")
def place() -> City:
    """The made town with a settlement in its corner."""
    from dataclasses import replace

    outline = shapely.to_wkb(shapely.box(-0.01, -0.01, 0.06, 0.06))
    corner = shapely.to_wkb(shapely.box(-0.002, -0.002, 0.013, 0.013))
    point = shapely.to_wkb(shapely.Point(0.0072, 0.0072))
    places = [
        {"place_id": "city", "kind": "city", "name": "Town", "geometry": outline},
        {"place_id": "corner", "kind": "settlement", "name": "Corner", "geometry": corner},
        {"place_id": "school", "kind": "school", "name": "School", "geometry": point},
    ]
    return replace(town(), places=schema.conform("places", pl.DataFrame(places)))


def test_lines_are_found_beside_those_that_run(place: City) -> None:
    city, feed = place, buses()
    seen: list[Offer] = []
    best = propose_lines(city, feed, city_demand(city), ["corner"], vehicles=4, seconds=4, better=seen.append)
    assert best is not None and seen[-1] is best
    minutes = [one.minutes_after for one in seen]
    assert minutes == sorted(minutes, reverse=True) and minutes[0] < best.minutes_before
    for one in seen:
        assert 1 <= one.vehicles <= 4 and len(one.lines) == len(one.boardings)
        after = apply(city, feed, Scenario(name="x", changes=one.lines))[1]
        assert after is not None and {"east", "north"} < set(after.routes["route_id"])
        ways = [point for line in one.lines for point in line.geometry_forward]
        metres = [111_195 * np.hypot(lon - 2 * BLOCK, lat - 2 * BLOCK) for lon, lat in ways]
        assert min(metres) < 900  # some line comes by the corner
        for line in one.lines:
            peak = {h.period: h.minutes for h in line.headways}
            assert peak["morning_peak"] <= peak["midday"] <= peak["evening"]


def test_where_nothing_runs_a_line_is_better_than_none(place: City) -> None:
    seen: list[Offer] = []
    best = propose_lines(place, None, city_demand(place), ["corner"], vehicles=3, seconds=2, better=seen.append)
    assert best is not None and best.minutes_before == np.inf and best.minutes_after < 120


def test_a_search_that_is_cancelled_ends_before_the_next_one(place: City) -> None:
    asked: list[bool] = []
    found = propose_lines(
        place, buses(), city_demand(place), ["corner"], vehicles=4, seconds=60, better=lambda one: None,
        cancelled=lambda: bool(asked.append(True)) or True,
    )  # fmt: skip
    assert found is None and len(asked) == 1


def test_which_zones_a_place_has(place: City) -> None:
    city = place
    assert city.zones.filter(zones_of(city, ["corner"]).tolist())["zone_id"].to_list() == ["z00"]
    assert zones_of(city, ["city"]).sum() == 9
    for wrong, why in (([], "at least one"), (["atlantis"], "no place atlantis")):
        with pytest.raises(InputError, match=why) as caught:
            zones_of(city, wrong)
        assert caught.value.field == "place_ids"


def test_no_lines_without_vehicles_or_trips(place: City) -> None:
    city, feed = place, buses()
    od = city_demand(city)
    with pytest.raises(InputError, match="between 1 and 500"):
        propose_lines(city, feed, od, ["corner"], vehicles=0, better=print)
    with pytest.raises(InputError, match="no trips"):
        propose_lines(city, feed, od * 0, ["corner"], vehicles=2, better=print)
