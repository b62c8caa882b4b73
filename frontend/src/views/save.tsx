/** Keep, share, publish, run in full, take away as a file. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { geojsonOf, hand } from "../exports";
import { complete } from "../state";
import { cancelRun, listStudies, makeStudy, openAlternative, openStudy, publish, run, save, settle, settled } from "../studies";
import { titleOf } from "./changes";
import { useLook } from "./context";
import { Button, Notice, Progress } from "./parts";

export function SavePanel(): JSX.Element {
  const { s, t } = useLook();
  return (
    <div class="stack">
      <h2>{t("save")}</h2>
      {s.conflict && <Conflict />}
      {s.study ? <Alternatives /> : <ChooseStudy />}
      {s.saving.state === "failed" && !s.conflict && <Notice kind="bad" live><p>{s.saving.message}</p><p>{t("kept_here")}</p></Notice>}
      <Share />
      <Exports />
    </div>
  );
}

function ChooseStudy(): JSX.Element {
  const { s, t, wb } = useLook();
  const [title, setTitle] = useState("");
  useEffect(() => {
    if (!s.studies) void listStudies(wb);
  }, []);
  return (
    <section class="stack">
      <p>{t("study_needed")}</p>
      <form class="form" onSubmit={(event) => { event.preventDefault(); if (title.trim()) void makeStudy(wb, title.trim()); }}>
        <div class="field">
          <label for="study-title">{t("study_title")}</label>
          <input id="study-title" class="control" maxLength={120} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </div>
        <button type="submit" class="button" disabled={!title.trim() || s.saving.state === "saving"}>{t("make_study")}</button>
      </form>
      {s.studies && s.studies.length > 0 && (
        <section><h3>{t("studies")}</h3>
          <ul class="plain rows">{s.studies.map((one) => <li key={one.ref}><button type="button" class="link" onClick={() => void openInto(wb, one.ref)}>{one.title}</button> <small class="muted">{one.ref}</small></li>)}</ul>
        </section>
      )}
    </section>
  );
}

/** A draft on the table stays when a study is opened: it can be saved as another alternative. */
async function openInto(wb: ReturnType<typeof useLook>["wb"], ref: string): Promise<void> {
  const held = wb.items;
  await openStudy(wb, ref, null);
  if (held.length) {
    wb.edit(() => held);
    wb.store.set({ alternative: null, name: "" });
  }
}

function Alternatives(): JSX.Element {
  const { s, t, wb } = useLook();
  const { study, alternative, saving } = s;
  const [name, setName] = useState(s.name);
  useEffect(() => setName(s.name), [s.name]);
  if (!study) return <p />;
  const dirty = s.history.present !== s.saved;
  const left = s.history.present.length - complete(s.history.present, s.city).length;
  const published = study.state === "published";
  const fresh = alternative?.run?.state === "done" && alternative.run.version === alternative.version;
  return (
    <section class="stack">
      <h3>{study.title} <small class="muted">{study.ref}</small></h3>
      {study.alternatives.length > 0 && (
        <ul class="plain rows">
          {study.alternatives.map((one) => (
            <li key={one.id}>
              <button type="button" class="link" aria-current={one.id === alternative?.id ? "true" : undefined} onClick={() => void openAlternative(wb, one).catch((error: unknown) => wb.say(wb.words(error)))}>{one.name}</button>
              <small class="muted">{t("version", { version: one.version })}</small>
            </li>
          ))}
        </ul>
      )}
      <form class="form" onSubmit={(event) => { event.preventDefault(); void save(wb, name.trim()); }}>
        <div class={`field ${saving.field === "name" ? "field-bad" : ""}`}>
          <label for="alternative-name">{t("alternative_name")}</label>
          {saving.field === "name" && <span class="field-error">{saving.message}</span>}
          <input id="alternative-name" class="control" maxLength={120} value={name} onInput={(event) => { setName(event.currentTarget.value); }} />
        </div>
        {left > 0 && <Notice kind="warn"><p>{t("incomplete_left", { count: left })}</p></Notice>}
        <div class="cluster">
          <button type="submit" class="button" disabled={!name.trim() || saving.state === "saving" || s.history.present.length === 0}>{t(saving.state === "saving" ? "saving" : "save_now")}</button>
          {alternative && <Button quiet disabled={!name.trim() || name.trim() === alternative.name} onClick={() => void save(wb, name.trim(), true)}>{t("save_as_new")}</Button>}
        </div>
      </form>
      <p class="muted" role="status">{saving.state === "saved" && !dirty ? t("saved") : dirty && s.history.present.length > 0 ? t("unsaved") : ""}</p>
      {alternative && (
        <section class="stack">
          <h3>{t("full_run")}</h3>
          <p class="hint">{t("full_run_hint")}</p>
          <RunState />
          <div class="cluster">
            <Button quiet disabled={dirty || (alternative.run ? !settled(alternative.run) : false)} onClick={() => void run(wb)}>{t(alternative.run ? "run_again" : "run")}</Button>
            {published && fresh && <Button quiet disabled={dirty} onClick={() => void publish(wb)}>{t("publish_again")}</Button>}
            {published ? <a class="button button-quiet" href={study.url ?? `/studies/${study.ref}/`}>{t("open_public")}</a> : <Button disabled={dirty || !fresh} onClick={() => void publish(wb)}>{t("publish")}</Button>}
          </div>
          {dirty ? <p class="muted">{t("save_first")}</p> : !fresh && <p class="muted">{t("publish_after_run")}</p>}
        </section>
      )}
    </section>
  );
}

function RunState(): JSX.Element | null {
  const { s, t, wb } = useLook();
  const now = s.alternative?.run;
  if (!now) return null;
  if (!settled(now)) {
    return (
      <>
        <Progress steps={{ note: now.note || t(now.state === "queued" ? "run_queued" : "run_running"), done: now.done ?? 0, total: now.total || null }} label={t("run_running")} />
        <Button danger small onClick={() => void cancelRun(wb)}>{t("cancel")}</Button>
      </>
    );
  }
  if (now.state === "done") return <Notice kind="good" live><p>{t("run_done")}</p>{now.url && <p><a href={now.url}>{t("run_open")}</a></p>}</Notice>;
  return <Notice kind={now.state === "failed" ? "bad" : "plain"} live><p>{now.message || t(now.state === "failed" ? "run_failed" : "run_cancelled")}</p></Notice>;
}

/** Two saved at once: both stand side by side, and one chooses. */
function Conflict(): JSX.Element | null {
  const look = useLook();
  const { s, t, wb } = look;
  if (!s.conflict) return null;
  const theirs = s.conflict.changes.map((change, k) => ({ id: String(k), change }));
  return (
    <section class="notice notice-warn stack" role="alert">
      <h3>{t("conflict")}</h3>
      <p>{s.saving.message}</p>
      <div class="two">
        <div><h4>{t("mine")}</h4><ul>{s.history.present.map((one) => <li key={one.id}>{titleOf(look, one)}</li>)}</ul></div>
        <div><h4>{t("theirs", { version: s.conflict.version })}</h4><ul>{theirs.map((one) => <li key={one.id}>{titleOf(look, one)}</li>)}</ul></div>
      </div>
      <div class="cluster">
        <Button onClick={() => void settle(wb, "both")}>{t("keep_both")}</Button>
        <Button quiet onClick={() => void settle(wb, "mine")}>{t("keep_mine")}</Button>
        <Button quiet onClick={() => void settle(wb, "theirs")}>{t("take_theirs")}</Button>
      </div>
    </section>
  );
}

function Share(): JSX.Element {
  const { t, wb } = useLook();
  const [link, setLink] = useState<{ url: string; whole: boolean; copied: boolean } | null>(null);
  return (
    <section class="stack">
      <h3>{t("share")}</h3>
      <Button quiet onClick={() => void wb.link().then(async (made) => {
        const copied = await navigator.clipboard.writeText(made.url).then(() => true, () => false);
        setLink({ ...made, copied });
      })}>{t("copy_link")}</Button>
      {link && (
        <div class="field" role="status">
          <label for="link">{t(link.copied ? "link_copied" : "link_copy")}</label>
          <input id="link" class="control" readOnly value={link.url} onFocus={(event) => event.currentTarget.select()} />
          {!link.whole && <p class="field-error">{t("link_too_long")}</p>}
        </div>
      )}
    </section>
  );
}

function Exports(): JSX.Element {
  const { s, t, wb } = useLook();
  const { study, alternative } = s;
  const dirty = s.history.present !== s.saved;
  const base = study && alternative ? wb.api.address(`studies/${study.ref}/alternatives/${alternative.id}/export`) : "";
  return (
    <section class="stack">
      <h3>{t("exports")}</h3>
      <div class="cluster">
        <Button quiet onClick={() => hand(new Blob([JSON.stringify(geojsonOf(s.history.present), null, 1)], { type: "application/geo+json" }), "shaar.geojson")}>GeoJSON</Button>
        <Button quiet disabled={s.mapState !== "ready"} onClick={() => document.dispatchEvent(new CustomEvent("shaar:picture"))}>{t("picture")}</Button>
        {base && !dirty && <a class="button button-quiet" href={`${base}.gtfs.zip`} download>GTFS</a>}
      </div>
      {(!base || dirty) && <p class="hint">{t("gtfs_after_save")}</p>}
    </section>
  );
}
