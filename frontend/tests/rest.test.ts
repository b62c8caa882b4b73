import { expect, test } from "vitest";
import { Api, ApiError } from "../src/api";
import { draftKey, fetchDraft, keep } from "../src/draft";
import { geojsonOf } from "../src/exports";
import { along, metres, placeFor, readPoint } from "../src/geo";
import { rows } from "../src/rows";
import { complete, missing } from "../src/state";
import type { City, Item } from "../src/types";
import { choiceOf } from "../src/views/change-form";

const answer = (status: number, body: string) => () => Promise.resolve(new Response(body, { status }));

test("refusals keep code, sentence and field; a lost network is said as that", async () => {
  const refused = new Api("/api", "token", answer(422, '{"code":"refused","message":"No","field":"name"}'));
  await expect(refused.post("x", {})).rejects.toMatchObject({ status: 422, code: "refused", message: "No", field: "name" });
  const gone = new Api("/api", "token", () => Promise.reject(new TypeError("failed")));
  await expect(gone.get("x")).rejects.toMatchObject({ status: 0, offline: true });
  const page = new Api("/api", "token", answer(200, "<!doctype html>"));
  await expect(page.get("x")).rejects.toBeInstanceOf(ApiError);
});

test("what writes carries the token", async () => {
  let seen: RequestInit | undefined;
  const api = new Api("/api/", "token", (_address, init) => {
    seen = init;
    return answer(200, "{}")();
  });
  await api.post("x", { a: 1 });
  expect((seen?.headers as Record<string, string>)["X-CSRFToken"]).toBe("token");
  await api.get("x");
  expect((seen?.headers as Record<string, string>)["X-CSRFToken"]).toBeUndefined();
});

test("a draft comes back; a full or forbidden store is said, not thrown", () => {
  const held = new Map<string, string>();
  const box = { getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => void held.set(key, value), removeItem: (key: string) => void held.delete(key) };
  const key = draftKey("astana", "S-26-0001", null);
  const draft = { items: [{ id: "a", change: { type: "fare", price: 90 } }], name: "x", at: 1, version: 2 };
  expect(keep(box, key, draft)).toBe(true);
  expect(fetchDraft(box, key)).toEqual(draft);
  held.set(key, "{broken");
  expect(fetchDraft(box, key)).toBeNull();
  expect(keep({ ...box, setItem: () => { throw new Error("full"); } }, key, draft)).toBe(false);
  expect(keep(null, key, draft)).toBe(false);
});

test("tables come as rows or as columns", () => {
  expect(rows({ a: [1, 2], b: ["x", null] })).toEqual([{ a: 1, b: "x" }, { a: 2, b: null }]);
  expect(rows([{ a: 1 }])).toEqual([{ a: 1 }]);
  expect(rows(null)).toEqual([]);
});

test("a new point goes between those beside it", () => {
  const line: [number, number][] = [[0, 0], [0.01, 0], [0.02, 0]];
  expect(placeFor([[0, 0], [0.02, 0]], line, [0.012, 0.001])).toBe(1);
  expect(placeFor([[0, 0], [0.01, 0], [0.02, 0]], line, [0.015, 0])).toBe(2);
  expect(along(line, [0.005, 0.001]).beside).toBeCloseTo(111.3, 0);
  expect(metres([0, 0], [0, 0.01])).toBeCloseTo(1113.2, 0);
});

test("coordinates are read latitude first", () => {
  expect(readPoint("51.128, 71.43")).toEqual([71.43, 51.128]);
  expect(readPoint("north")).toBeNull();
  expect(readPoint("91.5, 10")).toBeNull();
});

test("choices become what the schema asks for", () => {
  expect(choiceOf("true", { type: "boolean" })).toBe(true);
  expect(choiceOf("1", { anyOf: [{ enum: [0, 1] }, { type: "null" }] })).toBe(1);
  expect(choiceOf("lane", { enum: ["lane", "path"] })).toBe("lane");
  expect(choiceOf("", { type: "string" })).toBeUndefined();
});

const city = { catalogue: [{ type: "crossing", form: [{ name: "point", widget: "point", required: true, label: {} }, { name: "kind", widget: "choice", label: {} }] }] } as unknown as City;

test("what is not complete is kept, and not computed", () => {
  const items: Item[] = [{ id: "a", change: { type: "crossing" } }, { id: "b", change: { type: "crossing", point: [1, 2] } }];
  expect(missing(items[0] as Item, city)).toEqual(["point"]);
  expect(complete(items, city)).toEqual([{ type: "crossing", point: [1, 2] }]);
});

test("every change is in the file, also one without a place", () => {
  const found = geojsonOf([
    { id: "a", change: { type: "add_line", name: "N1", geometry_forward: [[1, 2], [3, 4]], new_stops: [{ stop_id: "s", lon: 1, lat: 2, name: "" }] } },
    { id: "b", change: { type: "fare", price: 90 } },
  ]);
  expect(found.features.map((one) => [one.properties?.["change"], one.geometry?.type ?? null])).toEqual([["add_line", "LineString"], ["new_stop", "Point"], ["fare", null]]);
});
