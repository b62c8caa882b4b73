/** The map as a PNG with its title, legend, source and date. */
import type { Map as GlMap } from "maplibre-gl";
import { hand } from "../exports";
import { metres } from "../geo";
import { roundDown } from "../scale";
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
  const hatch = (x: number, top: number, width: number, height: number): void => {
    pen.strokeStyle = "#8a8f94";
    pen.lineWidth = 1.3 * scale;
    for (let at = 0; at < width; at += 7 * scale) {
      pen.beginPath();
      pen.moveTo(x + at, top + height);
      pen.lineTo(x + Math.min(width, at + height), top);
      pen.stroke();
    }
  };
  pen.drawImage(shown, 0, 52 * scale);
  const { study, alternative, city } = wb.state;
  bar(map, pen, scale, 52 * scale + shown.height, text);
  const said = wb.state.answer?.sentences.join(" ") ?? "";
  if (said) text(said.length > 110 ? `${said.slice(0, 110)}…` : said, 16, 46, 11);
  text([city ? look.w(city.names) || city.name : "", study?.title, alternative?.name].filter(Boolean).join(" · "), 16, 27, 17, true);
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
      if (entry.hatch) hatch(left * scale, (y - 1) * scale, 24 * scale, 13 * scale);
      y += 21;
    }
    y += 24;
  }
  const day = new Intl.DateTimeFormat(wb.boot.language, { dateStyle: "long" }).format(new Date());
  const against = city?.reference ? `${wb.text("compared_with", { name: city.reference.name })}. ` : "";
  text(`${against}${wb.text("map_source", { city: city ? look.w(city.names) || city.name : "" })} · ${day} · ${location.host}`, 16, sheet.height / scale - 12, 11);
  const blob = await new Promise<Blob | null>((done) => sheet.toBlob(done, "image/png"));
  if (blob) hand(blob, "shaar.png");
}

/** How long some round number of metres is on the picture. */
function bar(map: GlMap, pen: CanvasRenderingContext2D, scale: number, bottom: number, text: (words: string, x: number, y: number, size: number) => void): void {
  const { clientWidth, clientHeight } = map.getCanvas();
  const a = map.unproject([0, clientHeight - 20]);
  const b = map.unproject([Math.min(100, clientWidth), clientHeight - 20]);
  const across = metres([a.lng, a.lat], [b.lng, b.lat]);
  const round = roundDown(across);
  const width = (100 * round) / across;
  pen.fillStyle = "rgb(255 255 255 / 80%)";
  pen.fillRect(8 * scale, bottom - 30 * scale, (width + 16) * scale, 26 * scale);
  pen.fillStyle = "#17222d";
  pen.fillRect(16 * scale, bottom - 10 * scale, width * scale, 2 * scale);
  const colour = pen.fillStyle;
  text(round >= 1000 ? `${round / 1000} km` : `${round} m`, 16, bottom / scale - 15, 10);
  pen.fillStyle = colour;
}
