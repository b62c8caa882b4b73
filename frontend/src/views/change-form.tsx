/** The form of any change, made from the catalogue: each field by hand, and by the map where it can. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { editLine, stopPlaces } from "../drawing";
import { readPoint } from "../geo";
import { missing } from "../state";
import type { Field, Headway, Item, LonLat, Property } from "../types";
import { kindOf, titleOf } from "./changes";
import { useLook } from "./context";
import { Headways } from "./line-editor";
import { Button, Notice, NumberBox } from "./parts";

export function ChangeForm({ item }: { item: Item }): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  const kind = kindOf(look, item.change.type);
  const lacking = missing(item, s.city);
  const refused = s.live.state === "refused" ? s.live : null;
  return (
    <div class="stack">
      <Button quiet small onClick={() => wb.choose(null)}>{t("all_changes")}</Button>
      <h2>{titleOf(look, item)}</h2>
      {s.tool?.kind === "draw" && <p class="hint">{t("draw_hint")}</p>}
      {s.drawing.message && <Notice kind="bad" live><p>{s.drawing.message}</p><p>{t("draw_kept")}</p></Notice>}
      {kind?.tool === "draw_line" && <Button quiet disabled={!item.change["from_stop"]} onClick={() => void editLine(wb, item)}>{t("draw_on_map")}</Button>}
      <form class="form" onSubmit={(event) => event.preventDefault()}>
        {kind?.form.map((field) => (
          <FieldBox key={field.name} item={item} field={field} bad={refused?.field === field.name ? refused.message : ""} />
        ))}
      </form>
      {!kind && <pre class="raw">{JSON.stringify(item.change, null, 1)}</pre>}
      {lacking.length > 0 && kind && (
        <Notice kind="warn"><p>{t("still_needed", { fields: kind.form.filter((one) => lacking.includes(one.name)).map((one) => look.w(one.label)).join(", ") })}</p></Notice>
      )}
      {refused && <Notice kind="bad" live><p>{refused.message}</p></Notice>}
      <Button danger onClick={() => wb.remove(item.id)}>{t("remove")}</Button>
    </div>
  );
}

const count = (value: unknown): number => (Array.isArray(value) ? value.length : value === undefined || value === null ? 0 : 1);

function FieldBox({ item, field, bad }: { item: Item; field: Field; bad: string }): JSX.Element | null {
  const { t, w } = useLook();
  const id = `f-${item.id}-${field.name}`;
  if (field.widget === "drawn" && count(item.change[field.name]) === 0) return null;
  return (
    <div class={`field ${bad ? "field-bad" : ""}`}>
      <label for={id}>{w(field.label)}{!field.required && <span class="optional"> ({t("optional")})</span>}</label>
      {field.hint && <span class="hint" id={`${id}-hint`}>{w(field.hint)}</span>}
      {bad && <span class="field-error">{bad}</span>}
      <Control item={item} field={field} id={id} />
    </div>
  );
}

function Control({ item, field, id }: { item: Item; field: Field; id: string }): JSX.Element {
  const { s, t, w, wb } = useLook();
  const value = item.change[field.name];
  const set = (next: unknown): void => wb.setField(item.id, field.name, next);
  const hint = field.hint ? `${id}-hint` : undefined;
  const picking = s.tool?.kind === "pick" && s.tool.item === item.id && s.tool.field === field.name;
  const pick = (widget: "point" | "links" | "stop" | "stops" | "line" | "path"): JSX.Element => (
    <Button quiet small pressed={picking} onClick={() => wb.use(picking ? null : { kind: "pick", item: item.id, field: field.name, widget })}>
      {t(picking ? "picking_stop" : "pick_on_map")}
    </Button>
  );
  const properties = wb.state.city?.catalogue.find((one) => one.type === item.change.type)?.schema?.properties ?? {};
  switch (field.widget) {
    case "number":
      return <NumberBox id={id} value={typeof value === "number" ? value : null} onChange={(next) => set(next ?? undefined)} min={properties[field.name]?.minimum} describedBy={hint} unit={field.unit ?? ""} />;
    case "choice":
      return (
        <select id={id} class="control" value={value === undefined ? "" : String(value)} aria-describedby={hint} onChange={(event) => set(choiceOf(event.currentTarget.value, properties[field.name]))}>
          <option value="">{t("choose")}</option>
          {field.choices?.map((one) => <option key={one.value} value={one.value}>{w(one.label)}</option>)}
        </select>
      );
    case "clock":
      return <input id={id} class="control short" inputMode="numeric" placeholder="07:00" value={String(value ?? "")} aria-describedby={hint} onInput={(event) => set(event.currentTarget.value)} />;
    case "line": {
      const many = properties[field.name]?.type === "array";
      const chosen = (value as string[] | undefined) ?? [];
      if (many) {
        return (
          <>
            <Chips values={chosen} name={(one) => lineOptions(s.data.lines).find((line) => line.id === one)?.name ?? one} onChange={set} />
            <select id={id} class="control" value="" aria-describedby={hint} onChange={(event) => event.currentTarget.value && set([...new Set([...chosen, event.currentTarget.value])])}>
              <option value="">{t("add")}…</option>
              {lineOptions(s.data.lines).map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
            </select>
          </>
        );
      }
      return (
        <>
          <select id={id} class="control" value={String(value ?? "")} aria-describedby={hint} onChange={(event) => set(event.currentTarget.value)}>
            <option value="">{t("choose")}</option>
            {lineOptions(s.data.lines).map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
          {pick("line")}
        </>
      );
    }
    case "stop":
      return <><StopBox id={id} value={String(value ?? "")} onPick={set} />{pick("stop")}</>;
    case "stops":
      return (
        <>
          <Chips values={(value as string[] | undefined) ?? []} name={(one) => stopPlaces(wb).get(one)?.name || one} onChange={set} />
          <StopBox id={id} value="" onPick={(one) => set([...((value as string[] | undefined) ?? []), one])} />{pick("stops")}
        </>
      );
    case "links":
      return (
        <>
          <Chips values={((value as number[] | undefined) ?? []).map(String)} name={(one) => one} onChange={(next) => set(next.map(Number))} />
          <LinkBox id={id} onPick={(one) => set([...new Set([...((value as number[] | undefined) ?? []), one])])} />
          {pick("links")}
        </>
      );
    case "point":
      return <><PointBox id={id} value={value as LonLat | undefined} onChange={set} />{pick("point")}</>;
    case "path":
      return (
        <>
          <Chips values={((value as LonLat[] | undefined) ?? []).map((one) => `${one[1].toFixed(5)}, ${one[0].toFixed(5)}`)} name={(one) => one} onChange={(next) => set(next.map((one) => readPoint(one)).filter(Boolean))} />
          <PointBox id={id} value={undefined} onChange={(one) => one && set([...((value as LonLat[] | undefined) ?? []), one])} />
          {pick("path")}
        </>
      );
    case "headways":
      return <Headways id={id} rows={(value as Headway[] | undefined) ?? []} onChange={set} />;
    case "drawn":
      return <output id={id} class="muted">{t("from_drawing", { count: count(value) })}</output>;
    default:
      return <input id={id} class="control" value={String(value ?? "")} aria-describedby={hint} onInput={(event) => set(event.currentTarget.value)} />;
  }
}

/** A choice in the type that the schema asks for: a truth, a number, or a word. */
export function choiceOf(text: string, property: Property | undefined): unknown {
  if (text === "") return undefined;
  const parts = [property, ...(property?.anyOf ?? [])].filter((one): one is Property => one !== undefined);
  if (parts.some((one) => one.type === "boolean") && /^(true|false)$/.test(text)) return text === "true";
  const number = Number(text);
  const numeric = parts.some((one) => one.type === "integer" || one.type === "number" || one.enum?.includes(number) || one.const === number);
  return numeric && Number.isFinite(number) ? number : text;
}

export function lineOptions(data: ReturnType<typeof useLook>["s"]["data"]["lines"]): { id: string; name: string }[] {
  if (data?.state !== "ready") return [];
  const found = new Map<string, string>();
  for (const one of data.features.features) found.set(String(one.properties?.["route_id"]), String(one.properties?.["name"] ?? one.properties?.["route_id"]));
  return [...found].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

function Chips({ values, name, onChange }: { values: string[]; name: (one: string) => string; onChange: (next: string[]) => void }): JSX.Element | null {
  const { t } = useLook();
  if (!values.length) return null;
  return (
    <ul class="chips">
      {values.map((one, k) => (
        <li key={`${one}-${k}`}><span>{name(one)}</span><button type="button" aria-label={t("remove_what", { what: name(one) })} onClick={() => onChange(values.filter((_, j) => j !== k))}>×</button></li>
      ))}
    </ul>
  );
}

/** Find a stop by its name: a native list of suggestions. */
export function StopBox({ id, value, onPick }: { id: string; value: string; onPick: (stop: string) => void }): JSX.Element {
  const { wb, t } = useLook();
  const [typed, setTyped] = useState<string | null>(null);
  const places = stopPlaces(wb);
  if (!places.size) void wb.need("stops");
  const shown = typed ?? (value ? places.get(value)?.name || value : "");
  const needle = (typed ?? "").toLowerCase();
  const found = needle.length > 1 ? [...places].filter(([key, one]) => one.name.toLowerCase().includes(needle) || key.toLowerCase() === needle).slice(0, 30) : [];
  return (
    <>
      <input id={id} class="control" list={`${id}-list`} value={shown} placeholder={t("stop_name")} autocomplete="off" onInput={(event) => {
        const text = event.currentTarget.value;
        const exact = found.find(([key, one]) => `${one.name} (${key})` === text) ?? (places.has(text) ? [text] : undefined);
        if (exact) {
          setTyped(null);
          onPick(exact[0] as string);
        } else setTyped(text);
      }} />
      <datalist id={`${id}-list`}>{found.map(([key, one]) => <option key={key} value={`${one.name} (${key})`} />)}</datalist>
    </>
  );
}

function LinkBox({ id, onPick }: { id: string; onPick: (link: number) => void }): JSX.Element {
  const { t } = useLook();
  const [typed, setTyped] = useState("");
  return (
    <span class="joined">
      <input id={id} class="control short" inputMode="numeric" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      <Button quiet small disabled={!/^\d+$/.test(typed.trim())} onClick={() => { onPick(Number(typed)); setTyped(""); }}>{t("add")}</Button>
    </span>
  );
}

export function PointBox({ id, value, onChange, label }: { id: string; value: LonLat | undefined; onChange: (point: LonLat | undefined) => void; label?: string }): JSX.Element {
  const { t, wb } = useLook();
  const [typed, setTyped] = useState<string | null>(null);
  const centre = (): void => {
    const at = wb.place?.();
    const middle = at ? ([at.lon, at.lat] as LonLat) : wb.state.city?.center;
    if (middle) onChange([Number(middle[0].toFixed(6)), Number(middle[1].toFixed(6))]);
  };
  return (
    <span class="joined">
      <input
        id={id} class="control" aria-label={label} placeholder="51.12800, 71.43050" value={typed ?? (value ? `${value[1].toFixed(5)}, ${value[0].toFixed(5)}` : "")}
        onInput={(event) => {
          const text = event.currentTarget.value;
          const point = readPoint(text);
          setTyped(point ? null : text);
          if (point) onChange(point);
          else if (!text.trim()) onChange(undefined);
        }}
      />
      {!label && <Button quiet small onClick={centre}>{t("map_centre")}</Button>}
    </span>
  );
}
