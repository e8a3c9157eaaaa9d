/** What is live on the screen: a build, a replay or a watched context, one at a time. */

import { LabError } from "../../../lib/error.ts";
import type { HostRequest, TuiHost } from "../host.ts";
import type { PlayKey } from "../keys/key-table.ts";
import { isRunning } from "../live/live-state.ts";
import type { LiveSource, WatchSource } from "../options.ts";
import type { Store } from "../store.ts";
import { followBuild } from "./follow-build.ts";
import { followWatch } from "./follow-watch.ts";
import { playKey } from "./play-key.ts";

export class LiveHost implements TuiHost {
  readonly #store: Store;
  readonly #leave: () => void;
  #live: LiveSource | null = null;
  #watch: WatchSource | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** @param leave ends the terminal UI, when what was cancelled in order to leave is cleaned up. */
  constructor(store: Store, leave: () => void) {
    this.#store = store;
    this.#leave = leave;
  }

  async show({ target, live, watch }: HostRequest): Promise<void> {
    if (live === undefined && watch === undefined) {
      this.#store.dispatch({ type: "leave-report" });
      this.#store.dispatch({ type: "want-target", word: target ?? "latest", use: "look" });
      return;
    }
    if (this.#live !== null || this.#watch !== null)
      throw new LabError("usage", "something runs here already", { hint: "wait until it has ended: L shows it" });
    this.#store.dispatch({ type: "leave-report" });
    await this.follow(live ?? null, watch ?? null);
  }

  /** @returns when it has ended and is cleaned up; never throws. */
  follow(live: LiveSource | null, watch: WatchSource | null): Promise<void> {
    this.#ended = this.#follow(live, watch);
    return this.#ended;
  }

  async #follow(live: LiveSource | null, watch: WatchSource | null): Promise<void> {
    [this.#live, this.#watch] = [live, watch];
    this.#store.dispatch({ type: "live-anew" });
    if (live) await followBuild(this.#store, live);
    else if (watch) await followWatch(this.#store, watch);
    [this.#live, this.#watch] = [null, null];
    if (this.#store.getState().live?.leaving === "cancelling") this.#leave();
  }

  /** What a question before leaving would cancel. */
  get running(): Pick<LiveSource, "cancel"> | undefined {
    const watch = this.#watch;
    return this.#live ?? (watch ? { cancel: () => watch.stop() } : undefined);
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
    await this.#ended;
  }
}
