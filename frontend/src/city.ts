/** The city as the server tells it, with the few shapes that may differ made one. */
import { toClock } from "./format";
import type { City, Indicator, Period, Row, Words } from "./types";

const clock = (value: unknown): string => (typeof value === "number" ? toClock(value / 60) : String(value ?? ""));
const words = (value: unknown): Words => (typeof value === "string" ? { en: value } : ((value ?? {}) as Words));

function periodOf(row: Row, k: number): Period {
  const key = String(row["key"] ?? row["name"] ?? row["period"] ?? k);
  return { key, label: words(row["label"] ?? row["labels"] ?? row["name"] ?? key), start: clock(row["start"]), end: clock(row["end"]) };
}

export function cityOf(given: Record<string, unknown>): City {
  const vehicles = (given["vehicle_types"] ?? []) as (string | Row)[];
  const indicators = (given["indicators"] ?? []) as Row[];
  return {
    ...(given as unknown as City),
    periods: ((given["periods"] ?? []) as Row[]).map(periodOf),
    catalogue: (given["catalogue"] ?? []) as City["catalogue"],
    vehicle_types: vehicles.map((one) =>
      typeof one === "string"
        ? { key: one, label: words(one.replace(/_/g, " ")) }
        : { key: String(one["key"] ?? one["name"]), label: words(one["label"] ?? one["labels"] ?? one["name"] ?? one["key"]), ...(typeof one["places"] === "number" ? { places: one["places"] } : {}) },
    ),
    indicators: indicators.map((one) => ({ ...(one as unknown as Indicator), labels: words(one["labels"] ?? one["label"] ?? one["key"]) })),
  };
}
