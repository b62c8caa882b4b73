/** The map as a list: lines, places, stops, and what can be done with each, without the map. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { number } from "../format";
import { headwayAt } from "../lines";
import { closeIsochrone, isochrone } from "../questions";
import { numberOf, textOf } from "../rows";
import type { Kind, LonLat } from "../types";
import { defaults, kindOf } from "./changes";
import { PointBox } from "./change-form";
import { type Look, useLook } from "./context";
import { Badge, Button } from "./parts";

const MOST = 60;

export function ListPanel(): JSX.Element {
  const look = useLook();
  const { t } = look;
  const [what, setWhat] = useState<"lines" | "places" | "stops">("lines");
  const [needle, setNeedle] = useState("");
  return (
    <div class="stack">
      <h2>{t("list")}</h2>
      <div class="cluster" role="group" aria-label={t("list_what")}>
        {(["lines", "places", "stops"] as const).map((one) => <Button key={one} quiet small pressed={what === one} onClick={() => setWhat(one)}>{t(`list_${one}`)}</Button>)}
      </div>
      <div class="field">
        <label for="find">{t("find")}</label>
        <input id="find" class="control" type="search" value={needle} onInput={(event) => setNeedle(event.currentTarget.value)} />
      </div>
      {what === "lines" && <Lines needle={needle} />}
      {what === "places" && <Places needle={needle} />}
      {what === "stops" && <Stops needle={needle} />}
      <Reach />
    </div>
  );
}

const fits = (needle: string, ...texts: string[]): boolean => !needle.trim() || texts.some((one) => one.toLowerCase().includes(needle.trim().toLowerCase()));

/** Begin a change of a type with one of its fields filled in. */
function begin(look: Look, kind: Kind | undefined, field: string, value: unknown): void {
  if (kind) look.wb.add({ ...defaults(kind, look.wb.items), [field]: value });
}

function Shown({ count, most }: { count: number; most: number }): JSX.Element | null {
  const { t } = useLook();
  return count > most ? <p class="muted small-print">{t("shown_of", { shown: most, count })}</p> : null;
}

function Lines({ needle }: { needle: string }): JSX.Element {
  const look = useLook();
  const { s, t, lang, wb } = look;
  if (!s.data.lines) void wb.need("lines");
  const data = s.data.lines;
  if (data?.state === "failed") return <p class="empty">{data.message}</p>;
  if (data?.state !== "ready") return <p class="muted">{t("loading")}</p>;
  const seen = new Set<string>();
  const rows = data.features.features.map((one) => one.properties ?? {}).filter((row) => {
    const id = String(row["route_id"]);
    return !seen.has(id) && Boolean(seen.add(id)) && fits(needle, String(row["name"]), String(row["long_name"] ?? ""));
  }).sort((a, b) => String(a["name"]).localeCompare(String(b["name"]), undefined, { numeric: true }));
  return (
    <>
      <div class="table-box"><table>
        <caption>{t("lines_caption")} <Badge kind={s.city?.reference?.badge ?? "reported"} /></caption>
        <thead><tr><th>{t("line")}</th><th class="num">{t("headway_now")}</th><th class="num">{t("boardings")}</th><th class="num">{t("vehicles")}</th></tr></thead>
        <tbody>{rows.slice(0, MOST).map((row) => {
          const id = String(row["route_id"]);
          const now = headwayOf(row["headways"], s.at, look);
          return (
            <tr key={id}>
              <th>
                <button type="button" class="link" onClick={() => wb.store.set({ highlighted: `line:${id}` })}>{t("line_named", { name: String(row["name"]) })}</button>
                <span class="row-tools">
                  {kindOf(look, "set_headway") && <button type="button" class="link small-print" aria-label={`${t("headway")}: ${String(row["name"])}`} onClick={() => begin(look, kindOf(look, "set_headway"), "route_id", id)}>{t("headway")}</button>}
                  {kindOf(look, "remove_line") && <button type="button" class="link small-print" aria-label={`${t("take_out")}: ${String(row["name"])}`} onClick={() => begin(look, kindOf(look, "remove_line"), "route_id", id)}>{t("take_out")}</button>}
                </span>
              </th>
              <td class="num">{now === null ? "—" : `${number(now, lang)} ${t("unit_min")}`}</td>
              <td class="num">{numberOf(row["boardings"]) === null ? "—" : number(numberOf(row["boardings"]) ?? 0, lang)}</td>
              <td class="num">{numberOf(row["vehicles"]) === null ? "—" : number(numberOf(row["vehicles"]) ?? 0, lang)}</td>
            </tr>
          );
        })}</tbody>
      </table></div>
      <Shown count={rows.length} most={MOST} />
    </>
  );
}

/** Headways come as a table of spans, or by period. */
export function headwayOf(headways: unknown, at: number, look: Look): number | null {
  const given: unknown = typeof headways === "string" ? JSON.parse(headways) : headways;
  if (Array.isArray(given)) return headwayAt(given, at);
  if (!given || typeof given !== "object") return null;
  const period = look.s.city?.periods.find((one) => headwayAt([{ ...one, minutes: 1 }], at));
  return period ? numberOf((given as Record<string, unknown>)[period.key]) : null;
}

function Places({ needle }: { needle: string }): JSX.Element {
  const { s, t, lang, wb } = useLook();
  const rows = (s.answer?.appraisal.places ?? s.city?.places ?? []).filter((row) => fits(needle, textOf(row["name"])));
  return (
    <>
      <div class="table-box"><table>
        <caption>{t("places_list_caption")} <Badge kind="modelled" /></caption>
        <thead><tr><th>{t("place")}</th><th class="num">{t("population")}</th><th class="num">{t("minutes_after")}</th><th class="num">{t("minutes_change")}</th></tr></thead>
        <tbody>{rows.slice(0, MOST).map((row) => {
          const id = textOf(row["place_id"]);
          const show = (name: string, signed = false): string => (numberOf(row[name]) === null ? "—" : number(numberOf(row[name]) ?? 0, lang, signed));
          return (
            <tr key={id}>
              <th><button type="button" class="link" onClick={() => wb.store.set({ highlighted: `place:${id}` })}>{textOf(row["name"])}</button></th>
              <td class="num">{show("population")}</td><td class="num">{show(s.answer ? "minutes_after" : "minutes")}</td><td class="num">{show("change", true)}</td>
            </tr>
          );
        })}</tbody>
      </table></div>
      <Shown count={rows.length} most={MOST} />
    </>
  );
}

function Stops({ needle }: { needle: string }): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  if (!s.data.stops) void wb.need("stops");
  const data = s.data.stops;
  if (data?.state === "failed") return <p class="empty">{data.message}</p>;
  if (data?.state !== "ready") return <p class="muted">{t("loading")}</p>;
  const rows = data.features.features.filter((one) => fits(needle, String(one.properties?.["name"] ?? ""), String(one.properties?.["stop_id"] ?? "")));
  return (
    <>
      <ul class="plain rows">
        {rows.slice(0, MOST).map((one) => {
          const id = String(one.properties?.["stop_id"]);
          const name = String(one.properties?.["name"] || t("stop_unnamed"));
          const at = (one.geometry as GeoJSON.Point).coordinates as LonLat;
          return (
            <li key={id}>
              <button type="button" class="link" onClick={() => wb.store.set({ highlighted: `stop:${id}` })}>{name}</button>
              <span class="row-tools">
                <Button quiet small label={`${t("reach")}: ${name}`} onClick={() => void isochrone(wb, at)}>{t("reach")}</Button>
                {kindOf(look, "move_stop") && <Button quiet small label={`${t("move")}: ${name}`} onClick={() => begin(look, kindOf(look, "move_stop"), "stop_id", id)}>{t("move")}</Button>}
              </span>
            </li>
          );
        })}
      </ul>
      <Shown count={rows.length} most={MOST} />
    </>
  );
}

/** How far one comes from a place: by coordinates, the map's middle, or a click. */
function Reach(): JSX.Element {
  const { s, t, wb } = useLook();
  const found = s.isochrone;
  return (
    <section class="stack">
      <h3>{t("isochrone")}</h3>
      <p class="hint">{t("isochrone_hint")}</p>
      <div class="field">
        <label for="reach-point">{t("from_point")}</label>
        <PointBox id="reach-point" value={found?.point} onChange={(point) => point && void isochrone(wb, point)} />
      </div>
      <Button quiet small pressed={s.tool?.kind === "isochrone"} onClick={() => wb.use(s.tool?.kind === "isochrone" ? null : { kind: "isochrone" })}>{t("pick_on_map")}</Button>
      {found && <Button quiet small onClick={() => closeIsochrone(wb)}>{t("clear")}</Button>}
      {found?.state === "asking" && <p class="muted" role="status">{t("computing")}</p>}
      {found?.state === "failed" && <p class="field-error" role="status">{found.message}</p>}
      {found?.data && (
        <ul class="plain">{[...found.data.features].sort((a, b) => Number(a.properties?.["minutes"]) - Number(b.properties?.["minutes"])).map((one, k) => <li key={k}>{isoWords(one.properties ?? {}, t, wb.boot.language)}</li>)}</ul>
      )}
    </section>
  );
}

function isoWords(row: Record<string, unknown>, t: Look["t"], lang: Look["lang"]): string {
  const minutes = String(row["minutes"] ?? "");
  const people = numberOf(row["population"]);
  return people === null ? t("class_within", { minutes }) : t("within_people", { minutes, people: number(people, lang) });
}
