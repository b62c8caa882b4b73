/** Numbers: what changes, for whom, how sure; before where, and then how it was computed. */
import type { JSX } from "preact";
import { clear, number, withUnit } from "../format";
import { numberOf, textOf } from "../rows";
import { indicatorOf, labelOf, unitOf } from "../naming";
import type { Appraisal, Effect, Row } from "../types";
import { type Look, useLook } from "./context";
import { Badge, Button, Change, Notice, Progress } from "./parts";

/** What is told first where there is room for little. */
const FIRST = ["journey.minutes", "access.jobs_45", "reach.clinics_30", "service.vehicles", "money.cost", "climate.co2e", "service.boardings", "stops.within"];

export const whole = (appraisal: Appraisal): Effect[] => appraisal.effects.filter((one) => one.group === "all" && !one.place);

export function leading(appraisal: Appraisal, count: number): Effect[] {
  const known = whole(appraisal).filter((one) => one.change !== null);
  const order = (one: Effect): number => {
    const at = FIRST.findIndex((key) => one.indicator.startsWith(key));
    return at < 0 ? FIRST.length : at;
  };
  const still = (one: Effect): number => (one.change === 0 ? 1 : 0);
  return known.map((one, k) => ({ one, k })).sort((a, b) => still(a.one) - still(b.one) || order(a.one) - order(b.one) || a.k - b.k).slice(0, count).map(({ one }) => one);
}

export const label = (look: Look, key: string): string => labelOf(look.s.city?.indicators ?? [], key, look.lang);

/** How the figures stand: fresh, on their way, or not to be had, and then why. */
export function LiveState(): JSX.Element {
  const { s, t, wb } = useLook();
  const { live } = s;
  if (live.state === "opening") return <Progress steps={live.progress} label={t("opening")} />;
  if (live.state === "refused") return <Notice kind="bad" live><p>{live.message}</p></Notice>;
  if (live.state === "failed") {
    return (
      <Notice kind="warn" live>
        <p>{live.offline ? t("offline") : live.message || t("failed")}</p>
        <Button quiet small onClick={() => wb.live.retry()}>{t("try_again")}</Button>
      </Notice>
    );
  }
  if (live.state === "waiting") return <p class="muted live" role="status"><span class="dots" aria-hidden="true" />{t("computing")}</p>;
  if (!s.answer) return <p class="muted live" role="status">{t("loading")}</p>;
  return <p class="muted live" role="status">{t("computed", { seconds: number(s.answer.seconds, wb.boot.language) })}</p>;
}

export function EffectsPanel(): JSX.Element {
  const look = useLook();
  const { s, t } = look;
  const answer = s.answer;
  return (
    <div class="stack">
      <h2>{t("effects")}</h2>
      {s.live.state !== "idle" && <LiveState />}
      <ComparedWith />
      {answer ? <Sentences lines={answer.sentences} /> : s.live.state === "idle" && <p class="empty">{t("effects_empty")}</p>}
      {answer && <Groups appraisal={answer.appraisal} />}
      {answer && <Places appraisal={answer.appraisal} />}
      {answer && <Groups appraisal={answer.appraisal} people />}
      {answer && <Made appraisal={answer.appraisal} />}
    </div>
  );
}

export function ComparedWith(): JSX.Element | null {
  const { s, t } = useLook();
  const reference = s.city?.reference;
  if (!reference) return null;
  return (
    <p class="muted small-print">
      {t("compared_with", { name: reference.name })} <Badge kind={reference.badge} /> {reference.note}
    </p>
  );
}

function Sentences({ lines }: { lines: string[] }): JSX.Element | null {
  if (!lines.length) return null;
  return <ul class="sentences">{lines.map((one) => <li key={one}>{one}</li>)}</ul>;
}

function Groups({ appraisal, people = false }: { appraisal: Appraisal; people?: boolean }): JSX.Element | null {
  const look = useLook();
  const { s, t } = look;
  const effects = appraisal.effects.filter((one) => !one.place && (one.group === "all") !== people);
  if (!effects.length) return null;
  const groupOf = (one: Effect): string =>
    people ? one.group : (indicatorOf(s.city?.indicators ?? [], one.indicator)?.group ?? one.indicator.split(".")[0] ?? "");
  const groups = [...new Set(effects.map(groupOf))];
  return (
    <>
      {people && <h3>{t("by_group")}</h3>}
      {groups.map((group) => {
        const mine = effects.filter((one) => groupOf(one) === group);
        const moved = mine.filter((one) => one.change !== null && one.change !== 0);
        const still = mine.filter((one) => one.change === 0);
        const unknown = mine.filter((one) => one.change === null);
        return (
          <section key={group} class="effect-group">
            <h3>{(people ? t.maybe(`people_${group}`) : look.w(indicatorOf(s.city?.indicators ?? [], mine[0]?.indicator ?? "")?.sections)) || group.replace(/_/g, " ")}</h3>
            {moved.length > 0 && (
              <ul class="effects">{moved.map((one) => <EffectRow key={one.indicator} effect={one} how={appraisal.words?.methods?.[one.method] ?? ""} />)}</ul>
            )}
            {still.length > 0 && (
              <details><summary>{t("unchanged_list", { count: still.length })}</summary>
                <ul class="effects">{still.map((one) => <EffectRow key={one.indicator} effect={one} how={appraisal.words?.methods?.[one.method] ?? ""} />)}</ul>
              </details>
            )}
            {unknown.length > 0 && (
              <details><summary>{t("not_modelled_list", { count: unknown.length })}</summary>
                <ul class="plain small-print">{unknown.map((one) => <li key={one.indicator}>{label(look, one.indicator)}{appraisal.words?.not_modelled?.[one.not_modelled] ? ` — ${appraisal.words.not_modelled[one.not_modelled]}` : ""}</li>)}</ul>
              </details>
            )}
          </section>
        );
      })}
    </>
  );
}

function EffectRow({ effect, how }: { effect: Effect; how: string }): JSX.Element {
  const look = useLook();
  const { t, lang } = look;
  return (
    <li class="effect">
      <span class="effect-name">{label(look, effect.indicator)} <Badge kind={effect.badge} /></span>
      <Change effect={effect} />
      <span class="muted num before-after">
        {effect.before !== null && effect.after !== null && t("from_to", { before: number(effect.before, lang), after: withUnit(number(effect.after, lang), unitOf(look.s.city?.indicators ?? [], effect.indicator, effect.unit, lang)) })}
      </span>
      {how && <details class="how"><summary>{t("how")}</summary><p class="small-print">{how}{effect.source ? ` ${t("source")}: ${effect.source}` : ""}</p></details>}
    </li>
  );
}

/** The places that gain and lose most, named. */
export function affected(places: readonly Row[], most = 10): Row[] {
  const weight = (row: Row): number => Math.abs(numberOf(row["change"]) ?? 0) * (numberOf(row["population"]) ?? 0);
  return [...places].filter((row) => row["kind"] !== "city" && weight(row) > 0).sort((a, b) => weight(b) - weight(a)).slice(0, most);
}

function Places({ appraisal }: { appraisal: Appraisal }): JSX.Element | null {
  const look = useLook();
  const { t, lang, wb } = look;
  const found = affected(appraisal.places);
  if (!found.length) return null;
  return (
    <section>
      <h3>{t("places_affected")}</h3>
      <div class="table-box"><table>
        <caption>{t("places_caption")} <Badge kind="modelled" /></caption>
        <thead><tr><th>{t("place")}</th><th class="num">{t("minutes_change")}</th><th class="num">{t("gain_lose")}</th></tr></thead>
        <tbody>{found.map((row) => {
          const effect = { low: numberOf(row["low"]), high: numberOf(row["high"]), better: "less" as const };
          const verdict = clear(effect);
          const id = textOf(row["place_id"]);
          return (
            <tr key={id}>
              <th><button type="button" class="link" onClick={() => wb.store.set({ highlighted: `place:${id}` })}>{textOf(row["name"])}</button></th>
              <td class="num">{number(numberOf(row["change"]) ?? 0, lang, true)} <small class="muted">{t(verdict > 0 ? "better" : verdict < 0 ? "worse" : "unclear")}</small></td>
              <td class="num">{number(numberOf(row["gainers"]) ?? 0, lang)} / {number(numberOf(row["losers"]) ?? 0, lang)}</td>
            </tr>
          );
        })}</tbody>
      </table></div>
    </section>
  );
}

function Made({ appraisal }: { appraisal: Appraisal }): JSX.Element {
  const { t } = useLook();
  const facts = Object.entries(appraisal.provenance ?? {}).filter(([, value]) => typeof value !== "object");
  return (
    <details class="made">
      <summary>{t("how_computed")}</summary>
      <p>{t("quick_note")}</p>
      {appraisal.assumptions.length > 0 && (
        <ul>{appraisal.assumptions.map((one, k) => <li key={k}>{typeof one === "string" ? one : (one.sentence ?? one.message ?? one.code)}</li>)}</ul>
      )}
      <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{t.maybe(`made_${name}`) || name}</dt><dd><code>{String(value)}</code></dd></div>)}</dl>
    </details>
  );
}
