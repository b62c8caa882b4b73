/** Everything the workbench shows, as one value that is never changed in place. */
import { begin, type History } from "./history";
import type { Live } from "./live";
import type { Alternative, Better1, Change, City, EffectsAnswer, Item, Job, LonLat, Progress, Study } from "./types";

export const TABS = ["changes", "effects", "layers", "list", "propose", "save"] as const;
export type Tab = (typeof TABS)[number];
export const LAYERS = ["zones", "lines", "stops", "streets_stress", "links_flow"] as const;
export type LayerKey = (typeof LAYERS)[number];

export type LayerData =
  | { state: "loading" }
  | { state: "failed"; message: string }
  | { state: "ready"; features: GeoJSON.FeatureCollection; facts: Record<string, unknown> };

/** What a click on the map means now. */
export type Tool =
  | { kind: "draw"; item: string | null; type: string; loop: boolean }
  | { kind: "pick"; item: string; field: string; widget: "point" | "links" | "stop" | "stops" | "line" | "path" }
  | { kind: "isochrone" };

export interface Drawing {
  points: LonLat[];
  busy: boolean;
  message: string;
}

export interface Isochrone {
  point: LonLat;
  state: "asking" | "ready" | "failed";
  message: string;
  data: GeoJSON.FeatureCollection | null;
}

export interface Compare {
  /** "before", "now", or the id of an alternative. */
  left: string;
  right: string;
  /** Where the line between the two stands, per cent of the width. */
  at: number;
}

export interface Saving {
  state: "no" | "saving" | "saved" | "failed";
  message: string;
  field: string;
}

export interface State {
  phase: "loading" | "opening" | "failed" | "ready";
  progress: Progress;
  failure: string;
  city: City | null;
  tab: Tab;
  sheet: "low" | "half" | "full";
  history: History<Item[]>;
  chosen: string | null;
  tool: Tool | null;
  drawing: Drawing;
  layers: LayerKey[];
  show: string;
  at: number;
  data: Partial<Record<LayerKey, LayerData>>;
  live: Live;
  answer: EffectsAnswer | null;
  answered: readonly Change[];
  isochrone: Isochrone | null;
  compare: Compare | null;
  compared: Record<string, EffectsAnswer>;
  studies: Study[] | null;
  study: Study | null;
  alternative: Alternative | null;
  name: string;
  saved: Item[];
  saving: Saving;
  conflict: Alternative | null;
  job: { id: string; job: Job; places: string[]; vehicles: number; failed: string } | null;
  opened: Better1 | null;
  online: boolean;
  notice: string;
  draftKept: boolean;
  mapState: "none" | "loading" | "ready" | "failed";
  highlighted: string | null;
  help: boolean;
}

export const first = (): State => ({
  phase: "loading", progress: {}, failure: "", city: null, tab: "changes", sheet: "half", history: begin<Item[]>([]),
  chosen: null, tool: null, drawing: { points: [], busy: false, message: "" }, layers: ["zones", "lines"], show: "auto",
  at: 8 * 60, data: {}, live: { state: "idle" }, answer: null, answered: [], isochrone: null, compare: null, compared: {},
  studies: null, study: null, alternative: null, name: "", saved: [], saving: { state: "no", message: "", field: "" },
  conflict: null, job: null, opened: null, online: true, notice: "", draftKept: true, mapState: "none", highlighted: null,
  help: false,
});

export class Store {
  private listeners = new Set<(state: State, before: State) => void>();
  private told: State;
  private waiting = false;

  constructor(public state: State) {
    this.told = state;
  }

  set(patch: Partial<State>): void {
    this.state = { ...this.state, ...patch };
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      const before = this.told;
      this.told = this.state;
      for (const listener of this.listeners) listener(this.state, before);
    });
  }

  listen(listener: (state: State, before: State) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Is everything there that the type of change asks for? */
export function missing(item: Item, city: City | null): string[] {
  const kind = city?.catalogue.find((one) => one.type === item.change.type);
  if (!kind) return [];
  return kind.form
    .filter((field) => field.required)
    .map((field) => field.name)
    .filter((name) => {
      const value = item.change[name];
      return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
    });
}

/** What is sent to be computed: the changes that are complete. */
export const complete = (items: readonly Item[], city: City | null): Change[] =>
  items.filter((item) => !missing(item, city).length).map((item) => item.change);
