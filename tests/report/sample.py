"""A small made-up city and a plan for it, complete enough to draw every part of the report."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from pyproj import Transformer

from shaar.engine.city import schema
from shaar.engine.city.model import City, Meta, Provenance
from shaar.engine.findings import Finding
from shaar.engine.study.results import (
    Assumption,
    Baseline,
    ClimateAccount,
    DesignResult,
    JourneyStats,
    Line,
    LineService,
    NetworkPlan,
    NetworkStats,
    Options,
    PeriodTotals,
    PlanResult,
    ServicePlan,
    TypeUse,
)

CRS = "EPSG:32642"
_BACK = Transformer.from_crs(CRS, "OGC:CRS84", always_xy=True)
_X, _Y = 670_000.0, 5_670_000.0


def lonlat(shape):
    def back(c):
        x, y = _BACK.transform(c[:, 0] + _X, c[:, 1] + _Y)
        return np.column_stack([x, y])

    return shapely.transform(shape, back)


def hexagon(x: float, y: float, r: float):
    return shapely.Polygon(
        [(x + r * math.cos(a), y + r * math.sin(a)) for a in (math.pi / 6 + i * math.pi / 3 for i in range(6))]
    )


def sample_city(rings: int = 2, seed: int = 1) -> City:
    """Hexagons of 600 m around (0, 0): 3 n (n + 1) + 1 of them; two districts, two settlements, a river, streets."""
    rng = np.random.default_rng(seed)
    r = 600.0
    rows, xy = [], []
    for q in range(-rings, rings + 1):
        for k in range(max(-rings, -q - rings), min(rings, -q + rings) + 1):
            x, y = r * math.sqrt(3) * (q + k / 2), r * 1.5 * k
            away = math.hypot(x, y) / (r * 2 * max(rings, 1))
            people = float(np.round(6000 * math.exp(-1.5 * away) * rng.uniform(0.5, 1.5)))
            far = away > 0.8
            xy.append((x, y))
            lon, lat = _BACK.transform(x + _X, y + _Y)
            rows.append(
                {
                    "zone_id": f"z{len(rows):03d}",
                    "geometry": shapely.to_wkb(lonlat(hexagon(x, y, r))),
                    "lon": lon,
                    "lat": lat,
                    "population": people,
                    "jobs": float(np.round(5000 * math.exp(-3 * away))),
                    "schools": 1.0,
                    "clinics": 0.0,
                    "district": "north" if y > 0 else "south",
                    "settlement": ("east" if x > 0 else "west") if far else None,
                }
            )
    zones = schema.conform("zones", pl.DataFrame(rows, schema_overrides={"settlement": pl.String}))
    size = r * 2 * max(rings, 1)

    def box(a, b, c, e):
        return shapely.to_wkb(lonlat(shapely.box(a, b, c, e)))

    places = schema.conform(
        "places",
        pl.DataFrame(
            [
                {"place_id": "north", "kind": "district", "name": "Солтүстік",
                 "name_ru": "Северный", "name_en": "North",
                 "geometry": box(-size, 0, size, size), "outlying": None},
                {"place_id": "south", "kind": "district", "name": "Оңтүстік", "name_ru": "Южный", "name_en": "South",
                 "geometry": box(-size, -size, size, 0), "outlying": None},
                {"place_id": "east", "kind": "settlement", "name": "Көктал", "name_ru": "Коктал", "name_en": "Koktal",
                 "geometry": box(size * 0.5, -200, size * 0.8, 200), "outlying": True},
                {"place_id": "west", "kind": "settlement", "name": "<Өндіріс & Co>", "name_ru": None, "name_en": None,
                 "geometry": box(-size * 0.8, -200, -size * 0.5, 200), "outlying": True},
            ],
            schema_overrides={"outlying": pl.Boolean, "name_ru": pl.String, "name_en": pl.String},
        ),
    )  # fmt: skip
    links = []
    for i, ((x, y), (x2, y2)) in enumerate(pairwise(xy)):
        line = lonlat(shapely.LineString([(x, y), ((x + x2) / 2, y), (x2, y2)]))
        links.append(
            {"link_id": i, "from_node": i, "to_node": i + 1, "geometry": shapely.to_wkb(line),
             "length": math.hypot(x2 - x, y2 - y), "highway": ("primary", "secondary", "tertiary")[i % 3], "name": None,
             "lanes": None, "free_speed": 50.0, "car_forward": True, "car_backward": True, "bus_forward": True,
             "bus_backward": True, "cycle_forward": True, "cycle_backward": True, "walk": True, "cycle_stress": 2,
             "slope": None}
        )  # fmt: skip
    nodes = pl.DataFrame({"node_id": range(len(xy)), "lon": zones["lon"], "lat": zones["lat"]}).with_columns(
        signal=pl.lit(value=False), crossing=pl.lit(value=False)
    )
    stops = pl.DataFrame(
        {
            "stop_id": [f"s{i:03d}" for i in range(len(xy))],
            "name": [f"Stop {i}" if i % 3 else None for i in range(len(xy))],
            "lon": zones["lon"],
            "lat": zones["lat"],
            "source": ["osm" if i % 2 else "proposed" for i in range(len(xy))],
            "link_id": [min(i, len(xy) - 2) for i in range(len(xy))],
            "offset": 0.0,
            "side": "right",
            "link_distance": 1.0,
        }
    )
    river = shapely.LineString([(-size, -size / 3), (0, size / 6), (size, size / 4)]).buffer(150)
    base = schema.conform(
        "base",
        pl.DataFrame(
            [
                {"kind": "water", "name": "River", "geometry": shapely.to_wkb(lonlat(river))},
                {"kind": "green", "name": None, "geometry": box(300, -900, 1500, -300)},
            ]
        ),
    )
    osm = Provenance("measured", "OpenStreetMap", "2017-12-04", "", "ODbL 1.0")
    meta = Meta(
        name="Үлгі",
        names={"ru": "Образец", "en": "Sample", "kk": "Үлгі"},
        country="KZ",
        languages=("kk", "ru"),
        time_zone="Asia/Almaty",
        crs=CRS,
        currency="KZT",
        data_date="2017-12-04",
        provenance={
            "links": osm,
            "stops": osm,
            "zones.population": Provenance("modelled", "Statistics office, spread by buildings", "2018-01"),
            "zones.jobs": Provenance("assumed", "One job per 30 m² of floor", "2017"),
        },
    )
    return City(
        path=Path("sample"),
        meta=meta,
        zones=zones,
        places=places,
        nodes=schema.conform("nodes", nodes),
        links=schema.conform("links", pl.DataFrame(links, schema_overrides={"name": pl.String, "lanes": pl.Float64})),
        turns=schema.empty("turns"),
        stops=schema.conform("stops", stops.filter(pl.col("source") == "osm")),
        base=base,
    )


def network_stats(fleet: int) -> NetworkStats:
    return NetworkStats(8, 16, 900, 120, 96.4, 9100.0, 520.0, fleet, 6 * 3600, 23 * 3600)


def baseline_of(city: City, label: str, *, served: bool, pace: float, worse: str = "") -> Baseline:
    """Figures that fall with the distance from the middle; ``pace`` is minutes a kilometre."""
    z = city.zones
    mid = (float(z["lon"].mean()), float(z["lat"].mean()))
    km = np.hypot((z["lon"].to_numpy() - mid[0]) * 70, (z["lat"].to_numpy() - mid[1]) * 111)
    minutes = 8 + pace * (km + 1)
    minutes = np.where(z["settlement"].to_numpy() == worse, minutes + 100, minutes) if worse else minutes
    total = float(z["jobs"].sum())
    frame = pl.DataFrame(
        {
            "zone_id": z["zone_id"],
            "population": z["population"],
            "stop_m": pl.Series(np.round(150 + 90 * km), dtype=pl.Float64) if served
            else pl.Series([None] * z.height, dtype=pl.Float64),
            "mean_minutes": minutes,
        }
    )  # fmt: skip
    for t in (30, 45, 60):
        frame = frame.with_columns(pl.Series(f"jobs_{t}", np.round(total * np.clip((t / minutes) ** 2 * 0.5, 0, 1))))
    rows = []
    for place_id, kind, name, mask in (
        ("city", "city", city.meta.name, np.ones(z.height, dtype=bool)),
        *(
            (p["place_id"], p["kind"], p["name"], (z[p["kind"]] == p["place_id"]).fill_null(value=False).to_numpy())
            for p in city.places.filter(pl.col("kind").is_in(["district", "settlement"])).iter_rows(named=True)
        ),
    ):
        part = frame.filter(pl.Series(mask))
        people = float(part["population"].sum())
        if not people:
            continue
        rows.append(
            {
                "place_id": place_id,
                "kind": kind,
                "name": name,
                "population": people,
                "within_400": float(part.filter(pl.col("stop_m") <= 400)["population"].sum()),
                "within_800": float(part.filter(pl.col("stop_m") <= 800)["population"].sum()),
                "mean_minutes": float((part["mean_minutes"] * part["population"]).sum()) / people,
                **{f"jobs_{t}": float((part[f"jobs_{t}"] * part["population"]).sum()) / people for t in (30, 45, 60)},
            }
        )
    mean = rows[0]["mean_minutes"]
    return Baseline(
        label=label,
        day=dt.date(2026, 11, 23) if served else None,
        window=(7 * 3600, 9 * 3600),
        network=network_stats(40) if served else None,
        journeys=JourneyStats(mean, mean / 3, mean / 2, mean, mean * 1.4, mean * 1.8, 0.021, 0.4, 0.35),
        zones=frame,
        places=pl.DataFrame(rows),
        equity={"gini_jobs_45": 0.31 if served else 0.52, "palma_jobs_45": 2.4, "worst_decile_jobs_45": 812.0,
                "worst_decile_minutes": float(minutes.max()), "unheard_of_45": 1.0},
        assumptions=() if served else (
            Finding("baseline.on_foot", "There is no timetable: before is on foot.", severity="assumed"),),
    )  # fmt: skip


#: Winners and losers as the design says them, those that lose most first.
SAMPLE_AREAS = tuple(
    {"area": name, "zones": 9, "trips_day": 1234.0, "before_minutes": 40.0, "after_minutes": 40.0 + change,
     "change_minutes": change, "change_percent": 2.5 * change, "gain_share": 0.4, "lose_share": 0.1}
    for name, change in (("Koktal", 1.5), ("north-east", -2.0), ("centre", -4.0))
)  # fmt: skip


def sample_design(city: City, lines: int = 4, *, today: bool = False) -> DesignResult:
    z = city.zones
    n = z.height
    stops = schema.conform(
        "stops",
        pl.DataFrame(
            {
                "stop_id": [f"s{i:03d}" for i in range(n)],
                "name": [f"Stop {i}" if i % 3 else None for i in range(n)],
                "lon": z["lon"],
                "lat": z["lat"],
                "source": ["osm" if i % 2 else "proposed" for i in range(n)],
                "link_id": [0] * n,
                "offset": 0.0,
                "side": "right",
                "link_distance": 1.0,
            }
        ),
    )
    made = []
    for k in range(lines):
        ids = [int(i) for i in np.linspace(k, n - 1 - k, 6)]
        ids = [(i * (1 + k * 5)) % n for i in ids]
        ids = list(dict.fromkeys(ids))
        ids = ids if len(ids) > 1 else [0, n - 1]
        forward = shapely.LineString([(z["lon"][i], z["lat"][i]) for i in ids])
        names = tuple(f"s{i:03d}" for i in ids)
        made.append(
            Line(
                line_id=f"L{k + 1}",
                name=str(k + 1),
                stops_forward=names,
                stops_backward=names[::-1],
                geometry_forward=shapely.to_wkb(forward),
                geometry_backward=shapely.to_wkb(forward.reverse()),
                minutes_forward=31.0,
                minutes_backward=33.0,
                km_forward=10.2 + k,
                km_backward=10.4 + k,
                headways={"peak": (4.0, 8.0, 12.0, 7.5)[k % 4], "off_peak": 15.0},
                vehicles=12 + k,
                vehicle_type="bus",
                why={
                    "trips_day": 12_345.0,
                    "people_400": 23_456.0,
                    "jobs_400": 9_876.0,
                    "settlements": "Koktal",
                    "x": 1.0,
                },
            )
        )
    fleet = sum(line.vehicles for line in made)
    front = tuple(
        NetworkPlan(tuple(made), fleet + d, 41.3 - 0.12 * d + 0.003 * d * d, 0.012, 9800.0 + 200 * d)
        for d in (-14, -7, 0, 9, 20)
    )
    chosen = dataclasses.replace(front[2], service=sample_service(made), areas=SAMPLE_AREAS if today else ())
    front = (*front[:2], chosen, *front[3:])
    return DesignResult(
        front=front,
        chosen=2,
        stops=stops,
        periods={"peak": (7 * 3600, 9 * 3600), "off_peak": (9 * 3600, 22 * 3600)},
        settings={"fleet": fleet, "lines": lines},
        search={"iterations": 120_000, "seconds": 60.0},
        findings=(Finding("design.sample", "3 stops are proposed.", count=3, severity="info"),),
        today=dataclasses.replace(front[2], service=sample_service(made[:2], scale=0.7), areas=()) if today else None,
    )


def sample_service(lines: Sequence[Line], *, scale: float = 1.0) -> ServicePlan:
    """A service of some lines in two periods, the second line articulated, the last one in want of vehicles."""
    rows, totals = [], []
    for period, hours in (("peak", 2.0), ("off_peak", 13.0)):
        mine = []
        for k, line in enumerate(lines):
            km = hours * 60.0 / line.headways[period] * (line.km_forward + line.km_backward)
            mine.append(
                LineService(
                    line_id=line.line_id, name=line.name, vehicle_type=("bus_12m", "articulated_18m")[k == 1],
                    period=period, headway=line.headways[period], vehicles=line.vehicles - 2 * (period == "off_peak"),
                    boardings=scale * 1000.0 * (k + 1), passenger_km=scale * 4000.0 * (k + 1),
                    peak_load=400.0 + 100.0 * k, load_factor=0.5 + 0.2 * k, peak_from=line.stops_forward[0],
                    peak_to=line.stops_forward[1], vehicle_km=km, vehicle_hours=hours * line.vehicles, cost=3.0 * km,
                    kgco2e=1.2 * km,
                )
            )  # fmt: skip
        rows += mine
        start = 7 if period == "peak" else 9
        totals.append(sample_totals(period, start, start + int(hours), mine))
    day = sample_totals("day", 7, 22, rows)
    last = lines[-1]
    short = {"line_id": last.line_id, "name": last.name, "period": "peak", "load": 700.0, "places": 640.0,
             "vehicle_type": "bus_12m", "extra": 2}  # fmt: skip
    return ServicePlan(
        tuple(x for line in lines for x in rows if x.line_id == line.line_id), (*totals, day),
        (
            TypeUse("bus_12m", 40, 38, 28, 75, 12.0, 0.7, 1332.4),
            TypeUse("articulated_18m", 15, 13, 42, 115, 14.0, 0.95, 1696.1),
        ),
        (short, {**short, "extra": None}),
        (Assumption("bus_12m.places", 75.0, "persons", "assumed", "planning value"),),
    )  # fmt: skip


def sample_totals(period: str, start: int, end: int, rows: Sequence[LineService]) -> PeriodTotals:
    def total(figure: str) -> float:
        return sum(getattr(x, figure) for x in rows)

    return PeriodTotals(
        period, start * 3600, end * 3600, 20_000.0, max(1, int(total("vehicles"))), {"bus_12m": 38}, total("boardings"),
        total("passenger_km"), total("vehicle_km"), total("vehicle_hours"), max(x.load_factor or 0.0 for x in rows),
        total("cost"), total("kgco2e"), 34.5, 36.1, 0.05, 8e-4,
    )  # fmt: skip


def sample_climate() -> ClimateAccount:
    rows = []
    for vehicle, energy, t in (
        ("bus_diesel", "diesel", 4210.0),
        ("bus_cng", "cng", 3890.0),
        ("bus_electric", "electricity", 1512.4),
    ):
        rows.append(
            {"scenario": "plan", "vehicle": vehicle, "energy_source": energy, "vehicle_km": 3_321_500.0,
             "energy_mwh": 14_200.0, "co2e_ttw_t": 0.8 * t, "co2e_wtw_t": t, "co2e_wtw_t_low": 0.8 * t,
             "co2e_wtw_t_high": 1.25 * t, "nox_kg": 9000.0, "pm_kg": 120.0}
        )  # fmt: skip
    return ClimateAccount(pl.DataFrame(rows))


def sample_result(*, with_network: bool = False, rings: int = 2, city: City | None = None) -> PlanResult:
    """A plan for the made-up city (or another); with or without a timetable before."""
    city = city or sample_city(rings)
    before = (
        baseline_of(city, "today", served=True, pace=7.0)
        if with_network
        else baseline_of(city, "today", served=False, pace=15.0)
    )
    return PlanResult(
        city=city,
        options=Options(),
        findings=(
            Finding("streets.islands", "The street graph has 2 islands.", count=2, severity="warning"),
            Finding("zones.jobs_assumed", "Jobs are assumed from floor area.", severity="assumed"),
            Finding("sample.broken", "One thing is broken: <b>&", severity="error"),
        ),
        before=before,
        after=baseline_of(city, "plan", served=True, pace=4.0, worse="east" if with_network else ""),
        design=sample_design(city, today=with_network),
        climate=sample_climate(),
        made=dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC),
        seconds={"check": 0.7, "design": 60.2},
    )
