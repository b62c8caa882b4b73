// Maps that the server drew: move and zoom them; in a form, mark a point or draw an outline. No library.
const W = 1200, H = 800, EQUATOR = 40075016.686, TILE = 512, SVG = "http://www.w3.org/2000/svg";
const DROP = "M0 0c-3-7-10-12-10-20a10 10 0 0 1 20 0c0 8-7 13-10 20z";
const toSquare = ([lon, lat]) => [(lon + 180) / 360, (1 - Math.asinh(Math.tan(lat * Math.PI / 180)) / Math.PI) / 2];
const toDegrees = ([x, y]) => [x * 360 - 180, Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI];
const make = (name, facts = {}, ...inside) => {
  const one = document.createElementNS(SVG, name);
  for (const key in facts) one.setAttribute(key, facts[key]);
  one.append(...inside);
  return one;
};
const limit = (value, low, high) => Math.min(high, Math.max(low, value));

class View {
  // What is seen, as shares of the window that the server drew: x, y of the upper left corner, w of the width.
  constructor(box) {
    this.box = box;
    this.svg = box.querySelector(".map-view");
    this.ground = box.querySelector(".map-ground");
    this.layer = box.querySelector(".map-tiles");
    const [lon, lat, metres] = box.dataset.window.split(",").map(Number), [x, y] = toSquare([lon, lat]);
    this.width = metres / EQUATOR;
    this.height = this.width * H / W;
    this.west = x - this.width / 2;
    this.north = y - this.height / 2;
    this.cos = Math.cos(lat * Math.PI / 180);
    this.limits = [400 / metres, EQUATOR / 64 / metres];
    this.x = 0; this.y = 0; this.w = 1;
    this.placed = [...this.svg.children].filter(e => e.tagName === "svg" && e !== this.ground)
      .map(e => ({ e, x: parseFloat(e.getAttribute("x")) / 100, y: parseFloat(e.getAttribute("y")) / 100 }));
    this.tiles = new Map();
    this.keys();
    this.drag();
  }
  share(point) { const [x, y] = toSquare(point); return [(x - this.west) / this.width, (y - this.north) / this.height]; }
  degrees(x, y) { return toDegrees([this.west + x * this.width, this.north + y * this.height]).map(v => +v.toFixed(5)); }
  middle() { return [this.x + this.w / 2, this.y + this.w / 2]; }
  zoom(by, x = this.x + this.w / 2, y = this.y + this.w / 2) {
    const w = limit(this.w * by, ...this.limits), k = w / this.w;
    this.x = x - (x - this.x) * k; this.y = y - (y - this.y) * k; this.w = w;
    this.draw();
  }
  move(across, down) { this.x += across * this.w; this.y += down * this.w; this.draw(); }
  whole() { this.x = this.y = 0; this.w = 1; this.draw(); }
  place(e, x, y) {
    e.setAttribute("x", `${100 * (x - this.x) / this.w}%`);
    e.setAttribute("y", `${100 * (y - this.y) / this.w}%`);
  }
  draw() {
    this.ground.setAttribute("viewBox", `${this.x * W} ${this.y * H} ${this.w * W} ${this.w * H}`);
    for (const one of this.placed) this.place(one.e, one.x, one.y);
    this.box.classList.toggle("zoomed", this.w < 0.99);
    this.scale();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.fetch(), 120);
    this.onmove?.();
  }
  scale() {
    const line = this.svg.querySelector(".map-scale"), text = this.svg.querySelector(".map-scale-text");
    if (!line) return;
    const all = this.width * this.w * EQUATOR * this.cos;
    let metres = 10;
    for (let e = 1; e < 6; e++) for (const m of [1, 2, 5]) if (m * 10 ** e <= all * 0.24) metres = m * 10 ** e;
    const [km, m] = this.box.dataset.units.split(","), write = n => n.toLocaleString(document.documentElement.lang);
    line.setAttribute("x2", `${2 + 100 * metres / all}%`);
    text.textContent = metres >= 1000 ? `${write(metres / 1000)}\u00a0${km}` : `${write(metres)}\u00a0${m}`;
  }
  fetch() {
    const { tiles, zooms, box } = this.box.dataset;
    if (!tiles) return;
    const [least, most] = zooms.split(",").map(Number), [bw, bn, be, bs] = box.split(",").map(Number);
    const sharp = Math.min(2, window.devicePixelRatio || 1) > 1.5 ? 1.3 : 1;
    const zoom = limit(Math.round(Math.log2(this.svg.clientWidth * sharp / TILE / (this.width * this.w))), least, most), n = 2 ** zoom;
    const west = this.west + this.x * this.width, north = this.north + this.y * this.height;
    const x0 = Math.max(west, bw), y0 = Math.max(north, bn);
    const x1 = Math.min(west + this.w * this.width, be), y1 = Math.min(north + this.w * this.height, bs);
    const wanted = new Set();
    let waiting = 0;
    const clear = () => {
      if (--waiting > 0) return;
      for (const e of [...this.layer.querySelectorAll("image")]) if (!wanted.has(e.dataset.key)) { this.tiles.delete(e.dataset.key); e.remove(); }
    };
    waiting++;
    for (let row = Math.floor(y0 * n); row <= Math.floor(y1 * n); row++) for (let column = Math.floor(x0 * n); column <= Math.floor(x1 * n); column++) {
      const key = `${zoom}/${column}/${row}`;
      wanted.add(key);
      if (this.tiles.has(key)) continue;
      const side = W / this.width / n, e = make("image", {
        href: `${tiles}${key}.svg`, x: (column / n - this.west) / this.width * W, y: (row / n - this.north) / this.height * H,
        width: side * 1.001, height: side * 1.001,
      });
      e.dataset.key = key;
      waiting++;
      e.onload = e.onerror = clear;
      this.tiles.set(key, e);
      this.layer.append(e);
    }
    clear();
  }
  keys() {
    this.box.tabIndex = 0;
    this.box.addEventListener("keydown", event => {
      const move = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2] }[event.key];
      if (event.target !== this.box || event.ctrlKey || event.metaKey || event.altKey) return;
      if (move) this.move(...move);
      else if (event.key === "+" || event.key === "=") this.zoom(0.5);
      else if (event.key === "-") this.zoom(2);
      else if (event.key === "0") this.whole();
      else if (!this.onkey?.(event.key)) return;
      event.preventDefault();
    });
  }
  at(event) {
    const r = this.svg.getBoundingClientRect();
    return [this.x + this.w * (event.clientX - r.left) / r.width, this.y + this.w * (event.clientY - r.top) / r.height];
  }
  drag() {
    const down = new Map();
    let moved = 0, apart = 0;
    this.svg.addEventListener("pointerdown", event => {
      if (event.button > 0 || event.target.closest("a")) return;
      down.set(event.pointerId, [event.clientX, event.clientY]);
      moved = down.size > 1 ? 99 : 0;
    });
    window.addEventListener("pointermove", event => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const r = this.svg.getBoundingClientRect(), dx = event.clientX - before[0], dy = event.clientY - before[1];
      moved += Math.abs(dx) + Math.abs(dy);
      down.set(event.pointerId, [event.clientX, event.clientY]);
      if (down.size === 2) {
        const [a, b] = [...down.values()], now = Math.hypot(a[0] - b[0], a[1] - b[1]);
        if (apart) this.zoom(apart / now, ...this.at({ clientX: (a[0] + b[0]) / 2, clientY: (a[1] + b[1]) / 2 }));
        apart = now;
      } else if (moved > 6) this.move(-dx / r.width, -dy / r.height);
    });
    const up = event => {
      if (!down.delete(event.pointerId)) return;
      apart = 0;
      if (event.type === "pointerup" && moved <= 6) this.onpick?.(this.at(event));
    };
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up);
    this.svg.addEventListener("wheel", event => {
      if (!event.ctrlKey && !this.onpick) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.3 : 1 / 1.3, ...this.at(event));
    }, { passive: false });
  }
}

function button(words, act) {
  const one = document.createElement("button");
  one.type = "button";
  one.textContent = words;
  one.addEventListener("click", act);
  return one;
}

for (const box of document.querySelectorAll(".map[data-map]")) {
  const view = new View(box), row = document.createElement("p"), { closer, farther, whole } = box.dataset;
  row.className = "map-zoom no-print";
  row.append(button(closer, () => view.zoom(0.5)), button(farther, () => view.zoom(2)), button(whole, () => view.whole()));
  box.after(row);
}

function picker(field) {
  const name = field.dataset.name, form = field.closest("form"), template = field.querySelector("template");
  const said = field.querySelector(".pick-said"), words = said.dataset, row = field.querySelector(".pick-buttons");
  const hidden = form.elements[`${name}_geometry`], kept = form.elements[`${name}_window`];
  const box = document.createElement("div");
  box.className = "map pickable";
  Object.assign(box.dataset, template.dataset);
  box.append(template.content.cloneNode(true));
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", words.map);
  field.querySelector(".pick-plain").replaceWith(box);
  for (const old of box.querySelectorAll(".map-pin, .map-shape, .map-line")) old.remove();
  const view = new View(box), shape = make("path", { class: "map-shape" });
  const pin = make("svg", { class: "map-pin", overflow: "visible" }, make("path", { d: DROP }), make("circle", { class: "hole", cy: -20, r: 3.5 }));
  view.ground.append(shape);
  view.svg.append(make("svg", { x: "50%", y: "50%", overflow: "visible" }, make("path", { class: "map-cross", d: "M-14 0h10m8 0h10M0-14v10m0 8v10" })));
  let corners = [], point = null, drawing = false;
  const given = hidden.value ? JSON.parse(hidden.value) : null;
  if (given?.type === "Point") point = given.coordinates;
  if (given?.type === "Polygon") { corners = given.coordinates[0].slice(0, -1); drawing = true; }
  const other = given && !point && !corners.length;

  function show() {
    const xy = corners.map(c => view.share(c));
    shape.setAttribute("d", xy.length ? `M${xy.map(([x, y]) => `${x * W} ${y * H}`).join("L")}${xy.length > 2 ? "z" : "h0"}` : "");
    pin.remove();
    view.placed = view.placed.filter(p => p.e !== pin);
    const mark = point ?? (corners.length && corners.length < 3 ? corners.at(-1) : null);
    if (mark) {
      const [x, y] = view.share(mark);
      view.placed.push({ e: pin, x, y });
      view.place(pin, x, y);
      view.svg.append(pin);
    }
    if (other && !point && !corners.length && !touched) return;
    hidden.value = point ? JSON.stringify({ type: "Point", coordinates: point })
      : corners.length > 2 ? JSON.stringify({ type: "Polygon", coordinates: [[...corners, corners[0]]] }) : "";
    said.textContent = point ? words.pin : corners.length > 2 ? words.outline : words.nothing;
    back.hidden = !drawing || !corners.length;
    mode.setAttribute("aria-pressed", drawing);
  }
  let touched = false;
  function pick([x, y]) {
    touched = true;
    if (drawing) { point = null; corners.push(view.degrees(x, y)); } else { corners = []; point = view.degrees(x, y); }
    show();
  }
  view.onpick = pick;
  view.onkey = key => {
    if (key === "Enter" || key === " ") { pick(view.middle()); return true; }
    if (key === "Backspace" && drawing) { corners.pop(); show(); return true; }
    return false;
  };
  view.onmove = () => {
    const [lon, lat] = view.degrees(...view.middle());
    kept.value = `${lon.toFixed(5)},${lat.toFixed(5)},${Math.round(view.width * view.w * EQUATOR)}`;
  };
  const moves = { in: () => view.zoom(0.5), out: () => view.zoom(2), north: () => view.move(0, -0.35), south: () => view.move(0, 0.35), west: () => view.move(-0.35, 0), east: () => view.move(0.35, 0), clear: () => { touched = true; point = null; corners = []; show(); } };
  row.addEventListener("click", event => {
    const act = moves[event.target.value];
    if (act) { event.preventDefault(); act(); }
  });
  const mode = button(words.draw, () => { drawing = !drawing; touched = true; if (drawing) point = null; else corners = []; show(); });
  const back = button(words.back, () => { corners.pop(); show(); });
  mode.className = back.className = "button button-quiet";
  if (field.dataset.outline === "yes") row.append(mode);
  row.append(back);
  if (!row.querySelector("[value=clear]")) {
    const clear = button(words.clear, moves.clear);
    clear.className = "button button-quiet";
    row.append(clear);
  }
  show();
}
document.querySelectorAll(".place-picker").forEach(picker);
