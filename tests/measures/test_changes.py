"""What each change does, by hand."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from measures.toy import city, feed
from shaar.engine.errors import InputError
from shaar.engine.measures import apply, parse_scenario, read_scenario
from shaar.engine.measures.registry import KINDS


def run(*changes: dict, f="feed"):
    return apply(city(), feed() if f == "feed" else f, parse_scenario({"name": "t", "changes": list(changes)}))


def test_population_is_scaled_alike_and_says_from_what():
    c, _ = run({"type": "population_total", "value": 2000, "date": "2026-02-01", "source": "stat office"})
    assert c.zones["population"].to_list() == pytest.approx([600, 1400])
    p = c.meta.provenance["zones.population"]
    assert (p.badge, p.date) == ("modelled", "2026-02-01")
    assert "stat office" in p.source and "census" in p.source and "2.0000" in p.method


def test_remove_line_takes_everything_of_it_and_nothing_else():
    _, f = run({"type": "remove_line", "route_id": "1"})
    assert f.routes["route_id"].to_list() == ["2"]
    assert f.trips["trip_id"].to_list() == ["t2"]
    assert f.stop_times.height == 2
    assert f.shapes.height == 0
    assert f.stops.height == 3


def test_add_line_begins_a_timetable_where_there_is_none():
    c, f = run(KINDS["add_line"].example, f=None)
    assert f.routes["route_short_name"].to_list() == ["N1"]
    assert f.frequencies.sort("trip_id", "start").rows() == [
        ("N1:0", 21600, 36000, 480, 0), ("N1:0", 36000, 82800, 900, 0),
        ("N1:1", 21600, 36000, 480, 0), ("N1:1", 36000, 82800, 900, 0),
    ]  # fmt: skip
    out = f.stop_times.filter(pl.col("trip_id") == "N1:0")
    assert out["stop_id"].to_list() == ["a", "b", "new-1"]
    assert out["arrival"].to_list() == [21600, 21870, 22260]
    assert c.stops.filter(pl.col("stop_id") == "new-1")["source"].to_list() == ["proposed"]
    assert f.stops.filter(pl.col("stop_id") == "new-1")["stop_name"].to_list() == ["New quarter"]
    assert f.calendar["start_date"].to_list()[0].isoformat() == "2020-01-01"


def test_added_lines_run_on_the_days_of_the_timetable():
    _, f = run(KINDS["add_line"].example)
    row = f.calendar.filter(pl.col("service_id") != "wd").row(0, named=True)
    assert (row["start_date"].isoformat(), row["end_date"].isoformat(), row["sunday"]) == (
        "2026-01-01",
        "2026-12-31",
        1,
    )


def test_two_lines_may_share_a_new_stop_but_not_move_it():
    second = {**KINDS["add_line"].example, "line_id": "N2", "name": "N2"}
    c, f = run(KINDS["add_line"].example, second)
    assert c.stops.filter(pl.col("stop_id") == "new-1").height == 1
    assert f.calendar.height == 2
    moved = {**second, "new_stops": [{"stop_id": "new-1", "lon": 71.5, "lat": 51.15}]}
    with pytest.raises(InputError, match=r"change 2 \(add_line\).*new-1"):
        run(KINDS["add_line"].example, moved)


def test_a_loop_has_one_direction():
    loop = {**KINDS["add_line"].example, "stops_backward": [], "minutes_backward": [], "geometry_backward": []}
    _, f = run(loop, f=None)
    assert f.trips["trip_id"].to_list() == ["N1:0"]


def test_set_headway_replaces_departures_inside_the_window_only():
    _, f = run({"type": "set_headway", "route_id": "1", "start": "07:00", "end": "09:00", "minutes": 10})
    left = f.trips.filter((pl.col("route_id") == "1") & (pl.col("direction_id") == 0))
    scheduled = left.filter(~pl.col("trip_id").is_in(f.frequencies["trip_id"].implode()))
    assert scheduled.height == 12 - 4
    assert f.frequencies.sort("trip_id").select("start", "end", "headway").rows() == [(25200, 32400, 600)] * 2
    trip = f.frequencies["trip_id"][0]
    assert f.stop_times.filter(pl.col("trip_id") == trip)["arrival"].to_list() == [25200, 25500, 25800]


def test_set_headway_in_one_direction():
    _, f = run(
        {"type": "set_headway", "route_id": "1", "start": "07:00", "end": "09:00", "minutes": 10, "direction": 1}
    )
    assert f.frequencies.height == 1
    assert f.trips.filter((pl.col("route_id") == "1") & (pl.col("direction_id") == 0)).height == 12


def test_set_headway_cuts_a_span_in_three():
    _, f = run(
        KINDS["add_line"].example,
        {"type": "set_headway", "route_id": "N1", "start": "12:00", "end": "13:05", "minutes": 5},
    )
    spans = f.frequencies.filter(pl.col("trip_id").str.starts_with("N1:0")).sort("start")
    # The quarter-hours go on after 13:05 with the departure of 13:15.
    assert spans.select("start", "end", "headway").rows() == [
        (21600, 36000, 480), (36000, 43200, 900), (43200, 47100, 300), (47700, 82800, 900),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"type": "remove_line", "route_id": "9"}, "no line 9"),
        ({"type": "set_headway", "route_id": "9", "start": "07:00", "end": "08:00", "minutes": 5}, "no line 9"),
        ({"type": "set_headway", "route_id": "1", "start": "20:00", "end": "21:00", "minutes": 5}, "does not depart"),
        ({**KINDS["add_line"].example, "line_id": "1"}, "already runs"),
        ({**KINDS["add_line"].example, "new_stops": []}, "new-1 is neither"),
    ],
)
def test_changes_that_cannot_be_made(change, word):
    with pytest.raises(InputError, match=word):
        run(change)


def test_a_line_cannot_be_removed_without_a_timetable():
    with pytest.raises(InputError, match="no timetable"):
        run({"type": "remove_line", "route_id": "1"}, f=None)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"minutes_forward": [0, 5]}, "2 entries for 3"),
        ({"minutes_forward": [1, 5, 6]}, "begin with 0"),
        ({"minutes_forward": [0, 5, 5]}, "grow"),
        ({"stops_backward": ["a"], "minutes_backward": [0]}, "at least two"),
        ({"headways": []}, "headways"),
        ({"headways": [{"start": "09:00", "end": "08:00", "minutes": 5}]}, "later"),
        ({"headways": [
            {"start": "06:00", "end": "09:00", "minutes": 5}, {"start": "08:00", "end": "10:00", "minutes": 5},
        ]}, "overlap"),
        ({"new_stops": [{"stop_id": "n", "lon": 51.1, "lat": 171.4}]}, "lat"),
        ({"headways": [{"start": "6am", "end": "09:00", "minutes": 5}]}, "start"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_together_is_refused(fields, word):
    with pytest.raises(InputError, match=word):
        parse_scenario({"name": "x", "changes": [{**KINDS["add_line"].example, **fields}]}, file="s.toml")


def test_the_order_matters_to_the_hash():
    a, b = KINDS["remove_line"].example, KINDS["population_total"].example
    assert (
        parse_scenario({"name": "x", "changes": [a, b]}).hash != parse_scenario({"name": "x", "changes": [b, a]}).hash
    )


def test_bad_files_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no such scenario"):
        read_scenario(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("name = ", encoding="utf-8")
    with pytest.raises(InputError, match="not valid TOML"):
        read_scenario(bad)
    bad.write_text('name = "x"\nchanges = [{type = "fly"}]', encoding="utf-8")
    with pytest.raises(InputError, match=r"changes\.0"):
        read_scenario(bad)


def test_a_scaled_population_is_checked_against_its_own_total():
    c = city()
    stated = replace(c, meta=replace(c.meta, build={"population_total": 1000.0}))
    change = {"type": "population_total", "value": 2000, "date": "2026-02-01", "source": "stat office"}
    changed, _ = apply(stated, None, parse_scenario({"name": "x", "changes": [change]}))
    assert changed.meta.build == {"population_total": 2000.0}
    assert stated.meta.build == {"population_total": 1000.0}


def test_a_line_does_not_run_between_its_headway_spans():
    line = {
        **KINDS["add_line"].example,
        "headways": [
            {"start": "06:00", "end": "07:00", "minutes": 10},
            {"start": "20:00", "end": "21:00", "minutes": 20},
        ],
    }
    other = {"type": "set_headway", "route_id": line["line_id"], "start": "10:00", "end": "11:00", "minutes": 5}
    with pytest.raises(InputError, match="does not depart between 10:00 and 11:00"):
        run(line, other)
    _, f = run(line, {**other, "start": "20:00", "end": "21:00"})
    spans = (
        f.frequencies.filter(pl.col("trip_id").str.starts_with("N1:0")).select("start", "end", "headway").sort("start")
    )
    assert spans.rows() == [(21600, 25200, 600), (72000, 75600, 300)]
