/** Pictures that the map's layers use: the hatch of "no clear change", the plate of a line's number. */
import type { Map as GlMap } from "maplibre-gl";

function canvas(size: number, draw: (pen: CanvasRenderingContext2D) => void): ImageData {
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = size;
  const pen = sheet.getContext("2d") as CanvasRenderingContext2D;
  draw(pen);
  return pen.getImageData(0, 0, size, size);
}

export function addImages(map: GlMap, dark: boolean): void {
  if (!map.hasImage("hatch")) {
    map.addImage("hatch", canvas(16, (pen) => {
      pen.strokeStyle = dark ? "#9fb0bf" : "#8a8f94";
      pen.lineWidth = 2;
      for (const shift of [-16, 0, 16]) {
        pen.beginPath();
        pen.moveTo(shift, 16);
        pen.lineTo(shift + 16, 0);
        pen.stroke();
      }
    }), { pixelRatio: 2 });
  }
  if (!map.hasImage("plate")) {
    map.addImage("plate", canvas(32, (pen) => {
      pen.fillStyle = dark ? "#111a22" : "#ffffff";
      pen.strokeStyle = dark ? "#9fb0bf" : "#566573";
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.roundRect(2, 2, 28, 28, 8);
      pen.fill();
      pen.stroke();
    }), { pixelRatio: 2, stretchX: [[12, 20]], stretchY: [[12, 20]], content: [6, 4, 26, 28] });
  }
}
