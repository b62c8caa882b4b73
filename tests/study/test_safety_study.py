"""`shaar safety` on a small grid of streets with generated crashes, which stand for nothing real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from click.testing import CliRunner

from shaar.cli import safety as command
from shaar.engine.access.safety_crashes import read_crashes
from shaar.engine.city import schema
from shaar.engine.city.folder import write
from shaar.engine.city.model import City, Meta
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.errors import InputError
from shaar.engine.study.safety import home_people, safety

M = 1 / 111_320
N = 8  # junctions a side, 200 m apart; every fourth street is a primary one
SHARES = load_parameters("access.csv")


def tables() -> dict[str, pl.DataFrame]:
    at = [(200.0 * i, 200.0 * j) for j in range(N) for i in range(N)]
    pairs = [(k, k + 1) for k in range(N * N) if (k + 1) % N] + [(k, k + N) for k in range(N * (N - 1))]
    main = [(b - a == 1 and a // N % 4 == 1) or (b - a == N and a % N % 4 == 1) for a, b in pairs]
    nodes = pl.DataFrame(
        {"node_id": range(N * N), "lon": [15 + x * M for x, _ in at], "lat": [y * M for _, y in at],
         "signal": [k == N + 1 for k in range(N * N)], "crossing": [False] * (N * N)}
    )  # fmt: skip
    line = [shapely.LineString([(15 + at[i][0] * M, at[i][1] * M), (15 + at[j][0] * M, at[j][1] * M)])
            for i, j in pairs]  # fmt: skip
    m = len(pairs)
    links = pl.DataFrame(
        {"link_id": range(m), "from_node": [a for a, _ in pairs], "to_node": [b for _, b in pairs],
         "geometry": [shapely.to_wkb(g) for g in line], "length": [200.0] * m,
         "highway": ["primary" if x else "residential" for x in main], "name": ["Main" if x else None for x in main],
         "lanes": [None] * m, "free_speed": [60.0 if x else 30.0 for x in main], "cycle_stress": [1] * m,
         "slope": [None] * m, "walk": [True] * m}
        | {f"{k}_{d}": [True] * m for k in ("car", "bus", "cycle") for d in ("forward", "backward")}
    )  # fmt: skip
    box = shapely.to_wkb(shapely.box(14.99, -0.01, 15.02, 0.02))
    zones = pl.DataFrame(
        {"zone_id": ["z"], "geometry": [box], "lon": [15.006], "lat": [0.006], "population": [5000.0], "jobs": [0.0],
         "schools": [0.0], "clinics": [0.0], "district": [None], "settlement": [None]}
    )  # fmt: skip
    school = shapely.to_wkb(shapely.Point(15 + 700 * M, 610 * M))
    places = pl.DataFrame({"place_id": ["s"], "kind": ["school"], "name": ["School 1"], "geometry": [school]})
    stops = pl.DataFrame(
        {"stop_id": ["stop"], "name": ["Bazaar"], "lon": [15 + 210 * M], "lat": [M * 500], "source": ["osm"],
         "link_id": [0], "offset": [0.0], "side": ["right"], "link_distance": [0.0]}
    )  # fmt: skip
    found = {"nodes": nodes, "links": links, "zones": zones, "places": places, "stops": stops}
    return {t: schema.conform(t, found[t]) if t in found else schema.empty(t) for t in schema.TABLES}


META = Meta("Grid", {}, "KG", ("en",), "UTC", "EPSG:32633", "KGS", "2026")


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> City:
    return City(path=tmp_path_factory.mktemp("grid"), meta=META, **tables())


def generated_crashes(file: Path, n: int = 400) -> Path:
    """Write made-up crashes: most along the primary streets, and a heap at the junction 1, 5."""
    rng = np.random.default_rng(7)
    rows = []
    for k in range(n):
        on_main = rng.random() < 0.7
        j = float(rng.choice([1, 5]) if on_main else rng.integers(0, N)) * 200
        x, y = (rng.uniform(0, 1400), j) if rng.random() < 0.5 else (j, rng.uniform(0, 1400))
        if k % 8 == 0:
            x, y = 200 + rng.normal(0, 4), 1000 + rng.normal(0, 4)
        day = f"{2023 + k % 3}-{1 + k % 12:02d}-{1 + k % 28:02d}"
        kind = rng.choice(["fatal", "serious", "slight", "damage"], p=[0.03, 0.17, 0.5, 0.3])
        rows.append(
            f"{day},{15 + x * M:.7f},{y * M:.7f},{kind},generated,{'' if kind == 'damage' else 1},{k % 24},,test"
        )
    file.write_text("date,lon,lat,severity,kind,victims,hour,light,source\n" + "\n".join(rows) + "\n")
    return file


def test_residents_live_along_the_streets(city: City) -> None:
    from shaar.engine.routing.graph import street_graph

    graph = street_graph(city.nodes, city.links, mode="walk", cost="metres")
    people = home_people(city, graph)
    assert people.sum() == pytest.approx(5000.0)
    homes = (city.links["highway"] == "residential").to_numpy()
    assert people[~homes].sum() == 0.0
    assert people[homes] == pytest.approx(np.full(homes.sum(), 5000 / homes.sum()))


def test_without_crashes_the_walks_are_audited(city: City) -> None:
    r = safety(city)
    assert r.crashes is None
    pupils = r.schools["pupils"][0]
    assert pupils == pytest.approx(5000 * SHARES["share_pupils"])
    top = r.school_crossings.row(0, named=True)
    assert (top["street"], top["main"]) == ("Main", True)
    assert (r.school_crossings["score"].diff().drop_nulls() <= 1e-9).all()
    assert r.school_links["pupils"].max() <= pupils + 1e-6
    assert not r.stop_crossings["signal"].any()
    assert r.stop_crossings["main"].all()
    assert (r.stop_crossings["metres"] <= 150).all()
    assert {"safety.pupils", "safety.no_kerbs", "safety.stop_people"} <= {f.code for f in r.findings}


def test_schools_that_are_only_counted_are_told(city: City) -> None:
    counted = replace(city, places=city.places.head(0), zones=city.zones.with_columns(schools=pl.lit(3.0)))
    (f,) = (f for f in safety(counted).findings if f.code == "safety.schools_by_zone")
    assert f.count == 1


def test_known_kerbs_are_used(city: City) -> None:
    low = city.nodes.with_columns(kerb=pl.lit("lowered"))
    r = safety(replace(city, nodes=low))
    assert "safety.no_kerbs" not in {f.code for f in r.findings}
    assert r.stop_crossings["kerb"].unique().to_list() == ["lowered"]
    raised = city.nodes.with_columns(kerb=pl.lit("raised"), signal=pl.lit(True))
    high = safety(replace(city, nodes=raised)).stop_crossings
    assert high["signal"].all()  # lights, but a kerb: still on the list
    assert high.height > 0


def test_the_heap_of_generated_crashes_is_the_worst_place(city: City, tmp_path: Path) -> None:
    found = read_crashes(generated_crashes(tmp_path / "crashes.csv"))
    r = safety(city, found)
    c = r.crashes
    assert c is not None
    worst = c.sites.row(0, named=True)
    assert worst["kind"] == "junction"
    assert (worst["lon"], worst["lat"]) == pytest.approx((15 + 200 * M, 1000 * M), abs=2e-6)
    assert worst["low"] < worst["expected"] < worst["crashes"]  # drawn towards its likes
    assert c.sites["crashes"].sum() == c.crashes["link_id"].is_not_null().sum() == found.table.height
    total = float((c.links["per_km"] * c.links["length"]).sum()) / 1000 * c.years
    assert total == pytest.approx(c.links["weighted"].sum(), rel=0.02)  # the density adds up to the crashes
    assert set(c.models) == {"junction", "section"}
    flows = np.where(city.links["highway"] == "primary", 20_000.0, 1_500.0)
    known = safety(city, found, flows=flows).crashes
    assert known is not None
    assert "safety.no_flows" not in {f.code for f in safety(city, found, flows=flows).findings}
    rate = known.links.filter(pl.col("crashes") > 0).row(0, named=True)
    million = flows[rate["link_id"]] * 365.25 * known.years * 200 / 1e9
    assert rate["per_million_km"] == pytest.approx(rate["crashes"] / million)


def test_crashes_far_from_any_street_are_told(city: City, tmp_path: Path) -> None:
    file = generated_crashes(tmp_path / "crashes.csv")
    file.write_text(file.read_text() + "2025-05-05,15.5,0.5,slight,generated,1,,,test\n")
    r = safety(city, read_crashes(file))
    (f,) = (f for f in r.findings if f.code == "safety.off_streets")
    assert f.count == 1
    assert f.where == "line 402"
    file.write_text("date,lon,lat,severity\n2025-05-05,0.5,15.5,slight\n")
    with pytest.raises(InputError, match="exchanged"):
        safety(city, read_crashes(file))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "grid", META, tables())
    return tmp_path / "grid"


def run(*arguments: str) -> str:
    return CliRunner().invoke(command.safety, [*arguments], catch_exceptions=False).output


def test_the_command_without_crashes_says_so_and_audits(folder: Path, tmp_path: Path) -> None:
    out = run(str(folder), "--csv", str(tmp_path / "t"), "--geojson", str(tmp_path / "m"))
    assert f"There is no crash data ({folder / 'crashes.csv'}), so no place can be ranked by crashes." in out
    for words in (
        "Schools with the most dangerous ways",
        "School 1",
        "Worst crossings",
        "Bazaar",
        "What this rests on",
    ):
        assert words in out
    names = {"schools", "school_crossings", "school_links", "stop_crossings"}
    assert {p.stem for p in (tmp_path / "t").iterdir()} == names
    for name in names:
        table = pl.read_csv(tmp_path / "t" / f"{name}.csv")
        shapes = json.loads((tmp_path / "m" / f"{name}.geojson").read_text(encoding="utf-8"))
        assert len(shapes["features"]) == table.height
    assert shapes["features"][0]["geometry"]["type"] in ("Point", "LineString")


def test_the_command_ranks_generated_crashes_and_tries_measures(folder: Path, tmp_path: Path) -> None:
    generated_crashes(folder / "crashes.csv")
    (tmp_path / "f.csv").write_text("link_id,flow\n0,1000\n1,5000\n")
    out = run(str(folder), "--measures", "zone_20mph,lighting", "--flows", str(tmp_path / "f.csv"),
              "--csv", str(tmp_path / "t"), "--geojson", str(tmp_path / "m"))  # fmt: skip
    for words in ("crashes on streets in", "Worst places by empirical Bayes", "1. Main (junction)",
                  "saved (95 % range)", "London", "caution", "Highest density along streets"):  # fmt: skip
        assert words in out
    assert pl.read_csv(tmp_path / "t" / "crash_sites.csv")["rank"][0] == 1
    points = json.loads((tmp_path / "m" / "crashes.geojson").read_text(encoding="utf-8"))["features"]
    assert len(points) == read_crashes(folder / "crashes.csv").table.height


def test_bad_input_ends_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    flows = tmp_path / "f.csv"
    for text, words in [
        ("link_id\n0\n", "the column is missing"),
        ("link_id,flow\n0,many\n", "line 2: the cell is not a number"),
        ("link_id,flow\n9999,1\n", "does not exist or stands here twice"),
        ("link_id,flow\n0,-1\n", "must not be negative"),
    ]:
        flows.write_text(text)
        with pytest.raises(InputError, match=words):
            run(str(folder), "--flows", str(flows))
    with pytest.raises(InputError, match="known are refuge_island"):
        run(str(folder), "--measures", "prayer")
    with pytest.raises(InputError, match="no such file of crashes"):
        run(str(folder), "--crashes", str(tmp_path / "no.csv"))
