/** A line: where it runs, how often, with what vehicle. Everything that a drag does stands here as a list too. */
import type { JSX } from "preact";
import { addPoint, dropPoint, editLine, finish, movePoint, setLoop, shiftPoint, stopPlaces } from "../drawing";
import { number } from "../format";
import { headwayFaults } from "../lines";
import type { Headway, Item } from "../types";
import { PointBox, StopBox } from "./change-form";
import { type Look, useLook } from "./context";
import { Button, Notice, NumberBox } from "./parts";

export function LineEditor({ item }: { item: Item | undefined }): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  const drawing = s.tool?.kind === "draw";
  const line = item?.change.type === "add_line" ? item : undefined;
  return (
    <div class="stack">
      <Button quiet small onClick={() => { finish(wb); wb.choose(null); }}>{t("all_changes")}</Button>
      <h2>{line ? t("line_named", { name: String(line.change["name"]) }) : t("draw_line")}</h2>
      {drawing && <p class="hint">{t("draw_hint")}</p>}
      {s.drawing.message && <Notice kind="bad" live><p>{s.drawing.message}</p><p>{t("draw_kept")}</p></Notice>}
      {line && <Facts item={line} />}
      {drawing ? <Points /> : line && <Button onClick={() => void editLine(wb, line)}>{t("edit_way")}</Button>}
      {line && <Service item={line} />}
      {line && <Stops item={line} />}
      <div class="cluster">
        {drawing && <Button onClick={() => finish(wb)}>{t("done")}</Button>}
        {item && <Button danger onClick={() => { finish(wb); wb.remove(item.id); }}>{t("remove")}</Button>}
      </div>
    </div>
  );
}

function Facts({ item }: { item: Item }): JSX.Element {
  const { t, lang } = useLook();
  const last = (name: string): number => ((item.change[name] as number[] | undefined) ?? []).at(-1) ?? 0;
  const [there, back] = [last("minutes_forward"), last("minutes_backward")];
  return (
    <p class="line-facts num">
      {t("line_facts", { there: number(there, lang), back: back ? number(back, lang) : "—", stops: new Set([...((item.change["stops_forward"] as string[]) ?? []), ...((item.change["stops_backward"] as string[]) ?? [])]).size })}
    </p>
  );
}

function Points(): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  const { points, busy } = s.drawing;
  return (
    <section class="stack">
      <h3>{t("way_points")} {busy && <small class="muted" role="status">{t("laying")}</small>}</h3>
      {points.length > 0 && (
        <ol class="points">
          {points.map((point, k) => (
            <li key={`${k}-${point.join()}`}>
              <PointBox id={`point-${k}`} label={t("point_number", { number: k + 1 })} value={point} onChange={(next) => (next ? movePoint(wb, k, next) : undefined)} />
              <span class="item-tools">
                <Button quiet small disabled={k === 0} label={t("up_what", { what: String(k + 1) })} onClick={() => shiftPoint(wb, k, -1)}>↑</Button>
                <Button quiet small disabled={k === points.length - 1} label={t("down_what", { what: String(k + 1) })} onClick={() => shiftPoint(wb, k, 1)}>↓</Button>
                <Button quiet small label={t("remove_what", { what: String(k + 1) })} onClick={() => dropPoint(wb, k)}>×</Button>
              </span>
            </li>
          ))}
        </ol>
      )}
      <div class="field">
        <label for="add-stop">{t("add_through_stop")}</label>
        <StopBox id="add-stop" value="" onPick={(stop) => { const found = stopPlaces(wb).get(stop); if (found) addPoint(wb, found.at); }} />
      </div>
      <div class="field">
        <label for="add-point">{t("add_through_point")}</label>
        <PointBox id="add-point" value={undefined} onChange={(point) => point && addPoint(wb, point)} />
      </div>
      <label class="switch">
        <input type="checkbox" checked={s.tool?.kind === "draw" && s.tool.loop} onChange={(event) => setLoop(wb, event.currentTarget.checked)} />
        <span><b>{t("loop")}</b><small class="muted">{t("loop_hint")}</small></span>
      </label>
    </section>
  );
}

function Service({ item }: { item: Item }): JSX.Element {
  const { s, t, w, wb } = useLook();
  const id = item.id;
  return (
    <section class="form">
      <div class="field">
        <label for={`name-${id}`}>{t("line_name")}</label>
        <input id={`name-${id}`} class="control short" maxLength={60} value={String(item.change["name"] ?? "")} onInput={(event) => event.currentTarget.value.trim() && wb.setField(id, "name", event.currentTarget.value)} />
      </div>
      <div class="field">
        <label for={`vehicle-${id}`}>{t("vehicle")}</label>
        <select id={`vehicle-${id}`} class="control" value={String(item.change["vehicle_type"] ?? "")} onChange={(event) => wb.setField(id, "vehicle_type", event.currentTarget.value)}>
          {s.city?.vehicle_types.map((one) => <option key={one.key} value={one.key}>{w(one.label)}{one.places ? ` · ${t("places_count", { count: one.places })}` : ""}</option>)}
        </select>
      </div>
      <fieldset class="field">
        <legend>{t("headways")}</legend>
        <span class="hint">{t("headways_hint")}</span>
        <Headways id={`headways-${id}`} rows={(item.change["headways"] as Headway[] | undefined) ?? []} onChange={(rows) => wb.setField(id, "headways", rows)} />
      </fieldset>
    </section>
  );
}

export function periodName(look: Look, row: Headway): string {
  const found = look.s.city?.periods.find((one) => one.key === row.period || (one.start === row.start && one.end === row.end));
  return found ? look.w(found.label) : (row.period ?? "");
}

export function Headways({ id, rows, onChange }: { id: string; rows: Headway[]; onChange: (rows: Headway[]) => void }): JSX.Element {
  const look = useLook();
  const { t } = look;
  const faults = headwayFaults(rows);
  const put = (k: number, part: Partial<Headway>): void => onChange(rows.map((one, j) => (j === k ? { ...one, ...part } : one)));
  return (
    <div class="headways" id={id} role="group" aria-label={t("headways")}>
      {rows.map((row, k) => {
        const fault = faults.get(k);
        const name = periodName(look, row) || `${row.start}–${row.end}`;
        return (
          <div key={k} class={`headway ${fault ? "field-bad" : ""}`}>
            {periodName(look, row) && <span class="headway-name">{periodName(look, row)}</span>}
            <input class="control clock" aria-label={t("from_what", { what: name })} value={row.start} onInput={(event) => put(k, { start: event.currentTarget.value })} />
            <span aria-hidden="true">–</span>
            <input class="control clock" aria-label={t("until_what", { what: name })} value={row.end} onInput={(event) => put(k, { end: event.currentTarget.value })} />
            <NumberBox id={`${id}-${k}`} value={row.minutes} min={1} label={t("headway_what", { what: name })} onChange={(minutes) => put(k, { minutes: minutes ?? 0 })} bad={fault !== undefined} unit={t("unit_min")} describedBy={fault ? `${id}-${k}-fault` : undefined} />
            <Button quiet small label={t("remove_what", { what: name })} onClick={() => onChange(rows.filter((_, j) => j !== k))}>×</Button>
            {fault && <span class="field-error" id={`${id}-${k}-fault`}>{t(fault as "headway_zero")}</span>}
          </div>
        );
      })}
      <Button quiet small onClick={() => onChange([...rows, { start: rows.at(-1)?.end ?? "06:00", end: rows.length ? "24:00" : "23:00", minutes: rows.at(-1)?.minutes ?? 15 }])}>{t("add_headway")}</Button>
    </div>
  );
}

function Stops({ item }: { item: Item }): JSX.Element {
  const { t, wb } = useLook();
  const places = stopPlaces(wb);
  const fresh = new Map(((item.change["new_stops"] as { stop_id: string; name: string }[]) ?? []).map((one) => [one.stop_id, one.name]));
  const list = (field: string, minutes: string): JSX.Element => (
    <ol class="stops">
      {((item.change[field] as string[]) ?? []).map((stop, k) => (
        <li key={`${stop}-${k}`}>
          <span>{fresh.has(stop) ? fresh.get(stop) || t("stop_new") : places.get(stop)?.name || t("stop_unnamed")}{fresh.has(stop) && <small class="badge">{t("new")}</small>}</span>
          <span class="num muted">{Math.round(((item.change[minutes] as number[]) ?? [])[k] ?? 0)} {t("unit_min")}</span>
        </li>
      ))}
    </ol>
  );
  return (
    <details>
      <summary>{t("stops_of_line")}</summary>
      <h4>{t("there")}</h4>{list("stops_forward", "minutes_forward")}
      {((item.change["stops_backward"] as string[]) ?? []).length > 0 && <><h4>{t("back")}</h4>{list("stops_backward", "minutes_backward")}</>}
    </details>
  );
}
