"""What all languages share: the figures, the map layers and the lines, prepared once."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from shaar.engine.study.results import PlanResult
from shaar.report.facts import Facts, gather
from shaar.report.geometry import Frame
from shaar.report.maps import zone_maps
from shaar.report.maps.base import base_layers, city_frame
from shaar.report.maps.lines import DrawnLine, draw_lines, geometry_of, stop_layers
from shaar.report.maps.streets import Streets


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything that does not depend on the language; ``defs`` holds the geometry that pictures refer to."""

    result: PlanResult
    facts: Facts
    window: Frame
    density: zone_maps.ZoneLayer
    stops: zone_maps.ZoneLayer | None
    change: zone_maps.ZoneLayer
    drawn: tuple[DrawnLine, ...]
    stop_counts: tuple[int, int]
    defs: Markup
    osm: bool
    streets: Streets
    areas: zone_maps.ZoneLayer | None = None


def prepare(result: PlanResult) -> Shared:
    """Compute the figures and draw the geometry of a plan."""
    facts = gather(result)
    lines = facts.chosen.lines
    window = city_frame(result.city, geometry_of(lines))
    density = zone_maps.density(result, window)
    stops = zone_maps.stop_distance(result, window)
    change = zone_maps.change(result, facts, window)
    areas = zone_maps.areas(result, facts, window)
    drawn = draw_lines(lines, window)
    old, new, n_old, n_new = stop_layers(result.design, lines, window)
    layers = {
        **base_layers(result.city, window),
        "density": density.svg,
        "stopdist": stops.svg if stops else "",
        "change": change.svg,
        **({"areas": areas.svg} if areas else {}),
        "stops-old": old,
        "stops-new": new,
        **{f"ln{i}": d.svg for i, d in enumerate(drawn)},
    }
    defs = "".join(f'<g id="{name}">{svg}</g>' for name, svg in layers.items())
    licences = [f"{p.source} {p.licence}" for p in result.city.meta.provenance.values()]
    osm = any("OpenStreetMap" in x or "OSM" in x or "ODbL" in x for x in licences)
    return Shared(
        result, facts, window, density, stops, change, tuple(drawn), (n_old, n_new), Markup(defs), osm,
        Streets(result.city, window), areas,
    )  # fmt: skip
