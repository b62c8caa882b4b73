/**
 * A made-up city for development without Python: a grid of streets, invented numbers. It is never built or served to
 * anybody; `npm run dev` only. Figures here mean nothing.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";

const CENTER = [71.43, 51.13] as const;
const STEP = 0.012;
const N = 16;
const words = (en: string) => ({ en, ru: en, ky: en, kk: en });
const at = (i: number, j: number): [number, number] => [CENTER[0] + (i - N / 2) * STEP, CENTER[1] + (j - N / 2) * STEP * 0.62];
const cells = Array.from({ length: N * N }, (_, k) => [k % N, Math.floor(k / N)] as const);

const zones = cells.map(([i, j]) => {
  const [[a, b], [c, d]] = [at(i, j), at(i + 1, j + 1)];
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [[[a, b], [c, b], [c, d], [a, d], [a, b]]] }, properties: { zone_id: `z${i}-${j}`, population: 200 + ((i * 37 + j * 91) % 3000), jobs: (i * j * 13) % 900 } };
});
const stops = cells.map(([i, j]) => ({ type: "Feature", geometry: { type: "Point", coordinates: at(i, j) }, properties: { stop_id: `s${i}-${j}`, name: `Made-up stop ${i}/${j}` } }));
const headways = [{ start: "06:00", end: "10:00", minutes: 6 }, { start: "10:00", end: "23:00", minutes: 15 }];
const lines = [2, 5, 8, 11, 14].map((j, k) => ({ type: "Feature", geometry: { type: "LineString", coordinates: Array.from({ length: N }, (_, i) => at(i, j)) }, properties: { route_id: `R${k}`, name: String(k + 1), colour: k, headways, boardings: 4000 + k * 700, vehicles: 9 + k } }));
const periods = [["am_peak", "Morning", "06:00", "10:00"], ["day", "Day", "10:00", "16:00"], ["pm_peak", "Evening", "16:00", "20:00"], ["late", "Late", "20:00", "24:00"]].map(([key, label, start, end]) => ({ key, label: words(label as string), start, end }));
const catalogue = [
  { type: "add_line", tool: "draw_line", group: "lines", group_label: words("Lines"), label: words("New line"), form: [], example: { type: "add_line" } },
  { type: "set_headway", tool: "pick_line", group: "lines", group_label: words("Lines"), label: words("Headway"), example: { type: "set_headway" }, form: [
    { name: "route_id", widget: "line", label: words("Line"), hint: words("The line that changes."), required: true, choices: [] },
    { name: "minutes", widget: "number", unit: "min", label: words("Minutes"), hint: words("Between departures."), required: true, choices: [] }] },
  { type: "crossing", tool: "pick_point", group: "walking", group_label: words("Walking"), label: words("Crossing"), example: { type: "crossing" }, form: [{ name: "point", widget: "point", label: words("Place"), hint: words("Click on the map."), required: true, choices: [] }] },
];
const city = { name: "Made-up city", bbox: [...at(0, 0), ...at(N, N)], center: CENTER, currency: "KZT", time_zone: "Asia/Almaty", window: ["07:00", "09:00"], periods, vehicle_types: ["bus_12m", "articulated_18m"], catalogue, reference: { name: "Made-up lines", hash: "0", note: "", badge: "assumed" }, indicators: [{ key: "journey.minutes", labels: words("Mean journey"), unit: "min", better: "less", group: "journey" }] };

const studies: { ref: string; title: string; state: string; alternatives: Record<string, unknown>[] }[] = [];

function answer(method: string, path: string, body: Record<string, unknown>): [number, unknown] {
  if (path === "city") return [200, city];
  const layer = { "layers/zones.json": zones, "layers/stops.json": stops, "layers/lines.json": lines }[path];
  if (layer) return [200, { type: "FeatureCollection", features: layer }];
  if (path === "draw") {
    const points = body["waypoints"] as [number, number][];
    const way = (list: [number, number][]) => ({ geometry: list, stops: list.map((_, k) => `d${k}`), minutes: list.map((_, k) => k * 3), km: list.length });
    return [200, { forward: way(points), backward: way([...points].reverse()), new_stops: points.map(([lon, lat], k) => ({ stop_id: `d${k}`, lon, lat, name: "" })) }];
  }
  if (path === "effects") {
    const changes = body["changes"] as unknown[];
    const table = zones.map((one, k) => ({ zone_id: one.properties.zone_id, population: one.properties.population, minutes_before: 30 + (k % 17), minutes_after: 30 + (k % 17) - (changes.length ? (k % 13) - 3 : 0), change: changes.length ? -((k % 13) - 3) : 0, low: -3, high: 1, clear: k % 3 ? 1 : 0 }));
    return [200, { sequence: body["sequence"], seconds: 0.1, sentences: changes.map((one) => JSON.stringify(one).slice(0, 60)), appraisal: { effects: [{ indicator: "journey.minutes", unit: "min", before: 34, after: 32.8, change: changes.length ? -1.2 : 0, low: -1.9, high: -0.5, badge: "modelled", better: "less", group: "all", place: "", method: "", source: "", not_modelled: "" }], zones: table, places: [{ place_id: "p1", kind: "settlement", name: "Made-up settlement", population: 7400, minutes_before: 40, minutes_after: 36, change: -4, low: -6, high: -2, gainers: 5000, losers: 0 }], lines: [], provenance: { engine: "made up" }, assumptions: [] } }];
  }
  if (path === "studies") {
    if (method === "GET") return [200, { studies }];
    const made = { ref: `S-26-${String(studies.length + 1).padStart(4, "0")}`, title: String(body["title"]), state: "draft", alternatives: [] };
    studies.push(made);
    return [201, made];
  }
  const study = studies.find((one) => path.startsWith(`studies/${one.ref}`));
  if (study && path.endsWith("/alternatives")) {
    const made = { ...(body as object), id: `a${study.alternatives.length}`, version: 1 };
    study.alternatives.push(made);
    return [201, made];
  }
  return study ? [200, study] : [404, { code: "missing", message: "not in the made-up city", field: "" }];
}

export function fakeServer(): Plugin {
  return {
    name: "made-up-city",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use("/workbench/api/", (request: IncomingMessage, response: ServerResponse) => {
        let text = "";
        request.on("data", (part) => { text += part; });
        request.on("end", () => {
          const [status, data] = answer(request.method ?? "GET", (request.url ?? "").replace(/^\//, "").split("?")[0] ?? "", text ? JSON.parse(text) : {});
          response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(data));
        });
      });
    },
  };
}
