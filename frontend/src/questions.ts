/** What is asked of the server besides effects: how far one comes, lines for settlements, the other side of a comparison. */
import type { ApiError } from "./api";
import { toClock } from "./format";
import { complete } from "./state";
import { wholeOf } from "./studies";
import type { Workbench } from "./workbench";
import { newId } from "./workbench";
import type { Alternative, Better1, Item, Job, LonLat } from "./types";

let asked = 0;

export async function isochrone(wb: Workbench, point: LonLat): Promise<void> {
  asked += 1;
  const mine = asked;
  wb.store.set({ isochrone: { point, state: "asking", message: "", data: wb.state.isochrone?.data ?? null } });
  try {
    const data = await wb.api.post<GeoJSON.FeatureCollection>("isochrone", {
      lon: point[0], lat: point[1], at: toClock(wb.state.at), minutes: [15, 30, 45, 60], changes: complete(wb.items, wb.state.city),
    });
    if (mine === asked) wb.store.set({ isochrone: { point, state: "ready", message: "", data } });
  } catch (error) {
    if (mine !== asked) return;
    if ((error as ApiError).opening) setTimeout(() => mine === asked && void isochrone(wb, point), 1500);
    else wb.store.set({ isochrone: { point, state: "failed", message: wb.words(error), data: null } });
  }
}

export function closeIsochrone(wb: Workbench): void {
  asked += 1;
  wb.store.set({ isochrone: null, tool: null });
}

export async function propose(wb: Workbench, places: string[], vehicles: number, seconds: number): Promise<void> {
  const begun = { id: "", job: { state: "asking", better: [] } as Job, places, vehicles, failed: "" };
  wb.store.set({ job: begun });
  try {
    const { job } = await wb.api.post<{ job: string }>("lines/propose", { place_ids: places, vehicles, seconds, changes: complete(wb.items, wb.state.city) });
    wb.store.set({ job: { ...begun, id: job, job: { state: "queued", better: [] } } });
    void watch(wb, job);
  } catch (error) {
    wb.store.set({ job: { ...begun, job: { state: "failed", better: [] }, failed: wb.words(error) } });
  }
}

export const ENDED = new Set(["done", "failed", "cancelled"]);

async function watch(wb: Workbench, id: string): Promise<void> {
  const held = wb.state.job;
  if (!held || held.id !== id || ENDED.has(held.job.state)) return;
  try {
    const job = await wb.api.get<Job>(`lines/propose/${id}`);
    const now = wb.state.job;
    if (now?.id !== id || now.job.state === "cancelled") return;
    wb.store.set({ job: { ...now, job: { ...job, better: job.better ?? [] }, failed: "" } });
    if (!ENDED.has(job.state)) setTimeout(() => void watch(wb, id), 1000);
  } catch (error) {
    const now = wb.state.job;
    if (now?.id !== id) return;
    const gone = (error as ApiError).status === 404;
    wb.store.set({ job: { ...now, failed: wb.words(error), job: gone ? { ...now.job, state: "failed" } : now.job } });
    if (!gone) setTimeout(() => void watch(wb, id), 3000);
  }
}

export async function cancel(wb: Workbench): Promise<void> {
  const held = wb.state.job;
  if (!held) return;
  wb.store.set({ job: { ...held, job: { ...held.job, state: "cancelled" } } });
  if (held.id) await wb.api.ask("DELETE", `lines/propose/${held.id}`).catch(() => undefined);
}

/** Take an answer of the search into the draft; undo takes it out again. */
export function take(wb: Workbench, better: Better1): void {
  const fresh: Item[] = better.changes.map((change) => ({ id: newId(), change }));
  const held = new Set(fresh.map((one) => String(one.change["line_id"] ?? "")).filter(Boolean));
  wb.edit((items) => [...items.filter((one) => !held.has(String(one.change["line_id"] ?? ""))), ...fresh]);
  wb.store.set({ opened: better, tab: "changes", chosen: null, notice: wb.text("answer_taken", { name: better.name }), highlighted: `item:${fresh[0]?.id ?? ""}` });
}

/** Effects of the sides of a comparison that are not on the table. */
export async function compareWith(wb: Workbench, key: string, alternative: Alternative): Promise<void> {
  const { study, compared } = wb.state;
  if (compared[key] || !study || asking.has(key)) return;
  asking.add(key);
  try {
    const { changes } = await wholeOf(wb, study.ref, alternative);
    const now = wb.state.study;
    if (now?.ref === study.ref) wb.store.set({ study: { ...now, alternatives: now.alternatives.map((one) => (one.id === alternative.id ? { ...one, changes } : one)) } });
    const answer = await wb.effects(changes);
    wb.store.set({ compared: { ...wb.state.compared, [key]: answer } });
    asking.delete(key);
  } catch (error) {
    asking.delete(key);
    if ((error as ApiError).opening) setTimeout(() => void compareWith(wb, key, alternative), 1500);
    else wb.say(wb.words(error));
  }
}

const asking = new Set<string>();
