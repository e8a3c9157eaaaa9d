/** The events of a live build, brought to the screen at most ten times a second. */

import { messageOf } from "../../../lib/error.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { LiveSource, ReplaySource } from "../options.ts";
import type { Store } from "../store.ts";

const showEveryMs = 100;
/** Spinner and running times: a faster one costs more than it says. */
const tickMs = 250;

/** One build on the screen, from its first event on. */
export class LiveFeed {
  readonly #store: Store;
  readonly #ticks: NodeJS.Timeout;
  #waiting: BuildEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, replay?: ReplaySource) {
    this.#store = store;
    store.dispatch({ type: "live-started", nowMs: Date.now() });
    if (replay) showPosition(store, replay);
    this.#ticks = setInterval(() => {
      if (replay) showPosition(store, replay);
      else store.dispatch({ type: "live-tick", nowMs: Date.now() });
    }, tickMs);
  }

  push(event: BuildEvent): void {
    this.#waiting.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), showEveryMs);
  }

  /** @param error what broke the stream; "" for nothing. */
  end(error: string): void {
    clearInterval(this.#ticks);
    this.#flush();
    this.#store.dispatch({ type: "live-ended", error });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length > 0) this.#store.dispatch({ type: "live-events", events, nowMs: Date.now() });
  }
}

/** Reads all events. @returns when the build has ended and is cleaned up; never throws. */
export async function followBuild(store: Store, source: LiveSource): Promise<void> {
  const feed = new LiveFeed(store, source.replay);
  let error = "";
  try {
    for await (const event of source.events) feed.push(event);
  } catch (thrown) {
    error = showText(messageOf(thrown));
  } finally {
    feed.end(error);
  }
}

/** Where a replay stands. */
export function showPosition(store: Store, { controls, durationMs }: ReplaySource): void {
  const replay = { ...controls.position, durationMs };
  store.dispatch({ type: "live-tick", nowMs: Date.now(), replay });
}
