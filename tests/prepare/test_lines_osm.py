"""Route relations on a small made street grid, one oddity at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from shapely import Point

from shaar.engine.city.extract import Feature, OsmExtract, Relation
from shaar.engine.city.streets import build_streets
from shaar.engine.prepare.lines_osm import lines_from_osm
from shaar.engine.prepare.lines_times import SpeedRules, headway_of, parse_hours, parse_minutes, run_times
from shaar.engine.timetable.lines import ServiceLine

LON0, LAT0, STEP = 74.600, 42.870, 0.004  # about 326 m east, 444 m north
CRS = "EPSG:32643"
Members = list[tuple[str, int, str]]


def grid(oneway: dict[int, str] | None = None) -> OsmExtract:
    """Seven by three nodes (id 100 * row + column); ways 1..6 the middle row, 11..16 the upper, 21..27 columns up."""
    ids = [100 * r + c for r in range(3) for c in range(7)]
    lon = np.array([LON0 + STEP * (i % 100) for i in ids])
    lat = np.array([LAT0 + STEP * (i // 100) for i in ids])
    at = {n: k for k, n in enumerate(ids)}
    ways = [(1 + c, [100 + c, 101 + c]) for c in range(6)]
    ways += [(11 + c, [200 + c, 201 + c]) for c in range(6)]
    ways += [(21 + c, [c, 100 + c, 200 + c]) for c in range(7)]
    tags = tuple({"highway": "tertiary", **({"oneway": oneway[w]} if oneway and w in oneway else {})} for w, _ in ways)
    nodes = [at[n] for _, ns in ways for n in ns]
    return OsmExtract(
        np.array(ids), lon, lat, np.array([w for w, _ in ways]), tags,
        np.concatenate([[0], np.cumsum([len(n) for _, n in ways])]), np.array(nodes), {}, (), (),
    )  # fmt: skip


def lay(
    members: Members,
    tags: dict[str, str] | None = None,
    extract: OsmExtract | None = None,
    points: tuple[Feature, ...] = (),
) -> tuple[tuple[ServiceLine, ...], pl.DataFrame, dict[str, object]]:
    relation = Relation(1, {"type": "route", "route": "bus", "ref": "7", **(tags or {})}, tuple(members))
    extract = replace(extract or grid(), relations=(relation,), points=points)
    streets = build_streets(extract)
    none = pl.DataFrame(
        schema={"stop_id": pl.String, "name": pl.String, "lon": pl.Float64, "lat": pl.Float64, "source": pl.String}
    )
    lines, stops, findings = lines_from_osm(extract, streets.nodes, streets.links, streets.way_links, none, crs=CRS)
    return lines, stops, {f.code: f for f in findings}


def ends(line: ServiceLine, k: int) -> list[tuple[int, int]]:
    """Grid column and row of the first and last point of a direction."""
    g = line.directions[k].geometry
    assert g is not None
    return [(round((x - LON0) / STEP), round((y - LAT0) / STEP)) for x, y in (g.coords[0], g.coords[-1])]


ROW: Members = [("w", 1 + c, "") for c in range(6)]


def test_ordered_ways_make_both_directions() -> None:
    lines, stops, found = lay(ROW)
    assert [line.name for line in lines] == ["7"]
    assert ends(lines[0], 0) == [(0, 1), (6, 1)]
    assert ends(lines[0], 1) == [(6, 1), (0, 1)]
    assert set(stops["source"]) == {"synthesised"}
    assert "lines.return" in found
    assert "lines.unordered" not in found
    for d in lines[0].directions:
        assert 5 <= len(d.stop_ids) <= 7  # 1.96 km at about 400 m
        assert list(d.seconds) == sorted(d.seconds)
        speed = 1.96 / (d.seconds[-1] / 3600)
        assert 12 < speed < 20


def test_synthesised_stops_stand_on_the_right() -> None:
    lines, stops, _ = lay(ROW)
    lat = dict(stops.select("stop_id", "lat").iter_rows())
    east, west = lines[0].directions
    assert all(lat[s] < LAT0 + STEP for s in east.stop_ids)
    assert all(lat[s] > LAT0 + STEP for s in west.stop_ids)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_members_gives_the_same_way(seed: int) -> None:
    members = [ROW[i] for i in np.random.default_rng(seed).permutation(6)]
    lines, _, _ = lay(members)
    assert {tuple(ends(lines[0], k)) for k in (0, 1)} == {((0, 1), (6, 1)), ((6, 1), (0, 1))}


def test_a_gap_is_bridged_along_streets_and_said() -> None:
    lines, _, found = lay([m for m in ROW if m[1] not in (3, 4)])
    assert ends(lines[0], 0) == [(0, 1), (6, 1)]
    assert 0.5 < found["lines.bridged"].values["km"] < 1.5  # type: ignore[attr-defined]


def test_ways_outside_the_data_are_said() -> None:
    _, _, found = lay([*ROW, ("w", 999, "")])
    assert found["lines.outside"].values["items"] == 1  # type: ignore[attr-defined]


def test_roles_split_the_directions() -> None:
    """Out on the middle row, back on the upper one: both drawn in the relation with forward and backward."""
    members: Members = [("w", 1, ""), *(("w", w, "forward") for w in (2, 3, 4, 5)), ("w", 22, ""), ("w", 26, "")]
    members += [("w", w, "backward") for w in (12, 13, 14, 15)] + [("w", 6, "")]
    lines, _, _ = lay(members)
    rows = []
    for d in lines[0].directions:
        assert d.geometry is not None
        middle = d.geometry.interpolate(0.5, normalized=True)
        rows.append((d.geometry.coords[0][0] < d.geometry.coords[-1][0], round((middle.y - LAT0) / STEP)))
    assert sorted(rows) == [(False, 2), (True, 1)]


def test_a_return_over_oneway_streets_takes_others() -> None:
    lines, _, found = lay(ROW, extract=grid({3: "yes", 4: "yes"}))
    there, back = (d.geometry for d in lines[0].directions)
    assert there is not None
    assert back is not None
    assert max(y for _, y in there.coords) < LAT0 + 1.1 * STEP
    assert max(y for _, y in back.coords) > LAT0 + 1.9 * STEP or min(y for _, y in back.coords) < LAT0 + 0.1 * STEP
    assert "lines.against" not in found


def stop(n: int, column: float, row: float, side: float, name: str) -> Feature:
    return Feature(
        "node", n, {"highway": "bus_stop", "name": name}, Point(LON0 + STEP * column, LAT0 + STEP * row + side)
    )


def test_stops_of_the_relation_are_taken_in_order_of_the_way() -> None:
    points = tuple(stop(900 + i, 0.3 + i, 1, -0.00005, f"остановка {i}") for i in range(6))
    points += tuple(stop(950 + i, 0.3 + i, 1, 0.00005, f"обратно {i}") for i in range(6))
    refs: Members = [("n", p.osm_id, "platform") for p in points[::-1]]
    lines, stops, found = lay([*ROW, *refs], points=points)
    east, west = lines[0].directions
    assert list(east.stop_ids) == [f"osm:n{900 + i}" for i in range(6)]
    assert list(west.stop_ids) == [f"osm:n{950 + i}" for i in range(5, -1, -1)]
    assert "lines.synthesised" not in found
    assert stops.filter(pl.col("stop_id") == "osm:n900")["name"][0] == "остановка 0"


def test_stops_only_are_laid_on_streets() -> None:
    points = tuple(stop(900 + i, 0.3 + i, 1, -0.00005, f"s{i}") for i in range(6))
    lines, _, found = lay([("n", p.osm_id, "stop") for p in points], points=points)
    assert lines[0].directions[0].stop_ids == tuple(f"osm:n{900 + i}" for i in range(6))
    g = lines[0].directions[0].geometry
    assert g is not None
    assert max(abs(y - LAT0 - STEP) for _, y in g.coords) < 1e-5
    assert "lines.from_stops" in found
    shuffled: Members = [("n", points[i].osm_id, "stop") for i in (3, 0, 5, 1, 4, 2)]
    _, _, found = lay(shuffled, points=points)
    assert "lines.reordered" in found


def test_one_stop_is_no_line() -> None:
    lines, _, found = lay([("n", 900, "stop")], points=(stop(900, 0.3, 1, -0.00005, "s"),))
    assert lines == ()
    assert found["lines.dropped"].count == 1  # type: ignore[attr-defined]


def test_headway_tags_are_read_else_assumed() -> None:
    lines, _, found = lay(ROW, {"interval": "00:12", "opening_hours": "Mo-Su 05:30-23:00"})
    assert lines[0].directions[0].spans == ((19800, 82800, 720),)
    assert "lines.headway" not in found
    lines, _, found = lay(ROW, {"route": "share_taxi"})
    assert lines[0].directions[0].spans == ((21600, 79200, 480),)
    assert lines[0].route_type == 1501
    assert {"lines.headway", "lines.hours"} <= set(found)


def test_a_loop_has_one_direction() -> None:
    members: Members = [("w", w, "") for w in (2, 3)] + [("w", 24, ""), ("w", 13, ""), ("w", 12, ""), ("w", 22, "")]
    lines, _, found = lay(members, {"roundtrip": "yes"})
    assert len(lines) == 1
    assert "lines.return" not in found


@pytest.mark.parametrize(
    ("tags", "seconds"),
    [({"interval": "10"}, 600), ({"interval": "00:07:30"}, 450), ({"interval": "8-12 min"}, 600),
     ({"frequency": "6/h"}, 600),
     ({"interval": "often"}, None), ({"interval": "0"}, None), ({}, None)],
)  # fmt: skip
def test_headways(tags: dict[str, str], seconds: int | None) -> None:
    assert headway_of(tags) == seconds


def test_hours_and_run_times() -> None:
    assert parse_hours("Mo-Fr 06:00-00:30; Sa off") == (21600, 88200)
    assert parse_hours("24/7") == (0, 86400)
    assert parse_hours("daily") is None
    assert parse_minutes("7,5 мин") == 450
    # 240 m at 24 km/h is 36 s, another 220 m at 22 km/h 36 s, dwell 20 s at the stop between
    assert run_times(SpeedRules(), [(240.0, "primary"), (220.0, "secondary")], np.array([0.0, 240.0, 460.0])) == (
        0,
        36,
        92,
    )
