/** Below the map: the time of day, and the numbers that say most. */
import type { JSX } from "preact";
import { number, toClock, toMinutes } from "../format";
import { numberOf } from "../rows";
import { isochrone } from "../questions";
import type { Period } from "../types";
import { useLook } from "./context";
import { label, leading, LiveState } from "./effects";
import { Badge, Change } from "./parts";

export function periodAt(periods: readonly Period[], at: number): Period | undefined {
  return periods.find((one) => [at, at + 1440].some((time) => toMinutes(one.start) <= time && time < toMinutes(one.end)));
}

export function Dock(): JSX.Element {
  const look = useLook();
  const { s, t, wb } = look;
  const shown = s.answer && s.history.present.length ? leading(s.answer.appraisal, 4).filter((one) => one.change !== 0) : [];
  const nothing = s.answer !== null && shown.length === 0 && s.live.state === "ready";
  return (
    <section class="dock" aria-label={t("numbers")}>
      <TimeOfDay />
      {shown.length > 0 ? (
        <ul class={`keys ${s.live.state === "waiting" ? "stale" : ""}`}>
          <Residents />
          {shown.map((one) => (
            <li key={one.indicator}>
              <span class="key-name">{label(look, one.indicator)}</span>
              <Change effect={one} />
              <Badge kind={one.badge} />
            </li>
          ))}
          <li class="more"><button type="button" class="link" onClick={() => wb.store.set({ tab: "effects", sheet: "full" })}>{t("all_effects")}</button></li>
        </ul>
      ) : null}
      {nothing && <p>{t("no_quick_effects")}</p>}
      {s.live.state === "idle" ? <Standing /> : (shown.length === 0 || s.live.state !== "ready") && <LiveState />}
    </section>
  );
}

/** How the city stands, while nothing is changed. */
function Standing(): JSX.Element | null {
  const { s, t, lang } = useLook();
  const city = s.city?.places?.find((row) => row["kind"] === "city");
  const [minutes, people] = [numberOf(city?.["minutes"]), numberOf(city?.["population"])];
  if (minutes === null || people === null) return null;
  return <p class="standing">{t("standing", { minutes: number(minutes, lang), people: number(people, lang) })} <Badge kind="modelled" /></p>;
}

/** Residents of zones whose journeys clearly become shorter or longer. */
function Residents(): JSX.Element | null {
  const { s, t, lang } = useLook();
  const zones = s.answer?.appraisal.zones ?? [];
  const people = (sense: number): number => zones.reduce((sum, row) => sum + (row["clear"] === sense ? (numberOf(row["population"]) ?? 0) : 0), 0);
  const [gain, lose] = [people(1), people(-1)];
  return (
    <li>
      <span class="key-name">{t("residents_gain")}</span>
      <span class={`change ${gain > 0 ? "gain" : ""}`}><b class="num">{number(gain, lang)}</b></span>
      <small class="num">{t("residents_lose", { count: number(lose, lang) })}</small>
      <Badge kind="modelled" />
    </li>
  );
}

function TimeOfDay(): JSX.Element | null {
  const { s, t, w, wb } = useLook();
  if (!s.city) return null;
  const period = periodAt(s.city.periods, s.at);
  const words = `${toClock(s.at)}${period ? ` · ${w(period.label)}` : ""}`;
  return (
    <div class="time">
      <label for="time-of-day">{t("time_of_day")}</label>
      <input
        id="time-of-day" type="range" min={5 * 60} max={24 * 60} step={30} value={s.at} aria-valuetext={words}
        onInput={(event) => wb.store.set({ at: Number(event.currentTarget.value) })}
        onChange={() => s.isochrone && void isochrone(wb, s.isochrone.point)}
      />
      <output for="time-of-day" class="num">{words}</output>
    </div>
  );
}
