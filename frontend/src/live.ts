/** Effects while somebody edits: wait for a pause, ask once at a time, show only the answer to what stands now. */
import { ApiError } from "./api";
import type { Change, EffectsAnswer, Progress } from "./types";

export type Live =
  | { state: "idle" }
  | { state: "waiting"; sequence: number }
  | { state: "opening"; progress: Progress }
  | { state: "refused"; message: string; field: string }
  | { state: "failed"; offline: boolean; message: string }
  | { state: "ready"; answer: EffectsAnswer; changes: readonly Change[] };

export interface LiveOptions {
  send: (changes: readonly Change[], sequence: number) => Promise<EffectsAnswer>;
  show: (live: Live) => void;
  pause?: number;
  again?: number;
}

export class LiveEffects {
  private sequence = 0;
  private flying = false;
  private wanted: readonly Change[] | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LiveOptions) {}

  /** Changes stand otherwise now. */
  ask(changes: readonly Change[], pause = this.options.pause ?? 200): void {
    this.sequence += 1;
    this.wanted = changes;
    this.options.show({ state: "waiting", sequence: this.sequence });
    this.after(pause);
  }

  /** Nothing is changed, so there is nothing to ask. */
  rest(): void {
    this.sequence += 1;
    this.wanted = null;
    clearTimeout(this.timer);
    this.options.show({ state: "idle" });
  }

  /** Ask again for what stood last: after a failure, or when the network is back. */
  retry(): void {
    if (this.wanted && !this.flying) this.after(0);
  }

  private after(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.fly(), milliseconds);
  }

  private async fly(): Promise<void> {
    if (this.flying || !this.wanted) return;
    const sequence = this.sequence;
    const changes = this.wanted;
    this.flying = true;
    try {
      const answer = await this.options.send(changes, sequence);
      if (sequence === this.sequence) this.options.show({ state: "ready", answer, changes });
    } catch (error) {
      if (sequence === this.sequence) this.fail(error);
    } finally {
      this.flying = false;
    }
    if (sequence !== this.sequence && this.wanted) this.after(0);
  }

  private fail(error: unknown): void {
    const said = error instanceof ApiError ? error : new ApiError(0, "", String(error));
    if (said.opening) {
      this.options.show({ state: "opening", progress: said.opening });
      this.after(this.options.again ?? 1500);
    } else if (said.code === "superseded") {
      this.after(this.options.pause ?? 200);
    } else if (said.status >= 400 && said.status < 500 && said.message) {
      this.options.show({ state: "refused", message: said.message, field: said.field });
    } else {
      this.options.show({ state: "failed", offline: said.offline, message: said.message });
    }
  }
}
