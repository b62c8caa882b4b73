/** Which figure colours the zones, with what classes, and how the legend says it. */
import { number } from "../format";
import { labelOf } from "../naming";
import { numberOf, textOf } from "../rows";
import { AMOUNTS, GAIN, LOSS, NEUTRAL, STRESS, amountBounds, amountColour, changeBounds, changeColour } from "../scale";
import type { State } from "../state";
import type { EffectsAnswer, Row } from "../types";
import type { Look } from "../views/context";

export interface Entry { label: string; colour: string; hatch?: boolean; line?: number; dash?: string }
export interface Legend { title: string; unit: string; badge: "measured" | "reported" | "modelled" | "assumed" | null; entries: Entry[]; note?: string }
export interface Fill { colour: string; hatch: boolean }

const PLAIN = ["population", "jobs"];

/** Indicators that the zones know before and after. */
export function zoneIndicators(answer: EffectsAnswer | null, base?: Row | null): string[] {
  const row = answer?.appraisal.zones[0];
  if (!row) return Object.keys(base ?? {}).filter((key) => key.includes("."));
  return row ? Object.keys(row).filter((key) => key.endsWith("_after") && key !== "minutes_after").map((key) => key.slice(0, -6)) : [];
}

const named = (look: Look, key: string): string => labelOf(look.s.city?.indicators ?? [], key, look.lang);

/** What the zones show: what changes where something does, else journeys as they are. */
export const shownOf = (s: State): string => (s.show !== "auto" ? s.show : s.history.present.length ? "change" : "minutes");

export function shows(look: Look): { label: string; options: { key: string; label: string }[] }[] {
  const { s, t } = look;
  const layer = s.data.zones;
  const known = zoneIndicators(s.answer, layer?.state === "ready" ? layer.features.features[0]?.properties : null);
  return [
    { label: t("show_auto"), options: [{ key: "auto", label: t("show_auto_what") }] },
    { label: t("show_change"), options: [{ key: "change", label: t("show_change_minutes") }, ...known.map((one) => ({ key: `change:${one}`, label: named(look, one) }))] },
    { label: t("show_now"), options: [{ key: "minutes", label: t("show_minutes") }, ...known.map((one) => ({ key: `now:${one}`, label: named(look, one) })), ...PLAIN.map((one) => ({ key: one, label: t(one as "population" | "jobs") }))] },
  ];
}

/** The figure of a zone under what is shown; ``clear`` where the model says whether it is sure. */
function figure(show: string, zone: Row | undefined, base: Row | undefined, before: boolean): { value: number | null; clear: number | null } {
  if (show === "change") return { value: before ? 0 : numberOf(zone?.["change"]), clear: before ? null : numberOf(zone?.["clear"]) };
  if (show.startsWith("change:")) {
    const key = show.slice(7);
    const [a, b] = [numberOf(zone?.[`${key}_before`]), numberOf(zone?.[`${key}_after`])];
    return { value: a === null || b === null ? null : before ? 0 : b - a, clear: null };
  }
  if (show === "minutes") return { value: numberOf(zone?.[before ? "minutes_before" : "minutes_after"]) ?? numberOf(base?.["minutes"]), clear: null };
  if (show.startsWith("now:")) return { value: numberOf(zone?.[`${show.slice(4)}_${before ? "before" : "after"}`]) ?? numberOf(base?.[show.slice(4)]), clear: null };
  return { value: numberOf(zone?.[show]) ?? numberOf(base?.[show]), clear: null };
}

export interface Zones {
  fills: Map<string, Fill>;
  bounds: number[];
  kind: "change" | "amount";
}

/** Colours of all zones. Both sides of a comparison share the classes of the one that is given as ``scale``. */
export function zoneFills(show: string, answer: EffectsAnswer | null, features: readonly GeoJSON.Feature[], before = false, scale = answer): Zones {
  const idOf = (one: GeoJSON.Feature): string => String(one.properties?.["zone_id"] ?? one.id ?? "");
  const tableOf = (from: EffectsAnswer | null): Map<string, Row> => new Map(from?.appraisal.zones.map((row) => [textOf(row["zone_id"]), row]));
  const table = tableOf(answer);
  const wide = scale === answer ? table : tableOf(scale);
  const values = features.map((one) => figure(show, wide.get(idOf(one)), one.properties ?? {}, false).value).filter((one): one is number => one !== null);
  const change = show.startsWith("change");
  const bounds = change ? changeBounds(values, show === "change" ? "min" : "") : amountBounds(values.filter((one) => one > 0));
  const fills = new Map<string, Fill>();
  for (const one of features) {
    const id = idOf(one);
    const { value, clear } = figure(show, table.get(id), one.properties ?? {}, before);
    if (value === null) continue;
    if (change) fills.set(id, { colour: changeColour(value, bounds as [number, number, number], show === "change", clear), hatch: clear === 0 && Math.abs(value) > 0.05 });
    else if (value > 0) fills.set(id, { colour: amountColour(value, bounds), hatch: false });
  }
  return { fills, bounds, kind: change ? "change" : "amount" };
}

export function legendOf(look: Look): Legend[] {
  const { s, t, lang } = look;
  const out: Legend[] = [];
  const show = shownOf(s);
  const zones = s.data.zones;
  if (s.layers.includes("zones") && zones?.state === "ready") {
    const { bounds, kind } = zoneFills(show, s.answer, zones.features.features);
    const title = shows(look).flatMap((group) => group.options.map((one) => ({ ...one, group: group.label }))).find((one) => one.key === show);
    const n = (value: number): string => number(value, lang);
    const unit = show === "change" || show === "minutes" ? t("unit_min") : show === "population" ? t("unit_persons") : "";
    if (kind === "change") {
      const [a = 1, b = 5, c = 10] = bounds;
      const [more, less] = show === "change" ? [t("gain_minutes"), t("loss_minutes")] : [t("gain_more"), t("loss_less")];
      out.push({
        title: title?.label ?? "", unit, badge: "modelled",
        entries: [
          { label: t("class_above", { sense: more, from: n(c) }), colour: GAIN[2] },
          { label: t("class_between", { sense: more, from: n(b), to: n(c) }), colour: GAIN[1] },
          { label: t("class_between", { sense: more, from: n(a), to: n(b) }), colour: GAIN[0] },
          { label: t("no_change"), colour: NEUTRAL },
          { label: t("unclear"), colour: NEUTRAL, hatch: true },
          { label: t("class_between", { sense: less, from: n(a), to: n(b) }), colour: LOSS[0] },
          { label: t("class_between", { sense: less, from: n(b), to: n(c) }), colour: LOSS[1] },
          { label: t("class_above", { sense: less, from: n(c) }), colour: LOSS[2] },
        ],
      });
    } else {
      const edges = [null, ...bounds, null];
      out.push({
        title: title?.label ?? "", unit, badge: PLAIN.includes(show) ? "reported" : "modelled",
        entries: edges.slice(0, -1).map((from, k) => {
          const to = edges[k + 1] ?? null;
          const words = from === null ? t("class_below", { to: n(to ?? 0) }) : to === null ? t("class_from", { from: n(from) }) : `${n(from)}–${n(to)}`;
          return { label: words, colour: amountColour(from ?? -1, bounds) };
        }),
      });
    }
  }
  if (s.layers.includes("lines")) {
    out.push({
      title: t("layer_lines"), unit: t("unit_per_hour"), badge: s.city?.reference?.badge ?? "reported",
      entries: [
        { label: t("class_below", { to: 4 }), colour: "#566573", line: 1.5 },
        { label: "4–8", colour: "#566573", line: 3 },
        { label: t("class_from", { from: 8 }), colour: "#566573", line: 5 },
        { label: t("line_new"), colour: "#0b6470", line: 6 },
      ],
    });
  }
  if (s.layers.includes("streets_stress")) {
    out.push({ title: t("layer_streets_stress"), unit: "", badge: "modelled", entries: STRESS.map((colour, k) => ({ label: t(`stress_${k + 1}` as "stress_1"), colour, line: 4 })) });
  }
  if (s.layers.includes("links_flow")) {
    out.push({ title: t("layer_links_flow"), unit: t("unit_buses_hour"), badge: s.city?.reference?.badge ?? "reported", entries: [4, 12, 30].map((count) => ({ label: String(count), colour: AMOUNTS[1], line: flowWidth(count) })) });
  }
  if (s.isochrone?.state === "ready") {
    out.push({ title: t("isochrone"), unit: t("unit_min"), badge: "modelled", entries: ISO.map(([minutes, colour]) => ({ label: t("class_within", { minutes }), colour })) });
  }
  return out;
}

/** Width of a street by the buses an hour on it. */
export const flowWidth = (hourly: number): number => Math.min(9, 0.6 + Math.sqrt(hourly) * 0.9);

export const ISO: readonly (readonly [number, string])[] = [[15, "#08519c"], [30, "#3182bd"], [45, "#6baed6"], [60, "#c6dbef"]];
