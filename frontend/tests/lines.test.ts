import { expect, test } from "vitest";
import { pieceOf } from "../src/drawing";
import { firstHeadways, freeId, freeName, headwayAt, headwayFaults, lineChange, pointsOfLine } from "../src/lines";
import type { Drawn, Period } from "../src/types";

const periods: Period[] = [
  { key: "morning_peak", label: {}, start: "07:00", end: "10:00" },
  { key: "early", label: {}, start: "05:00", end: "07:00" },
  { key: "midday", label: {}, start: "10:00", end: "16:00" },
];
const drawn: Drawn = {
  forward: { geometry: [[71.4, 51.1], [71.42, 51.1], [71.44, 51.1]], stops: ["a", "n1", "c"], minutes: [0, 4, 9], km: 2.8 },
  backward: { geometry: [[71.44, 51.1], [71.4, 51.1]], stops: ["c", "n2", "a"], minutes: [0, 5, 11], km: 2.8 },
  new_stops: [{ stop_id: "n1", lon: 71.42, lat: 51.1, name: "" }],
};

test("a new line runs in all periods, more often in the peaks, in the order of the day", () => {
  expect(firstHeadways(periods)).toEqual([
    { start: "05:00", end: "07:00", minutes: 15, period: "early" },
    { start: "07:00", end: "10:00", minutes: 10, period: "morning_peak" },
    { start: "10:00", end: "16:00", minutes: 15, period: "midday" },
  ]);
});

test("a line that is drawn anew keeps its name, headways and vehicle", () => {
  const first = lineChange(null, drawn, "new-1", "N1", [{ start: "06:00", end: "22:00", minutes: 9 }], "bus_12m");
  const again = lineChange({ ...first, name: "38", vehicle_type: "articulated_18m" }, drawn, "new-2", "N2", [], "bus_12m");
  expect(again).toMatchObject({ line_id: "new-1", name: "38", vehicle_type: "articulated_18m", headways: first["headways"] });
  expect(Object.keys(first).sort()).toEqual([
    "geometry_backward", "geometry_forward", "headways", "line_id", "minutes_backward", "minutes_forward", "name", "new_stops", "stops_backward", "stops_forward", "type", "vehicle_type",
  ]);
});

test("a longer line has the times from its old end, and on the way back those to it", () => {
  const change = pieceOf({ type: "extend_line", route_id: "7", from_stop: "a" }, drawn);
  expect(change).toMatchObject({ stops: ["n1", "c"], minutes: [4, 9], stops_back: ["c", "n2"], minutes_back: [11, 6] });
});

test("a way between two stops leaves both of them out, and has the time to the last", () => {
  const change = pieceOf({ type: "reroute_line", route_id: "7", from_stop: "a", to_stop: "c" }, drawn);
  expect(change).toMatchObject({ stops: ["n1"], minutes: [4, 9], stops_back: ["n2"], minutes_back: [5, 11] });
  expect(pieceOf({ type: "reroute_line", from_stop: "a", to_stop: "c", one_way: true }, drawn)["stops_back"]).toBeUndefined();
});

test("a saved line can be dragged: its stops lead it, on the street", () => {
  const change = lineChange(null, drawn, "x", "N1", [], "bus_12m");
  const places = new Map<string, [number, number]>([["a", [71.4, 51.1003]], ["c", [71.44, 51.0997]]]);
  const points = pointsOfLine({ id: "i", change }, (id) => places.get(id));
  expect(points).toHaveLength(3);
  expect(points.map(([, lat]) => lat)).toEqual([51.1, 51.1, 51.1]);
  expect(pointsOfLine({ id: "i", change, way: { points: [[1, 2]], loop: false } }, () => undefined)).toEqual([[1, 2]]);
});

test("headways are found by the time of day, after midnight too", () => {
  const rows = [{ start: "06:00", end: "10:00", minutes: 6 }, { start: "22:00", end: "25:00", minutes: 30 }];
  expect(headwayAt(rows, 8 * 60)).toBe(6);
  expect(headwayAt(rows, 12 * 60)).toBeNull();
  expect(headwayAt(rows, 30)).toBe(30);
});

test("faults of headways are named by row", () => {
  const faults = headwayFaults([
    { start: "06:00", end: "10:00", minutes: 0 }, { start: "9:00", end: "11:00", minutes: 5 }, { start: "12:00", end: "11:00", minutes: 5 }, { start: "10:30", end: "13:00", minutes: 5 },
  ]);
  expect([...faults]).toEqual([[0, "headway_zero"], [1, "clock_bad"], [2, "end_before_start"], [3, "headways_overlap"]]);
});

test("names are not given twice", () => {
  expect(freeName(new Set(["N1", "N3"]))).toBe("N2");
});

test("ids are counted, so that the same line drawn twice is the same line", () => {
  expect(freeId([])).toBe("new-1");
  expect(freeId([{ type: "add_line", line_id: "new-1" }, { type: "add_stop", stop_id: "new-3" }])).toBe("new-2");
});
