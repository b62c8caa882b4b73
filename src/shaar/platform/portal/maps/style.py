"""The quiet base map as a MapLibre style: the tokens of the visual language, light and dark, names in four languages.

Layers of data go below the first layer whose name begins with ``label-``.
"""

from __future__ import annotations

from typing import Any

#: Colours by theme; light is ours of every map, dark its twin.
COLOURS = {
    "light": {
        "land": "#f4f2ee", "built": "#ebe7e0", "green": "#dfe9d6", "water": "#cfe2ec", "building": "#e5e0d9",
        "building_edge": "#d8d1c7", "road": "#ffffff", "casing": "#cfc8be", "path": "#cfc8be", "rail": "#b9b2a8",
        "border": "#9aa5ae", "ink": "#17222d", "muted": "#566573", "paper": "#ffffff", "water_ink": "#3d6f8a",
    },
    "dark": {
        "land": "#1b252d", "built": "#222d36", "green": "#1e3127", "water": "#17384a", "building": "#2a3640",
        "building_edge": "#36434e", "road": "#42515d", "casing": "#10181f", "path": "#38454f", "rail": "#5d6b76",
        "border": "#5d6b76", "ink": "#e8edf2", "muted": "#9fb0bf", "paper": "#111a22", "water_ink": "#8fc0d8",
    },
}  # fmt: skip
THEMES = tuple(COLOURS)
REGULAR, BOLD = "Noto Sans Regular", "Noto Sans Bold"
#: Streets from the least to the greatest: name, classes, first zoom, widths (px) at zooms 11, 14 and 18.
STREETS: tuple[tuple[str, tuple[str, ...], int, tuple[float, float, float]], ...] = (
    ("service", ("service", "living_street", "track"), 13, (0.4, 1.2, 9)),
    ("minor", ("residential", "unclassified", "road", "busway"), 12, (0.5, 2.4, 14)),
    ("tertiary", ("tertiary",), 10, (0.9, 3.2, 18)),
    ("secondary", ("secondary",), 9, (1.2, 4.0, 22)),
    ("main", ("primary", "trunk", "motorway"), 6, (1.8, 5.2, 28)),
)
PATHS = ("footway", "path", "steps", "pedestrian", "cycleway")
Rule = dict[str, Any]


def style(*, theme: str, language: str, tiles: str, glyphs: str) -> dict[str, Any]:
    """Return the style.

    Parameters
    ----------
    theme
        "light" or "dark".
    language
        Names are shown in it where the city's data have them, else as they are locally.
    tiles, glyphs
        Addresses: of the PMTiles file ("" where the city has no model), and of the glyphs with {fontstack}, {range}.
    """
    c = COLOURS[theme]
    ground: Rule = {"id": "background", "type": "background", "paint": {"background-color": c["land"]}}
    if not tiles:
        return {"version": 8, "name": f"Shaar {theme}", "sources": {}, "glyphs": glyphs, "layers": [ground]}
    source = {"type": "vector", "url": f"pmtiles://{tiles}"}
    layers = [ground, *_areas(c), *_streets(c), *_borders(c), *_labels(c, language)]
    return {
        "version": 8,
        "name": f"Shaar {theme}",
        "sources": {"city": source},
        "glyphs": glyphs,
        "layers": [ground, *({"source": "city", **rule} for rule in layers[1:])],
    }


def _areas(c: dict[str, str]) -> list[Rule]:
    area = ["==", ["geometry-type"], "Polygon"]
    line = ["==", ["geometry-type"], "LineString"]
    return [
        {"id": "land-built", "type": "fill", "source-layer": "land", "paint": {"fill-color": c["built"]}},
        {"id": "green", "type": "fill", "source-layer": "green", "paint": {"fill-color": c["green"]}},
        {"id": "water", "type": "fill", "source-layer": "water", "filter": area, "paint": {"fill-color": c["water"]}},
        {
            "id": "water-line", "type": "line", "source-layer": "water", "filter": line,
            "paint": {"line-color": c["water"], "line-width": _width(0.8, 2.0, 8.0)},
        },
        {
            "id": "buildings", "type": "fill", "source-layer": "buildings", "minzoom": 13,
            "paint": {
                "fill-color": c["building"], "fill-outline-color": c["building_edge"],
                "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0, 14, 1],
            },
        },
    ]  # fmt: skip


def _streets(c: dict[str, str]) -> list[Rule]:
    paths = {
        "id": "road-path", "type": "line", "source-layer": "roads", "minzoom": 14, "filter": _classes(PATHS),
        "paint": {"line-color": c["path"], "line-width": _width(0.5, 0.8, 3.0), "line-dasharray": [2, 1.5]},
    }  # fmt: skip
    rail: Rule = {
        "id": "rail", "type": "line", "source-layer": "rail", "minzoom": 9,
        "paint": {"line-color": c["rail"], "line-width": _width(0.6, 1.2, 3.5)},
    }  # fmt: skip
    sleepers: Rule = {
        "id": "rail-sleepers", "type": "line", "source-layer": "rail", "minzoom": 13,
        "paint": {"line-color": c["rail"], "line-width": _width(2.0, 4.0, 9.0), "line-dasharray": [0.25, 2.5]},
    }  # fmt: skip
    round_ends = {"line-cap": "round", "line-join": "round"}
    out = [paths]
    for name, classes, first, wide in STREETS:
        casing = tuple(w + max(0.7, w * 0.16) for w in wide)
        out.append(
            {
                "id": f"road-{name}-casing",
                "type": "line",
                "source-layer": "roads",
                "minzoom": max(first, 11),
                "filter": _classes(classes),
                "layout": round_ends,
                "paint": {"line-color": c["casing"], "line-width": _width(*casing)},
            }
        )
    for name, classes, first, wide in STREETS:
        colour: Any = c["road"]
        if first < 11:
            # Far out a white street without a casing would not show on the land.
            colour = ["interpolate", ["linear"], ["zoom"], 10, c["casing"], 11, c["road"]]
        out.append(
            {
                "id": f"road-{name}",
                "type": "line",
                "source-layer": "roads",
                "minzoom": first,
                "filter": _classes(classes),
                "layout": round_ends,
                "paint": {"line-color": colour, "line-width": _width(*wide)},
            }
        )
    return [*out, rail, sleepers]


def _borders(c: dict[str, str]) -> list[Rule]:
    return [
        {
            "id": "border", "type": "line", "source-layer": "borders", "filter": ["in", ["get", "kind"],
            ["literal", ["city", "district"]]],
            "paint": {
                "line-color": c["border"], "line-width": _width(0.8, 1.2, 2.0), "line-dasharray": [4, 2],
                "line-opacity": 0.7,
            },
        }
    ]  # fmt: skip


def _labels(c: dict[str, str], language: str) -> list[Rule]:
    words = ["coalesce", ["get", f"name:{language}"], ["get", "name"]]
    halo = {"text-halo-color": c["paper"], "text-halo-width": 1.4}

    def place(name: str, kinds: tuple[str, ...], first: int, size: list[Any], **more: Any) -> Rule:
        bold = more.pop("bold", False)
        colour = more.pop("colour", c["ink"])
        return {
            "id": f"label-{name}", "type": "symbol", "source-layer": "places", "minzoom": first,
            "filter": ["in", ["get", "kind"], ["literal", list(kinds)]],
            "layout": {
                "text-field": words, "text-font": [BOLD if bold else REGULAR], "text-size": size,
                "text-max-width": 8, "text-padding": 4, "symbol-sort-key": ["get", "rank"], **more,
            },
            "paint": {"text-color": colour, **halo},
        }  # fmt: skip

    return [
        {
            "id": "label-road", "type": "symbol", "source-layer": "roads", "minzoom": 13,
            "filter": ["all", ["has", "name"], ["!", ["in", ["get", "class"], ["literal", list(PATHS)]]]],
            "layout": {
                "symbol-placement": "line", "text-field": ["get", "name"], "text-font": [REGULAR],
                "text-size": _sizes(13, 10, 17, 13), "text-max-angle": 30, "symbol-spacing": 320,
            },
            "paint": {"text-color": c["muted"], **halo},
        },
        place("water", ("water",), 12, _sizes(12, 10, 16, 14), colour=c["water_ink"]),
        place("service", ("university", "hospital", "station", "market", "clinic", "school", "kindergarten", "park"),
              15, _sizes(15, 10.5, 18, 12.5), colour=c["muted"]),
        place("quarter", ("quarter", "suburb"), 13, _sizes(13, 11, 16, 14), colour=c["muted"]),
        place("settlement", ("settlement", "village", "town"), 11, _sizes(11, 11.5, 15, 16)),
        {**place("district", ("district",), 10, _sizes(10, 12, 14, 17), bold=True), "maxzoom": 15},
        {**place("city", ("city",), 6, _sizes(6, 13, 10, 20), bold=True), "maxzoom": 10},
    ]  # fmt: skip


def _classes(names: tuple[str, ...]) -> list[Any]:
    return ["in", ["get", "class"], ["literal", list(names)]]


def _width(far: float, mid: float, near: float) -> list[Any]:
    return ["interpolate", ["exponential", 1.6], ["zoom"], 8, far * 0.5, 11, far, 14, mid, 18, near]


def _sizes(z0: float, s0: float, z1: float, s1: float) -> list[Any]:
    return ["interpolate", ["linear"], ["zoom"], z0, s0, z1, s1]
