import { expect, test } from "vitest";
import { clear, number, range, said, toClock, toMinutes } from "../src/format";
import { labelOf, unitOf } from "../src/naming";
import { amountBounds, amountColour, changeBounds, changeColour, lineColour, NEUTRAL, roundDown } from "../src/scale";
import type { Indicator } from "../src/types";

test("numbers as the language writes them", () => {
  expect(number(1234567, "en")).toBe("1\u202f235\u202f000");
  expect(number(7400, "ru")).toBe("7\u202f400");
  expect(number(-1.25, "ru", true)).toBe("\u22121,25");
  expect(number(1.5, "en", true)).toBe("+1.5");
  expect(number(0, "kk", true)).toBe("0");
  expect(number(-0.0001, "en", true)).toBe("0");
});

test("a range stands only where it is one", () => {
  expect(range({ low: -1.5, high: 2 }, "en")).toBe("\u22121.5 … +2");
  expect(range({ low: 3, high: 3 }, "en")).toBe("");
  expect(range({ low: null, high: 3 }, "en")).toBe("");
});

test("clear only where the whole range says so", () => {
  expect(clear({ low: -2, high: -1, better: "less" })).toBe(1);
  expect(clear({ low: 1, high: 2, better: "less" })).toBe(-1);
  expect(clear({ low: -1, high: 1, better: "more" })).toBe(0);
  expect(clear({ low: 1, high: 2, better: "neither" })).toBe(0);
});

test("clocks pass midnight", () => {
  expect(toMinutes("24:30")).toBe(1470);
  expect(toMinutes(27000)).toBe(450);
  expect(toClock(1470)).toBe("24:30");
});

test("words fall back to what there is", () => {
  expect(said({ ru: "да" }, "ky")).toBe("да");
  expect(said("x", "ky")).toBe("x");
  expect(said(undefined, "ky")).toBe("");
});

test("gain is blue, loss orange, whatever way is better; unclear is neutral", () => {
  const bounds: [number, number, number] = [1, 5, 10];
  expect(changeColour(-12, bounds, true, 1)).toBe("#08519c");
  expect(changeColour(12, bounds, true, -1)).toBe("#b84a00");
  expect(changeColour(6, bounds, false, null)).toBe("#3182bd");
  expect(changeColour(-12, bounds, true, 0)).toBe(NEUTRAL);
  expect(changeColour(0.4, bounds, true, 1)).toBe(NEUTRAL);
});

test("classes have round bounds", () => {
  expect(roundDown(7300)).toBe(5000);
  expect(changeBounds([3, -250, 90, 12], "")).toEqual([20, 100, 200]);
  expect(changeBounds([], "min")).toEqual([1, 5, 10]);
  const bounds = amountBounds(Array.from({ length: 1000 }, (_, k) => k));
  expect(bounds).toEqual([200, 400, 600, 800, 1000].slice(0, bounds.length));
  expect(amountColour(-1, bounds)).not.toBe(amountColour(1e9, bounds));
  expect(amountBounds([])).toEqual([]);
});

/** Contrast as WCAG 2 counts it. */
function contrast(a: string, b: string): number {
  const light = (colour: string): number => {
    const [r = 0, g = 0, blue = 0] = [1, 3, 5].map((k) => {
      const value = Number.parseInt(colour.slice(k, k + 2), 16) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

test("every line holds 3:1 against the ground, by day and by night", () => {
  for (let k = 0; k < 12; k += 1) {
    expect(contrast(lineColour(k, false), "#f4f2ee")).toBeGreaterThan(3);
    expect(contrast(lineColour(k, true), "#1b252d")).toBeGreaterThan(3);
  }
});

const table: Indicator[] = [
  { key: "access.jobs_{t}", labels: { en: "Jobs within {t} minutes" }, unit: "jobs", units: { en: "jobs" }, better: "more", group: "access" },
  { key: "money.cost", labels: { en: "Cost" }, unit: "EUR/year", units: { en: "euros a year" }, better: "less", group: "money" },
  { key: "money.capital", labels: { en: "Price" }, unit: "EUR", units: { en: "euros" }, better: "less", group: "money" },
];

test("an indicator with a number in its key is said by its row", () => {
  expect(labelOf(table, "access.jobs_45", "en")).toBe("Jobs within 45 minutes");
  expect(labelOf(table, "unknown.thing", "en")).toBe("unknown.thing");
});

test("money keeps the currency of the city", () => {
  expect(unitOf(table, "money.cost", "KZT/year", "en")).toBe("KZT a year");
  expect(unitOf(table, "access.jobs_45", "jobs", "en")).toBe("jobs");
});
