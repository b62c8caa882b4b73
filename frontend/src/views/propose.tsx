/** The search inside: choose settlements and vehicles, start, and open any answer while better ones come. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { number } from "../format";
import { ENDED, cancel, propose, take } from "../questions";
import { numberOf, textOf } from "../rows";
import type { Row } from "../types";
import { useLook } from "./context";
import { SuggestPanel } from "./suggest";
import { label } from "./effects";
import { Button, Change, Notice, NumberBox, Progress } from "./parts";

const KINDS = new Set(["settlement", "village", "quarter", "suburb", "district"]);

/** What grows first, whole districts last. */
const order = (row: Row): number => (row["kind"] === "district" ? 1 : 0);

export function ProposePanel(): JSX.Element {
  const look = useLook();
  const { s, t, lang, wb } = look;
  const [places, setPlaces] = useState<string[]>(s.job?.places ?? []);
  const [vehicles, setVehicles] = useState<number | null>(s.job?.vehicles ?? 12);
  const [seconds, setSeconds] = useState<number | null>(60);
  const [needle, setNeedle] = useState("");
  const rows = (s.city?.places ?? s.answer?.appraisal.places ?? []).filter((row) => KINDS.has(textOf(row["kind"]))).sort((a, b) => order(a) - order(b));
  const running = s.job !== null && !ENDED.has(s.job.job.state);
  const ready = places.length > 0 && (vehicles ?? 0) >= 1 && !running;
  return (
    <div class="stack">
      <h2>{t("propose")}</h2>
      <p>{t("propose_hint")}</p>
      <fieldset class="field">
        <legend>{t("settlements")}</legend>
        <label class="vh" for="find-place">{t("find")}</label>
        <input id="find-place" class="control" type="search" placeholder={t("find")} value={needle} onInput={(event) => setNeedle(event.currentTarget.value)} />
        <ul class="plain checks">
          {rows.filter((row) => places.includes(textOf(row["place_id"])) || textOf(row["name"]).toLowerCase().includes(needle.trim().toLowerCase())).map((row) => {
            const id = textOf(row["place_id"]);
            return (
              <li key={id}>
                <label class="switch">
                  <input type="checkbox" checked={places.includes(id)} onChange={() => setPlaces(places.includes(id) ? places.filter((one) => one !== id) : [...places, id])} />
                  <span>{textOf(row["name"])} <small class="muted num">{t("residents", { count: number(numberOf(row["population"]) ?? 0, lang) })}</small></span>
                </label>
              </li>
            );
          })}
        </ul>
        {!s.city && <p class="muted">{t("loading")}</p>}
      </fieldset>
      <div class="two">
        <div class="field"><label for="propose-vehicles">{t("vehicles")}</label><NumberBox id="propose-vehicles" value={vehicles} min={1} onChange={setVehicles} /></div>
        <div class="field"><label for="propose-seconds">{t("seconds")}</label><NumberBox id="propose-seconds" value={seconds} min={5} step={10} onChange={setSeconds} /></div>
      </div>
      <div class="cluster">
        <Button disabled={!ready} onClick={() => void propose(wb, places, vehicles ?? 12, seconds ?? 60)}>{t("start_search")}</Button>
        {running && <Button danger onClick={() => void cancel(wb)}>{t("cancel")}</Button>}
      </div>
      {places.length === 0 && !s.job && <p class="muted">{t("choose_settlement")}</p>}
      {s.job && <Answers />}
      <SuggestPanel />
    </div>
  );
}

function Answers(): JSX.Element | null {
  const look = useLook();
  const { s, t, lang, wb } = look;
  const held = s.job;
  if (!held) return null;
  const { job } = held;
  const running = !ENDED.has(job.state);
  return (
    <section class="stack" aria-live="polite">
      <h3>{t("answers")}</h3>
      {running && <Progress steps={job.progress ?? {}} label={t("searching")} />}
      {job.state === "cancelled" && <Notice><p>{t("search_cancelled")}</p></Notice>}
      {(held.failed || job.state === "failed") && <Notice kind="bad"><p>{held.failed || job.message || t("failed")}</p></Notice>}
      {job.state === "done" && job.better.length === 0 && <Notice><p>{t("no_answers")}</p></Notice>}
      <ol class="answers">
        {[...job.better].reverse().map((one) => (
          <li key={`${one.found_at}-${one.name}`} class="card">
            <h4>{one.name} <small class="muted num">{t("found_at", { seconds: number(one.found_at, lang) })}</small></h4>
            <ul class="plain">{(one.effects ?? []).slice(0, 4).map((effect) => <li key={effect.indicator} class="answer-effect"><span>{label(look, effect.indicator)}</span><Change effect={effect} /></li>)}</ul>
            <Button quiet small onClick={() => take(wb, one)}>{t("open_answer")}</Button>
          </li>
        ))}
      </ol>
    </section>
  );
}
