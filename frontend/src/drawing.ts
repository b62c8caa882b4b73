/** Drawing a line: points on the map go to the server, and come back as a way along real streets with stops. */
import { ApiError } from "./api";
import { placeFor, round } from "./geo";
import { firstHeadways, freeId, freeName, lineChange, pointsOfLine } from "./lines";
import { NOTHING, type Workbench, newId } from "./workbench";
import type { Change, Drawn, Item, LonLat } from "./types";

let asked = 0;

/** Where a stop of the city stands, from the layer of stops where that is loaded. */
export function stopPlaces(wb: Workbench): Map<string, { at: LonLat; name: string }> {
  const data = wb.state.data.stops;
  const found = new Map<string, { at: LonLat; name: string }>();
  if (data?.state !== "ready") return found;
  for (const one of data.features.features) {
    if (one.geometry?.type !== "Point") continue;
    found.set(String(one.properties?.["stop_id"] ?? one.id), { at: one.geometry.coordinates as LonLat, name: String(one.properties?.["name"] ?? "") });
  }
  return found;
}

export function startDrawing(wb: Workbench, type = "add_line", item: string | null = null): void {
  wb.store.set({ tool: { kind: "draw", item, type, loop: false }, drawing: NOTHING, tab: "changes", sheet: "low", chosen: item });
  void wb.need("stops");
}

/** Take an existing line up again: its points can be dragged. */
export async function editLine(wb: Workbench, item: Item): Promise<void> {
  await wb.need("stops");
  const places = stopPlaces(wb);
  const points = item.change.type === "add_line" ? pointsOfLine(item, (id) => places.get(id)?.at) : (item.way?.points ?? []);
  wb.store.set({
    tool: { kind: "draw", item: item.id, type: item.change.type, loop: item.way?.loop ?? (item.change["stops_backward"] as string[] | undefined)?.length === 0 },
    drawing: { points, busy: false, message: "" },
    chosen: item.id,
    tab: "changes",
  });
}

export const addPoint = (wb: Workbench, point: LonLat): void => points(wb, [...wb.state.drawing.points, round(point)]);
export const movePoint = (wb: Workbench, k: number, point: LonLat): void =>
  points(wb, wb.state.drawing.points.map((one, j) => (j === k ? round(point) : one)), `way.${k}`);
export const dropPoint = (wb: Workbench, k: number): void => points(wb, wb.state.drawing.points.filter((_, j) => j !== k));

export function shiftPoint(wb: Workbench, k: number, by: -1 | 1): void {
  const next = [...wb.state.drawing.points];
  const to = k + by;
  if (to < 0 || to >= next.length) return;
  next.splice(to, 0, ...next.splice(k, 1));
  points(wb, next);
}

/** A stop or a piece of the line was dragged: the line is led through the place where it was let go. */
export function bend(wb: Workbench, from: LonLat, to: LonLat): void {
  const { drawing } = wb.state;
  const line = (drawnItem(wb)?.change["geometry_forward"] as LonLat[] | undefined) ?? drawing.points;
  const next = [...drawing.points];
  next.splice(placeFor(drawing.points, line, from), 0, round(to));
  points(wb, next);
}

export function setLoop(wb: Workbench, loop: boolean): void {
  const { tool } = wb.state;
  if (tool?.kind !== "draw") return;
  wb.store.set({ tool: { ...tool, loop } });
  points(wb, [...wb.state.drawing.points]);
}

const drawnItem = (wb: Workbench): Item | undefined => {
  const { tool } = wb.state;
  return tool?.kind === "draw" && tool.item ? wb.items.find((one) => one.id === tool.item) : undefined;
};

function points(wb: Workbench, next: LonLat[], key = ""): void {
  const { tool } = wb.state;
  // A piece of a line has its ends already.
  const enough = tool?.kind === "draw" && tool.type === "add_line" ? 2 : 1;
  wb.store.set({ drawing: { points: next, busy: next.length >= enough, message: "" } });
  asked += 1;
  const mine = asked;
  setTimeout(() => {
    if (mine === asked && next.length >= enough) void lay(wb, next, mine, key);
  }, 60);
}

async function lay(wb: Workbench, way: LonLat[], mine: number, key: string): Promise<void> {
  const { tool } = wb.state;
  if (tool?.kind !== "draw") return;
  const before = drawnItem(wb)?.change ?? null;
  try {
    const drawn = await wb.api.post<Drawn>("draw", {
      places: placesOf(before, way), loop: tool.loop, vehicle_type: String(before?.["vehicle_type"] ?? wb.state.city?.vehicle_types[0]?.key ?? "bus_12m"),
    });
    if (mine === asked) take(wb, drawn, way, key);
  } catch (error) {
    if (mine !== asked) return;
    const opening = error instanceof ApiError && error.opening;
    if (opening) setTimeout(() => mine === asked && void lay(wb, way, mine, key), 1500);
    wb.store.set({ drawing: { points: way, busy: Boolean(opening), message: opening ? wb.text("opening") : wb.words(error) } });
  }
}

/** The way has come: it becomes the change, or its next version. */
function take(wb: Workbench, drawn: Drawn, way: LonLat[], key: string): void {
  const { tool, city } = wb.state;
  if (tool?.kind !== "draw" || !city) return;
  wb.store.set({ drawing: { points: way, busy: false, message: "" } });
  const before = drawnItem(wb);
  const id = before?.id ?? newId();
  const change = tool.type === "add_line" ? asLine(wb, before, drawn) : pieceOf(before?.change ?? { type: tool.type }, drawn);
  const item: Item = { id, change, way: { points: way, loop: tool.loop } };
  wb.edit((items) => (before ? items.map((one) => (one.id === id ? item : one)) : [...items, item]), before && key ? `${id}.${key}` : "");
  wb.store.set({ chosen: id, tool: { ...tool, item: id } });
}

function asLine(wb: Workbench, before: Item | undefined, drawn: Drawn): Change {
  const city = wb.state.city;
  const taken = new Set(wb.items.map((one) => String(one.change["name"] ?? "")));
  const lines = wb.state.data.lines;
  if (lines?.state === "ready") for (const one of lines.features.features) taken.add(String(one.properties?.["name"]));
  const name = freeName(taken);
  return lineChange(before?.change ?? null, drawn, freeId(wb.items.map((one) => one.change)), name, firstHeadways(city?.periods ?? []), city?.vehicle_types[0]?.key ?? "bus_12m");
}

/** A piece of a line: what lies beyond one of its stops, or between two of them. */
export function pieceOf(change: Change, drawn: Drawn): Change {
  const { forward, backward } = drawn;
  const last = change.type === "reroute_line" ? -1 : undefined;
  const total = backward?.minutes.at(-1) ?? 0;
  const next: Change = {
    ...change,
    stops: forward.stops.slice(1, last),
    minutes: forward.minutes.slice(1),
    geometry: forward.geometry,
    new_stops: drawn.new_stops.map(({ stop_id, lon, lat, name }) => ({ stop_id, lon, lat, name: name ?? "" })),
  };
  if (!backward || change["one_way"] === true) return next;
  next["geometry_back"] = backward.geometry;
  if (change.type === "reroute_line") {
    next["stops_back"] = backward.stops.slice(1, -1);
    next["minutes_back"] = backward.minutes.slice(1);
  } else {
    next["stops_back"] = backward.stops.slice(0, -1);
    next["minutes_back"] = backward.minutes.slice(0, -1).map((one) => Number((total - one).toFixed(2)));
  }
  return next;
}

/** A piece begins at a stop of its line, and where it leads back to the line it ends at one. */
function placesOf(change: Change | null, way: LonLat[]): (LonLat | string)[] {
  if (!change || change.type === "add_line") return way;
  const from = change["from_stop"];
  const to = change["to_stop"];
  return [...(from ? [String(from)] : []), ...way, ...(to ? [String(to)] : [])];
}

export function finish(wb: Workbench): void {
  asked += 1;
  wb.store.set({ tool: null, drawing: NOTHING, sheet: "half" });
}
