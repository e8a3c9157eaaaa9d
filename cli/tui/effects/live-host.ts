/** What is live on the screen: a build, a replay or a watched context, one at a time. */

import { LabError } from "../../../lib/error.ts";
import type { HostRequest, TuiHost } from "../host.ts";
import type { PlayKey } from "../keys/key-table.ts";
import { isRunning } from "../live/live-state.ts";
import type { BatchSource, LiveSource, WatchSource } from "../options.ts";
import type { Store } from "../store.ts";
import { followBatch } from "./follow-batch.ts";
import { followBuild } from "./follow-build.ts";
import { followWatch } from "./follow-watch.ts";
import { playKey } from "./play-key.ts";

export class LiveHost implements TuiHost {
  readonly #store: Store;
  readonly #leave: () => void;
  #live: LiveSource | null = null;
  #watch: WatchSource | null = null;
  #batch: BatchSource | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** @param leave ends the terminal UI, when what was cancelled in order to leave is cleaned up. */
  constructor(store: Store, leave: () => void) {
    this.#store = store;
    this.#leave = leave;
  }

  async show({ target, live, watch, batch }: HostRequest): Promise<void> {
    if (live === undefined && watch === undefined && batch === undefined) {
      this.#store.dispatch({ type: "leave-report" });
      this.#store.dispatch({ type: "want-target", word: target ?? "latest", use: "look" });
      return;
    }
    if (this.#live !== null || this.#watch !== null || this.#batch !== null)
      throw new LabError("usage", "something runs here already", { hint: "wait until it has ended: L shows it" });
    this.#store.dispatch({ type: "leave-report" });
    await this.follow({ live, watch, batch });
  }

  /** @returns when it has ended and is cleaned up; never throws. */
  follow(sources: Omit<HostRequest, "target">): Promise<void> {
    this.#ended = this.#follow(sources);
    return this.#ended;
  }

  async #follow({ live, watch, batch }: Omit<HostRequest, "target">): Promise<void> {
    [this.#live, this.#watch, this.#batch] = [live ?? null, watch ?? null, batch ?? null];
    this.#store.dispatch({ type: "live-anew" });
    if (live) await followBuild(this.#store, live);
    else if (watch) await followWatch(this.#store, watch);
    else if (batch) await followBatch(this.#store, batch);
    [this.#live, this.#watch, this.#batch] = [null, null, null];
    const { live: shown, batch: ended } = this.#store.getState();
    if (shown?.leaving === "cancelling" || ended?.leaving === "cancelling") this.#leave();
  }

  /** What a question before leaving would cancel. */
  get running(): Pick<LiveSource, "cancel"> | undefined {
    const watch = this.#watch;
    return this.#live ?? this.#batch ?? (watch ? { cancel: () => watch.stop() } : undefined);
  }

  buildNow(): void {
    this.#watch?.build();
  }

  cancelBuild(): void {
    this.#watch?.cancelBuild();
  }

  play(how: PlayKey): void {
    playKey(this.#store, this.#live?.replay, how);
  }

  /** Cancels what runs. @returns when it is cleaned up. */
  async end(): Promise<void> {
    if (isRunning(this.#store.getState().live)) this.#live?.cancel();
    this.#watch?.stop();
    this.#batch?.cancel();
    await this.#ended;
  }
}
