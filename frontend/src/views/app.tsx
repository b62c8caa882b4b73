/** The frame: header, tabs, panel, map, numbers. It stands before the map has come. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { finish } from "../drawing";
import { TABS, type State, type Tab } from "../state";
import type { Workbench } from "../workbench";
import { ChangesPanel } from "./changes";
import { Context, lookOf, useLook } from "./context";
import { Dock } from "./dock";
import { EffectsPanel } from "./effects";
import { Help } from "./help";
import { LayersPanel, LegendBox } from "./layers";
import { ListPanel } from "./list";
import { Button, Icon, Notice, Progress } from "./parts";
import { ProposePanel } from "./propose";
import { SavePanel } from "./save";
import { legendOf } from "../map/legend";

const PANELS: Record<Tab, () => JSX.Element> = {
  changes: ChangesPanel, effects: EffectsPanel, layers: LayersPanel, list: ListPanel, propose: ProposePanel, save: SavePanel,
};

export function App({ wb }: { wb: Workbench }): JSX.Element {
  const [state, setState] = useState<State>(wb.state);
  useEffect(() => wb.store.listen(setState), []);
  const look = lookOf(wb, state);
  return (
    <Context.Provider value={look}>
      <div class={`wb sheet-${state.sheet} ${state.tool ? "with-tool" : ""}`}>
        <a class="skip" href="#panel">{wb.text("to_panel")}</a>
        <Header />
        <Tabs />
        <Panel />
        <MapArea />
        {state.help && <Help />}
      </div>
    </Context.Provider>
  );
}

function Header(): JSX.Element {
  const { s, t, w, wb } = useLook();
  const items = s.history.present.length;
  return (
    <header class="head">
      <a class="head-back" href={wb.boot.urls["desk"] ?? "/desk/"}>{t("desk")}</a>
      <h1 class="head-name">
        <span>{t("workbench")}</span>
        <small>{s.study ? `${s.study.title}${s.alternative ? ` · ${s.alternative.name}` : ""}` : (s.city && (w(s.city.names) || s.city.name)) || wb.boot.city}</small>
      </h1>
      {!s.online && <span class="badge badge-warn" role="status">{t("offline_short")}</span>}
      <Button quiet small disabled={!s.history.past.length} onClick={() => wb.undo()} title="Ctrl+Z">{t("undo")}</Button>
      <Button quiet small disabled={!s.history.future.length} onClick={() => wb.redo()} title="Ctrl+Y">{t("redo")}</Button>
      <span class="wide-only"><Button quiet small onClick={() => wb.store.set({ help: true })} title="?">{t("keys")}</Button></span>
      <span class="wide-only"><Button small disabled={!items} onClick={() => wb.store.set({ tab: "save" })}>{t("save")}</Button></span>
    </header>
  );
}

function Tabs(): JSX.Element {
  const { s, t, wb } = useLook();
  return (
    <nav class="tabs-bar" aria-label={t("sections")}>
      {TABS.map((tab) => (
        <button
          key={tab} type="button" aria-current={s.tab === tab ? "page" : undefined}
          onClick={() => wb.store.set({ tab, sheet: s.tab === tab && s.sheet !== "low" ? "low" : s.sheet === "full" ? "full" : "half" })}
        >
          <Icon name={tab} />
          <span>{t(tab)}</span>
          {tab === "changes" && s.history.present.length > 0 && <span class="count num">{s.history.present.length}</span>}
        </button>
      ))}
    </nav>
  );
}

function Panel(): JSX.Element {
  const { s, t, wb } = useLook();
  const box = useRef<HTMLElement>(null);
  const Shown = PANELS[s.tab];
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [s.tab, s.chosen]);
  const next = s.sheet === "low" ? "half" : s.sheet === "half" ? "full" : "low";
  return (
    <main id="panel" class="panel" tabIndex={-1} ref={box}>
      <button type="button" class="grip" aria-expanded={s.sheet !== "low"} onClick={() => wb.store.set({ sheet: next })}>
        <span class="grip-bar" aria-hidden="true" />
        <span class="vh">{t(s.sheet === "full" ? "sheet_less" : "sheet_more")}</span>
      </button>
      {s.notice && (
        <Notice kind="plain" live>
          <p>{s.notice}</p>
          <span class="cluster">
            {s.notice === t("draft_found") && <Button quiet small onClick={() => wb.dropDraft()}>{t("drop_draft")}</Button>}
            <Button quiet small onClick={() => wb.store.set({ notice: "" })}>{t("good")}</Button>
          </span>
        </Notice>
      )}
      {s.phase === "loading" && <p class="muted" role="status">{t("loading")}</p>}
      {s.phase === "opening" && <Progress steps={s.progress} label={t("opening")} />}
      {s.phase === "failed" && (
        <Notice kind="bad" live><p>{s.failure}</p><p>{t("kept_here")}</p><Button quiet small onClick={() => void wb.open()}>{t("try_again")}</Button></Notice>
      )}
      <Shown />
    </main>
  );
}

function MapArea(): JSX.Element {
  const look = useLook();
  const { s, t, w, wb } = look;
  const box = useRef<HTMLDivElement>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (s.phase !== "ready" || !box.current) return undefined;
    let gone = false;
    let stop: (() => void) | undefined;
    wb.store.set({ mapState: "loading" });
    // After the frame and the numbers are on the screen: the map is the heavy part.
    const timer = setTimeout(() => {
      import("../map/view")
        .then(({ openMap }) => {
          if (!gone && box.current) stop = openMap(wb, box.current);
        })
        .catch(() => wb.store.set({ mapState: "failed" }));
    }, 30);
    return () => {
      gone = true;
      clearTimeout(timer);
      stop?.();
    };
  }, [s.phase, tries]);
  const legends = legendOf(look);
  return (
    <section class="map-area" aria-label={t("map")}>
      <div class="map-stage">
      <div class="map-box" ref={box} />
      <div class="cross" aria-hidden="true" />
      {s.compare && <Swipe />}
      {s.mapState !== "ready" && (
        <div class="map-wait">
          {s.mapState === "failed" ? (
            <><p>{t("map_failed")}</p><Button quiet small onClick={() => setTries(tries + 1)}>{t("try_again")}</Button><Button quiet small onClick={() => wb.store.set({ tab: "list", sheet: "full" })}>{t("as_list")}</Button></>
          ) : <p role="status">{t("map_loading")}</p>}
        </div>
      )}
      {s.tool && <ToolBar />}
      {legends.length > 0 && s.mapState === "ready" && (
        <details class="legend-float" open={matchMedia("(min-width: 1000px)").matches}>
          <summary>{t("legend")}</summary>
          <LegendBox legends={legends} />
          <p class="muted small-print">{t("map_source", { city: s.city ? w(s.city.names) || s.city.name : "" })}{s.city?.date ? ` · ${s.city.date}` : ""}</p>
        </details>
      )}
      </div>
      <Dock />
    </section>
  );
}

function ToolBar(): JSX.Element {
  const { s, t, wb } = useLook();
  const tool = s.tool;
  const key = tool?.kind === "draw" ? "tool_draw" : tool?.kind === "isochrone" ? "tool_isochrone" : tool ? (`tool_${tool.widget}` as const) : "tool_draw";
  return (
    <div class="tool-bar" role="status">
      <p>{t(key)}{s.drawing.busy ? ` ${t("laying")}` : ""}</p>
      {s.drawing.message && <p class="field-error">{s.drawing.message}</p>}
      <Button small onClick={() => finish(wb)}>{t("done")}</Button>
    </div>
  );
}

function Swipe(): JSX.Element {
  const { s, t, wb } = useLook();
  const line = useRef<HTMLDivElement>(null);
  const at = s.compare?.at ?? 50;
  useEffect(() => line.current?.style.setProperty("left", `${at}%`), [at]);
  const name = (key: string): string => (key === "before" ? t("before") : key === "now" ? t("on_the_table") : (s.study?.alternatives.find((one) => one.id === key)?.name ?? ""));
  const drag = (event: PointerEvent): void => {
    const area = (event.currentTarget as HTMLElement).parentElement?.parentElement?.getBoundingClientRect();
    if (area && s.compare && event.buttons) wb.store.set({ compare: { ...s.compare, at: Math.round(Math.min(100, Math.max(0, ((event.clientX - area.left) / area.width) * 100))) } });
  };
  return (
    <>
      <span class="side side-left">{name(s.compare?.left ?? "")}</span>
      <span class="side side-right">{name(s.compare?.right ?? "")}</span>
      <div class="swipe" ref={line}>
        <div class="swipe-grip" aria-hidden="true" onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)} onPointerMove={drag} />
      </div>
    </>
  );
}
