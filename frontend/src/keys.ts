/** Keys that work everywhere but where somebody types. */
import { finish, startDrawing } from "./drawing";
import { TABS } from "./state";
import type { Key } from "./text";
import type { Workbench } from "./workbench";

export const KEYS: readonly { keys: string; does: Key }[] = [
  { keys: "Tab", does: "key_tab" },
  { keys: "← ↑ → ↓", does: "key_pan" },
  { keys: "+ −", does: "key_zoom" },
  { keys: "Enter", does: "key_enter" },
  { keys: "Backspace", does: "key_back" },
  { keys: "Esc", does: "key_esc" },
  { keys: "Alt+1 … Alt+6", does: "key_tabs" },
  { keys: "Alt+D", does: "key_draw" },
  { keys: "Alt+M", does: "key_map" },
  { keys: "Ctrl+Z", does: "key_undo" },
  { keys: "Ctrl+Y", does: "key_redo" },
  { keys: "Ctrl+S", does: "key_save" },
  { keys: "?", does: "key_help" },
];

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target instanceof HTMLInputElement && !/^(checkbox|radio|range|button)$/.test(target.type)));

export function listenToKeys(wb: Workbench): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const { key, code, altKey, shiftKey } = event;
    const control = event.ctrlKey || event.metaKey;
    const done = (act: () => void): void => {
      event.preventDefault();
      act();
    };
    if (control && code === "KeyS") return done(() => wb.store.set({ tab: "save", sheet: "full" }));
    if (key === "Escape" && wb.state.tool) return done(() => finish(wb));
    if (altKey && /^Digit[1-6]$/.test(code)) {
      return done(() => {
        const tab = TABS[Number(code.slice(5)) - 1];
        if (tab) wb.store.set({ tab });
        document.getElementById("panel")?.focus();
      });
    }
    if (altKey && code === "KeyD") return done(() => startDrawing(wb));
    if (altKey && code === "KeyM") return done(() => document.querySelector<HTMLElement>(".maplibregl-canvas")?.focus());
    if (typing(event.target)) return undefined;
    if (control && code === "KeyZ") return done(() => (shiftKey ? wb.redo() : wb.undo()));
    if (control && code === "KeyY") return done(() => wb.redo());
    if (key === "?") return done(() => wb.store.set({ help: true }));
    return undefined;
  });
}
