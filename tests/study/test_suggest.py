"""Suggestions on a grid of streets with one line: which come, that they work, and that their figures are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from design.grid_city import geometry, grid_city, lonlat
from shaar.engine.city import geoparquet, schema
from shaar.engine.errors import InputError
from shaar.engine.measures import parse_scenario
from shaar.engine.measures.add_line import Headway
from shaar.engine.measures.scenario import carry_out
from shaar.engine.measures.state import State
from shaar.engine.study.line_drawing import draw_line, to_add_line
from shaar.engine.study.suggest import WISHES, Surroundings, suggest


def at(x: float, y: float) -> tuple[float, float]:
    lon, lat = lonlat(np.array([x]), np.array([y]))
    return float(lon[0]), float(lat[0])


def with_line(city, start: str = "06:00", end: str = "22:00") -> State:
    """One line along the street of row 2 to the east edge, every 20 minutes, named 7."""
    from shaar.engine.study.line_streets import Streets

    drawn = draw_line(Streets.of(city), [at(60, 600), at(3560, 600)])
    change = to_add_line(drawn, "7", [Headway(start=start, end=end, minutes=20)], line_id="seven")
    return carry_out(State(city, None), scenario(change))


def with_school(city, x: float, y: float) -> pl.DataFrame:
    table = pl.DataFrame({"place_id": [f"s{x}"], "kind": ["school"], "name": ["No 1"]})
    school = geoparquet.with_geometries(table, [geometry([(x, y), (x + 1, y)]).centroid])
    return pl.concat([city.places, schema.conform("places", school)], how="diagonal")


def scenario(*changes):
    return parse_scenario({"name": "t", "changes": [c.model_dump(mode="json", exclude_none=True) for c in changes]})


@pytest.fixture(scope="module")
def state() -> State:
    city = grid_city()
    stress = pl.when(pl.col("highway") == "secondary").then(4).otherwise(2).cast(pl.Int8)
    speed = pl.when(pl.col("highway") == "secondary").then(60.0).otherwise(40.0)
    city = replace(city, links=city.links.with_columns(cycle_stress=stress, free_speed=speed))
    return with_line(replace(city, places=with_school(city, 900, 615)))


@pytest.fixture(scope="module")
def around(state) -> Surroundings:
    return Surroundings.of(state.city, state.feed)


def test_the_line_of_today_is_seen_as_it_runs(around):
    (line,) = around.lines
    assert (line.route_id, line.name, line.bus) == ("seven", "7", True)
    assert line.headway == pytest.approx(20.0)
    assert len(line.courses) == 2
    assert around.hub in {s for c in line.courses for s in c.stops}


def test_a_line_is_extended_to_a_settlement(around, state):
    pin = at(7300, 1200)
    found = suggest(around, "add_line", pin)
    first = found[0]
    assert first.kind == "extend_line"
    end = around.lines[0].courses[0].xy[-1]
    assert first.figures["metres"] == pytest.approx(np.hypot(*(end - around.xy(*pin))), abs=5)
    assert first.figures["people"] > 100
    longer = carry_out(state, scenario(first.change))
    crowd = around.streets.crowd
    x, y = around.streets.bus.to_metric.transform(
        *(longer.feed.stops[c].to_numpy() for c in ("stop_lon", "stop_lat"))
    )  # fmt: skip
    near = crowd.within(np.column_stack([x, y]), 400.0)
    was = crowd.within(around.served, 400.0)
    assert first.figures["people"] == pytest.approx(crowd.population[near & ~was].sum())
    assert {s.kind for s in found} >= {"extend_line", "add_line"}
    assert "Village" not in first.sentence["en"]
    assert "line 7" in first.sentence["en"]
    assert "line 7" in first.why["en"].lower()


def test_a_new_line_runs_from_the_place_to_the_centre(around, state):
    line = next(s for s in suggest(around, "add_line", at(7300, 1200)) if s.kind == "add_line")
    assert line.change.stops_forward[-1] == around.hub
    assert line.change.name not in {"7", "seven"}
    assert line.figures["vehicles"] >= 1
    assert carry_out(state, scenario(line.change)).feed.routes.height == 2


def test_a_line_goes_round_by_a_place_beside_it(around, state):
    found = [s for s in suggest(around, "add_line", at(1500, 1100), limit=8) if s.kind == "reroute_line"]
    assert found
    change = found[0].change
    assert found[0].figures["metres"] == pytest.approx(500, abs=10)
    assert 0 <= found[0].figures["minutes_longer"] <= 12
    after = carry_out(state, scenario(change))
    run = [
        x.feed.stop_times.group_by("trip_id").agg((pl.col("arrival").max() - pl.col("departure").min()) / 60)
        for x in (state, after)
    ]
    longer = run[0].join(run[1], on="trip_id").select(pl.col("arrival_right") - pl.col("arrival"))["arrival_right"]
    assert min(abs(m - found[0].figures["minutes_longer"]) for m in longer) < 0.2


def test_more_buses_where_people_wait_long(around):
    (found,) = suggest(around, "set_headway", at(700, 650), limit=1)
    assert found.kind == "set_headway"
    assert (found.change.start, found.change.end, found.change.minutes) == ("07:00", "09:00", 10.0)
    assert found.figures["minutes_before"] == 20.0
    # there and back takes T with 12 % of rest; ceil(T / 10) - ceil(T / 20) more
    t = around.lines[0].round_trip * 1.12
    assert found.figures["vehicles"] == np.ceil(t / 10) - np.ceil(t / 20)


def test_a_timetable_of_the_evening_is_asked_about_the_evening():
    state = with_line(grid_city(), "17:00", "19:00")
    (found,) = suggest(state, "set_headway", at(700, 650), limit=1)
    # the first two hours from a full quarter that hold all six departures, 17:00 to 18:40
    assert (found.change.start, found.change.end, found.change.minutes) == ("16:45", "18:45", 10.0)
    assert "16:45" in found.why["kk"]


def test_buses_in_a_street_are_counted(around):
    # the line runs along row 2 both ways, three an hour each way
    link = next(k for k in around.links_near(around.xy(*at(750, 600)), 5.0))
    assert around.buses_an_hour(int(link)) == pytest.approx(6.0)
    other = next(k for k in around.links_near(around.xy(*at(750, 1800)), 5.0))
    assert around.buses_an_hour(int(other)) == 0.0


def test_who_would_be_left_without_a_line_is_said(around):
    (found,) = suggest(around, "remove_line", at(700, 650))
    crowd = around.streets.crowd
    assert found.figures["people"] == pytest.approx(crowd.population[crowd.within(around.served, 400.0)].sum())


def test_a_stop_where_the_line_passes(around, state):
    # stops stand 60 m behind every second junction: in the middle between two of them
    found = next(s for s in suggest(around, "stop", at(960, 640)) if s.kind == "add_stop")
    assert found.change.route_ids == ("seven",)
    assert found.figures["metres"] == pytest.approx(300, abs=40)
    after = carry_out(state, scenario(found.change))
    assert found.change.stop_id in set(after.feed.stop_times["stop_id"])
    assert not [s for s in suggest(around, "stop", at(700, 640)) if s.kind == "add_stop"]


def test_crossings_where_people_walk_to_stops(around, state):
    found = suggest(around, "crossing", at(700, 640))
    first = found[0]
    assert first.kind == "crossing"
    assert "No 1" in first.why["ru"]
    after = carry_out(state, scenario(first.change)).city.nodes
    assert after["crossing"].sum() == 1
    assert {s.kind for s in found} >= {"crossing", "speed_limit"}
    slow = next(s for s in found if s.kind == "speed_limit")
    # main street: 60 to 40 km/h; 1 / (1 + exp(6.9 - 0.09 v)) die
    assert slow.figures["kmh"] == 40.0
    assert slow.figures["deaths_of_100_before"] == pytest.approx(100 / (1 + np.exp(6.9 - 0.09 * 60)), abs=0.06)


def test_cycle_lanes_on_streets_that_frighten(around, state):
    found = suggest(around, "cycle", at(700, 640))
    lane = next(s for s in found if s.kind == "cycle_lane")
    links = state.city.links
    assert (links["cycle_stress"].gather(list(lane.change.links)) == 4).all()
    assert lane.figures["metres"] == pytest.approx(links["length"].gather(list(lane.change.links)).sum(), abs=1)


def test_footways_join_what_is_near_and_far_on_foot():
    # A courtyard of people beside a stop, cut off by a missing path: the street that joins it is far round.
    city = grid_city(one_way_row=None, banned=False)
    gone = (city.links["from_node"] == 2 * 13 + 3) & (city.links["to_node"] == 3 * 13 + 3)
    assert gone.sum() == 1
    state = with_line(city)
    assert all(s.kind in ("crossing", "footway", "speed_limit") for s in suggest(state, "crossing", at(900, 640)))


def test_facilities_say_how_far_the_nearest_is(state):
    s = Surroundings.of(replace(state.city, places=with_school(state.city, 0, 0)), state.feed)
    found = suggest(s, "facility", at(3000, 0))
    here = {x.change.kind: x for x in found if x.kind == "facility"}
    assert here["school"].figures["metres"] == pytest.approx(np.hypot(2100, 615), abs=5)
    assert "metres" not in here["clinic"].figures
    assert [x.change.kind for x in suggest(s, "park", at(3000, 0))] == ["park"]
    assert [x.change.kind for x in suggest(s, "service", at(3000, 0))] == ["one_stop_centre"]


def test_every_wish_is_answered_in_four_languages_with_changes_that_work(around, state):
    for kind in WISHES:
        for pin in (at(700, 640), at(7300, 1200), at(1800, 1500)):
            found = suggest(around, kind, pin)
            assert len(found) <= 5
            for s in found:
                data = s.as_data()
                carry_out(state, parse_scenario({"name": "t", "changes": [data["change"]]}))
                for words in (data["why"], data["sentence"]):
                    assert set(words) == {"en", "ru", "ky", "kk"}
                    assert not any("{" in w or not w.strip() for w in words.values())
                assert data["geometry"]["type"] in ("Point", "LineString", "MultiLineString")
                assert all(np.isfinite(v) for v in data["figures"].values())
            assert [s.as_data() for s in found] == [s.as_data() for s in suggest(around, kind, pin)]


def test_a_city_without_a_timetable_gets_what_needs_none():
    s = Surroundings.of(grid_city(), None)
    kinds = {x.kind for x in suggest(s, "add_line", at(7300, 1200))}
    assert kinds == {"add_line"}
    assert suggest(s, "set_headway", at(700, 640)) == ()


def test_wishes_are_those_of_the_platform():
    from shaar.platform.propose.models import Measure

    assert set(WISHES) == set(Measure.Kind.values)


@pytest.mark.parametrize(
    ("kind", "pin", "words"),
    [
        ("fly", at(0, 0), "a wish is one of"),
        ("stop", at(0, 30_000), "outside the city, "),
        ("stop", (500.0, 0.0), "no longitude and latitude"),
    ],
)
def test_bad_input_is_named(around, kind, pin, words):
    with pytest.raises(InputError, match=words):
        suggest(around, kind, pin)
