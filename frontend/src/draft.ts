/** A draft on this machine: what somebody has made is there again after a failure, a closed window, a lost network. */
import type { Item } from "./types";

export interface Draft {
  items: Item[];
  name: string;
  at: number;
  /** The version of the saved alternative that the draft began from; 0 where nothing was saved. */
  version: number;
}

type Box = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export const draftKey = (city: string, study: string | null, alternative: string | null): string =>
  `shaar.workbench.${city}.${study ?? ""}.${alternative ?? "new"}`;

export function keep(box: Box | null, key: string, draft: Draft): boolean {
  try {
    if (!draft.items.length && !draft.version) box?.removeItem(key);
    else box?.setItem(key, JSON.stringify(draft));
    return box !== null;
  } catch {
    return false;
  }
}

export function fetchDraft(box: Box | null, key: string): Draft | null {
  try {
    const draft = JSON.parse(box?.getItem(key) ?? "null") as Draft | null;
    return draft && Array.isArray(draft.items) ? draft : null;
  } catch {
    return null;
  }
}

export function forget(box: Box | null, key: string): void {
  try {
    box?.removeItem(key);
  } catch {
    // Nothing kept, nothing to forget.
  }
}
