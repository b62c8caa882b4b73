/** Where the workbench begins. */
import "./workbench.css";
import { render } from "preact";
import { Api } from "./api";
import { readBoot } from "./boot";
import { listenToKeys } from "./keys";
import { loadText } from "./text";
import { App } from "./views/app";
import { Workbench } from "./workbench";

async function start(): Promise<void> {
  const root = document.getElementById("workbench");
  if (!root) return;
  const boot = readBoot(document, location.search);
  // Asked for while the words are still on their way.
  const city = new Api(boot.urls["api"] ?? "", boot.csrf).get<Record<string, unknown>>("city");
  city.catch(() => undefined);
  const wb = new Workbench(boot, await loadText(boot.language));
  wb.store.set({ online: navigator.onLine });
  addEventListener("online", () => wb.store.set({ online: true }));
  addEventListener("offline", () => wb.store.set({ online: false }));
  listenToKeys(wb);
  root.replaceChildren();
  render(<App wb={wb} />, root);
  void wb.open(city);
}

void start();
