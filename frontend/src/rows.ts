/** Tables from the server, as rows or as columns. */
import type { Row } from "./types";

export function rows(table: unknown): Row[] {
  if (Array.isArray(table)) return table as Row[];
  if (!table || typeof table !== "object") return [];
  const columns = Object.entries(table as Record<string, unknown>).filter((pair): pair is [string, unknown[]] => Array.isArray(pair[1]));
  const count = Math.max(0, ...columns.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, k) => Object.fromEntries(columns.map(([name, values]) => [name, values[k] ?? null])));
}

export const numberOf = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
export const textOf = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
