/** What every view needs: the workbench, what it shows, words. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { State } from "../state";
import type { Text } from "../text";
import type { Language, Words } from "../types";
import type { Workbench } from "../workbench";
import { said } from "../format";

export interface Look {
  wb: Workbench;
  s: State;
  t: Text;
  lang: Language;
  w: (words: Words | string | undefined | null) => string;
}

export const Context = createContext<Look | null>(null);

export function useLook(): Look {
  const look = useContext(Context);
  if (!look) throw new Error("outside the workbench");
  return look;
}

export const lookOf = (wb: Workbench, s: State): Look => {
  const lang = wb.boot.language;
  return { wb, s, t: wb.text, lang, w: (words) => said(words, lang) };
};
