/** The map as a PNG with its title, legend, source and date. */
import type { Map as GlMap } from "maplibre-gl";
import { hand } from "../exports";
import { lookOf } from "../views/context";
import type { Workbench } from "../workbench";
import { legendOf } from "./legend";

export async function takePicture(wb: Workbench, map: GlMap): Promise<void> {
  const look = lookOf(wb, wb.state);
  const shown = await new Promise<HTMLCanvasElement>((done) => {
    map.once("render", () => {
      const source = map.getCanvas();
      const copy = document.createElement("canvas");
      copy.width = source.width;
      copy.height = source.height;
      copy.getContext("2d")?.drawImage(source, 0, 0);
      done(copy);
    });
    map.triggerRepaint();
  });
  const scale = shown.width / map.getCanvas().clientWidth;
  const legends = legendOf(look);
  const rows = legends.reduce((sum, one) => sum + one.entries.length + 1.6, 0);
  const side = 260 * scale;
  const sheet = document.createElement("canvas");
  sheet.width = shown.width + side;
  sheet.height = Math.max(shown.height + 84 * scale, (rows * 22 + 60) * scale);
  const pen = sheet.getContext("2d") as CanvasRenderingContext2D;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  pen.fillStyle = dark ? "#111a22" : "#ffffff";
  pen.fillRect(0, 0, sheet.width, sheet.height);
  const text = (words: string, x: number, y: number, size: number, bold = false): void => {
    pen.fillStyle = dark ? "#e8edf2" : "#17222d";
    pen.font = `${bold ? "600 " : ""}${size * scale}px "Noto Sans", system-ui, sans-serif`;
    pen.fillText(words, x * scale, y * scale);
  };
  pen.drawImage(shown, 0, 52 * scale);
  const { study, alternative, city } = wb.state;
  text([city ? look.w(city.names) || city.name : "", study?.title, alternative?.name].filter(Boolean).join(" · "), 16, 33, 18, true);
  const left = shown.width / scale + 16;
  let y = 72;
  for (const legend of legends) {
    text(`${legend.title}${legend.unit ? `, ${legend.unit}` : ""}`, left, y, 12, true);
    if (legend.badge) text(wb.text(legend.badge), left, y + 17, 11);
    y += 26;
    for (const entry of legend.entries) {
      pen.fillStyle = entry.colour;
      pen.fillRect(left * scale, (y - 1) * scale, 24 * scale, (entry.line ?? 13) * scale);
      text(entry.label, left + 32, y + 10, 11);
      y += 21;
    }
    y += 24;
  }
  const day = new Intl.DateTimeFormat(wb.boot.language, { dateStyle: "long" }).format(new Date());
  text(`${wb.text("map_source", { city: city ? look.w(city.names) || city.name : "" })} · ${day} · ${location.host}`, 16, sheet.height / scale - 12, 11);
  const blob = await new Promise<Blob | null>((done) => sheet.toBlob(done, "image/png"));
  if (blob) hand(blob, "shaar.png");
}
