/** Small geometry on the ground: metres, the nearest place on a line, where a new point belongs. */
import type { LonLat } from "./types";

const METRES = 111_320;

export function metres(a: LonLat, b: LonLat): number {
  const x = (b[0] - a[0]) * Math.cos(((a[1] + b[1]) / 2) * (Math.PI / 180));
  return Math.hypot(x, b[1] - a[1]) * METRES;
}

/** How far along a line (in segments) and how far beside it (metres) a point lies. */
export function along(line: readonly LonLat[], point: LonLat): { at: number; beside: number } {
  let best = { at: 0, beside: Number.POSITIVE_INFINITY };
  const squeeze = Math.cos(point[1] * (Math.PI / 180));
  for (let k = 0; k + 1 < line.length; k += 1) {
    const [a, b] = [line[k] as LonLat, line[k + 1] as LonLat];
    const [dx, dy] = [(b[0] - a[0]) * squeeze, b[1] - a[1]];
    const [px, py] = [(point[0] - a[0]) * squeeze, point[1] - a[1]];
    const length = dx * dx + dy * dy;
    const t = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
    const beside = Math.hypot(px - t * dx, py - t * dy) * METRES;
    if (beside < best.beside) best = { at: k + t, beside };
  }
  return best;
}

/** Where in the list of points that lead a line a new one belongs: between those beside it on the line. */
export function placeFor(points: readonly LonLat[], line: readonly LonLat[], point: LonLat): number {
  if (line.length < 2) return points.length;
  const at = along(line, point).at;
  const index = points.findIndex((one, k) => k > 0 && along(line, one).at >= at);
  return index < 0 ? Math.max(1, points.length - 1) : index;
}

export const round = (point: LonLat): LonLat => [Number(point[0].toFixed(6)), Number(point[1].toFixed(6))];

export function boundsOf(points: readonly LonLat[]): [LonLat, LonLat] | null {
  if (!points.length) return null;
  const lon = points.map((one) => one[0]);
  const lat = points.map((one) => one[1]);
  return [[Math.min(...lon), Math.min(...lat)], [Math.max(...lon), Math.max(...lat)]];
}

export function pointsOf(geometry: GeoJSON.Geometry | null | undefined): LonLat[] {
  if (!geometry || geometry.type === "GeometryCollection") return [];
  const found: LonLat[] = [];
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") found.push([part[0], part[1] as number]);
    else part.forEach(walk);
  };
  walk(geometry.coordinates);
  return found;
}

/** "51.13, 71.43" as people copy it from elsewhere: latitude first. */
export function readPoint(text: string): LonLat | null {
  const found = /^\s*(-?\d+(?:[.]\d+)?)\s*[,;\s]\s*(-?\d+(?:[.]\d+)?)\s*$/.exec(text);
  if (!found) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}
