/** The data over the ground: zones, lines, stops, streets, the sketch; each from the state, drawn anew where it changed. */
import type { GeoJSONSource, LayerSpecification, Map as GlMap } from "maplibre-gl";
import { headwayOf } from "../views/list";
import { periodAt } from "../views/dock";
import type { Look } from "../views/context";
import { AMOUNTS, STRESS, lineColour } from "../scale";
import type { EffectsAnswer, Item, LonLat } from "../types";
import { FONT } from "./base";
import { addImages } from "./images";
import { ISO, flowWidth, shownOf, zoneFills } from "./legend";

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const SOURCES = ["zones", "lines", "stops", "streets_stress", "links_flow", "isochrone", "new-lines", "sketch", "marks"] as const;

/** What one map of a comparison shows. */
export interface Side { answer: EffectsAnswer | null; scale: EffectsAnswer | null; before: boolean; items: readonly Item[] }

export class DataLayers {
  private painted = new Map<string, unknown>();
  private filled = new Set<string>();

  constructor(readonly map: GlMap) {}

  /** After the ground has come, or has changed its colours. */
  begin(dark: boolean): void {
    const { map } = this;
    addImages(map, dark);
    this.painted.clear();
    this.filled.clear();
    for (const id of SOURCES) {
      if (map.getSource(id)) continue;
      map.addSource(id, { type: "geojson", data: EMPTY, ...(id === "zones" ? { promoteId: "zone_id" } : {}) });
    }
    const under = map.getLayer("road-names") ? "roads-path" : undefined;
    const ink = dark ? "#e8edf2" : "#17222d";
    const halo = dark ? "#111a22" : "#ffffff";
    const primary = dark ? "#6fc7d1" : "#0b6470";
    const add = (layer: object, before?: string): void => {
      const made = layer as LayerSpecification;
      if (!map.getLayer(made.id)) map.addLayer(made, before);
    };
    const state = (name: string, other: unknown): unknown => ["coalesce", ["feature-state", name], other];
    add({ id: "zones", type: "fill", source: "zones", paint: { "fill-antialias": false, "fill-color": state("fill", "#efefef"), "fill-opacity": ["*", dark ? 0.55 : 0.68, state("on", 0)] } }, under);
    add({ id: "zones-hatch", type: "fill", source: "zones", paint: { "fill-pattern": "hatch", "fill-opacity": ["*", 0.7, state("hatch", 0)] } }, under);
    add({ id: "isochrone", type: "fill", source: "isochrone", paint: { "fill-color": ["get", "fill"], "fill-opacity": 0.45 } }, under);
    add({ id: "isochrone-line", type: "line", source: "isochrone", paint: { "line-color": ["get", "fill"], "line-width": 1.5 } }, under);
    const top = map.getLayer("road-names") ? "road-names" : undefined;
    add({ id: "streets_stress", type: "line", source: "streets_stress", paint: { "line-color": ["match", ["to-number", ["coalesce", ["get", "stress"], ["get", "lts"], 0]], 1, STRESS[0], 2, STRESS[1], 3, STRESS[2], 4, STRESS[3], "#999999"], "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.8, 15, 4] } }, top);
    add({ id: "links_flow", type: "line", source: "links_flow", layout: { "line-cap": "round" }, paint: { "line-color": dark ? AMOUNTS[4] : AMOUNTS[1], "line-opacity": 0.85, "line-width": ["get", "width"] } }, top);
    add({ id: "lines", type: "line", source: "lines", layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["get", "width"] }, paint: { "line-color": ["get", "colour"], "line-width": ["interpolate", ["linear"], ["zoom"], 9, ["*", 0.45, ["get", "width"]], 14, ["get", "width"]], "line-opacity": ["get", "opacity"] } }, top);
    add({ id: "new-lines-case", type: "line", source: "new-lines", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": halo, "line-width": 9 } }, top);
    add({ id: "new-lines", type: "line", source: "new-lines", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": primary, "line-width": ["case", ["get", "chosen"], 6, 4] } }, top);
    if (map.getLayer("links-hit")) add({ id: "links-picked", type: "line", source: "city", "source-layer": "links", minzoom: 12, filter: ["in", ["id"], ["literal", []]], paint: { "line-color": dark ? "#ffb37a" : "#c2410c", "line-width": 6 } }, top);
    add({ id: "stops", type: "circle", source: "stops", minzoom: 12, paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 1.5, 16, 5], "circle-color": halo, "circle-stroke-color": ink, "circle-stroke-width": 1.2 } });
    add({ id: "line-plates", type: "symbol", source: "lines", minzoom: 10, layout: { "symbol-placement": "line", "symbol-spacing": 280, "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "icon-image": "plate", "icon-text-fit": "both", "icon-text-fit-padding": [1, 3, 1, 3], "text-rotation-alignment": "viewport", "icon-rotation-alignment": "viewport" }, paint: { "text-color": ink, "text-opacity": ["get", "opacity"], "icon-opacity": ["get", "opacity"] } });
    add({ id: "new-plates", type: "symbol", source: "new-lines", layout: { "symbol-placement": "line", "symbol-spacing": 220, "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "icon-image": "plate", "icon-text-fit": "both", "icon-text-fit-padding": [2, 5, 2, 5], "text-rotation-alignment": "viewport", "icon-rotation-alignment": "viewport" }, paint: { "text-color": primary } });
    add({ id: "sketch-stops", type: "circle", source: "sketch", filter: ["==", ["get", "kind"], "stop"], paint: { "circle-radius": 4.5, "circle-color": ["case", ["get", "fresh"], primary, halo], "circle-stroke-color": primary, "circle-stroke-width": 2 } });
    add({ id: "sketch-points", type: "circle", source: "sketch", filter: ["==", ["get", "kind"], "point"], paint: { "circle-radius": 9, "circle-color": dark ? "#ffb37a" : "#c2410c", "circle-stroke-color": halo, "circle-stroke-width": 2.5 } });
    add({ id: "sketch-numbers", type: "symbol", source: "sketch", filter: ["==", ["get", "kind"], "point"], layout: { "text-field": ["get", "number"], "text-font": FONT, "text-size": 11, "text-allow-overlap": true }, paint: { "text-color": halo } });
    add({ id: "marks", type: "circle", source: "marks", paint: { "circle-radius": 7, "circle-color": dark ? "#f5a45c" : "#b84a00", "circle-stroke-color": halo, "circle-stroke-width": 2.5 } });
    add({ id: "marks-line", type: "line", source: "marks", filter: ["match", ["geometry-type"], ["LineString"], true, false], paint: { "line-color": dark ? "#f5a45c" : "#b84a00", "line-width": 4, "line-dasharray": [2, 1] } });
  }

  private data(id: (typeof SOURCES)[number], data: GeoJSON.FeatureCollection): void {
    (this.map.getSource(id) as GeoJSONSource | undefined)?.setData(data);
  }

  /** Draw what a thing depends on only when that has changed. */
  private once(name: string, needs: readonly unknown[], draw: () => void): void {
    const before = this.painted.get(name) as readonly unknown[] | undefined;
    if (before && before.length === needs.length && before.every((one, k) => one === needs[k])) return;
    this.painted.set(name, needs);
    draw();
  }

  paint(look: Look, side: Side, dark: boolean): void {
    const { s } = look;
    const ready = (key: keyof typeof s.data): GeoJSON.FeatureCollection | null => {
      const data = s.data[key];
      return s.layers.includes(key) && data?.state === "ready" ? data.features : null;
    };
    const zones = s.isochrone?.data ? null : ready("zones");
    this.once("zones", [zones], () => this.data("zones", zones ?? EMPTY));
    this.once("fills", [zones, shownOf(s), side.answer, side.scale, side.before], () => this.fill(zones, shownOf(s), side));
    const flow = ready("links_flow");
    this.once("links_flow", [flow, s.at], () => this.data("links_flow", flow ? flows(look, flow) : EMPTY));
    for (const key of ["streets_stress", "stops"] as const) {
      const found = ready(key);
      this.once(key, [found], () => this.data(key, found ?? EMPTY));
    }
    const lines = ready("lines");
    this.once("lines", [lines, s.at, s.highlighted, side.items, side.before, dark, s.tool?.kind === "draw"], () => this.lines(look, lines, side, dark));
    this.once("new-lines", [side.items, s.chosen, side.before], () => this.data("new-lines", side.before ? EMPTY : fresh(side.items, s.chosen)));
    this.once("isochrone", [s.isochrone], () => this.data("isochrone", reach(s.isochrone?.data ?? null)));
    this.once("sketch", [s.tool, s.drawing.points, side.items, s.data.stops], () => this.data("sketch", sketch(look, side.items)));
    this.once("marks", [side.items, s.isochrone?.point, s.highlighted, s.data.stops], () => this.data("marks", marks(look, side.items)));
    this.once("links", [side.items], () => {
      const picked = side.items.flatMap((one) => (Array.isArray(one.change["links"]) ? (one.change["links"] as number[]) : []));
      if (this.map.getLayer("links-picked")) this.map.setFilter("links-picked", ["in", ["id"], ["literal", picked]]);
    });
  }

  private fill(zones: GeoJSON.FeatureCollection | null, show: string, side: Side): void {
    if (!zones) return;
    const { fills } = zoneFills(show, side.answer, zones.features, side.before, side.scale);
    for (const id of this.filled) if (!fills.has(id)) this.map.setFeatureState({ source: "zones", id }, { on: 0, hatch: 0 });
    for (const [id, fill] of fills) this.map.setFeatureState({ source: "zones", id }, { fill: fill.colour, hatch: fill.hatch ? 1 : 0, on: 1 });
    this.filled = new Set(fills.keys());
  }

  private lines(look: Look, lines: GeoJSON.FeatureCollection | null, side: Side, dark: boolean): void {
    if (!lines) return this.data("lines", EMPTY);
    const gone = new Set(side.before ? [] : side.items.filter((one) => one.change.type === "remove_line").map((one) => String(one.change["route_id"])));
    const drawing = look.s.tool?.kind === "draw";
    const lit = look.s.highlighted?.startsWith("line:") ? look.s.highlighted.slice(5) : null;
    const features = lines.features.map((one, k) => {
      const row = one.properties ?? {};
      const id = String(row["route_id"]);
      const headway = headwayOf(row["headways"], look.s.at, look);
      const hourly = headway ? 60 / headway : 0;
      const width = hourly >= 8 ? 4.5 : hourly >= 4 ? 3 : hourly > 0 ? 1.8 : 0.8;
      const faded = gone.has(id) || (lit !== null && lit !== id);
      const index = typeof row["colour"] === "number" ? row["colour"] : typeof row["colour_index"] === "number" ? row["colour_index"] : k;
      return { ...one, properties: { ...row, colour: lineColour(index, dark), width: lit === id ? 7 : width, opacity: faded ? 0.15 : drawing ? 0.4 : hourly ? 0.85 : 0.4 } };
    });
    this.data("lines", { type: "FeatureCollection", features });
  }
}

function fresh(items: readonly Item[], chosen: string | null): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  for (const { id, change } of items) {
    for (const field of ["geometry_forward", "geometry_backward", "geometry"]) {
      const course = change[field] as LonLat[] | undefined;
      if (Array.isArray(course) && course.length > 1) features.push({ type: "Feature", geometry: { type: "LineString", coordinates: course }, properties: { item: id, name: String(change["name"] ?? ""), chosen: id === chosen } });
    }
  }
  return { type: "FeatureCollection", features };
}

/** Buses an hour on each piece of street, in the period of the slider. */
function flows(look: Look, found: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  const period = periodAt(look.s.city?.periods ?? [], look.s.at)?.key ?? "";
  const features = found.features.map((one) => {
    const hourly = (one.properties?.["buses_hour"] as Record<string, number> | undefined)?.[period] ?? 0;
    return { ...one, properties: { width: hourly > 0 ? flowWidth(hourly) : 0 } };
  });
  return { type: "FeatureCollection", features };
}

function reach(data: GeoJSON.FeatureCollection | null): GeoJSON.FeatureCollection {
  if (!data) return EMPTY;
  const colour = (minutes: unknown): string => (ISO.find(([limit]) => Number(minutes) <= limit) ?? ISO[3] as (typeof ISO)[number])[1];
  const features = [...data.features].sort((a, b) => Number(b.properties?.["minutes"]) - Number(a.properties?.["minutes"]));
  return { type: "FeatureCollection", features: features.map((one) => ({ ...one, properties: { ...one.properties, fill: colour(one.properties?.["minutes"]) } })) };
}

function sketch(look: Look, items: readonly Item[]): GeoJSON.FeatureCollection {
  const { tool, drawing } = look.s;
  const features: GeoJSON.Feature[] = [];
  const point = (at: LonLat, properties: Record<string, unknown>): void => void features.push({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties });
  if (tool?.kind !== "draw") return EMPTY;
  const item = items.find((one) => one.id === tool.item);
  const own = (item?.change["new_stops"] as { stop_id: string; lon: number; lat: number }[] | undefined) ?? [];
  for (const one of own) point([one.lon, one.lat], { kind: "stop", fresh: true });
  const used = new Set([...((item?.change["stops_forward"] as string[] | undefined) ?? []), ...((item?.change["stops_backward"] as string[] | undefined) ?? [])]);
  const stops = look.s.data.stops;
  if (stops?.state === "ready") {
    for (const one of stops.features.features) if (used.has(String(one.properties?.["stop_id"])) && one.geometry.type === "Point") point(one.geometry.coordinates as LonLat, { kind: "stop", fresh: false });
  }
  drawing.points.forEach((at, k) => point(at, { kind: "point", number: String(k + 1), index: k }));
  return { type: "FeatureCollection", features };
}

function marks(look: Look, items: readonly Item[]): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  for (const { change } of items) {
    const at = change["point"] as LonLat | undefined;
    if (Array.isArray(at)) features.push({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: {} });
    const path = change["path"] as LonLat[] | undefined;
    if (Array.isArray(path) && path.length > 1) features.push({ type: "Feature", geometry: { type: "LineString", coordinates: path }, properties: {} });
  }
  if (look.s.isochrone) features.push({ type: "Feature", geometry: { type: "Point", coordinates: look.s.isochrone.point }, properties: {} });
  const lit = look.s.highlighted;
  const stops = look.s.data.stops;
  if (lit?.startsWith("stop:") && stops?.state === "ready") features.push(...stops.features.features.filter((one) => `stop:${one.properties?.["stop_id"]}` === lit));
  return { type: "FeatureCollection", features };
}
