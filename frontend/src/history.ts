/** Undo and redo over values that are never changed in place. */
export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** Edits with the same key that follow each other are one step: a drag, typing in one box. */
  key: string;
}

const MOST = 100;

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [], key: "" });

export function record<T>(history: History<T>, present: T, key = ""): History<T> {
  if (present === history.present) return history;
  const same = key !== "" && key === history.key;
  const past = same ? history.past : [...history.past, history.present].slice(-MOST);
  return { past, present, future: [], key };
}

export function undo<T>(history: History<T>): History<T> {
  const back = history.past.at(-1);
  if (back === undefined) return history;
  return { past: history.past.slice(0, -1), present: back, future: [history.present, ...history.future], key: "" };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...rest] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future: rest, key: "" };
}
