/** What a link carries after the hash: where the map stands and what it shows; unsaved changes where they fit. */
import type { Item, LonLat } from "./types";

export interface Shared {
  map?: { zoom: number; lat: number; lon: number };
  layers?: string[];
  show?: string;
  at?: string;
  tab?: string;
  iso?: LonLat;
  items?: string;
}

const number = (text: string | null | undefined): number | null => {
  if (text === null || text === undefined || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
};

export function parse(hash: string): Shared {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const shared: Shared = {};
  const [zoom, lat, lon] = (query.get("map") ?? "").split("/").map(number);
  if (zoom != null && lat != null && lon != null && Math.abs(lat) <= 85 && Math.abs(lon) <= 180) {
    shared.map = { zoom, lat, lon };
  }
  const layers = query.get("layers");
  if (layers !== null) shared.layers = layers.split(",").filter(Boolean);
  const show = query.get("show");
  if (show) shared.show = show;
  const at = query.get("at");
  if (at && /^[0-4]\d:[0-5]\d$/.test(at)) shared.at = at;
  const tab = query.get("tab");
  if (tab) shared.tab = tab;
  const [isoLon, isoLat] = (query.get("from") ?? "").split(",").map(number);
  if (isoLon != null && isoLat != null) shared.iso = [isoLon, isoLat];
  const items = query.get("changes");
  if (items) shared.items = items;
  return shared;
}

export function format(shared: Shared): string {
  const parts: string[] = [];
  if (shared.map) {
    const { zoom, lat, lon } = shared.map;
    parts.push(`map=${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`);
  }
  if (shared.layers) parts.push(`layers=${shared.layers.join(",")}`);
  if (shared.show) parts.push(`show=${encodeURIComponent(shared.show)}`);
  if (shared.at) parts.push(`at=${shared.at}`);
  if (shared.tab) parts.push(`tab=${encodeURIComponent(shared.tab)}`);
  if (shared.iso) parts.push(`from=${shared.iso.map((value) => value.toFixed(5)).join(",")}`);
  if (shared.items) parts.push(`changes=${shared.items}`);
  return `#${parts.join("&")}`;
}

const through = async (bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

/** Items as text that fits into an address. */
export async function pack(items: readonly Item[]): Promise<string> {
  const small = await through(new TextEncoder().encode(JSON.stringify(items)), new CompressionStream("deflate-raw"));
  let text = "";
  for (const byte of small) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Items of such a text; null where it is broken: a link that lost its end must not lose the page. */
export async function unpack(text: string): Promise<Item[] | null> {
  try {
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = await through(Uint8Array.from(raw, (sign) => sign.charCodeAt(0)), new DecompressionStream("deflate-raw"));
    const items: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!Array.isArray(items)) return null;
    const good = items.every((one: Item) => typeof one?.id === "string" && typeof one?.change?.type === "string");
    return good ? (items as Item[]) : null;
  } catch {
    return null;
  }
}
