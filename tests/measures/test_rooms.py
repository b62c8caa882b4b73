"""What changes do to the tables that the other rooms read, by hand and through those rooms."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from measures.toy import BRIDGE_END, MAIN, city, feed, link, node
from shaar.engine.access.facilities import facilities_of
from shaar.engine.assignment.parking import lots
from shaar.engine.assignment.parking_defaults import kerb_metres
from shaar.engine.assignment.road_city import CityRoads, road_network
from shaar.engine.city import folder, geoparquet
from shaar.engine.errors import InputError
from shaar.engine.measures import (
    Fare,
    State,
    carry_out,
    climate_vehicle,
    parking_lots,
    parse_scenario,
    vehicle_types_of,
)
from shaar.engine.measures.registry import KINDS
from shaar.engine.routing.fares_gtfs import fares_of
from shaar.engine.routing.graph import street_graph
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.read import read_gtfs
from shaar.engine.timetable.write import write_gtfs

DAY = dt.date(2026, 3, 3)
WEST = [link(i, MAIN) for i in range(4)]  # the main street from a (71.40) to b (71.42)


def run(*changes: dict[str, Any]) -> State:
    return carry_out(State(city(), feed()), parse_scenario({"name": "t", "changes": list(changes)}))


def example(change: str, **fields: Any) -> dict[str, Any]:
    return {**KINDS[change].example, **fields}


def times(state: State, trip: str) -> list[tuple[str, int]]:
    assert state.feed is not None
    return state.feed.stop_times.filter(pl.col("trip_id") == trip).select("stop_id", "arrival").rows()


def shape_of(state: State, trip: str) -> list[tuple[float, float]]:
    assert state.feed is not None
    shape = state.feed.trips.filter(pl.col("trip_id") == trip)["shape_id"][0]
    return state.feed.shapes.filter(pl.col("shape_id") == shape).sort("sequence").select("lon", "lat").rows()


def capacity(roads: CityRoads, row: int) -> tuple[float, float]:
    return tuple(float(roads.network.capacity[side[row]]) for side in (roads.forward, roads.backward))


# --- lines -----------------------------------------------------------------------------------------------------------


def test_an_extended_line_keeps_its_times_and_goes_on():
    state = run(example("extend_line"))
    assert times(state, "0-25200") == [("a", 25200), ("m", 25500), ("b", 25800), ("b2", 25920), ("new-2", 26100)]
    # The way back begins earlier by as much, and calls at the old stops when it did.
    assert times(state, "1-25200") == [("new-2", 24900), ("b2", 25080), ("b", 25200), ("m", 25500), ("a", 25800)]
    assert times(state, "t2") == [("a", 30000), ("b", 30600)]
    assert shape_of(state, "0-25200") == [(71.40, 51.15), (71.42, 51.15), (71.42, 51.15), (71.44, 51.15)]
    assert shape_of(state, "1-25200")[0] == (71.44, 51.15)
    assert state.city.stops.filter(pl.col("stop_id") == "new-2")["link_distance"][0] < 0.5


def test_an_extended_line_by_headways_passes_old_stops_when_it_did():
    state = run(
        example("add_line"),
        {"type": "extend_line", "route_id": "N1", "from_stop": "a", "stops": ["west"], "minutes": [4],
         "new_stops": [{"stop_id": "west", "lon": 71.396, "lat": 51.15}]},
    )  # fmt: skip
    assert times(state, "N1:0") == [("west", 21360), ("a", 21600), ("b", 21870), ("new-1", 22260)]
    assert times(state, "N1:1")[-1] == ("west", 22560)
    spans = state.feed.frequencies.sort("trip_id", "start").select("trip_id", "start", "end", "headway").rows()
    assert spans[0] == ("N1:0", 21360, 35760, 480)  # leaves the new end 4 minutes before it passes the old one
    assert spans[2] == ("N1:1", 21600, 36000, 480)


def test_nothing_departs_before_the_service_day():
    early = example("set_headway", start="00:00", end="01:00", minutes=30)
    with pytest.raises(InputError, match="does not depart"):
        run(early)
    state = run({"type": "set_span", "route_id": "1", "start": "00:01", "end": "13:00", "minutes": 60},
                example("extend_line"))  # fmt: skip
    assert state.feed.stop_times["departure"].min() >= 0
    assert state.feed.frequencies["start"].min() >= 0


def test_a_rerouted_line_leaves_on_time_and_keeps_its_other_run_times():
    state = run(example("reroute_line", from_stop="a", to_stop="m", minutes=[4, 9]))
    assert times(state, "0-25200") == [("a", 25200), ("south", 25440), ("m", 25740), ("b", 26040)]
    assert times(state, "1-25200") == [("b", 25200), ("m", 25500), ("south", 25800), ("a", 26040)]
    course = shape_of(state, "0-25200")
    assert course[:2] == [(71.40, 51.15), (71.40, 51.147)]
    assert course[-1] == (71.42, 51.15)
    one_way = run(example("reroute_line", from_stop="a", to_stop="m", minutes=[4, 9], one_way=True))
    assert times(one_way, "1-25200") == [("b", 25200), ("m", 25500), ("a", 25800)]


def test_a_line_may_skip_stops():
    state = run({"type": "reroute_line", "route_id": "1", "from_stop": "a", "to_stop": "b", "minutes": [7]})
    assert times(state, "0-25200") == [("a", 25200), ("b", 25620)]


def test_headways_stay_when_the_course_changes():
    def departures(state: State) -> list[int]:
        first = state.feed.stop_times.sort("trip_id", "stop_sequence").group_by("trip_id", maintain_order=True)
        trips = state.feed.trips.filter((pl.col("route_id") == "1") & (pl.col("direction_id") == 0))["trip_id"]
        return sorted(
            first.agg(pl.col("departure").first()).filter(pl.col("trip_id").is_in(trips.implode()))["departure"]
        )

    base = departures(State(city(), feed()))
    assert departures(run(example("reroute_line"))) == departures(run(example("extend_line"))) == base


def test_hours_of_service_are_cut_and_filled():
    state = run({"type": "set_span", "route_id": "1", "start": "07:00", "end": "10:00"})
    trips = state.feed.trips.filter(pl.col("route_id") == "1")["trip_id"]
    begins = sorted(int(t.split("-")[1]) for t in trips if t.startswith("0"))
    assert begins == list(range(7 * 3600, 10 * 3600, 1800))
    longer = run({"type": "set_span", "route_id": "1", "start": "05:00", "end": "13:00"})
    spans = longer.feed.frequencies.sort("start").select("start", "end", "headway").unique().sort("start").rows()
    assert spans == [(18000, 21600, 1800), (43200, 46800, 1800)]  # every 30 minutes, as in the hours next
    assert longer.feed.frequencies.height == 4


def test_the_type_of_vehicle_stands_with_the_line_and_in_its_gtfs(tmp_path):
    state = run(example("set_vehicle_type"), example("add_line", vehicle_type="midi"))
    assert vehicle_types_of(state.feed) == {"1": "articulated_18m", "N1": "midi_9m"}
    write_gtfs(state.feed, tmp_path / "f.zip")
    assert vehicle_types_of(read_gtfs(tmp_path / "f.zip")) == vehicle_types_of(state.feed)
    assert vehicle_types_of(feed()) == {}


def test_lines_call_at_a_new_stop_where_they_pass_it():
    state = run(example("add_stop"))
    # Half of the way from m to b and half of the 25 s that a stop costs; b is 25 s later.
    assert times(state, "0-25200") == [("a", 25200), ("m", 25500), ("market", 25662), ("b", 25825)]
    assert times(state, "1-25200") == [("b", 25200), ("market", 25362), ("m", 25525), ("a", 25825)]
    assert times(state, "t2") == [("a", 30000), ("b", 30600)]
    one = run(example("add_stop", direction=0))
    assert times(one, "1-25200") == [("b", 25200), ("m", 25500), ("a", 25800)]
    bare = run(example("add_stop", route_ids=["2"]))  # a line without a shape
    assert [s for s, _ in times(bare, "t2")] == ["a", "market", "b"]


def test_a_moved_stop_moves_in_both_tables_and_onto_its_street():
    state = run(example("move_stop"))
    assert state.feed.stops.filter(pl.col("stop_id") == "m")["stop_lon"].to_list() == [71.412]
    row = state.city.stops.filter(pl.col("stop_id") == "m").row(0, named=True)
    assert (row["lon"], row["link_id"], row["source"]) == (71.412, link(2, MAIN), "osm")
    assert state.city.stops["stop_id"].to_list() == ["a", "m", "b"]


# --- streets ---------------------------------------------------------------------------------------------------------


def test_a_bus_lane_takes_half_of_two_lanes_and_saves_buses_time():
    base, state = city(), run({"type": "bus_lane", "links": WEST})
    before, after = road_network(base, contract=False), road_network(state.city, contract=False)
    for row in WEST:
        assert capacity(after, row) == pytest.approx([c / 2 for c in capacity(before, row)])
    assert capacity(after, link(5, MAIN)) == capacity(before, link(5, MAIN))
    # 1399.5 m from a to b, 0.6 min/km: 25.2 s to m and 50.4 s to b, of 600 s.
    metres = base.links["length"].gather(WEST).sum()
    saved = round(metres / 2 * 0.6 * 60 / 1000), round(metres * 0.6 * 60 / 1000)
    assert times(state, "0-25200") == [("a", 25200), ("m", 25500 - saved[0]), ("b", 25800 - saved[1])]
    assert times(state, "1-25200")[-1] == ("a", 25800 - saved[1])
    assert times(state, "t2") == [("a", 30000), ("b", 30600 - saved[1])]  # without a shape: from stop to stop
    elsewhere = run({"type": "speed_limit", "links": [0], "kmh": 30})
    assert times(elsewhere, "0-25200") == [("a", 25200), ("m", 25500), ("b", 25800)]


def test_a_bus_lane_in_one_direction_serves_that_direction():
    base, state = city(), run({"type": "bus_lane", "links": WEST, "direction": "forward"})
    before, after = road_network(base, contract=False), road_network(state.city, contract=False)
    assert capacity(after, WEST[0]) == pytest.approx((capacity(before, WEST[0])[0] / 2, capacity(before, WEST[0])[1]))
    assert times(state, "0-25200")[-1][1] < 25800
    assert times(state, "1-25200")[-1] == ("a", 25800)


def test_a_widened_street_keeps_its_cars():
    state = run({"type": "bus_lane", "links": WEST, "takes_lane": False})
    before, after = road_network(city(), contract=False), road_network(state.city, contract=False)
    assert np.array_equal(before.network.capacity, after.network.capacity)
    assert times(state, "0-25200")[-1][1] < 25800


def test_a_trip_keeps_half_of_its_time():
    quick = {"type": "reroute_line", "route_id": "1", "from_stop": "a", "to_stop": "b", "minutes": [1]}
    state = run(quick, {"type": "bus_lane", "links": WEST})
    assert times(state, "0-25200") == [("a", 25200), ("b", 25230)]  # 50 s would be saved of 60 s


def test_priority_saves_seven_seconds_a_light_and_takes_green_from_the_sides():
    state = run({"type": "signal_priority", "links": WEST})
    # Lights stand at 71.41 and 71.42: eastward both are reached, westward only the first (the other one is behind).
    assert times(state, "0-25200")[-1] == ("b", 25800 - 14)
    assert times(state, "1-25200")[-1] == ("a", 25800 - 7)
    lit = state.city.nodes.filter(pl.col("signal_priority"))["node_id"].to_list()
    assert lit == [node(2, MAIN), node(4, MAIN)]
    before, after = road_network(city(), contract=False), road_network(state.city, contract=False)
    # 4 trips there, 4 back and one of line 2 from 7:00 to 9:00, on the same days: 4.5 an hour, 8 s of green each.
    left = 1 - 4.5 * 8 / 3600
    south, north = link(2, 1, along="column"), link(2, 2, along="column")
    assert capacity(after, south) == pytest.approx((capacity(before, south)[0] * left, capacity(before, south)[1]))
    assert capacity(after, north) == pytest.approx((capacity(before, north)[0], capacity(before, north)[1] * left))
    assert capacity(after, WEST[0]) == capacity(before, WEST[0])


def test_a_new_road_splits_the_streets_it_meets():
    base = city()
    state = run(example("add_road"))
    c = state.city
    assert c.nodes.height == base.nodes.height + 2
    assert c.links.height == base.links.height + 3
    new = c.links.filter(pl.col("name") == "New street").row(0, named=True)
    assert (new["highway"], new["lanes"], new["free_speed"], new["cycle_stress"]) == ("tertiary", 2.0, 40.0, 2)
    assert new["length"] == pytest.approx(333.8, abs=0.5)
    assert {new["from_node"], new["to_node"]} == {37, 38}
    # The halves of the main street are as long as the whole, and the first keeps its number.
    halves = c.links.filter((pl.col("from_node") == node(0, MAIN)) & (pl.col("highway") == "primary"))
    rest = c.links.filter((pl.col("to_node") == node(1, MAIN)) & (pl.col("highway") == "primary"))
    assert halves["link_id"].to_list() == [link(0, MAIN)]
    assert halves["length"][0] + rest["length"][0] == pytest.approx(base.links["length"][link(0, MAIN)], rel=1e-9)
    graph = street_graph(c.nodes, c.links, mode="car")
    assert graph.component.max() == 0
    lines = geoparquet.geometries(c.links)
    ends = shapely.get_coordinates([shapely.get_point(line, 0) for line in lines])
    at = c.nodes.select("lon", "lat").to_numpy()[c.links["from_node"].to_numpy()]
    assert np.abs(ends - at).max() < 1e-5


def test_a_split_street_takes_its_turns_and_stops_along():
    # Between the banned turn's street (from 71.400 to 71.405 at 51.144) and the street north of it.
    state = run({"type": "add_road", "path": [[71.4025, 51.1440], [71.4025, 51.1470]]})
    c = state.city
    second = c.links.filter((pl.col("to_node") == node(1, 0)) & (pl.col("from_node") >= 37))["link_id"].to_list()
    assert c.turns.select("from_link", "to_link").rows() == [(second[0], link(1, 0, along="column"))]
    whole = city().links["length"][link(2, MAIN)]
    moved = run(example("move_stop"), {"type": "add_road", "path": [[71.411, 51.150], [71.411, 51.1525]]}).city
    stop = moved.stops.filter(pl.col("stop_id") == "m").row(0, named=True)
    assert stop["link_id"] >= city().links.height
    assert stop["offset"] == pytest.approx(whole * 0.2, abs=1.0)


def test_a_road_crosses_others_at_grade_and_a_bridge_does_not():
    path = [[71.4025, 51.1440], [71.4025, 51.1530]]
    level = run({"type": "add_road", "path": path}).city
    assert level.links.height == city().links.height + 3 + 4
    bridge = run({"type": "add_road", "path": path, "structure": "bridge"}).city
    assert bridge.links.height == city().links.height + 1 + 2
    assert bridge.links["structure"].to_list().count("bridge") == 2


def test_a_second_bridge_joins_the_banks():
    state = run({"type": "add_road", "path": [[71.440, 51.147], [71.448, 51.147], list(BRIDGE_END)],
                 "structure": "bridge", "highway": "secondary", "lanes": 4})  # fmt: skip
    new = state.city.links.row(-1, named=True)
    assert (new["from_node"], new["to_node"]) == (node(8, 1), 36)


def test_a_closed_street_is_left_by_cars_alone():
    state = run({"type": "close_road", "links": [link(3, MAIN)]})
    assert road_network(state.city, contract=False).forward[link(3, MAIN)] == -1
    bus = street_graph(state.city.nodes, state.city.links, mode="bus")
    assert bus.arc_forward[link(3, MAIN)] >= 0
    side = run({"type": "close_road", "links": [0], "closed_to": "everybody"})
    walk = street_graph(side.city.nodes, side.city.links, mode="walk")
    assert walk.arc_forward[0] == -1


def test_a_rebuilt_street_carries_more():
    state = run(example("rebuild_road"))
    before, after = road_network(city(), contract=False), road_network(state.city, contract=False)
    assert capacity(before, 8) == (450, 450)
    assert capacity(after, 8) == (1600, 1600)
    row = state.city.links.row(8, named=True)
    assert (row["free_speed"], row["cycle_stress"], row["cycle_stress_tag"]) == (50, 4, "lanes=4")


def test_a_lower_limit_slows_cars_and_calms():
    state = run({"type": "speed_limit", "links": [8], "kmh": 20})
    before, after = road_network(city(), contract=False), road_network(state.city, contract=False)
    ratio = after.network.free_minutes[after.forward[8]] / before.network.free_minutes[before.forward[8]]
    assert ratio == pytest.approx(39 / 20)
    main = run({"type": "speed_limit", "links": [16], "kmh": 40}).city.links.row(16, named=True)
    assert (main["cycle_stress"], main["cycle_stress_tag"]) == (3, "lanes=4")


def test_a_track_calms_and_keeps_calm():
    state = run(example("cycle_lane"), {"type": "speed_limit", "links": [16], "kmh": 50})
    assert state.city.links["cycle_stress"].gather([16, 17, 18, 19]).to_list() == [1, 1, 1, 4]
    lane = run({"type": "cycle_lane", "links": [16]}).city.links.row(16, named=True)
    assert lane["cycle_stress"] == 3  # a painted lane beside two lanes at 60 km/h
    taken = run({"type": "cycle_lane", "links": [16], "kind": "track", "takes_lane": True})
    roads = road_network(taken.city, contract=False)
    assert capacity(roads, 16) == (950, 950)


def test_a_footway_is_walked_and_not_driven():
    state = run(example("footway"))
    c = state.city
    row = c.links.row(-1, named=True)
    assert (row["highway"], row["walk"], row["car_forward"], row["cycle_forward"]) == ("footway", True, False, False)
    assert (c.links["highway"] == "footway").sum() == 1
    walk = street_graph(c.nodes, c.links, mode="walk")
    assert walk.component.max() == 0 and walk.arc_forward[row["link_id"]] >= 0
    kerb = sum(k.sum() for k in kerb_metres(c).values())
    assert kerb == pytest.approx(sum(k.sum() for k in kerb_metres(city()).values()), rel=1e-6)


def test_a_crossing_marks_a_node_of_the_street():
    state = run(example("crossing"))
    marked = state.city.nodes.filter("crossing").row(0, named=True)
    assert (marked["node_id"], marked["crossing_control"], marked["signal"]) == (37, "marked", False)
    assert (marked["lon"], marked["lat"]) == pytest.approx((71.4125, 51.15), abs=1e-5)
    lights = run(example("crossing", point=[71.405, 51.1501], kind="signals"))
    assert lights.city.nodes.height == city().nodes.height
    assert lights.city.nodes["signal"][node(1, MAIN)]
    assert [lever.kind for lever in lights.levers] == ["signals"]


# --- places, parking, money ------------------------------------------------------------------------------------------


def test_a_facility_counts_in_its_zone_and_among_the_places():
    state = run(example("facility"))
    assert state.city.zones["clinics"].to_list() == [1.0, 1.0]
    found = facilities_of(state.city.places, state.city.zones, "clinics")
    assert found.names == ("Clinic 1", "Clinic 2")
    assert (found.lon[1], found.lat[1]) == (71.436, 51.148)
    # Schools are counted by zone alone here: a single named one would hide the rest.
    school = run(example("facility", kind="school"))
    assert school.city.places.height == city().places.height
    assert facilities_of(school.city.places, school.city.zones, "schools").ids == ("y",)
    centre = run(example("facility", kind="one_stop_centre"))
    assert facilities_of(centre.city.places, centre.city.zones, "one_stop").n == 1


def test_parking_levers_change_places_to_park():
    state = run(example("parking_supply"), example("parking_price"))
    given = lots([0, 1, 0], ["lot", "lot", "street"], [30, 10, 100])
    after = parking_lots(state.city, given, state.levers)
    assert after.by_zone(2).tolist() == [[100, 150, 0], [0, 10, 0]]
    street = after.kind == 0
    assert after.price[street].tolist() == [200] and after.limit[street].tolist() == [2]
    assert (after.paid_from[street][0], after.paid_to[street][0]) == (8, 20)
    assert after.price[~street].tolist() == [0, 0, 0]
    fewer = run(example("parking_supply", kind="street", spaces=-25))
    assert parking_lots(fewer.city, given, fewer.levers).spaces.tolist() == [30, 10, 75]
    many = run(example("parking_supply", spaces=-31))
    with pytest.raises(InputError, match="only 30 spaces are there"):
        parking_lots(many.city, given, many.levers)


def test_a_fare_is_the_ticket_of_the_timetable_and_the_last_one_counts():
    state = run(example("fare"), example("fare", price=90, minutes=None))
    assert state.of(Fare)[-1] == Fare(price=90, transfers=1)
    fares = fares_of(state.feed, day_timetable(state.feed, DAY))
    assert (fares.price.tolist(), fares.currency, fares.transfers.tolist()) == ([90.0], "KZT", [1])
    assert np.isinf(fares.duration).all()


def test_vehicles_have_a_vehicle_of_the_climate_room():
    assert climate_vehicle("midi_9m", "diesel") == "midi_diesel_euro_v"
    assert climate_vehicle("battery_12m", "battery") == "battery_12m"


def test_a_city_that_was_changed_can_be_written_and_read(tmp_path):
    state = run(*(dict(k.example) for k in KINDS.values() if k.type not in ("remove_line", "reroute_line", "bus_lane")))
    c = state.city
    folder.write(
        tmp_path / "c",
        c.meta,
        {t: getattr(c, t) for t in ("zones", "places", "nodes", "links", "turns", "stops", "base")},
    )
    back = folder.read(tmp_path / "c")
    assert back.links.height == c.links.height
    assert back.links["capacity_share_forward"].equals(c.links["capacity_share_forward"])
    write_gtfs(state.feed, tmp_path / "f.zip")
    assert read_gtfs(tmp_path / "f.zip").trips.height == state.feed.trips.height
