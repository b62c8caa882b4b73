/** Lines: from a drawing to a typed change, headways by period, and back to points that can be dragged. */
import { along } from "./geo";
import { toMinutes } from "./format";
import type { Change, Drawn, Headway, Item, LonLat, Period } from "./types";

/** Headways of a new line: more often in the peaks. */
export function firstHeadways(periods: readonly Period[]): Headway[] {
  if (!periods.length) return [{ start: "06:00", end: "23:00", minutes: 12 }];
  return [...periods]
    .sort((a, b) => toMinutes(a.start) - toMinutes(b.start))
    .filter((one, k, all) => k === 0 || toMinutes(one.start) >= toMinutes((all[k - 1] as Period).end))
    .map((one) => ({ start: one.start, end: one.end, minutes: /peak/.test(one.key) ? 10 : 15, period: one.key }));
}

export function lineChange(before: Change | null, drawn: Drawn, id: string, name: string, headways: Headway[], vehicle: string): Change {
  const back = drawn.backward;
  return {
    type: "add_line",
    line_id: before ? String(before["line_id"]) : id,
    name: before ? String(before["name"]) : name,
    stops_forward: drawn.forward.stops,
    minutes_forward: drawn.forward.minutes,
    stops_backward: back?.stops ?? [],
    minutes_backward: back?.minutes ?? [],
    headways: before ? before["headways"] : headways,
    new_stops: drawn.new_stops.map(({ stop_id, lon, lat, name: called }) => ({ stop_id, lon, lat, name: called ?? "" })),
    geometry_forward: drawn.forward.geometry,
    geometry_backward: back?.geometry ?? [],
    vehicle_type: before ? String(before["vehicle_type"] ?? vehicle) : vehicle,
  };
}

/** A name that no line has yet: N1, N2 ... */
export function freeName(taken: ReadonlySet<string>): string {
  let k = 1;
  while (taken.has(`N${k}`)) k += 1;
  return `N${k}`;
}

/**
 * An id that no change on the table gives yet. Counted and not drawn by lot: phases of lines with headways follow from
 * ids, so that whoever draws the same line sees the same figures.
 */
export function freeId(changes: readonly Change[]): string {
  const taken = new Set(changes.flatMap((one) => [one["line_id"], one["stop_id"]].map(String)));
  let k = 1;
  while (taken.has(`new-${k}`)) k += 1;
  return `new-${k}`;
}

/** Points through which a line is led: those it was drawn with, else its stops, where the way is known by no other. */
export function pointsOfLine(item: Item, stopAt: (id: string) => LonLat | undefined): LonLat[] {
  if (item.way) return item.way.points;
  const own = new Map((item.change["new_stops"] as { stop_id: string; lon: number; lat: number }[] | undefined)?.map((one) => [one.stop_id, [one.lon, one.lat] as LonLat]));
  const stops = ((item.change["stops_forward"] as string[] | undefined) ?? []).map((id) => own.get(id) ?? stopAt(id)).filter((one): one is LonLat => one !== undefined);
  const course = item.change["geometry_forward"] as LonLat[] | undefined;
  if (stops.length < 3 || !course || course.length < 2) return stops;
  // So few that they can be handled, and on the street rather than beside it, so that a point drawn again keeps its side.
  const step = Math.ceil((stops.length - 1) / 12);
  return stops.filter((_, k) => k % step === 0 || k === stops.length - 1).map((stop) => {
    const { at } = along(course, stop);
    const k = Math.min(course.length - 2, Math.floor(at));
    const [a, b, t] = [course[k] as LonLat, course[k + 1] as LonLat, at - k];
    return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
  });
}

/** The headway that runs at a time of day (minutes after midnight); null where nothing runs. */
export function headwayAt(headways: unknown, at: number): number | null {
  const rows = Array.isArray(headways) ? (headways as Headway[]) : [];
  for (const one of rows) {
    for (const time of [at, at + 1440]) {
      if (toMinutes(one.start) <= time && time < toMinutes(one.end)) return one.minutes;
    }
  }
  return null;
}

/** What is wrong with a table of headways, by row; keys of messages. */
export function headwayFaults(rows: readonly Headway[]): Map<number, string> {
  const faults = new Map<number, string>();
  rows.forEach((one, k) => {
    if (!(one.minutes > 0)) faults.set(k, "headway_zero");
    else if (!/^[0-4]\d:[0-5]\d$/.test(one.start) || !/^[0-4]\d:[0-5]\d$/.test(one.end)) faults.set(k, "clock_bad");
    else if (toMinutes(one.end) <= toMinutes(one.start)) faults.set(k, "end_before_start");
    else if (k > 0 && toMinutes(one.start) < toMinutes((rows[k - 1] as Headway).end)) faults.set(k, "headways_overlap");
  });
  return faults;
}
