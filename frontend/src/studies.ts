/** Keeping work: studies, alternatives, runs. Somebody else's save is shown beside ours, and neither is lost. */
import { ApiError } from "./api";
import { forget } from "./draft";
import { begin } from "./history";
import { complete } from "./state";
import { type Workbench, newId, storage } from "./workbench";
import type { Alternative, Item, Row, Run, Study } from "./types";

const NO = { state: "no", message: "", field: "" } as const;

export const alternativeOf = (row: Row): Alternative => ({
  ...(row as unknown as Alternative),
  id: String(row["id"]),
  name: String(row["name"] ?? ""),
  version: Number(row["version"] ?? 1),
  changes: (row["changes"] ?? []) as Alternative["changes"],
  run: (row["run"] ?? null) as Run | null,
});

const studyOf = (row: Row): Study => ({
  ...(row as unknown as Study),
  alternatives: ((row["alternatives"] ?? []) as Row[]).map(alternativeOf),
});

const itemsOf = (changes: Alternative["changes"]): Item[] => changes.map((change) => ({ id: newId(), change }));

export async function listStudies(wb: Workbench): Promise<void> {
  try {
    const found = await wb.api.get<Row[] | { studies: Row[] }>("studies");
    wb.store.set({ studies: (Array.isArray(found) ? found : found.studies).map(studyOf) });
  } catch (error) {
    wb.store.set({ studies: [], saving: { state: "failed", message: wb.words(error), field: "" } });
  }
}

export async function openStudy(wb: Workbench, ref: string, alternative: string | null): Promise<void> {
  try {
    const found = await wb.api.get<Row>(`studies/${encodeURIComponent(ref)}`);
    const study = studyOf((found["study"] as Row | undefined) ?? found);
    wb.store.set({ study });
    const one = study.alternatives.find((each) => each.id === alternative) ?? (alternative ? undefined : study.alternatives[0]);
    if (one) await openAlternative(wb, one);
  } catch (error) {
    wb.say(wb.words(error));
  }
}

/** An alternative with its changes, which lists leave out. */
export async function wholeOf(wb: Workbench, ref: string, alternative: Alternative): Promise<Alternative> {
  const found = await wb.api.get<Row>(`studies/${ref}/alternatives/${alternative.id}`);
  return alternativeOf((found["alternative"] as Row | undefined) ?? found);
}

export async function openAlternative(wb: Workbench, alternative: Alternative): Promise<void> {
  const ref = wb.state.study?.ref;
  const whole = ref ? await wholeOf(wb, ref, alternative) : alternative;
  const items = itemsOf(whole.changes);
  wb.store.set({ alternative: whole, name: whole.name, saved: items, history: begin(items), chosen: null, saving: NO, conflict: null });
  locate(wb);
  wb.restore();
  if (whole.run && !settled(whole.run)) void followRun(wb, whole.run);
}

/** The address names what is open, so that a reload opens it again. */
function locate(wb: Workbench): void {
  const { study, alternative } = wb.state;
  const query = new URLSearchParams();
  if (study) query.set("study", study.ref);
  if (alternative) query.set("alternative", alternative.id);
  history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}${location.hash}`);
}

export async function makeStudy(wb: Workbench, title: string): Promise<boolean> {
  wb.store.set({ saving: { state: "saving", message: "", field: "" } });
  try {
    const made = await wb.api.post<Row>("studies", { title, once_key: crypto.randomUUID(), ...(wb.boot.measure ? { measure: wb.boot.measure.ref } : {}) });
    wb.store.set({ study: studyOf((made["study"] as Row | undefined) ?? made), studies: null, saving: NO });
    locate(wb);
    return true;
  } catch (error) {
    refuse(wb, error);
    return false;
  }
}

export async function save(wb: Workbench, name: string, asNew = false): Promise<boolean> {
  const { study, alternative, city } = wb.state;
  if (!study) return false;
  const before = wb.draftKey;
  const items = wb.items;
  wb.store.set({ name, saving: { state: "saving", message: "", field: "" } });
  const body = { name, changes: complete(items, city) };
  try {
    const path = `studies/${study.ref}/alternatives`;
    const answer =
      alternative && !asNew
        ? await wb.api.ask<Row>("PUT", `${path}/${alternative.id}`, { ...body, expected_version: alternative.version })
        : await wb.api.post<Row>(path, { ...body, once_key: crypto.randomUUID() });
    const made = alternativeOf((answer["alternative"] as Row | undefined) ?? answer);
    const others = study.alternatives.filter((one) => one.id !== made.id);
    wb.store.set({
      alternative: made, saved: items, conflict: null, saving: { state: "saved", message: "", field: "" },
      study: { ...study, alternatives: [...others, made].sort((a, b) => (a.name < b.name ? -1 : 1)) },
    });
    forget(storage(), before);
    locate(wb);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 409 && error.body["current"]) {
      wb.store.set({ conflict: alternativeOf(error.body["current"] as Row), saving: { state: "failed", message: error.message, field: "" } });
    } else refuse(wb, error);
    return false;
  }
}

/** Two people saved: keep mine over theirs, take theirs (mine stays in undo), or keep both. */
export async function settle(wb: Workbench, choice: "mine" | "theirs" | "both"): Promise<void> {
  const { conflict, alternative, name } = wb.state;
  if (!conflict || !alternative) return;
  if (choice === "both") {
    wb.store.set({ conflict: null });
    await save(wb, `${name} (2)`, true);
  } else if (choice === "mine") {
    wb.store.set({ alternative: { ...alternative, version: conflict.version }, conflict: null });
    await save(wb, name);
  } else {
    const items = itemsOf(conflict.changes);
    wb.edit(() => items);
    wb.store.set({ alternative: conflict, name: conflict.name, saved: items, conflict: null, saving: NO });
  }
}

export const settled = (run: Run): boolean => ["done", "failed", "cancelled"].includes(run.state);

export async function run(wb: Workbench): Promise<void> {
  const { study, alternative } = wb.state;
  if (!study || !alternative) return;
  try {
    const answer = await wb.api.post<Row>(`studies/${study.ref}/alternatives/${alternative.id}/runs`, { once_key: crypto.randomUUID(), expected_version: alternative.version });
    await followRun(wb, ((answer["run"] as Run | undefined) ?? answer) as Run);
  } catch (error) {
    refuse(wb, error);
  }
}

async function followRun(wb: Workbench, begun: Run): Promise<void> {
  const { study, alternative } = wb.state;
  if (!study || !alternative) return;
  wb.store.set({ alternative: { ...alternative, run: begun } });
  let now = begun;
  while (!settled(now)) {
    await new Promise((done) => setTimeout(done, 2000));
    if (wb.state.alternative?.id !== alternative.id) return;
    try {
      now = begun.id ? await wb.api.get<Run>(`runs/${begun.id}`) : ((await wholeOf(wb, study.ref, alternative)).run ?? now);
    } catch {
      continue; // The run goes on at the server; we look again.
    }
    const held = wb.state.alternative;
    if (held?.id === alternative.id) wb.store.set({ alternative: { ...held, run: now } });
  }
}

/** Stop a run; nothing half-done stays. */
export async function cancelRun(wb: Workbench): Promise<void> {
  const id = wb.state.alternative?.run?.id;
  if (id) await wb.api.ask("DELETE", `runs/${id}`).catch((error: unknown) => refuse(wb, error));
}

export async function publish(wb: Workbench): Promise<void> {
  const { study } = wb.state;
  if (!study) return;
  try {
    const answer = await wb.api.post<Row>(`studies/${study.ref}/publish`, {});
    const made = (answer["study"] as Row | undefined) ?? answer;
    wb.store.set({ study: { ...study, state: "published", ...(made && typeof made["url"] === "string" ? { url: made["url"] } : {}) }, saving: { state: "saved", message: "", field: "" } });
  } catch (error) {
    refuse(wb, error);
  }
}

function refuse(wb: Workbench, error: unknown): void {
  wb.store.set({ saving: { state: "failed", message: wb.words(error), field: error instanceof ApiError ? error.field : "" } });
}
