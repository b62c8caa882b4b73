/** A click on the map: what it picks for a form, and what it tells where nothing is picked. */
import type { Map as GlMap, MapGeoJSONFeature } from "maplibre-gl";
import { number } from "../format";
import { numberOf, textOf } from "../rows";
import type { Tool } from "../state";
import type { LonLat } from "../types";
import type { Look } from "../views/context";
import { headwayOf } from "../views/list";
import type { Workbench } from "../workbench";

type Pixel = { x: number; y: number };

function near(map: GlMap, { x, y }: Pixel, by: number, layers: string[]): MapGeoJSONFeature[] {
  return map.queryRenderedFeatures([[x - by, y - by], [x + by, y + by]], { layers: layers.filter((one) => map.getLayer(one)) });
}

/** Who must be allowed on a street that a change is about. */
const MODES: Record<string, string> = { bus_lane: "bus", signal_priority: "bus", cycle_lane: "cycle", speed_limit: "car", rebuild_road: "car", close_road: "car" };

export function pickAt(wb: Workbench, map: GlMap, tool: Extract<Tool, { kind: "pick" }>, point: LonLat, pixel: Pixel): void {
  const item = wb.items.find((one) => one.id === tool.item);
  if (!item) return wb.use(null);
  const now = item.change[tool.field];
  const put = (value: unknown): void => {
    wb.setField(tool.item, tool.field, value);
    if (wb.state.notice) wb.say("");
  };
  const list = <T,>(): T[] => (Array.isArray(now) ? (now as T[]) : []);
  const toggle = <T,>(value: T): T[] => (list<T>().includes(value) ? list<T>().filter((one) => one !== value) : [...list<T>(), value]);
  switch (tool.widget) {
    case "point":
      put(point);
      return wb.use(null);
    case "path":
      return put([...list<LonLat>(), point]);
    case "links": {
      if (map.getZoom() < 14) {
        map.easeTo({ center: point, zoom: 15 });
        return wb.say(wb.text("zoom_to_pick"));
      }
      const mode = MODES[item.change.type];
      const link = near(map, pixel, 6, ["links-hit"]).find((one) => !mode || textOf(one.properties["modes"]).split(",").includes(mode));
      return link?.id === undefined ? wb.say(wb.text("nothing_here")) : put(toggle(Number(link.id)));
    }
    case "stop":
    case "stops": {
      if (!wb.state.layers.includes("stops")) wb.toggle("stops");
      const stop = near(map, pixel, 14, ["stops"])[0];
      const id = stop && textOf(stop.properties["stop_id"]);
      if (!id) return wb.say(wb.text(map.getZoom() < 12 ? "zoom_to_pick" : "nothing_here"));
      put(tool.widget === "stop" ? id : toggle(id));
      return tool.widget === "stop" ? wb.use(null) : undefined;
    }
    default: {
      const line = near(map, pixel, 8, ["lines"])[0];
      if (!line) return wb.say(wb.text("nothing_here"));
      put(textOf(line.properties["route_id"]));
      return wb.use(null);
    }
  }
}

/** Words about what lies under a click. */
export function describe(look: Look, map: GlMap, pixel: Pixel): HTMLElement | null {
  const { t, lang, s } = look;
  const said: string[] = [];
  const names = new Set<string>();
  for (const one of near(map, pixel, 5, ["lines"])) {
    const name = textOf(one.properties["name"]);
    if (names.has(name)) continue;
    names.add(name);
    const headway = headwayOf(one.properties["headways"], s.at, look);
    const boardings = numberOf(one.properties["boardings"]);
    said.push([`${t("line")} ${name}`, headway === null ? t("no_service_now") : t("every_minutes", { minutes: number(headway, lang) }), boardings === null ? "" : t("boardings_day", { count: number(boardings, lang) })].filter(Boolean).join(" · "));
  }
  for (const one of near(map, pixel, 6, ["stops"]).slice(0, 1)) said.push(`${t("stop")}: ${textOf(one.properties["name"]) || t("stop_unnamed")}`);
  const zone = near(map, pixel, 0, ["zones"])[0];
  const row = zone && s.answer?.appraisal.zones.find((one) => textOf(one["zone_id"]) === textOf(zone.properties["zone_id"]));
  if (zone) said.push(t("residents", { count: number(numberOf(zone.properties["population"]) ?? 0, lang) }));
  if (row && numberOf(row["minutes_after"]) !== null) {
    said.push(t("zone_minutes", { before: number(numberOf(row["minutes_before"]) ?? 0, lang), after: number(numberOf(row["minutes_after"]) ?? 0, lang) }));
    if (numberOf(row["clear"]) === 0 && Math.abs(numberOf(row["change"]) ?? 0) > 0.05) said.push(t("unclear"));
  }
  if (!said.length) return null;
  const list = document.createElement("ul");
  list.className = "popup";
  for (const words of said.slice(0, 8)) list.append(Object.assign(document.createElement("li"), { textContent: words }));
  return list;
}
