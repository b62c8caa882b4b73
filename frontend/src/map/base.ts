/** The quiet ground: the city's own land, water, green, buildings, streets and names, light and dark. */
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Language } from "../types";

const LIGHT = { land: "#f4f2ee", built: "#efece6", water: "#cfe2ec", green: "#dfe9d6", buildings: "#e5e0d9", road: "#ffffff", casing: "#cfc8be", rail: "#b9b2a8", ink: "#17222d", muted: "#566573", halo: "#ffffff", border: "#8b8378", waterInk: "#3c6a80" };
const DARK = { land: "#1b252d", built: "#1f2a32", water: "#17384a", green: "#1e3127", buildings: "#242f38", road: "#42515d", casing: "#10181f", rail: "#4d5a64", ink: "#e8edf2", muted: "#9fb0bf", halo: "#111a22", border: "#7a8894", waterInk: "#8fb8cc" };

export const FONT = ["Noto Sans"];
const WIDE = ["motorway", "trunk", "primary"];
const MIDDLE = ["secondary", "tertiary"];
const PATHS = ["footway", "path", "steps", "pedestrian", "cycleway", "bridleway", "corridor", "track"];

const among = (names: readonly string[]): ["in", unknown, unknown] => ["in", ["get", "class"], ["literal", names]];
const width = (a: number, b: number, c: number): unknown => ["interpolate", ["exponential", 1.5], ["zoom"], 9, a, 13, b, 17, c];

export function baseStyle(tiles: string, language: Language, dark: boolean): StyleSpecification {
  const c = dark ? DARK : LIGHT;
  const name = ["coalesce", ["get", `name:${language}`], ["get", "name"]];
  const layer = (id: string, type: string, from: string, paint: object, more: object = {}): LayerSpecification =>
    ({ id, type, source: "city", "source-layer": from, paint, ...more }) as unknown as LayerSpecification;
  const road = (id: string, filter: unknown, colour: string, wide: unknown, minzoom: number): LayerSpecification =>
    layer(id, "line", "roads", { "line-color": colour, "line-width": wide }, { filter, minzoom, layout: { "line-cap": "round", "line-join": "round" } });
  const small = ["!", ["any", among([...WIDE, ...MIDDLE]), among(PATHS)]];
  return {
    version: 8,
    sources: { city: { type: "vector", url: `pmtiles://${tiles}` } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": c.land } },
      layer("land", "fill", "land", { "fill-color": c.built }),
      layer("green", "fill", "green", { "fill-color": c.green }),
      layer("water", "fill", "water", { "fill-color": c.water }, { filter: ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], true, false] }),
      layer("water-line", "line", "water", { "line-color": c.water, "line-width": 1.5 }, { filter: ["match", ["geometry-type"], ["LineString", "MultiLineString"], true, false] }),
      layer("buildings", "fill", "buildings", { "fill-color": c.buildings, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0, 14, 1] }, { minzoom: 13 }),
      road("roads-path", among(PATHS), c.casing, width(0, 0.3, 2), 14.5),
      road("roads-small-casing", small, c.casing, width(0.3, 1.8, 11), 12),
      road("roads-middle-casing", among(MIDDLE), c.casing, width(0.8, 3.4, 15), 10),
      road("roads-wide-casing", among(WIDE), c.casing, width(1.4, 5, 19), 7),
      road("roads-small", small, c.road, width(0.1, 1, 9), 12.5),
      road("roads-middle", among(MIDDLE), c.road, width(0.4, 2.4, 13), 10),
      road("roads-wide", among(WIDE), c.road, width(0.8, 3.6, 16), 7),
      layer("rail", "line", "rail", { "line-color": c.rail, "line-width": 1.2, "line-dasharray": [4, 2] }, { minzoom: 10 }),
      layer("borders", "line", "borders", { "line-color": c.border, "line-width": ["match", ["get", "kind"], "city", 1.4, 0.8], "line-dasharray": [3, 2], "line-opacity": 0.7 }),
      layer("links-hit", "line", "links", { "line-color": c.ink, "line-width": 14, "line-opacity": 0.001 }, { minzoom: 14 }),
      layer("road-names", "symbol", "roads", { "text-color": c.muted, "text-halo-color": c.halo, "text-halo-width": 1.4 }, {
        minzoom: 13.5, filter: ["has", "name"],
        layout: { "text-field": name, "text-font": FONT, "text-size": 11.5, "symbol-placement": "line", "symbol-spacing": 350 },
      }),
      layer("water-names", "symbol", "places", { "text-color": c.waterInk, "text-halo-color": c.water, "text-halo-width": 1 }, {
        filter: ["==", ["get", "kind"], "water"], minzoom: 12, layout: { "text-field": name, "text-font": FONT, "text-size": 11.5, "text-max-width": 7 },
      }),
      layer("place-names", "symbol", "places", { "text-color": ["step", ["get", "rank"], c.ink, 3, c.muted], "text-halo-color": c.halo, "text-halo-width": 1.6 }, {
        filter: ["!=", ["get", "kind"], "water"],
        layout: {
          "text-field": name, "text-font": FONT, "text-max-width": 8, "symbol-sort-key": ["get", "rank"], "text-padding": 6,
          "text-size": ["interpolate", ["linear"], ["zoom"], 9, ["match", ["get", "rank"], 0, 16, 1, 12.5, 11], 14, ["match", ["get", "rank"], 0, 22, 1, 16, 2, 14, 12]],
        },
      }),
    ],
  };
}
