"""Writing, merging, and feeds from lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString
from timetable_cases import SMALL, MakeFeed

from shaar.engine.errors import InputError
from shaar.engine.timetable.day import day_timetable
from shaar.engine.timetable.feed import SCHEMA, Feed
from shaar.engine.timetable.lines import ServiceDirection, ServiceLine, feed_from_lines
from shaar.engine.timetable.merge import merge_feeds
from shaar.engine.timetable.pattern_length import pattern_km
from shaar.engine.timetable.read import read_gtfs
from shaar.engine.timetable.write import write_gtfs

STOPS = pl.DataFrame(
    {"stop_id": ["a", "b", "c"], "name": ["А", None, "В"], "lon": [74.60, 74.61, 74.62], "lat": [42.87, 42.87, 42.88]}
)
SPANS = ((21600, 36000, 600), (36000, 79200, 900))


def same(a: Feed, b: Feed) -> None:
    for table in SCHEMA:
        x, y = getattr(a, table), getattr(b, table)
        assert x.equals(y), (table, x, y)


def line(**changes: object) -> ServiceLine:
    there = ServiceDirection(
        ("a", "b", "c"), (0, 120, 300), LineString([(74.6, 42.87), (74.61, 42.87), (74.62, 42.88)]), SPANS, "В"
    )
    return ServiceLine("L1", "7", 11, (replace(there, **changes),), "00AA55")  # type: ignore[arg-type]


def make(lines: list[ServiceLine]) -> Feed:
    return feed_from_lines(
        lines, STOPS, agency_name="Город", time_zone="Asia/Bishkek", start=date(2026, 1, 1), end=date(2026, 12, 31)
    )


name = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(st.one_of(name, st.just('a "b", c'), st.just("two\nlines")), min_size=3, max_size=3),
    seconds=st.lists(st.integers(0, 100_000), min_size=2, max_size=2),
    span=st.tuples(st.integers(0, 50_000), st.integers(1, 90_000), st.integers(1, 10_000)),
    xy=st.lists(st.tuples(st.floats(70, 80), st.floats(40, 45)), min_size=3, max_size=3),
)
def test_write_then_read_is_the_identity(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    seconds: list[int],
    span: tuple[int, int, int],
    xy: list[tuple[float, float]],
) -> None:
    stops = STOPS.with_columns(
        pl.Series("name", names), pl.Series("lon", [p[0] for p in xy]), pl.Series("lat", [p[1] for p in xy])
    )
    run = (0, *sorted(seconds))
    lines = [
        line(seconds=run, spans=((span[0], span[0] + span[1], span[2]),), geometry=LineString(xy), headsign=names[0])
    ]
    feed = feed_from_lines(
        lines, stops, agency_name=names[1], time_zone="Asia/Almaty", start=date(2026, 1, 1), end=date(2026, 6, 30)
    )
    path = tmp_path_factory.mktemp("w") / "x.zip"
    write_gtfs(feed, path)
    same(feed, read_gtfs(path))


@pytest.mark.parametrize(
    "path",
    [
        "porto_alegre/poa_eptc.zip",
        "las_palmas/gtfs_guaguas_20230222.zip",
        "trujillo/gtfs_informal_trufi.zip",
        "chisinau/gtfs_bus_pua_2020.zip",
    ],
)
def test_real_feeds_survive_writing(shared_data: Path, tmp_path: Path, path: str) -> None:
    feed = read_gtfs(shared_data / "cities" / path)
    write_gtfs(feed, tmp_path / "a.zip")
    again = read_gtfs(tmp_path / "a.zip")
    same(feed, again)
    assert {k: v.to_dicts() for k, v in feed.others.items()} == {k: v.to_dicts() for k, v in again.others.items()}
    write_gtfs(again, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip"]


def test_a_failed_write_leaves_nothing(make_feed: MakeFeed, tmp_path: Path) -> None:
    feed = read_gtfs(make_feed())
    target = tmp_path / "there"
    target.mkdir()
    with pytest.raises(OSError):  # a folder cannot be replaced by a file
        write_gtfs(feed, target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["feed.zip", "there"]


def test_merge_renames_only_what_clashes(make_feed: MakeFeed, tmp_path: Path) -> None:
    first = read_gtfs(make_feed())
    other = read_gtfs(
        make_feed(
            {"stops": SMALL["stops"].replace("A,", "E,"), "stop_times": SMALL["stop_times"].replace(",A,", ",E,")},
            name="b.zip",
        )
    )
    both = merge_feeds([first, other], ["bus", "tram"])
    assert both.stops["stop_id"].to_list() == ["A", "B", "C", "D", "E", "tram:B", "tram:C", "tram:D"]
    assert both.trips["trip_id"].to_list() == ["T1", "T2", "tram:T1", "tram:T2"]
    assert both.trips["service_id"].to_list() == ["wk", "wk", "tram:wk", "tram:wk"]
    assert [f.code for f in both.findings if f.code.startswith("merge")] == ["merge.renamed"]
    write_gtfs(both, tmp_path / "m.zip")
    same(both, read_gtfs(tmp_path / "m.zip"))
    days = [day_timetable(f, date(2026, 5, 6)) for f in (first, both)]
    assert int(days[1].n_trips.sum()) == 2 * int(days[0].n_trips.sum())
    with pytest.raises(InputError, match="different names"):
        merge_feeds([first, other], ["x", "x"])


def test_lines_make_a_headway_day() -> None:
    back = ServiceDirection(("c", "b", "a"), (0, 180, 300), None, SPANS)
    one = line()
    feed = make([replace(one, directions=(*one.directions, back))])
    tt = day_timetable(feed, date(2026, 3, 1), previous_day=False)
    assert tt.n_patterns == 2
    assert tt.pattern_direction.tolist() == [0, 1]
    assert tt.span_headway.tolist() == [600, 900, 600, 900]
    assert tt.departure.tolist() == [0, 120, 300] * 2 + [0, 180, 300] * 2
    assert feed.routes.row(0, named=True)["route_type"] == 11
    assert (pattern_km(feed, tt) > 1.9).all()


def test_loop_and_calendar_kinds() -> None:
    loop = line(stop_ids=("a", "b", "a"))
    feed = feed_from_lines(
        [loop],
        STOPS,
        agency_name="x",
        time_zone="Asia/Bishkek",
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        days="weekend",
    )
    assert feed.stops["stop_id"].to_list() == ["a", "b"]
    assert day_timetable(feed, date(2026, 3, 4), previous_day=False).n_patterns == 0
    assert day_timetable(feed, date(2026, 3, 7)).n_patterns == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"stop_ids": ("a",)}, "two are the least"),
        ({"stop_ids": ("a", "b", "x")}, '"x" is not in the table'),
        ({"seconds": (0, 120)}, "2 run times for 3 stops"),
        ({"seconds": (0, 300, 200)}, "never fall"),
        ({"seconds": (10, 20, 30)}, "start at 0"),
        ({"spans": ()}, "no time span"),
        ({"spans": ((0, 10, 0),)}, "not positive"),
        ({"spans": ((10, 10, 60),)}, "empty"),
        ({"spans": ((0, 100, 60), (50, 200, 60))}, "overlap"),
    ],
)
def test_lines_that_make_no_sense(changes: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        make([line(**changes)])
    with pytest.raises(InputError, match="stands twice"):
        make([line(), line()])
