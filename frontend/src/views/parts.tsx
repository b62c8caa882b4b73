/** Small pieces that views share. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clear, number, range, withUnit } from "../format";
import { unitOf } from "../naming";
import type { Badge as BadgeKind, Effect, Progress as Steps } from "../types";
import { useLook } from "./context";

export function Badge({ kind }: { kind: BadgeKind }): JSX.Element {
  const { t } = useLook();
  return <span class={`badge badge-${kind}`}>{t(kind)}</span>;
}

export function Button({ children, onClick, quiet = false, danger = false, pressed, disabled = false, title, small = false, label }: {
  children: ComponentChildren; onClick: () => void; quiet?: boolean; danger?: boolean; pressed?: boolean; disabled?: boolean;
  title?: string; small?: boolean; label?: string;
}): JSX.Element {
  const look = danger ? "button-danger" : quiet ? "button-quiet" : "";
  return (
    <button type="button" class={`button ${look} ${small ? "small" : ""}`} onClick={onClick} disabled={disabled} title={title} aria-label={label} aria-pressed={pressed}>
      {children}
    </button>
  );
}

export function Notice({ kind = "plain", children, live = false }: { kind?: "plain" | "good" | "warn" | "bad"; children: ComponentChildren; live?: boolean }): JSX.Element {
  return <div class={`notice notice-${kind}`} role={live ? "status" : undefined}>{children}</div>;
}

export function Progress({ steps, label }: { steps: Steps; label: string }): JSX.Element {
  const share = steps.total ? Math.min(1, (steps.done ?? 0) / steps.total) : null;
  return (
    <div class="progress">
      <p>{steps.note || label}</p>
      <progress aria-label={label} max={1} {...(share === null ? {} : { value: share })} />
    </div>
  );
}

/** A change with its sign, range and what it means: never by colour alone. */
export function Change({ effect }: { effect: Effect }): JSX.Element {
  const { t, lang, s } = useLook();
  if (effect.change === null || effect.change === undefined) return <span class="muted">{t("not_modelled")}</span>;
  const verdict = clear(effect);
  const none = effect.change === 0;
  const within = range(effect, lang);
  return (
    <span class={`change ${verdict > 0 ? "gain" : verdict < 0 ? "loss" : "even"}`}>
      <b class="num">{withUnit(number(effect.change, lang, true), unitOf(s.city?.indicators ?? [], effect.indicator, effect.unit, lang))}</b>
      {within && <small class="num range">{t("range", { range: within })}</small>}
      {!none && effect.better !== "neither" && <small class="verdict">{t(verdict > 0 ? "better" : verdict < 0 ? "worse" : "unclear")}</small>}
    </span>
  );
}

/** A number that can be cleared while typing: what is typed is kept, what is a number is told. */
export function NumberBox({ value, onChange, id, min, step, label, bad, describedBy, unit }: {
  value: number | null; onChange: (value: number | null) => void; id: string; min?: number | undefined; step?: number; label?: string;
  bad?: boolean; describedBy?: string | undefined; unit?: string;
}): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? (value === null || value === undefined ? "" : String(value));
  return (
    <span class="with-unit">
      <input
        class="control number" id={id} inputMode="decimal" value={shown} aria-label={label} aria-invalid={bad || undefined} aria-describedby={describedBy}
        onInput={(event) => {
          const text = event.currentTarget.value;
          setTyped(text);
          const number = text.trim() === "" ? null : Number(text.replace(",", ".").replace(/\s/g, ""));
          if (number === null || Number.isFinite(number)) onChange(number);
        }}
        onBlur={() => setTyped(null)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
          event.preventDefault();
          const next = Number(((value ?? 0) + (event.key === "ArrowUp" ? 1 : -1) * (step ?? 1)).toFixed(3));
          setTyped(null);
          onChange(min !== undefined ? Math.max(min, next) : next);
        }}
      />
      {unit && <span class="muted unit">{unit}</span>}
    </span>
  );
}

/** A window over the page that takes the focus and gives it back. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }): JSX.Element {
  const { t } = useLook();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={box} class="dialog" aria-labelledby="dialog-title" onClose={onClose} onCancel={onClose}>
      <div class="dialog-top">
        <h2 id="dialog-title">{title}</h2>
        <Button quiet small onClick={onClose}>{t("close")}</Button>
      </div>
      {children}
    </dialog>
  );
}

const PATHS: Record<string, string> = {
  changes: "M4 17c4 0 4-10 8-10s4 6 8 6M4 17h.01M20 13h.01",
  effects: "M4 20V10m5 10V4m5 16v-7m5 7V8",
  layers: "M12 3 3 8l9 5 9-5-9-5ZM3 12l9 5 9-5M3 16l9 5 9-5",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  propose: "M12 3v4m0 10v4M3 12h4m10 0h4M6 6l2.5 2.5m7 7L18 18M18 6l-2.5 2.5m-7 7L6 18",
  save: "M5 4h11l3 3v13H5V4Zm3 0v5h7V4M8 20v-6h8v6",
};

export function Icon({ name }: { name: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name] ?? ""} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
