/** The map itself: ground and data, what clicks, drags and keys on it mean, two maps for a comparison. */
import "maplibre-gl/dist/maplibre-gl.css";
import { AttributionControl, Map as GlMap, type MapMouseEvent, NavigationControl, Popup, ScaleControl, type StyleSpecification, type VectorTileSource, addProtocol, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { Protocol } from "pmtiles";
import { addPoint, bend, dropPoint, movePoint } from "../drawing";
import { said } from "../format";
import { boundsOf, pointsOf, round } from "../geo";
import { compareWith, isochrone } from "../questions";
import type { State } from "../state";
import type { LonLat } from "../types";
import { lookOf } from "../views/context";
import type { Workbench } from "../workbench";
import { baseStyle } from "./base";
import { describe, pickAt } from "./pick";
import { DataLayers, type Side } from "./layers";
import { takePicture } from "./picture";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);
addProtocol("pmtiles", new Protocol().tile);

const scheme = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** A city's map is made when it is first asked for: ask until it is there; whether that took more than one question. */
async function whenMade(tiles: string, ended: () => boolean): Promise<boolean> {
  for (let late = false; ; late = true) {
    const answer = await fetch(tiles, { headers: { Range: "bytes=0-0" } }).catch(() => null);
    if (answer?.status !== 503 || ended()) return late;
    await new Promise((go) => setTimeout(go, 2000));
  }
}

export function openMap(wb: Workbench, box: HTMLElement): () => void {
  const city = wb.state.city;
  if (!city) return () => undefined;
  const tiles = new URL(city.tiles ?? wb.boot.urls["tiles"] ?? "/map/city.pmtiles", location.href).href;
  let ground = tiles;
  const style = (): StyleSpecification => baseStyle(ground, wb.boot.language, scheme.matches);
  const [west, south, east, north] = city.bbox;
  const here = wb.shared.map;
  const first = document.createElement("div");
  first.className = "map-one";
  box.append(first);
  const t = wb.text;
  const wide = matchMedia("(min-width: 1000px)").matches;
  const map = new GlMap({
    container: first, style: style(), attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    ...(here ? { center: [here.lon, here.lat], zoom: here.zoom } : { center: city.center, zoom: 10.5 }),
    maxBounds: [[west - 1, south - 0.7], [east + 1, north + 0.7]], minZoom: 7, maxZoom: 18, fadeDuration: calm.matches ? 0 : 150,
    locale: {
      "Map.Title": t("map_title"), "NavigationControl.ZoomIn": t("zoom_in"), "NavigationControl.ZoomOut": t("zoom_out"),
      "AttributionControl.ToggleAttribution": t("sources"), "Popup.Close": t("close"),
    },
  });
  if (!here) map.fitBounds([[west, south], [east, north]], { animate: false, padding: { top: 12, right: 12, bottom: 12, left: wide ? 280 : 12 } });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.addControl(new AttributionControl({ compact: !wide, customAttribution: t("map_source", { city: said(city.names, wb.boot.language) || city.name }) }), "bottom-right");
  let ended = false;
  void whenMade(tiles, () => ended).then((late) => {
    if (!late || ended) return;
    // Another address, since the reader keeps what failed.
    ground = `${tiles}${tiles.includes("?") ? "&" : "?"}late=1`;
    for (const one of [map, second?.map]) (one?.getSource("city") as VectorTileSource | undefined)?.setUrl(`pmtiles://${ground}`);
  });
  const layers = new DataLayers(map);
  let second: { map: GlMap; layers: DataLayers; box: HTMLElement } | null = null;

  const paint = (state: State): void => {
    const look = lookOf(wb, state);
    if (map.getSource("zones")) layers.paint(look, sideOf(state, state.compare?.left ?? "now"), scheme.matches);
    if (second?.map.getSource("zones") && state.compare) second.layers.paint(look, sideOf(state, state.compare.right), scheme.matches);
    if (second) second.box.style.setProperty("clip-path", `inset(0 0 0 ${state.compare?.at ?? 50}%)`);
  };

  const compare = (state: State): void => {
    if (state.compare && !second) {
      const over = document.createElement("div");
      over.className = "map-two";
      box.append(over);
      const other = new GlMap({ container: over, style: style(), interactive: false, attributionControl: false, center: map.getCenter(), zoom: map.getZoom(), fadeDuration: 0 });
      other.getCanvas().setAttribute("aria-hidden", "true");
      other.getCanvas().tabIndex = -1;
      second = { map: other, layers: new DataLayers(other), box: over };
      other.on("style.load", () => {
        second?.layers.begin(scheme.matches);
        paint(wb.state);
      });
    } else if (!state.compare && second) {
      second.map.remove();
      second.box.remove();
      second = null;
    }
  };

  map.on("style.load", () => {
    layers.begin(scheme.matches);
    paint(wb.state);
    wb.store.set({ mapState: "ready" });
  });
  // On a narrow screen the sources fold after a while; their button stays.
  if (!wide) setTimeout(() => box.querySelector(".maplibregl-compact-show")?.classList.remove("maplibregl-compact-show"), 6000);
  map.on("move", () => second?.map.jumpTo({ center: map.getCenter(), zoom: map.getZoom() }));
  map.on("moveend", () => wb.note());
  map.on("error", (event) => console.warn(event.error?.message ?? "map"));
  wb.place = () => ({ zoom: map.getZoom(), lat: map.getCenter().lat, lon: map.getCenter().lng });
  const recolour = (): void => {
    map.setStyle(style(), { diff: false });
    second?.map.setStyle(style(), { diff: false });
  };
  scheme.addEventListener("change", recolour);

  const act = (at: { lng: number; lat: number }, pixel: { x: number; y: number }): void => {
    const { tool } = wb.state;
    const point = round([at.lng, at.lat]);
    if (tool?.kind === "draw") addPoint(wb, point);
    else if (tool?.kind === "isochrone") void isochrone(wb, point);
    else if (tool?.kind === "pick") pickAt(wb, map, tool, point, pixel);
    else {
      const words = describe(lookOf(wb, wb.state), map, pixel);
      if (words) new Popup({ maxWidth: "280px" }).setLngLat(at).setDOMContent(words).addTo(map);
    }
  };
  map.on("click", (event: MapMouseEvent) => {
    if (wb.state.tool?.kind === "draw" && map.queryRenderedFeatures(event.point, { layers: ["sketch-points"] }).length) return;
    act(event.lngLat, event.point);
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      const centre = map.getCenter();
      act(centre, map.project(centre));
    } else if ((event.key === "Backspace" || event.key === "Delete") && wb.state.tool?.kind === "draw" && wb.state.drawing.points.length) {
      event.preventDefault();
      dropPoint(wb, wb.state.drawing.points.length - 1);
    }
  });
  dragging(wb, map);

  const forget = wb.store.listen((state, before) => {
    if (Boolean(state.compare) !== Boolean(before.compare)) compare(state);
    if (state.compare && (state.compare !== before.compare || state.study !== before.study)) bring(wb, state);
    if (state.highlighted && state.highlighted !== before.highlighted) show(state, map);
    if (state.sheet !== before.sheet) requestAnimationFrame(() => map.resize());
    map.getCanvas().style.setProperty("cursor", state.tool ? "crosshair" : "");
    paint(state);
  });
  const resize = new ResizeObserver(() => map.resize());
  resize.observe(box);
  const picture = (): void => void takePicture(wb, map);
  document.addEventListener("shaar:picture", picture);
  return () => {
    ended = true;
    forget();
    resize.disconnect();
    scheme.removeEventListener("change", recolour);
    document.removeEventListener("shaar:picture", picture);
    second?.map.remove();
    map.remove();
    box.replaceChildren();
  };
}

function sideOf(state: State, key: string): Side {
  const base = { scale: state.answer, before: false, items: state.history.present };
  if (key === "now") return { ...base, answer: state.answer };
  if (key === "before") return { ...base, answer: state.answer, before: true };
  const answer = state.compared[`${key}:${versionOf(state, key)}`] ?? null;
  const changes = state.study?.alternatives.find((one) => one.id === key)?.changes ?? [];
  return { answer, scale: state.answer ?? answer, before: false, items: changes.map((change, k) => ({ id: `${key}-${k}`, change })) };
}

const versionOf = (state: State, key: string): number => state.study?.alternatives.find((one) => one.id === key)?.version ?? 0;

/** Alternatives that a comparison names are computed when they are looked at. */
function bring(wb: Workbench, state: State): void {
  for (const key of [state.compare?.left, state.compare?.right]) {
    const found = state.study?.alternatives.find((one) => one.id === key);
    if (found) void compareWith(wb, `${found.id}:${found.version}`, found);
  }
}

/** Room beside what lies over the map: the legend, the buttons. */
function clearOf(map: GlMap): { top: number; right: number; bottom: number; left: number } {
  const legend = map.getContainer().clientWidth > 700 ? 300 : 40;
  return { top: 50, right: 70, bottom: 40, left: legend };
}

/** Bring what was chosen in the list into sight. */
function show(state: State, map: GlMap): void {
  const [kind, id] = [state.highlighted?.split(":")[0], state.highlighted?.slice((state.highlighted?.indexOf(":") ?? 0) + 1)];
  if (kind === "item") {
    const change = state.history.present.find((one) => one.id === id)?.change;
    const bounds = boundsOf(["geometry_forward", "geometry", "path"].flatMap((field) => (change?.[field] as LonLat[] | undefined) ?? []));
    if (bounds) map.fitBounds(bounds, { padding: clearOf(map), maxZoom: 15, animate: !calm.matches });
    return;
  }
  const layer = kind === "line" ? state.data.lines : kind === "stop" ? state.data.stops : state.data.zones;
  if (layer?.state !== "ready") return;
  const mine = layer.features.features.filter((one) => {
    const row = one.properties ?? {};
    if (kind === "line") return String(row["route_id"]) === id;
    if (kind === "stop") return String(row["stop_id"]) === id;
    return String(row["place_id"]) === id || String(row["settlement"]) === id || String(row["district"]) === id || (Array.isArray(row["places"]) && row["places"].includes(id));
  });
  const bounds = boundsOf(mine.flatMap((one) => pointsOf(one.geometry)));
  if (bounds) map.fitBounds(bounds, { padding: clearOf(map), maxZoom: 15, animate: !calm.matches });
}

/** Points of the sketch, its stops and its line can be dragged, with a mouse and with a finger. */
function dragging(wb: Workbench, map: GlMap): void {
  let held: { index: number; from: LonLat } | null = null;
  const start = (event: { point: { x: number; y: number }; lngLat: { lng: number; lat: number }; preventDefault: () => void }): void => {
    if (wb.state.tool?.kind !== "draw" || !map.getLayer("sketch-points")) return;
    const { x, y } = event.point;
    const near = (layers: string[], by: number) => map.queryRenderedFeatures([[x - by, y - by], [x + by, y + by]], { layers })[0];
    const point = near(["sketch-points"], 12);
    const line = point ? undefined : near(["sketch-stops", "new-lines"], 5);
    if (!point && !line) return;
    event.preventDefault();
    held = { index: point ? Number(point.properties["index"]) : -1, from: [event.lngLat.lng, event.lngLat.lat] };
    map.dragPan.disable();
  };
  const move = (event: { lngLat: { lng: number; lat: number } }): void => {
    if (!held) return;
    const to: LonLat = [event.lngLat.lng, event.lngLat.lat];
    if (held.index >= 0) movePoint(wb, held.index, to);
  };
  const end = (event: { lngLat: { lng: number; lat: number } }): void => {
    if (!held) return;
    const to: LonLat = [event.lngLat.lng, event.lngLat.lat];
    const far = Math.hypot(to[0] - held.from[0], to[1] - held.from[1]) > 1e-6;
    if (held.index < 0 && far) bend(wb, held.from, to);
    held = null;
    map.dragPan.enable();
  };
  map.on("mousedown", start);
  map.on("touchstart", start);
  map.on("mousemove", move);
  map.on("touchmove", move);
  map.on("mouseup", end);
  map.on("touchend", end);
}
