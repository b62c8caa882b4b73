/** What would be different: add a change, open one, edit it, take it out. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { startDrawing } from "../drawing";
import { missing } from "../state";
import { freeId } from "../lines";
import type { Item, Kind } from "../types";
import { ChangeForm } from "./change-form";
import { type Look, useLook } from "./context";
import { LineEditor } from "./line-editor";
import { Button, Notice } from "./parts";

export const kindOf = (look: Pick<Look, "s">, type: string): Kind | undefined => look.s.city?.catalogue.find((one) => one.type === type);

/** A change in one short line: its own name, the thing that it changes. */
export function titleOf(look: Look, item: Item): string {
  const kind = kindOf(look, item.change.type);
  const name = item.change["name"] ?? item.change["route_id"] ?? item.change["stop_id"] ?? "";
  return [kind ? look.w(kind.label) : item.change.type, String(name)].filter(Boolean).join(" · ");
}

export function ChangesPanel(): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  const items = s.history.present;
  const chosen = items.find((one) => one.id === s.chosen);
  if ((s.tool?.kind === "draw" && s.tool.type === "add_line") || (chosen && chosen.change.type === "add_line")) return <LineEditor item={chosen} />;
  if (chosen) return <ChangeForm key={chosen.id} item={chosen} />;
  return (
    <div class="stack">
      <h2>{t("changes")}</h2>
      <div class="cluster">
        <Button onClick={() => startDrawing(wb)}>{t("draw_line")}</Button>
        <AddMenu />
      </div>
      {items.length === 0 ? (
        <div class="empty"><p>{t("changes_empty")}</p><p>{t("changes_begin")}</p></div>
      ) : (
        <ol class="items">
          {items.map((item, k) => <ItemRow key={item.id} item={item} first={k === 0} last={k === items.length - 1} />)}
        </ol>
      )}
      {!s.draftKept && <Notice kind="warn"><p>{t("draft_not_kept")}</p></Notice>}
    </div>
  );
}

function ItemRow({ item, first, last }: { item: Item; first: boolean; last: boolean }): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  const lacking = missing(item, s.city);
  const title = titleOf(look, item);
  return (
    <li class="item">
      <button type="button" class="item-open" onClick={() => wb.choose(item.id)}>
        <b>{title}</b>
        {lacking.length > 0 ? <span class="badge badge-warn">{t("incomplete")}</span> : <small class="muted">{summary(look, item)}</small>}
      </button>
      <span class="item-tools">
        <Button quiet small disabled={first} label={t("up_what", { what: title })} onClick={() => wb.move(item.id, -1)}>↑</Button>
        <Button quiet small disabled={last} label={t("down_what", { what: title })} onClick={() => wb.move(item.id, 1)}>↓</Button>
        <Button quiet small label={t("remove_what", { what: title })} onClick={() => wb.remove(item.id)}>{t("remove")}</Button>
      </span>
    </li>
  );
}

function summary(look: Look, item: Item): string {
  const at = look.s.answer?.sentences ?? [];
  const k = look.s.answered.indexOf(item.change);
  return at.length === look.s.answered.length && k >= 0 ? (at[k] ?? "") : "";
}

/** Every type of change in its group; a native list, so that all keys work as people know them. */
function AddMenu(): JSX.Element {
  const look = useLook();
  const { s, t, w, wb } = look;
  const [value, setValue] = useState("");
  const kinds = s.city?.catalogue ?? [];
  const groups = [...new Set(kinds.map((one) => one.group))];
  const begin = (type: string): void => {
    const kind = kinds.find((one) => one.type === type);
    if (!kind) return;
    if (type === "add_line") startDrawing(wb, type);
    else {
      const id = wb.add(defaults(kind, wb.items));
      startPicking(look, id, kind);
    }
    setValue("");
  };
  return (
    <span class="add">
      <label class="vh" for="add-change">{t("add_change")}</label>
      <select id="add-change" class="control" value={value} onChange={(event) => begin(event.currentTarget.value)}>
        <option value="">{t("add_change")}</option>
        {groups.map((group) => (
          <optgroup key={group} label={w(kinds.find((one) => one.group === group)?.group_label)}>
            {kinds.filter((one) => one.group === group).map((one) => <option key={one.type} value={one.type}>{w(one.label)}</option>)}
          </optgroup>
        ))}
      </select>
    </span>
  );
}

/** The map tool of a type begins with its first field that the map can fill. */
export function startPicking(look: Look, item: string, kind: Kind): void {
  const field = kind.form.find((one) => ["point", "links", "stop", "stops", "line", "path"].includes(one.widget));
  if (field && kind.tool !== "none") look.wb.use({ kind: "pick", item, field: field.name, widget: field.widget as "point" });
}

export function defaults(kind: Kind, items: readonly Item[]): Item["change"] {
  const change: Item["change"] = { type: kind.type };
  for (const field of kind.form) if (field.default !== null && field.default !== undefined && !(Array.isArray(field.default) && !field.default.length)) change[field.name] = field.default;
  if (kind.type === "add_stop") change["stop_id"] = freeId(items.map((one) => one.change));
  return change;
}
