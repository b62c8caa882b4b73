/** The keys. */
import type { JSX } from "preact";
import { KEYS } from "../keys";
import { useLook } from "./context";
import { Dialog } from "./parts";

export function Help(): JSX.Element {
  const { t, wb } = useLook();
  return (
    <Dialog title={t("keys")} onClose={() => wb.store.set({ help: false })}>
      <dl class="facts">
        {KEYS.map(({ keys, does }) => <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{t(does)}</dd></div>)}
      </dl>
    </Dialog>
  );
}
