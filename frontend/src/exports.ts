/** What leaves as a file without the server: the changes as GeoJSON. */
import type { Item, LonLat } from "./types";

export function geojsonOf(items: readonly Item[]): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  for (const { change } of items) {
    const { type, ...rest } = change;
    const facts = Object.fromEntries(Object.entries(rest).filter(([name]) => !/^(geometry|path$|point$|new_stops$)/.test(name)));
    const put = (geometry: GeoJSON.Geometry, more: Record<string, unknown> = {}): void => void features.push({ type: "Feature", geometry, properties: { change: type, ...facts, ...more } });
    const before = features.length;
    for (const [field, direction] of [["geometry_forward", 0], ["geometry_backward", 1], ["geometry", 0], ["path", 0]] as const) {
      const course = change[field] as LonLat[] | undefined;
      if (Array.isArray(course) && course.length > 1) put({ type: "LineString", coordinates: course }, { direction_id: direction });
    }
    const point = change["point"] as LonLat | undefined;
    if (Array.isArray(point)) put({ type: "Point", coordinates: point });
    for (const stop of (change["new_stops"] as { stop_id: string; lon: number; lat: number; name: string }[] | undefined) ?? []) {
      features.push({ type: "Feature", geometry: { type: "Point", coordinates: [stop.lon, stop.lat] }, properties: { change: "new_stop", stop_id: stop.stop_id, name: stop.name } });
    }
    // A change without a place stays in the file, so that the file says everything.
    if (features.length === before) features.push({ type: "Feature", geometry: null as unknown as GeoJSON.Geometry, properties: { ...change, change: type } });
  }
  return { type: "FeatureCollection", features };
}

export function hand(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
