/** From a wish at a place to changes that work there, each with its reason. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Change, LonLat } from "../types";
import type { Key } from "../text";
import { PointBox } from "./change-form";
import { useLook } from "./context";
import { Button } from "./parts";

const WISHES = ["other", "add_line", "set_headway", "stop", "bus_lane", "crossing", "cycle", "facility", "safety"] as const;

interface Suggestion {
  change: Change;
  sentence: string;
  why: string;
}

type Found = { state: "no" } | { state: "asking" } | { state: "failed"; message: string } | { state: "ready"; list: Suggestion[] };

export function SuggestPanel(): JSX.Element {
  const { t, wb } = useLook();
  const [kind, setKind] = useState<string>("other");
  const [point, setPoint] = useState<LonLat | undefined>(undefined);
  const [found, setFound] = useState<Found>({ state: "no" });
  const ask = async (at: LonLat): Promise<void> => {
    setFound({ state: "asking" });
    try {
      const { suggestions } = await wb.api.post<{ suggestions: Suggestion[] }>("suggest", { kind, lon: at[0], lat: at[1] });
      setFound({ state: "ready", list: suggestions });
    } catch (error) {
      setFound({ state: "failed", message: wb.words(error) });
    }
  };
  return (
    <section class="stack">
      <h3>{t("suggest")}</h3>
      <p class="hint">{t("suggest_hint")}</p>
      <div class="field">
        <label for="wish">{t("wish")}</label>
        <select id="wish" class="control" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          {WISHES.map((one) => <option key={one} value={one}>{t(`wish_${one}` as Key)}</option>)}
        </select>
      </div>
      <div class="field">
        <label for="wish-point">{t("from_point")}</label>
        <PointBox id="wish-point" value={point} onChange={setPoint} />
      </div>
      <Button quiet disabled={!point || found.state === "asking"} onClick={() => point && void ask(point)}>{t("suggest_ask")}</Button>
      {found.state === "asking" && <p class="muted" role="status">{t("computing")}</p>}
      {found.state === "failed" && <p class="field-error" role="status">{found.message}</p>}
      {found.state === "ready" && found.list.length === 0 && <p class="muted" role="status">{t("suggest_none")}</p>}
      {found.state === "ready" && (
        <ol class="answers">
          {found.list.map((one) => (
            <li key={one.sentence} class="card">
              <p><b>{one.sentence}</b></p>
              <p class="small-print">{one.why}</p>
              <Button quiet small label={`${t("add")}: ${one.sentence}`} onClick={() => { const id = wb.add(one.change); wb.store.set({ highlighted: `item:${id}` }); }}>{t("add")}</Button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
