/** What people can do on the workbench; every button, key and click of the map ends here. */
import { Api, ApiError } from "./api";
import { format, pack, parse, unpack } from "./address";
import { draftKey, fetchDraft, forget, keep } from "./draft";
import { toClock, toMinutes } from "./format";
import { record, redo, undo } from "./history";
import { LiveEffects } from "./live";
import { rows } from "./rows";
import { cityOf } from "./city";
import { type LayerKey, LAYERS, type State, Store, type Tab, TABS, type Tool, complete, first } from "./state";
import { openStudy } from "./studies";
import { isochrone } from "./questions";
import type { Text } from "./text";
import type { Boot, Change, EffectsAnswer, Item, LonLat } from "./types";

export const NOTHING = { points: [] as LonLat[], busy: false, message: "" };

export class Workbench {
  readonly store = new Store(first());
  readonly api: Api;
  readonly live: LiveEffects;
  /** The map, once it is there, says where it stands and takes a picture. */
  place: (() => { zoom: number; lat: number; lon: number }) | null = null;
  readonly shared = parse(location.hash);
  /** Of several questions from one window only the last is worth an answer. */
  private readonly window = newId();
  private stillWaiting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly boot: Boot,
    readonly text: Text,
  ) {
    this.api = new Api(boot.urls["api"] ?? "/workbench/api", boot.csrf);
    this.live = new LiveEffects({
      send: (changes, sequence) => this.effects(changes, sequence),
      show: (live) => {
        if (live.state === "ready") this.store.set({ live, answer: live.answer, answered: live.changes });
        else if (live.state === "idle") this.store.set({ live, answer: null, answered: [] });
        else this.store.set({ live });
      },
    });
    this.store.listen((state, before) => this.follow(state, before));
  }

  get state(): State {
    return this.store.state;
  }

  get items(): Item[] {
    return this.state.history.present;
  }

  async effects(changes: readonly Change[], sequence = 0): Promise<EffectsAnswer> {
    const answer = await this.api.post<EffectsAnswer>("effects", { changes, full: false, sequence, window: this.window });
    const { appraisal } = answer;
    return {
      ...answer,
      sentences: answer.sentences ?? [],
      appraisal: { ...appraisal, effects: appraisal.effects ?? [], zones: rows(appraisal.zones), places: rows(appraisal.places), lines: rows(appraisal.lines), assumptions: appraisal.assumptions ?? [] },
    };
  }

  // ---- opening ----------------------------------------------------------------------------------------------------

  async open(asked?: Promise<Record<string, unknown>>): Promise<void> {
    try {
      const city = cityOf(await (asked ?? this.api.get<Record<string, unknown>>("city")));
      const at = this.shared.at ? toMinutes(this.shared.at) : this.middle(city.window);
      this.store.set({ phase: "ready", city, at, failure: "" });
    } catch (error) {
      const said = error as ApiError;
      if (said.opening) {
        this.store.set({ phase: "opening", progress: said.opening });
        setTimeout(() => void this.open(), 1500);
      } else this.store.set({ phase: "failed", failure: this.words(error) });
      return;
    }
    const { layers, show, tab } = this.shared;
    this.store.set({
      ...(layers ? { layers: LAYERS.filter((one) => layers.includes(one)) } : {}),
      ...(show ? { show } : {}),
      ...(tab && (TABS as readonly string[]).includes(tab) ? { tab: tab as Tab } : {}),
    });
    if (this.boot.study) await openStudy(this, this.boot.study, this.boot.alternative);
    await this.takeDraft();
    const changes = complete(this.items, this.state.city);
    if (changes.length) this.live.ask(changes, 0);
    if (this.shared.iso) void isochrone(this, this.shared.iso);
  }

  private middle(window: [number | string, number | string] | undefined): number {
    return window ? Math.round((toMinutes(window[0]) + toMinutes(window[1])) / 2 / 30) * 30 : 8 * 60;
  }

  private async takeDraft(): Promise<void> {
    if (this.shared.items) {
      const items = await unpack(this.shared.items);
      this.edit(() => items ?? []);
      this.store.set({ notice: this.text(items ? "link_opened" : "link_broken") });
      return;
    }
    this.restore();
  }

  /** Take up the draft of what is open, where there is one. */
  restore(): void {
    const draft = fetchDraft(storage(), this.draftKey);
    if (!draft || JSON.stringify(draft.items) === JSON.stringify(this.items)) return;
    this.edit(() => draft.items);
    const { alternative } = this.state;
    // Somebody saved since this draft began: saving has to show both, not to put the draft over the other.
    if (alternative && draft.version && draft.version < alternative.version) this.store.set({ alternative: { ...alternative, version: draft.version } });
    this.store.set({ name: draft.name || this.state.name, notice: this.text("draft_found") });
  }

  get draftKey(): string {
    return draftKey(this.boot.city, this.state.study?.ref ?? null, this.state.alternative?.id ?? null);
  }

  /** Begin again from what is saved. */
  dropDraft(): void {
    forget(storage(), this.draftKey);
    this.edit(() => this.state.saved);
    this.store.set({ notice: "" });
  }

  // ---- editing ----------------------------------------------------------------------------------------------------

  edit(change: (items: Item[]) => Item[], key = ""): void {
    const history = record(this.state.history, change(this.items), key);
    if (history !== this.state.history) this.store.set({ history });
  }

  undo(): void {
    this.step(undo(this.state.history));
  }

  redo(): void {
    this.step(redo(this.state.history));
  }

  /** Whoever draws goes on drawing, from the points of that step. */
  private step(history: State["history"]): void {
    const { tool, chosen } = this.state;
    const held = history.present.find((one) => one.id === (tool && "item" in tool ? tool.item : chosen));
    const patch: Partial<State> = { history, chosen: history.present.some((one) => one.id === chosen) ? chosen : null };
    if (tool?.kind === "draw") {
      patch.tool = { ...tool, item: held?.id ?? null };
      patch.drawing = { ...NOTHING, points: held?.way?.points ?? [] };
    } else if (tool?.kind === "pick" && !held) patch.tool = null;
    this.store.set(patch);
  }

  add(change: Change, way?: Item["way"]): string {
    const id = newId();
    this.edit((items) => [...items, { id, change, ...(way ? { way } : {}) }]);
    this.store.set({ chosen: id, tab: "changes" });
    return id;
  }

  setField(id: string, field: string, value: unknown): void {
    this.edit(
      (items) => items.map((one) => (one.id === id ? { ...one, change: withField(one.change, field, value) } : one)),
      `${id}.${field}`,
    );
  }

  remove(id: string): void {
    this.edit((items) => items.filter((one) => one.id !== id));
    const { chosen, tool } = this.state;
    this.store.set({ chosen: chosen === id ? null : chosen, tool: tool && "item" in tool && tool.item === id ? null : tool, drawing: NOTHING });
  }

  move(id: string, by: -1 | 1): void {
    this.edit((items) => {
      const at = items.findIndex((one) => one.id === id);
      const to = at + by;
      if (at < 0 || to < 0 || to >= items.length) return items;
      const next = [...items];
      next.splice(to, 0, ...next.splice(at, 1));
      return next;
    });
  }

  choose(id: string | null): void {
    this.store.set({ chosen: id, tool: null, drawing: NOTHING, tab: "changes" });
  }

  use(tool: Tool | null): void {
    this.store.set({ tool, drawing: NOTHING, sheet: tool ? "low" : this.state.sheet });
  }

  // ---- looking ----------------------------------------------------------------------------------------------------

  toggle(layer: LayerKey): void {
    const { layers } = this.state;
    this.store.set({ layers: layers.includes(layer) ? layers.filter((one) => one !== layer) : [...layers, layer] });
  }

  async need(layer: LayerKey): Promise<void> {
    const have = this.state.data[layer];
    if (have && have.state !== "failed") return;
    this.layer(layer, { state: "loading" });
    try {
      const { features, ...facts } = await this.api.get<GeoJSON.FeatureCollection & Record<string, unknown>>(`layers/${layer}.json`);
      this.layer(layer, { state: "ready", features: { type: "FeatureCollection", features }, facts });
    } catch (error) {
      const opening = (error as ApiError).opening;
      if (opening) setTimeout(() => void this.again(layer), 1500);
      else this.layer(layer, { state: "failed", message: (error as ApiError).status === 404 ? this.text("layer_absent") : this.words(error) });
    }
  }

  private again(layer: LayerKey): Promise<void> {
    const data = { ...this.state.data };
    delete data[layer];
    this.store.set({ data });
    return this.need(layer);
  }

  private layer(layer: LayerKey, found: State["data"][LayerKey]): void {
    this.store.set({ data: { ...this.state.data, [layer]: found } });
  }

  /** An error in the reader's words. */
  words(error: unknown): string {
    const said = error as Partial<ApiError>;
    if (said.message && said instanceof ApiError) return said.message;
    if (said instanceof ApiError && said.code === "signed_out") return this.text("signed_out");
    if (said instanceof ApiError && said.status === 0) return this.text("offline");
    return this.text("failed");
  }

  say(notice: string): void {
    this.store.set({ notice });
  }

  // ---- what follows from a change of the state --------------------------------------------------------------------

  private follow(state: State, before: State): void {
    if (state.history.present !== before.history.present && state.phase === "ready") {
      const changes = complete(state.history.present, state.city);
      const other = JSON.stringify(changes) !== JSON.stringify(complete(before.history.present, state.city));
      if (!changes.length) this.live.rest();
      else if (other || state.live.state === "idle") this.live.ask(changes);
      this.keepDraft(state);
    }
    if (state.online && !before.online) this.live.retry();
    if (state.answer !== before.answer && state.isochrone?.state === "ready") void isochrone(this, state.isochrone.point);
    if (state.phase === "ready") for (const layer of state.layers) if (!state.data[layer]) void this.need(layer);
    const looks: (keyof State)[] = ["layers", "show", "at", "tab", "isochrone"];
    if (looks.some((key) => state[key] !== before[key])) this.note();
  }

  /** What was just opened is no draft; what was taken back to the saved needs none any more. */
  private keepDraft(state: State): void {
    const { history, saved } = state;
    if (history.present === saved) {
      if (history.past.length) forget(storage(), this.draftKey);
      return;
    }
    const draft = { items: history.present, name: state.name, at: Date.now(), version: state.alternative?.version ?? 0 };
    const kept = keep(storage(), this.draftKey, draft);
    if (kept !== state.draftKept) this.store.set({ draftKept: kept });
  }

  /** Write what is looked at into the address, so that a copied link shows the same. */
  note(): void {
    clearTimeout(this.stillWaiting);
    this.stillWaiting = setTimeout(() => history.replaceState(null, "", location.pathname + location.search + this.hash()), 250);
  }

  hash(items?: string): string {
    const { layers, show, at, tab, isochrone } = this.state;
    const map = this.place?.() ?? this.shared.map;
    return format({ ...(map ? { map } : {}), layers, show, at: toClock(at), tab, ...(isochrone ? { iso: isochrone.point } : {}), ...(items ? { items } : {}) });
  }

  /** A link to what stands here: saved work by its name, a draft within the link while it fits. */
  async link(): Promise<{ url: string; whole: boolean }> {
    const { study, alternative, saved } = this.state;
    const query = new URLSearchParams();
    if (study) query.set("study", study.ref);
    if (alternative) query.set("alternative", alternative.id);
    const asked = query.size ? `?${query}` : "";
    const dirty = this.items !== saved && this.items.length > 0;
    const packed = dirty ? await pack(this.items) : "";
    const whole = packed.length <= 16_000;
    return { url: location.origin + location.pathname + asked + this.hash(whole ? packed : ""), whole };
  }
}

export const newId = (): string => Math.random().toString(36).slice(2, 10);

export function withField(change: Change, field: string, value: unknown): Change {
  const next = { ...change, [field]: value };
  if (value === undefined || value === "") delete next[field];
  return next;
}

export function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
