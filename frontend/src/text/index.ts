/** Words of the workbench: one file a language, checked against each other by a test. */
import type { Language } from "../types";
import type { en } from "./en";

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
export interface Text {
  (key: Key, values?: Record<string, string | number>): string;
  /** Words of a key that may not be there. */
  maybe(key: string): string;
}

const LOADERS: Record<Language, () => Promise<Messages>> = {
  en: () => import("./en").then((one) => one.en),
  ru: () => import("./ru").then((one) => one.ru),
  ky: () => import("./ky").then((one) => one.ky),
  kk: () => import("./kk").then((one) => one.kk),
};

export function fill(words: string, values: Record<string, string | number> = {}): string {
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function textOf(messages: Messages): Text {
  const text = (key: Key, values?: Record<string, string | number>): string => fill(messages[key], values);
  return Object.assign(text, { maybe: (key: string): string => (messages as Record<string, string>)[key] ?? "" });
}

export const loadText = async (language: Language): Promise<Text> => textOf(await LOADERS[language]());
