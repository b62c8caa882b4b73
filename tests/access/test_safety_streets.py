"""Sites, walks to doors, crossing points and the ranking, on streets small enough to check by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from shaar.engine.access.safety_risk import crossing_points, death_risk, is_main, lanes
from shaar.engine.access.safety_sites import find_sites, site_of_crashes
from shaar.engine.access.safety_spf import exposure, rank_sites
from shaar.engine.access.safety_walks import walk_to_doors, within_metres
from shaar.engine.city import schema
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError
from shaar.engine.routing.graph import street_graph
from shaar.engine.routing.snap import Snapped

P = load_parameters("safety.csv")
M = 1 / 111_320  # degrees a metre on the equator


def streets(at: list[tuple[float, float]], links: list[tuple[int, int, str]], **columns) -> tuple:
    """Nodes at metres, links with their class; footways closed to vehicles."""
    nodes = pl.DataFrame(
        {"node_id": range(len(at)), "lon": [x * M for x, _ in at], "lat": [y * M for _, y in at],
         "signal": [False] * len(at), "crossing": [False] * len(at)}
    )  # fmt: skip
    a, b, kind = (list(c) for c in zip(*links))
    length = [float(np.hypot(at[i][0] - at[j][0], at[i][1] - at[j][1])) for i, j in zip(a, b)]
    line = [shapely.LineString([(at[i][0] * M, at[i][1] * M), (at[j][0] * M, at[j][1] * M)]) for i, j in zip(a, b)]
    drive = [k != "footway" for k in kind]
    frame = pl.DataFrame(
        {"link_id": range(len(a)), "from_node": a, "to_node": b, "geometry": [shapely.to_wkb(g) for g in line],
         "length": length, "highway": kind, "name": [None] * len(a), "lanes": [None] * len(a),
         "free_speed": [60.0 if k in ("primary", "secondary") else 30.0 for k in kind], "walk": [True] * len(a),
         "cycle_stress": [1] * len(a), "slope": [None] * len(a)}
        | {f"{m}_{d}": drive for m in ("car", "bus", "cycle") for d in ("forward", "backward")}
        | columns
    )  # fmt: skip
    return schema.conform("nodes", nodes), schema.conform("links", frame)


# a footway from homes (0) to a school (4) crosses a primary street (5-2-6) at node 2
#          5
#   0 - 1 -2- 3 - 4      20 m between nodes, the street 100 m to either side
#          6
CROSS_AT = [(0, 0), (20, 0), (40, 0), (60, 0), (80, 0), (40, 100), (40, -100)]
CROSS_LINKS = [(0, 1, "footway"), (1, 2, "footway"), (2, 3, "footway"), (3, 4, "footway"), (5, 2, "primary"),
               (2, 6, "primary")]  # fmt: skip


def door(link: int, along: float, length: float) -> Snapped:
    return Snapped(np.array([link], np.int32), np.array([along]), np.array([length]), np.array([0.0]))


def walk(nodes: pl.DataFrame, links: pl.DataFrame, people: list[float], at: Snapped, limit: float = 2000.0):
    graph = street_graph(nodes, links, mode="walk", cost="metres")
    return walk_to_doors(graph, nodes, links, people, at, P, limit=limit)


def test_children_cross_the_street_by_hand() -> None:
    nodes, links = streets(CROSS_AT, CROSS_LINKS)
    w = walk(nodes, links, [30.0, 0, 0, 0, 0, 0], door(3, 20.0, 20.0))
    assert w.door_people.tolist() == [30.0]
    assert w.door_metres[0] == pytest.approx(70.0)  # from the middle of the first link
    assert w.link_people.tolist() == [30.0, 30.0, 30.0, 30.0, 0.0, 0.0]
    row = w.crossings.row(0, named=True)
    assert w.crossings.height == 1
    assert (row["node"], row["highway"], row["people"], row["main"], row["signal"]) == (2, "primary", 30.0, True, False)
    assert row["metres"] == pytest.approx(40.0)
    # 60 km/h, four lanes because none are tagged, nothing controls it
    assert row["points"] == pytest.approx(float(death_risk(60) / death_risk(50)) * 2)
    assert w.door_points[0] == pytest.approx(row["points"])


def test_lights_and_marks_lower_the_points() -> None:
    nodes, links = streets(CROSS_AT, CROSS_LINKS)
    plain = walk(nodes, links, [30.0, 0, 0, 0, 0, 0], door(3, 20.0, 20.0)).crossings
    flag = lambda c, on: nodes.with_columns(pl.Series(c, [k == on for k in range(7)]))  # noqa: E731
    marked = walk(flag("crossing", 2), links, [30.0, 0, 0, 0, 0, 0], door(3, 20.0, 20.0)).crossings
    lit = walk(flag("signal", 1), links, [30.0, 0, 0, 0, 0, 0], door(3, 20.0, 20.0)).crossings  # 20 m before it
    assert marked["points"][0] == pytest.approx(plain["points"][0] * P["control_marked"])
    assert lit["points"][0] == pytest.approx(plain["points"][0] * P["control_signal"])
    assert lit["signal"][0]


def test_along_a_street_half_cross_the_side_street() -> None:
    # a street 0-1-2 with a side street 1-3: who walks along it may be on the other side
    nodes, links = streets([(0, 0), (100, 0), (200, 0), (100, 100)],
                           [(0, 1, "residential"), (1, 2, "residential"), (1, 3, "residential")])  # fmt: skip
    w = walk(nodes, links, [10.0, 0, 0], door(1, 100.0, 100.0))
    assert w.crossings.select("node", "link", "people").rows() == [(1, 2, 10.0 * P["cross_along"])]
    assert not w.crossings["main"][0]


def test_who_lives_too_far_is_told() -> None:
    nodes, links = streets(CROSS_AT, CROSS_LINKS)
    w = walk(nodes, links, [30.0, 7.0, 0, 0, 0, 0], door(3, 20.0, 20.0), limit=60.0)
    assert (w.lost, w.door_people.tolist()) == (30.0, [7.0])
    nobody = walk(nodes, links, [1.0] * 6, Snapped(*(np.zeros(0, t) for t in (np.int32, float, float, float))))
    assert (nobody.lost, nobody.crossings.height) == (6.0, 0)
    with pytest.raises(ValueError, match="walking"):
        walk_to_doors(street_graph(nodes, links, mode="car", cost="metres"), nodes, links, [0.0] * 6,
                      door(3, 0.0, 20.0), P, limit=10)  # fmt: skip


grids = st.tuples(st.integers(2, 4), st.integers(2, 4), st.integers(0, 10_000))


@settings(max_examples=40, deadline=None)
@given(grids, st.integers(1, 3), st.floats(50, 600))
def test_nobody_is_lost_or_made_on_the_way(grid, doors, limit) -> None:
    nx, ny, seed = grid
    rng = np.random.default_rng(seed)
    at = [(100.0 * i, 100.0 * j) for j in range(ny) for i in range(nx)]
    pairs = [(k, k + 1) for k in range(nx * ny) if (k + 1) % nx] + [(k, k + nx) for k in range(nx * (ny - 1))]
    kinds = rng.choice(["footway", "residential", "primary"], len(pairs))
    nodes, links = streets(at, [(a, b, str(k)) for (a, b), k in zip(pairs, kinds)])
    people = rng.integers(0, 20, len(pairs)).astype(float)
    where = rng.integers(0, len(pairs), doors).astype(np.int32)
    snapped = Snapped(where, rng.uniform(0, 100, doors), np.full(doors, 100.0), np.zeros(doors))
    w = walk(nodes, links, people.tolist(), snapped, limit)
    assert w.door_people.sum() + w.lost == pytest.approx(people.sum())
    assert (w.door_metres[w.door_people > 0] <= limit + 1e-9).all()
    assert (w.crossings["people"] > 0).all()
    assert (w.link_people <= people.sum() + 1e-9).all()


def test_flags_within_a_distance() -> None:
    nodes, _ = streets([(0, 0), (24, 0), (60, 0)], [(0, 1, "footway"), (1, 2, "footway")])
    lit = nodes.with_columns(signal=pl.Series([True, False, False]))
    assert within_metres(lit, "signal", 25.0).tolist() == [True, True, False]
    assert within_metres(nodes, "signal", 25.0).tolist() == [False] * 3


def test_risk_is_the_published_curve() -> None:
    # Rosen and Sander 2009: at 50 km/h more than twice that at 40 km/h and more than five times that at 30 km/h
    assert death_risk([30, 40, 50]) == pytest.approx([0.0148, 0.0356, 0.0832], abs=5e-4)
    assert death_risk(50) / death_risk(40) > 2
    assert death_risk(50) / death_risk(30) > 5
    assert crossing_points(50, 2, False, False, P) == pytest.approx(1.0)
    assert crossing_points(50, 2, True, True, P) == pytest.approx(P["control_signal"])
    assert crossing_points(50, 2, False, False, P, steep=[True, False]) == pytest.approx([P["steep_factor"], 1.0])


def test_a_steep_street_is_worse_to_cross() -> None:
    nodes, links = streets(CROSS_AT, CROSS_LINKS)
    hill = links.with_columns(slope=pl.Series([0.0, 0, 0, 0, -9.0, -9.0]))
    flat, steep = (walk(nodes, x, [30.0, 0, 0, 0, 0, 0], door(3, 20.0, 20.0)).crossings for x in (links, hill))
    assert flat["steep"].to_list() == [None]
    assert steep["steep"].to_list() == [True]
    assert steep["points"][0] == pytest.approx(flat["points"][0] * P["steep_factor"])


def test_main_streets_and_lanes() -> None:
    _, links = streets(
        [(0, 0), (50, 0)], [(0, 1, "footway"), (0, 1, "residential"), (0, 1, "secondary"), (0, 1, "tertiary_link")],
        free_speed=[5.0, 60.0, 60.0, 30.0], lanes=[None, 3.0, None, None],
    )  # fmt: skip
    assert is_main(links, 45.0).tolist() == [False, True, True, True]
    assert lanes(links).tolist() == [1.0, 3.0, 4.0, 2.0]
    one_way = links.with_columns(car_backward=pl.lit(False))
    assert lanes(one_way).tolist()[2:] == [2.0, 1.0]


def test_sites_by_hand() -> None:
    # 0 -- 1 -- 2 -(20 m)- 3 -- 4 : 2 and 3 are one junction with side streets to 5 and 6; 1 only bends the street
    nodes, links = streets(
        [(0, 0), (100, 0), (200, 0), (220, 0), (320, 0), (200, 100), (220, -100)],
        [(0, 1, "primary"), (1, 2, "primary"), (2, 3, "primary"), (3, 4, "primary"), (2, 5, "residential"),
         (3, 6, "residential")],
        name=["Abay"] * 4 + [None, "Side"],
    )  # fmt: skip
    s = find_sites(nodes, links)
    assert s.of_node.tolist() == [-1, -1, 0, 0, -1, -1, -1]
    assert s.of_link[2] == 0
    assert s.of_link[0] == s.of_link[1]
    assert len(set(s.of_link.tolist())) == 5
    junction = s.table.row(0, named=True)
    assert (junction["kind"], junction["level"], junction["arms"], junction["length"]) == ("junction", "major", 4, 0.0)
    assert junction["name"] == "Abay / Side"
    assert junction["lon"] == pytest.approx(210 * M, abs=2e-6)
    section = s.table.row(int(s.of_link[0]), named=True)
    assert (section["length"], section["links"], section["name"]) == (pytest.approx(200.0), 2, "Abay")
    got = site_of_crashes(s, links, [0, 1, 1, 3, 2, -1], [50.0, 50.0, 95.0, 5.0, 10.0, 0.0], junction_metres=20)
    assert got.tolist() == [s.of_link[0], s.of_link[0], 0, 0, 0, -1]


def test_footways_are_no_sites() -> None:
    nodes, links = streets(CROSS_AT, CROSS_LINKS)
    s = find_sites(nodes, links)
    assert s.of_link.tolist()[:4] == [-1] * 4
    assert (s.table["kind"] == "section").all()
    assert s.table.height == 1  # the street runs through the crossing


def made_up(n: int = 400, seed: int = 2) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Sites and generated counts, traffic known; the last junction is far worse than its likes."""
    rng = np.random.default_rng(seed)
    kind = ["junction"] * (n // 2) + ["section"] * (n // 2)
    level = rng.choice(["minor", "middle", "major"], n)
    flow = rng.uniform(500, 30_000, n)
    length = np.where(np.arange(n) < n // 2, 0.0, rng.uniform(50, 900, n))
    mu = np.where(length > 0, 0.004 * length / 1000 * 2, 0.003) * flow**0.7
    y = rng.poisson(mu * rng.gamma(2, 0.5, n))
    y[n // 2 - 1] += 60
    table = pl.DataFrame(
        {"site": np.arange(n), "kind": kind, "level": level, "name": [None] * n, "lon": np.zeros(n), "lat": np.zeros(n),
         "length": length, "arms": rng.integers(3, 6, n), "signal": rng.random(n) < 0.3, "links": np.ones(n, int)}
    )  # fmt: skip
    return table, y, flow


def test_the_worst_of_generated_places_is_found() -> None:
    sites, y, flow = made_up()
    r = rank_sites(sites, y, years=3.0, flow=flow)
    assert r.table["rank"].to_list() == list(range(1, 401))
    assert r.table["site"][0] == 199
    assert (r.table["excess"].diff().drop_nulls() <= 1e-9).all()
    assert r.findings == ()
    for kind in ("junction", "section"):
        m = r.models[kind]
        k = m.names.index("ln(vehicles a day)")
        assert m.coefficients[k] == pytest.approx(0.7, abs=3 * m.errors[k])
    part = r.table.filter(pl.col("kind") == "section")
    assert part["expected"].sum() == pytest.approx(part["crashes"].sum(), rel=0.05)


def test_without_flows_the_class_stands_for_traffic_and_it_is_said() -> None:
    sites, y, _ = made_up()
    r = rank_sites(sites, y, years=3.0)
    assert "safety.no_flows" in {f.code for f in r.findings}
    assert "ln(vehicles a day)" not in r.models["junction"].names
    with pytest.raises(InputError, match="no crash lies on a street"):
        rank_sites(sites, y * 0, years=3.0)
    with pytest.raises(InputError, match="traffic volume above 0"):
        rank_sites(sites, y, years=3.0, flow=np.full(len(y), np.nan))


def test_a_kind_without_crashes_is_told() -> None:
    sites, y, flow = made_up()
    y[200:] = 0
    r = rank_sites(sites, y, years=3.0, flow=flow)
    assert set(r.table["kind"]) == {"junction"}
    assert [f.code for f in r.findings] == ["safety.none_of_kind"]


def test_exposure_by_hand() -> None:
    _, links = streets([(0, 0), (1000, 0)], [(0, 1, "primary")])
    assert exposure(links, [10_000.0], 2.0)[0] == pytest.approx(10_000 * 730.5 / 1e6)
