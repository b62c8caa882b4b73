/** What the map shows, and what its colours mean. */
import type { JSX } from "preact";
import { number } from "../format";
import { legendOf, type Legend, shows } from "../map/legend";
import { LAYERS } from "../state";
import { useLook } from "./context";
import { Badge, Button, Notice } from "./parts";

export function LayersPanel(): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  return (
    <div class="stack">
      <h2>{t("layers")}</h2>
      <ul class="plain switches">
        {LAYERS.map((key) => {
          const data = s.data[key];
          return (
            <li key={key}>
              <label class="switch">
                <input type="checkbox" checked={s.layers.includes(key)} onChange={() => wb.toggle(key)} />
                <span><b>{t(`layer_${key}`)}</b><small class="muted">{t(`layer_${key}_hint`)}</small></span>
              </label>
              {data?.state === "loading" && s.layers.includes(key) && <p class="muted small-print">{t("loading")}</p>}
              {data?.state === "failed" && s.layers.includes(key) && (
                <Notice kind="warn"><p>{data.message}</p><Button quiet small onClick={() => void wb.need(key)}>{t("try_again")}</Button></Notice>
              )}
            </li>
          );
        })}
      </ul>
      <div class="field">
        <label for="show">{t("zones_show")}</label>
        <select id="show" class="control" value={s.show} onChange={(event) => wb.store.set({ show: event.currentTarget.value, layers: s.layers.includes("zones") ? s.layers : [...s.layers, "zones"] })}>
          {shows(look).map((group) => (
            <optgroup key={group.label} label={group.label}>
              {group.options.map((one) => <option key={one.key} value={one.key}>{one.label}</option>)}
            </optgroup>
          ))}
        </select>
      </div>
      <div class="panel-legend"><LegendBox legends={legendOf(look)} /></div>
      <ComparePanel />
    </div>
  );
}

export function LegendBox({ legends }: { legends: Legend[] }): JSX.Element {
  const { t } = useLook();
  return (
    <>
      {legends.map((one) => (
        <figure key={one.title} class="legend">
          <figcaption><b>{one.title}</b>{one.unit ? `, ${one.unit}` : ""} {one.badge && <Badge kind={one.badge} />}</figcaption>
          <ul>
            {one.entries.map((entry) => (
              <li key={entry.label}>
                <svg viewBox="0 0 28 16" width="28" height="16" aria-hidden="true">
                  {entry.line ? <path d="M1 8h26" stroke={entry.colour} stroke-width={entry.line} stroke-linecap="round" stroke-dasharray={entry.dash ?? ""} /> : <rect x="1" y="1" width="26" height="14" rx="2" fill={entry.colour} class="swatch" />}
                  {entry.hatch && <path d="M4 15 14 1M12 15 22 1M20 15l7-10" stroke="#8a8f94" stroke-width="1.3" />}
                </svg>
                {entry.label}
              </li>
            ))}
          </ul>
          {one.note && <p class="muted small-print">{one.note}</p>}
        </figure>
      ))}
      {legends.length === 0 && <p class="muted">{t("legend_empty")}</p>}
    </>
  );
}

function ComparePanel(): JSX.Element {
  const { s, t, wb } = useLook();
  const sides = [
    { key: "before", label: t("before") },
    { key: "now", label: t("on_the_table") },
    ...(s.study?.alternatives ?? []).map((one) => ({ key: one.id, label: one.name })),
  ];
  const pick = (side: "left" | "right") => (
    <div class="field">
      <label for={`side-${side}`}>{t(side === "left" ? "left_side" : "right_side")}</label>
      <select id={`side-${side}`} class="control" value={s.compare?.[side]} onChange={(event) => s.compare && wb.store.set({ compare: { ...s.compare, [side]: event.currentTarget.value } })}>
        {sides.map((one) => <option key={one.key} value={one.key}>{one.label}</option>)}
      </select>
    </div>
  );
  return (
    <section class="stack">
      <h3>{t("compare")}</h3>
      <label class="switch">
        <input type="checkbox" checked={s.compare !== null} onChange={() => wb.store.set({ compare: s.compare ? null : { left: "before", right: "now", at: 50 }, show: s.show === "auto" ? "minutes" : s.show })} />
        <span><b>{t("compare_on")}</b><small class="muted">{t("compare_hint")}</small></span>
      </label>
      {s.compare && <div class="two">{pick("left")}{pick("right")}</div>}
      {s.compare && (
        <div class="field">
          <label for="swipe">{t("swipe")}</label>
          <input id="swipe" type="range" min={0} max={100} step={1} value={s.compare.at} aria-valuetext={`${number(s.compare.at, wb.boot.language)} %`} onInput={(event) => s.compare && wb.store.set({ compare: { ...s.compare, at: Number(event.currentTarget.value) } })} />
        </div>
      )}
    </section>
  );
}
