"""What could be done to the streets by a place: crossings, footways, slower cars, cycle lanes, lanes for buses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import shapely

from shaar.engine.access.safety_risk import death_risk
from shaar.engine.demand.parameters import load_parameters
from shaar.engine.measures.bus_lane import BusLane
from shaar.engine.measures.crossing import Crossing
from shaar.engine.measures.cycle_lane import CycleLane
from shaar.engine.measures.footway import Footway
from shaar.engine.measures.signal_priority import SignalPriority
from shaar.engine.measures.speed_limit import SpeedLimit
from shaar.engine.measures.streets import lanes_each_way
from shaar.engine.routing.walk_gaps import missing_crossings, missing_footways
from shaar.engine.study.cycling_output import place_name
from shaar.engine.study.suggest_ground import Surroundings
from shaar.engine.study.suggest_words import Words, why, words
from shaar.engine.study.suggestion import Suggestion, line_string, point
from shaar.engine.study.walking import doors

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
#: Stops and schools this near are what people walk to from the place (m); so many of them are looked at.
DOORS_METRES, MOST_DOORS = 800.0, 12
#: Streets this near are by the place (m).
STREET_METRES = 500.0
#: Classes whose traffic is felt.
MAIN = ("primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link", "trunk", "trunk_link")
#: A street with so many lanes gets lights, not only marks.
LIGHTS_LANES = 4.0
#: Cars may be slowed to this on main streets and on others (km/h).
SLOW_MAIN, SLOW = 40.0, 30.0
#: Fewer buses an hour, both ways, need no lane or priority.
BUSES = 12.0
#: A shorter stretch is no lane (m).
STRETCH_METRES = 150.0


@dataclass(frozen=True, slots=True)
class _Doors:
    """Stops and schools around a place."""

    names: tuple[Words | str, ...]
    kinds: tuple[str, ...]
    lon: F64
    lat: F64


def crossings(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Main streets beside a stop or school that people cross without lights or marks."""
    d = _doors(s, pin)
    found = missing_crossings(s.city.nodes, s.city.links, d.lon, d.lat, s.walking, crs=s.city.meta.crs)
    seen: set[int] = set()
    for f in found:
        if f.node in seen:
            continue
        seen.add(f.node)
        lonlat = _node(s, f.node)
        yield Suggestion(
            Crossing(point=lonlat, kind="signals" if f.lanes >= LIGHTS_LANES else "marked"),
            why("crossing", street=_street(place_name(s.city, [f.node])), place=d.names[f.place], metres=f.metres,
                seconds=f.delay),
            point(lonlat),
            {"metres": round(f.metres), "seconds": round(f.delay, 1), "lanes": f.lanes, "kmh": f.speed},
            gain=f.delay / (100.0 + _far(s, lonlat, pin)),
        )  # fmt: skip


def footways(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Short footways that do not exist and would bring people nearer to a stop or school."""
    d = _doors(s, pin)
    found = missing_footways(
        s.city.nodes, s.city.links, s.walkers, d.lon, d.lat, s.walking, crs=s.city.meta.crs, top=40
    )  # fmt: skip
    limit = s.walking["walk_minutes"] * s.walking["walk_flat"] * 1000.0 / 60.0
    seen: set[int] = set()
    for f in found:
        if f.place in seen:
            continue
        seen.add(f.place)
        path = tuple(_node(s, v) for v in f.ends)
        # Longer ways are not followed to their end: such a door is out of reach today.
        way: object = f.way if np.isfinite(f.way) else f">\u00a0{round(limit, -1):.0f}"
        figures = {"metres": float(round(f.metres)), "people": float(round(f.gain))}
        if np.isfinite(f.way):
            figures["way_metres"] = float(round(f.way))
        yield Suggestion(
            Footway(path=path),
            why("footway", place=d.names[f.place], metres=f.metres, way=way, walk=s.walking["walk_minutes"],
                people=f.gain),
            line_string(path),
            figures,
            gain=f.gain / max(f.metres, 20.0),
        )  # fmt: skip


def slower(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Streets by a stop or school on which cars may drive so fast that people who are hit die."""
    d = _doors(s, pin)
    if not len(d.lon):
        return
    p = load_parameters("safety.csv")
    links = s.city.links
    cars = (links["car_forward"].fill_null(False) | links["car_backward"].fill_null(False)).to_numpy()
    speed = links["free_speed"].fill_null(0.0).to_numpy()
    place = d.names[0]
    for name, rows in _stretches(s, pin, lambda k: bool(cars[k] and speed[k] >= 50.0 and speed[k] < 80.0)):
        main = bool(links["highway"].gather(rows.tolist()).is_in(MAIN).any())
        now, then = float(speed[rows].max()), SLOW_MAIN if main else SLOW
        risk, less = (100.0 * death_risk([now, then], p["fatal_a"], p["fatal_b"])).tolist()
        yield Suggestion(
            SpeedLimit(links=tuple(rows.tolist()), kmh=then),
            why("speed_limit", street=name, place=place, before=now, kmh=then, risk=risk, less=less),
            _lines(s, rows),
            {"kmh_before": now, "kmh": then, "deaths_of_100_before": round(risk, 1),
             "deaths_of_100": round(less, 1), "metres": round(_length(s, rows))},
            gain=(risk - less) / (100.0 + _nearest(s, rows, pin)),
        )  # fmt: skip


def cycle_lanes(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Streets by the place that most people would not dare to ride."""
    links = s.city.links
    stress = links["cycle_stress"].fill_null(0).to_numpy()
    cars = (links["car_forward"].fill_null(False) | links["car_backward"].fill_null(False)).to_numpy()
    main = links["highway"].is_in([k for k in MAIN if not k.startswith("trunk")]).to_numpy()
    for name, rows in _stretches(s, pin, lambda k: bool(cars[k] and main[k] and stress[k] >= 3)):
        level, metres = int(stress[rows].max()), _length(s, rows)
        people = s.residents(shapely.get_coordinates(s.link_lines[rows]), s.streets.rules.reach)
        yield Suggestion(
            CycleLane(links=tuple(rows.tolist()), kind="track" if level == 4 else "lane"),
            why("cycle_lane", street=name, stress=level, metres=metres, people=people,
                reach=round(s.streets.rules.reach)),
            _lines(s, rows),
            {"metres": round(metres), "stress": level, "people": people},
            gain=people * metres / (100.0 + _nearest(s, rows, pin)),
        )  # fmt: skip


def bus_lanes(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Streets by the place with many buses and a second lane each way."""
    near = s.links_near(pin, STREET_METRES)
    wide = dict(zip(near.tolist(), lanes_each_way(s.city, near) >= 2.0, strict=True))
    for name, rows, buses in _busy(s, pin, lambda k: bool(wide[k])):
        yield Suggestion(
            BusLane(links=tuple(rows.tolist())),
            why("bus_lane", street=name, buses=buses, metres=_length(s, rows)),
            _lines(s, rows),
            {"metres": round(_length(s, rows)), "buses_an_hour": round(buses, 1)},
            gain=buses * _length(s, rows) / (100.0 + _nearest(s, rows, pin)),
        )


def priority(s: Surroundings, pin: F64) -> Iterator[Suggestion]:
    """Lights by the place at which many buses wait."""
    lit = s.city.nodes["signal"].fill_null(False).to_numpy()
    ends = s.city.links.select("from_node", "to_node").to_numpy()
    for name, rows, buses in _busy(s, pin, lambda k: bool(lit[ends[k]].any())):
        lights = len({v for v in ends[rows].ravel().tolist() if lit[v]})
        yield Suggestion(
            SignalPriority(links=tuple(rows.tolist())),
            why("signal_priority", street=name, lights=lights, buses=buses),
            _lines(s, rows),
            {"lights": lights, "buses_an_hour": round(buses, 1)},
            gain=buses * lights / (100.0 + _nearest(s, rows, pin)),
        )


def _doors(s: Surroundings, pin: F64) -> _Doors:
    names, kinds, lon, lat = doors(s.city)
    x, y = s.streets.bus.to_metric.transform(lon, lat)
    far = np.hypot(np.asarray(x) - pin[0], np.asarray(y) - pin[1])
    near = [int(k) for k in np.argsort(far, kind="stable")[:MOST_DOORS] if far[k] <= DOORS_METRES]
    called = tuple(names[k] or words("stop" if kinds[k] == "stop" else "a_school") for k in near)
    return _Doors(called, tuple(kinds[k] for k in near), np.asarray(lon)[near], np.asarray(lat)[near])


def _stretches(s: Surroundings, pin: F64, able: Callable[[int], bool]) -> Iterator[tuple[Words | str, I64]]:
    """Streets by the place, each the links of one name that suit; those without a name link by link."""
    rows = np.array([k for k in s.links_near(pin, STREET_METRES) if able(int(k))], np.int64)
    if not len(rows):
        return
    table = s.city.links.select("name", "link_id").with_row_index("k")
    table = table.filter(pl.col("k").is_in(rows.tolist()))
    for name, part in table.with_columns(pl.coalesce("name", pl.format("#{}", "k"))).group_by(
        "name", maintain_order=True
    ):
        yield _street("" if str(name[0]).startswith("#") else str(name[0])), part["k"].to_numpy().astype(np.int64)


def _busy(s: Surroundings, pin: F64, able: Callable[[int], bool]) -> Iterator[tuple[Words | str, I64, float]]:
    links = s.city.links
    bus = (links["bus_forward"].fill_null(False) | links["bus_backward"].fill_null(False)).to_numpy()
    main = links["highway"].is_in(MAIN).to_numpy()
    for name, rows in _stretches(s, pin, lambda k: bool(bus[k] and main[k]) and able(k)):
        buses = np.array([s.buses_an_hour(int(k)) for k in rows])
        kept = rows[buses >= BUSES]
        if len(kept) and _length(s, kept) >= STRETCH_METRES:
            yield name, kept, float(buses.max())


def _street(name: str) -> Words | str:
    return name or words("unnamed")


def _node(s: Surroundings, node: int) -> tuple[float, float]:
    return round(float(s.city.nodes["lon"][node]), 7), round(float(s.city.nodes["lat"][node]), 7)


def _far(s: Surroundings, lonlat: tuple[float, float], pin: F64) -> float:
    return float(np.hypot(*(s.xy(*lonlat) - pin)))


def _nearest(s: Surroundings, rows: I64, pin: F64) -> float:
    return float(shapely.distance(s.link_lines[rows], shapely.Point(pin)).min())


def _length(s: Surroundings, rows: I64) -> float:
    return float(s.city.links["length"].gather(rows.tolist()).sum())


def _lines(s: Surroundings, rows: I64) -> dict[str, object]:
    shapes = shapely.from_wkb(s.city.links["geometry"].gather(rows.tolist()).to_numpy())
    return {
        "type": "MultiLineString",
        "coordinates": [[[round(float(x), 6), round(float(y), 6)] for x, y in g.coords] for g in shapes],
    }
