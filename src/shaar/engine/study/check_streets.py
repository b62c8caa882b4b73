"""Checks of the street network and the stops: islands, stops away from streets, alone, or twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from shaar.engine.city.model import City
from shaar.engine.city.projection import project
from shaar.engine.findings import Finding, Severity
from shaar.engine.routing.graph import Mode, street_graph

F64 = npt.NDArray[np.float64]
#: A stop further from its street than this is oddly placed, metres.
STOP_FAR_M = 50.0
#: The stop of the other direction is looked for within this distance, metres.
FACING_M = 150.0
#: Two stops closer than this are one stop entered twice, metres.
TWICE_M = 2.0
#: A stop further than this from every zone is likely misplaced, metres.
STRAY_M = 3000.0
#: How many places a finding carries for the map.
SHOWN = 50
_MODES: tuple[tuple[Mode, str, str], ...] = (
    ("car", "streets.islands_drive", "driven"),
    ("walk", "streets.islands_walk", "walked"),
)


def street_findings(city: City) -> list[Finding]:
    """Find parts of the street network that cannot be reached from the rest, and what is not tagged."""
    if not city.links.height:
        return [Finding("streets.none", "The city has no streets, so nothing can be reached.", severity="error")]
    found = []
    for mode, code, verb in _MODES:
        found += _islands(city, mode, code, verb)
    bus = street_graph(city.nodes, city.links, mode="bus")
    if not bus.n_arcs:
        found.append(
            Finding("streets.no_bus", "No street is open to buses, so no line can be designed.", severity="error")
        )
    unknown = city.links["lanes"].null_count()
    if unknown:
        percent = round(100 * unknown / city.links.height)
        found.append(
            Finding(
                "streets.no_lanes",
                f"The number of lanes is not known for {unknown:,} of {city.links.height:,} street sections "
                f"({percent} %).",
                unknown,
                severity="info",
                values={"sections": unknown, "all": city.links.height, "percent": percent},
            )
        )
    return found


def _islands(city: City, mode: Mode, code: str, verb: str) -> list[Finding]:
    graph = street_graph(city.nodes, city.links, mode=mode)
    if not graph.n_arcs:
        kind: Severity = "error" if mode == "walk" else "warning"
        message = f"No street can be {verb} on." if mode == "car" else "No street can be walked on."
        return [Finding(f"streets.no_{mode}", message, severity=kind)]
    used = np.unique(np.concatenate([graph.tail, graph.head]))
    part = graph.component[used]
    labels, first, size = np.unique(part, return_index=True, return_counts=True)
    main = labels[size.argmax()]
    outside = labels != main
    if not outside.any():
        return []
    # A link is lost when it is not wholly within the main part; each link is counted once for both directions.
    lost = np.unique(graph.link[(graph.component[graph.tail] != main) | (graph.component[graph.head] != main)])
    km = float(city.links["length"].gather(lost).sum()) / 1000
    nodes = int(size[outside].sum())
    percent = round(100 * nodes / len(used), 1)
    biggest = np.argsort(-size[outside], kind="stable")[:SHOWN]
    at = used[first[outside][biggest]]
    parts = int(outside.sum())
    return [
        Finding(
            code,
            f"{parts} parts of the street network ({km:.1f} km, {percent} % of its junctions) cannot be {verb} to and "
            "from the rest.",
            parts,
            _place(graph.lon[at[0]], graph.lat[at[0]]),
            values={"parts": parts, "km": round(km, 1), "percent": percent, "nodes": nodes},
            points=_points(graph.lon[at], graph.lat[at]),
        )
    ]


def stop_findings(city: City) -> list[Finding]:
    """Find stops that stand away from streets, alone, in the same place, or far from where anybody lives."""
    stops = city.stops
    if not stops.height:
        return [
            Finding(
                "stops.none",
                "The city has no stops, so stops of new lines are proposed along the streets.",
                severity="assumed",
            )
        ]
    found = []
    lost = stops.filter(pl.col("link_id").is_null() | (pl.col("link_distance").fill_null(np.inf) > STOP_FAR_M))
    if lost.height:
        found.append(
            _stops(
                "stops.far_from_street",
                f"{lost.height} of {stops.height} stops are more than {STOP_FAR_M:.0f} m from any street that "
                "a bus may use.",
                lost,
                {"stops": lost.height, "all": stops.height, "metres": round(STOP_FAR_M)},
            )
        )
    x, y = project(stops["lon"].to_numpy(), stops["lat"].to_numpy(), city.meta.crs)
    xy = np.column_stack([x, y])
    if stops.height > 1:
        nearest = np.asarray(cKDTree(xy).query(xy, k=2)[0])[:, 1]
        found += _neighbours(stops, nearest)
    if city.zones.height:
        zx, zy = project(city.zones["lon"].to_numpy(), city.zones["lat"].to_numpy(), city.meta.crs)
        away = np.asarray(cKDTree(np.column_stack([zx, zy])).query(xy)[0])
        stray = stops.filter(pl.Series(away > STRAY_M))
        if stray.height:
            found.append(
                _stops(
                    "stops.stray",
                    f"{stray.height} stops lie more than {STRAY_M / 1000:.0f} km from every zone with people or jobs; "
                    "their coordinates may be wrong.",
                    stray,
                    {"stops": stray.height, "km": round(STRAY_M / 1000)},
                )
            )
    unnamed = stops.filter(pl.col("name").is_null() | (pl.col("name").str.strip_chars() == ""))
    if unnamed.height:
        found.append(
            _stops(
                "stops.unnamed",
                f"{unnamed.height} of {stops.height} stops have no name.",
                unnamed,
                {"stops": unnamed.height, "all": stops.height},
                severity="info",
            )
        )
    return found


def _neighbours(stops: pl.DataFrame, nearest: F64) -> list[Finding]:
    found = []
    twice = stops.filter(pl.Series(nearest <= TWICE_M))
    if twice.height:
        found.append(
            _stops(
                "stops.twice",
                f"{twice.height} stops stand within {TWICE_M:.0f} m of another one, so some may be entered twice.",
                twice,
                {"stops": twice.height, "metres": round(TWICE_M)},
            )
        )
    single = stops.filter(pl.Series(nearest > FACING_M))
    if single.height:
        found.append(
            _stops(
                "stops.no_facing",
                f"{single.height} of {stops.height} stops have no other stop within {FACING_M:.0f} m, so the stop of "
                "the other direction may be missing.",
                single,
                {"stops": single.height, "all": stops.height, "metres": round(FACING_M)},
                severity="info",
            )
        )
    return found


def _stops(
    code: str, message: str, which: pl.DataFrame, values: dict[str, str | int | float], severity: str = "warning"
) -> Finding:
    name = which["name"][0] or which["stop_id"][0]
    return Finding(
        code,
        message,
        which.height,
        str(name),
        "info" if severity == "info" else "warning",
        values,
        _points(which["lon"].to_numpy(), which["lat"].to_numpy()),
    )


def _points(lon: F64, lat: F64) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zip(lon[:SHOWN], lat[:SHOWN]))


def _place(lon: float, lat: float) -> str:
    return f"{lat:.5f}, {lon:.5f}"
