/** Numbers, times and ranges as the reader's language writes them. */
import type { Effect, Language, Words } from "./types";

const NARROW = "\u202f";
const HARD = "\u00a0";
const MINUS = "\u2212";

export const said = (words: Words | string | undefined | null, language: Language): string => {
  if (!words) return "";
  if (typeof words === "string") return words;
  return words[language] || words["ru"] || words["en"] || Object.values(words).find(Boolean) || "";
};

/** Rounded to what is meaningful: three digits that matter, whole above a hundred. */
export function number(value: number, language: Language, signed = false): string {
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const rounded = Number(size >= 10_000 ? size.toPrecision(4) : size.toFixed(digits));
  const [whole = "0", part = ""] = rounded.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NARROW);
  const tail = part.replace(/0+$/, "");
  const text = grouped + (tail ? (language === "en" ? "." : ",") + tail : "");
  const sign = rounded === 0 ? "" : value < 0 ? MINUS : signed ? "+" : "";
  return sign + text;
}

export function withUnit(text: string, unit: string): string {
  return unit ? `${text}${HARD}${unit}` : text;
}

export function range(effect: Pick<Effect, "low" | "high">, language: Language): string {
  if (effect.low === null || effect.high === null || effect.low === undefined || effect.high === undefined) return "";
  const [low, high] = [number(effect.low, language, true), number(effect.high, language, true)];
  return low === high ? "" : `${low} … ${high}`;
}

export function clear(effect: Pick<Effect, "low" | "high" | "better">): -1 | 0 | 1 {
  const { low, high, better } = effect;
  if (low == null || high == null || better === "neither" || (low <= 0 && high >= 0)) return 0;
  return low > 0 === (better === "more") ? 1 : -1;
}

export const toClock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(Math.round(minutes) % 60).padStart(2, "0")}`;

export function toMinutes(clock: string | number): number {
  if (typeof clock === "number") return clock / 60;
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}
