"""What cannot be done is refused in one clear sentence that names the change and the field, and nothing changes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.toy import MAIN, city, feed, link
from shaar.engine.errors import InputError
from shaar.engine.measures import State, carry_out, parse_scenario, read_scenario
from shaar.engine.measures.registry import KINDS

EAST = [71.440, 51.147]


def refused(change: dict[str, Any], *, timetable: bool = True, before: tuple[dict[str, Any], ...] = ()) -> InputError:
    base = State(city(), feed() if timetable else None)
    with pytest.raises(InputError) as caught:
        carry_out(base, parse_scenario({"name": "t", "changes": [*before, change]}))
    assert "\n" not in str(caught.value)
    return caught.value


def of(change: str, **fields: Any) -> dict[str, Any]:
    return {**KINDS[change].example, **fields}


RIVER = [[71.43, 51.15], [71.44, 51.147], [71.452, 51.147]]
FAR = [72.0, 51.15]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        # A line through the river, a stop outside the city.
        (of("add_line", geometry_forward=RIVER), "geometry_forward", r"runs 2\d\d m through water \(Esil\).*no bridge"),
        (of("add_line", geometry_backward=RIVER[::-1]), "geometry_backward", "through water"),
        (of("extend_line", geometry=RIVER), "geometry", "through water"),
        (of("reroute_line", geometry=RIVER), "geometry", "through water"),
        (of("add_road", path=[EAST, [71.452, 51.147]]), "path", "through water.*structure bridge or tunnel"),
        (of("footway", path=[EAST, [71.452, 51.147]]), "path", "through water.*structure bridge or tunnel"),
        (of("add_line", new_stops=[{"stop_id": "new-1", "lon": 72, "lat": 51.15}]), "new_stops",
         r"stop new-1 lies outside the city, 3\d\.\d km"),
        (of("extend_line", new_stops=[{"stop_id": "new-2", "lon": 71.44, "lat": 52}]), "new_stops", "outside the city"),
        (of("add_stop", point=FAR), "point", "outside the city"),
        (of("facility", point=FAR), "point", "outside the city"),
        (of("crossing", point=FAR), "point", "outside the city"),
        (of("charging_place", point=FAR), "point", "outside the city"),
        (of("parking_supply", point=FAR), "point", "outside the city"),
        (of("parking_price", point=FAR), "point", "outside the city"),
        (of("launch_service", channel="counter", point=FAR), "point", "outside the city"),
        (of("add_road", path=[FAR, [72.01, 51.15]]), "path", "outside the city"),
        # Lines and stops that are not there, or there already.
        (of("add_line", line_id="1"), "line_id", "a line 1 already runs"),
        (of("add_line", new_stops=[]), "stops", "new-1 is neither in the city nor among new_stops"),
        (of("add_line", vehicle_type="zeppelin"), "vehicle_type", "no vehicle type 'zeppelin'"),
        *((of(k, route_id="9"), "route_id", "no line 9") for k in
          ("extend_line", "reroute_line", "remove_line", "set_headway", "set_span", "set_vehicle_type")),
        (of("extend_line", from_stop="m"), "from_stop", "line 1 does not end at stop m; its ends are a, b"),
        (of("extend_line", stops=["nowhere"], minutes=[3]), "stops", "nowhere is neither"),
        (of("reroute_line", to_stop="new", new_stops=[{"stop_id": "new", "lon": 71.44, "lat": 51.15},
            {"stop_id": "south", "lon": 71.41, "lat": 51.147}]), "from_stop", "does not run from stop a to stop new"),
        (of("set_headway", start="20:00", end="21:00"), "start", "line 1 does not depart between 20:00 and 21:00"),
        (of("set_span", start="20:00", end="21:00"), "start", "line 1 does not depart between 20:00 and 21:00"),
        ({"type": "set_span", "route_id": "2", "start": "06:00", "end": "21:00"}, "minutes", "departs only once"),
        (of("set_vehicle_type", vehicle_type="zeppelin"), "vehicle_type", "'zeppelin'; known are bus_12m"),
        (of("add_stop", stop_id="a"), "stop_id", "already a stop a"),
        (of("add_stop", route_ids=["9"]), "route_ids", "no line 9"),
        (of("add_stop", point=[71.415, 51.153]), "route_ids", "line 1 does not pass within 80 m"),
        (of("move_stop", stop_id="z"), "stop_id", "no stop z"),
        (of("move_stop", point=[71.42, 51.15]), "point", "would move 6.. m; more than 500 m is a new stop"),
        # Streets.
        *((of(k, links=[999]), "links", "no street link 999") for k in
          ("bus_lane", "signal_priority", "close_road", "rebuild_road", "speed_limit", "cycle_lane")),
        (of("bus_lane", links=[0]), "links", "link 0 has 1 lane each way, so a bus lane would close it to cars"),
        (of("bus_lane", links=[link(0, MAIN), 0]), "links", "link 0 has 1 lane"),
        (of("cycle_lane", links=[0], takes_lane=True), "links", "so a cycle track would close it"),
        (of("signal_priority", links=[0, 1]), "links", "no traffic light"),
        (of("close_road", links=[link(3, MAIN)], closed_to="vehicles"), "links", "lines run along these links: 1, 2"),
        (of("rebuild_road", lanes=1), "lanes", "link 8 is driven both ways and needs two lanes"),
        (of("add_road", path=[[71.4022, 51.1452], [71.4028, 51.1456]]), "path", "meets no street"),
        (of("add_road", path=[[71.4001, 51.14401], [71.4049, 51.14401]]), "path", "follows a street that is there"),
        (of("add_road", path=[[71.40, 51.144], [71.4001, 51.144]]), "path", "same place"),
        (of("crossing", point=[71.4025, 51.1485]), "point", "no street for cars lies within 30 m"),
        (of("crossing", point=[71.41, 51.15], kind="signals"), "kind", "a crossing like this already"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(change, field, words):
    error = refused(change)
    assert error.field == field
    assert re.search(words, error.message), error.message
    assert error.message.startswith(f"change 1 ({change['type']}): ")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (of("set_headway", minutes=0), "minutes", "greater than 0"),
        (of("set_headway", minutes=-5), "minutes", "greater than 0"),
        (of("set_headway", start="7:00"), "start", "'7:00' is no time of day; write it like 07:30"),
        (of("set_headway", end="07:00"), "set_headway", "end must be later than start"),
        (of("set_span", minutes=0), "minutes", "greater than 0"),
        (of("set_span", start="15:00"), "set_span", "end must be later than start"),
        (of("add_line", headways=[{"start": "06:00", "end": "10:00", "minutes": 0}]), "headways.0.minutes", "than 0"),
        (of("extend_line", minutes=[5, 2]), "extend_line", "minutes must grow"),
        (of("extend_line", minutes=[5]), "extend_line", "minutes has 1 entries for 2 stops"),
        (of("extend_line", stops=[], minutes=[]), "stops", "at least 1"),
        (of("extend_line", stops_back=["x"], minutes_back=[]), "extend_line", "minutes_back has 0 entries for 1 stops"),
        (of("reroute_line", to_stop="a"), "reroute_line", "to_stop must be another stop"),
        (of("reroute_line", minutes=[4]), "reroute_line", "minutes has 1 entries for 1 stops and to_stop"),
        (of("add_stop", point=[171.4, 95]), "point.1", "less than or equal to 90"),
        (of("add_stop", point=[71.4]), "point.1", "required"),
        (of("move_stop", point=[float("nan"), 51]), "point.0", "finite"),
        (of("bus_lane", links=[]), "links", "at least 1"),
        (of("bus_lane", links=[-1]), "links.0", "greater than or equal to 0"),
        (of("bus_lane", links=[1.5]), "links.0", "integer"),
        (of("bus_lane", direction="up"), "direction", "'both', 'forward' or 'backward'"),
        (of("add_road", path=[[71.4, 51.1]]), "path", "at least 2"),
        (of("add_road", highway="footway"), "highway", "'trunk'"),
        (of("add_road", lanes=1), "add_road", "lanes must be two at least"),
        (of("add_road", kmh=500), "kmh", "less than or equal to 110"),
        (of("rebuild_road", lanes=None, kmh=None, highway=None), "rebuild_road", "nothing changes"),
        (of("speed_limit", kmh=0), "kmh", "greater than or equal to 5"),
        (of("parking_supply", spaces=0), "parking_supply", "spaces must not be 0"),
        (of("parking_supply", kind="roof"), "kind", "'street', 'lot' or 'yard'"),
        (of("parking_price", price=-1), "price", "greater than or equal to 0"),
        (of("parking_price", start="20:00", end="08:00"), "parking_price", "end must be later than start"),
        (of("parking_price", end="25:00"), "parking_price", "not be later than 24:00"),
        (of("cycle_lane", kind="motorway"), "kind", "'lane' or 'track'"),
        (of("fare", price=-10), "price", "greater than or equal to 0"),
        (of("fare", transfers=1.5), "transfers", "integer"),
        (of("buy_vehicles", year=1990), "year", "greater than or equal to 2000"),
        (of("buy_vehicles", count=0), "count", "greater than 0"),
        (of("buy_vehicles", energy="steam"), "energy", "'diesel'"),
        (of("buy_vehicles", energy="diesel"), "buy_vehicles", "energy of battery_12m is battery, not diesel"),
        (of("retire_vehicles", vehicle_type="tank"), "vehicle_type", "'bus_12m'"),
        (of("charging_place", power_kw=0), "power_kw", "greater than or equal to 3"),
        (of("green_standard", saving=150), "saving", "less than or equal to 95"),
        (of("facility", kind="casino"), "kind", "'school'"),
        (of("facility", capacity=0), "capacity", "greater than 0"),
        (of("launch_service", channel="counter"), "launch_service", "point is needed"),
        (of("population_total", value=0), "value", "greater than 0"),
        ({"type": "fly"}, "changes.0", "no type of change 'fly'; known are add_line, ext"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_before_anything_is_done(change, field, words):
    with pytest.raises(InputError) as caught:
        parse_scenario({"name": "x", "changes": [change]}, file="s.toml")
    assert caught.value.field.endswith(field), caught.value.field
    assert re.search(words, caught.value.message), caught.value.message
    assert "\n" not in str(caught.value) and str(caught.value).startswith("s.toml, field changes.0")


@pytest.mark.parametrize(
    "kind", ["extend_line", "reroute_line", "remove_line", "set_headway", "set_span", "set_vehicle_type", "add_stop"]
)
def test_lines_need_a_timetable(kind):
    assert "no timetable" in refused(of(kind), timetable=False).message


@pytest.mark.parametrize("kind", ["bus_lane", "signal_priority", "crossing", "cycle_lane"])
def test_what_is_there_already_is_not_built_twice(kind):
    assert re.search(r"already|changes nothing", refused(of(kind), before=(of(kind),)).message)


def test_the_second_change_is_named_and_the_first_is_not_kept():
    base = State(city(), feed())
    with pytest.raises(InputError, match=r"t, field route_id: change 2 \(remove_line\): the timetable has no line 9"):
        carry_out(
            base, parse_scenario({"name": "t", "changes": [of("fare"), {"type": "remove_line", "route_id": "9"}]})
        )
    assert base.levers == () and base.city.links.equals(city().links)


def test_a_line_over_the_bridge_is_none_through_the_river():
    over = [[71.43, 51.15], [71.455, 51.15]]
    state = carry_out(
        State(city(), feed()), parse_scenario({"name": "t", "changes": [of("add_line", geometry_forward=over)]})
    )
    assert state.feed.routes.height == 3
    # Once there is a second bridge, a line may take it.
    bridge = {"type": "add_road", "path": [EAST, [71.452, 51.147]], "structure": "bridge"}
    line = of("add_line", geometry_forward=[[71.43, 51.147], [71.452, 51.147]])
    assert carry_out(State(city(), None), parse_scenario({"name": "t", "changes": [bridge, line]})).feed is not None
    assert "through water" in refused(line).message


def test_a_ferry_may_cross_the_river():
    line = of("add_line", geometry_forward=RIVER, route_type=4)
    assert carry_out(State(city(), None), parse_scenario({"name": "t", "changes": [line]})).feed is not None


def test_a_city_without_water_or_zones_asks_for_neither():
    bare = replace(city(), base=city().base[:0], zones=city().zones[:0])
    changes = [of("add_line", geometry_forward=RIVER, new_stops=[{"stop_id": "new-1", "lon": 80, "lat": 51}])]
    assert carry_out(State(bare, None), parse_scenario({"name": "t", "changes": changes})).feed is not None


def test_bad_files_name_the_change(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "x"\nchanges = [{type = "fare", price = "much"}]', encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.toml, field changes\.0\.fare\.price"):
        read_scenario(bad)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(71.4, 71.44), st.floats(51.144, 51.153), st.floats(71.4, 71.44), st.floats(51.144, 51.153), st.booleans()
)
def test_any_road_leaves_sound_streets(x1, y1, x2, y2, bridge):
    base = city()
    road = {"type": "add_road", "path": [[x1, y1], [x2, y2]], "structure": "bridge" if bridge else ""}
    try:
        c = carry_out(State(base, None), parse_scenario({"name": "t", "changes": [road]})).city
    except InputError as e:
        assert e.field == "path"
        return
    assert c.links["link_id"].to_list() == list(range(c.links.height))
    assert c.nodes["node_id"].to_list() == list(range(c.nodes.height))
    old = c.links.filter(pl.col("osm_way").is_null() & pl.col("highway").is_in(["primary", "residential"]))
    assert (c.links["from_node"] != c.links["to_node"]).all()
    assert old["length"].sum() >= base.links["length"].sum() - 1e-6
    # Streets that were split are as long as they were; only the new road is added.
    names = c.links.filter(pl.col("name") == "Main street")["length"].sum()
    assert names == pytest.approx(base.links.filter(pl.col("name") == "Main street")["length"].sum(), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 23), st.integers(1, 24), st.integers(2, 60))
def test_any_hours_are_kept(first, hours, minutes):
    change = {"type": "set_span", "route_id": "1", "start": f"{first:02d}:00", "end": f"{first + hours:02d}:00",
              "minutes": minutes}  # fmt: skip
    try:
        f = carry_out(State(city(), feed()), parse_scenario({"name": "t", "changes": [change]})).feed
    except InputError as e:
        assert e.field == "start" and (first >= 12 or first + hours <= 6)
        return
    trips = f.trips.filter(pl.col("route_id") == "1").join(f.frequencies, on="trip_id", how="left")
    begin = f.stop_times.group_by("trip_id").agg(pl.col("departure").min())
    trips = trips.join(begin, on="trip_id").with_columns(first=pl.coalesce("start", "departure"))
    assert trips["first"].min() >= first * 3600
    assert trips.select(pl.coalesce(pl.col("end"), pl.col("first") + 1).max()).item() <= (first + hours) * 3600
