import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../src/api";
import { type Live, LiveEffects } from "../src/live";
import type { Change, EffectsAnswer } from "../src/types";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const change = (name: string): Change[] => [{ type: "add_line", name }];

function bench() {
  const asked: { changes: readonly Change[]; sequence: number; answer: (value: EffectsAnswer) => void; refuse: (error: unknown) => void }[] = [];
  const shown: Live[] = [];
  const live = new LiveEffects({
    send: (changes, sequence) => new Promise((answer, refuse) => void asked.push({ changes, sequence, answer, refuse })),
    show: (one) => void shown.push(one),
    pause: 100,
    again: 500,
  });
  const answer = (k: number): void => asked[k]?.answer({ sequence: asked[k].sequence, seconds: 0.1, sentences: [], appraisal: {} as EffectsAnswer["appraisal"] });
  return { asked, shown, live, answer, last: () => shown.at(-1) };
}

test("waits for a pause and asks once for the last edit", async () => {
  const { asked, live } = bench();
  live.ask(change("a"));
  await vi.advanceTimersByTimeAsync(60);
  live.ask(change("b"));
  await vi.advanceTimersByTimeAsync(60);
  expect(asked).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(60);
  expect(asked.map((one) => one.changes)).toEqual([change("b")]);
});

test("drops the answer to what no longer stands, and asks for what does", async () => {
  const { asked, live, answer, last, shown } = bench();
  live.ask(change("a"));
  await vi.advanceTimersByTimeAsync(100);
  live.ask(change("b"));
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toHaveLength(1);
  answer(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(shown.some((one) => one.state === "ready")).toBe(false);
  expect(asked[1]?.changes).toEqual(change("b"));
  answer(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(last()).toMatchObject({ state: "ready", changes: change("b") });
});

test("shows how far the opening is, and asks again by itself", async () => {
  const { asked, live, answer, last } = bench();
  live.ask(change("a"));
  await vi.advanceTimersByTimeAsync(100);
  asked[0]?.refuse(new ApiError(503, "opening", "", "", { progress: { note: "walks", done: 2, total: 5 } }));
  await vi.advanceTimersByTimeAsync(1);
  expect(last()).toEqual({ state: "opening", progress: { note: "walks", done: 2, total: 5 } });
  await vi.advanceTimersByTimeAsync(500);
  answer(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(last()?.state).toBe("ready");
});

test("a refusal keeps its sentence and field; a lost network can be tried again", async () => {
  const { asked, live, last } = bench();
  live.ask(change("a"));
  await vi.advanceTimersByTimeAsync(100);
  asked[0]?.refuse(new ApiError(422, "refused", "headway 0", "changes.0.headways"));
  await vi.advanceTimersByTimeAsync(1);
  expect(last()).toEqual({ state: "refused", message: "headway 0", field: "changes.0.headways" });
  live.ask(change("b"));
  await vi.advanceTimersByTimeAsync(100);
  asked[1]?.refuse(new ApiError(0, "offline", ""));
  await vi.advanceTimersByTimeAsync(1);
  expect(last()).toEqual({ state: "failed", offline: true, message: "" });
  live.retry();
  await vi.advanceTimersByTimeAsync(1);
  expect(asked[2]?.changes).toEqual(change("b"));
});

test("a question that a later one overtook at the server is asked again", async () => {
  const { asked, live, last } = bench();
  live.ask(change("a"));
  await vi.advanceTimersByTimeAsync(100);
  asked[0]?.refuse(new ApiError(409, "superseded", "A later edit took the place of this one."));
  await vi.advanceTimersByTimeAsync(100);
  expect(last()?.state).toBe("waiting");
  expect(asked).toHaveLength(2);
});

test("where nothing is changed nothing is asked, and a late answer is not shown", async () => {
  const { asked, live, answer, last } = bench();
  live.ask(change("a"));
  await vi.advanceTimersByTimeAsync(100);
  live.rest();
  answer(0);
  await vi.advanceTimersByTimeAsync(500);
  expect(last()).toEqual({ state: "idle" });
  expect(asked).toHaveLength(1);
});
