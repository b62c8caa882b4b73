import { expect, test } from "vitest";
import { format, pack, parse, unpack } from "../src/address";

test("a link says the same when it is read", () => {
  const shared = { map: { zoom: 12.5, lat: 51.155, lon: 71.44 }, layers: ["zones", "lines"], show: "change:reach.jobs_45", at: "07:30", tab: "effects", iso: [71.4, 51.1] as [number, number], items: "abc-_" };
  expect(parse(format(shared))).toEqual(shared);
});

test("a link from nowhere changes nothing", () => {
  expect(parse("")).toEqual({});
  expect(parse("#map=north/1/2&at=noon&from=1")).toEqual({});
  expect(parse("#map=3/89/10")).toEqual({});
});

test("no layer is something else than nothing said of layers", () => {
  expect(parse("#layers=").layers).toEqual([]);
  expect(parse("#at=08:00").layers).toBeUndefined();
});

test("changes travel in a link; a link that lost its end gives nothing", async () => {
  const items = [{ id: "a", change: { type: "add_line", name: "Ұлы дала", stops_forward: Array.from({ length: 50 }, (_, k) => `stop-${k}`) } }];
  const text = await pack(items);
  expect(text).toMatch(/^[\w-]+$/);
  expect(text.length).toBeLessThan(JSON.stringify(items).length);
  expect(await unpack(text)).toEqual(items);
  expect(await unpack(text.slice(0, -9))).toBeNull();
  expect(await unpack("%%%")).toBeNull();
});
