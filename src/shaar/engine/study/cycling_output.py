"""What a cycling study found as tables and as features for a map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import shapely

from shaar.engine.city import geoparquet
from shaar.engine.city.model import City
from shaar.engine.routing.cycle_links import reason
from shaar.engine.study.cycling import CyclingStudy, million_eur, new_link_of


def plan_rows(study: CyclingStudy, city: City) -> list[dict[str, Any]]:
    """Pieces of the proposal in the order of building, with what they bring and cost."""
    out = []
    for rank, step in enumerate(study.plan.steps, start=1):
        c = study.candidates[step.candidate]
        out.append(
            _row(study, city, step.candidate, rank)
            | {
                "perceived_minutes_saved_a_day": step.gain / 60.0,
                "per_metre": step.gain / 60.0 / max(c.metres, 1.0),
                "trips_a_day": float(study.plan.flow[c.arcs].max(initial=0.0)),
                "km_so_far": step.metres / 1000.0,
            }
        )
    return out


def missing_rows(
    study: CyclingStudy, city: City, kinds: Sequence[str] = ("link", "path", "crossing", "track")
) -> list[dict[str, Any]]:
    """Missing links by falling score, with the gained pairs of people and places."""
    kept = [f for f in study.missing if study.candidates[f.candidate].kind in kinds]
    return [
        _row(study, city, f.candidate, rank) | {"gain_people_places": f.gain, "per_metre": f.per_metre}
        for rank, f in enumerate(kept, start=1)
    ]


def _row(study: CyclingStudy, city: City, k: int, rank: int) -> dict[str, Any]:
    c = study.candidates[k]
    new = new_link_of(study, k)
    way = float(study.new.way[new]) if new is not None else np.nan
    obstacle = study.new.obstacle[new] if new is not None else ""
    value, low, high = million_eur(study, k)
    return {
        "rank": rank,
        "kind": c.kind,
        "place": place_name(city, c.nodes, c.name),
        "metres": c.metres if new is None else float(study.new.metres[new]),
        "budget_metres": c.metres,
        "reason": reason(study.net, c, way=way, obstacle=obstacle),
        "million_eur": value,
        "million_eur_low": low,
        "million_eur_high": high,
        "stress_before": int(np.maximum(study.net.stress, study.net.cross)[c.arcs].max()) if c.kind != "link" else None,
        "candidate": k,
    }


def place_name(city: City, nodes: Sequence[int] | np.ndarray, name: str = "") -> str:
    """Name a place by its street, or by up to two streets that meet there; "" where none has a name."""
    if name:
        return name
    links = city.links
    at = links.filter(pl.col("from_node").is_in(list(nodes)) | pl.col("to_node").is_in(list(nodes)))
    named = at.filter(pl.col("name").is_not_null()).group_by("name").agg(pl.col("length").sum())
    return " / ".join(named.sort(["length", "name"], descending=[True, False])["name"].head(2).to_list())


def geojson(study: CyclingStudy, city: City, rows: list[dict[str, Any]]) -> str:
    """Rows of :func:`plan_rows` or :func:`missing_rows` as a GeoJSON feature collection (RFC 7946, WGS84)."""
    shapes = geoparquet.geometries(city.links)
    lon, lat = city.nodes["lon"].to_numpy(), city.nodes["lat"].to_numpy()
    features = []
    for row in rows:
        c = study.candidates[row["candidate"]]
        if c.kind in ("track", "path"):
            ids = np.unique(study.net.link[c.arcs])
            shape = shapely.line_merge(shapely.multilinestrings([shapes[i] for i in ids]))
        elif c.kind == "link":
            shape = shapely.linestrings([(lon[v], lat[v]) for v in c.nodes])
        else:
            heads = np.unique(study.net.head[c.arcs])
            shape = shapely.points(lon[heads].mean(), lat[heads].mean())
        shape = shapely.set_precision(shape, 1e-6)
        properties = {k: (None if isinstance(v, float) and not np.isfinite(v) else v) for k, v in row.items()}
        features.append(
            {"type": "Feature", "geometry": json.loads(shapely.to_geojson(shape)), "properties": properties}
        )
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def curve_rows(study: CyclingStudy) -> list[dict[str, float]]:
    """Benefit by kilometre built."""
    plan = study.plan
    return [
        {"km": m / 1000.0, "perceived_hours_saved_a_day": g / 3600.0, "share_of_trips_with_a_calm_way": s}
        for m, g, s in zip(plan.curve_metres.tolist(), plan.curve_gain.tolist(), plan.curve_served.tolist())
    ]
