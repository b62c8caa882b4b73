/** Words for indicators, units and groups of people, from the city's table of indicators. */
import { said } from "./format";
import type { Indicator, Language } from "./types";

const NUMBER = /^(.*)_(\d+)$/;

/** The row of an indicator; ``access.jobs_45`` is a case of ``access.jobs_{t}``. */
export function indicatorOf(indicators: readonly Indicator[], key: string): Indicator | undefined {
  const exact = indicators.find((one) => one.key === key);
  if (exact) return exact;
  const [, stem] = NUMBER.exec(key) ?? [];
  return stem ? indicators.find((one) => one.key.replace(/_\{[tm]\}$/, "") === stem && one.key !== stem) : undefined;
}

export function labelOf(indicators: readonly Indicator[], key: string, language: Language): string {
  const row = indicatorOf(indicators, key);
  if (!row) return key;
  return said(row.labels, language).replace(/\{[tm]\}/g, NUMBER.exec(key)?.[2] ?? "");
}

/** A unit in words; money keeps its currency: "KZT/year" is said as the euro a year of the table is, with its code. */
export function unitOf(indicators: readonly Indicator[], key: string, unit: string, language: Language): string {
  const row = indicatorOf(indicators, key);
  if (!row) return unit;
  const words = said(row.units, language);
  if (unit === row.unit || !/^EUR/.test(row.unit)) return words;
  const [code = ""] = unit.split("/");
  const euro = said(indicators.find((one) => one.unit === "EUR")?.units, language) || "EUR";
  return words.includes(euro) ? words.replace(euro, code) : unit;
}
