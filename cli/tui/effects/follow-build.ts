/** The events of a live build, brought to the screen at most ten times a second. */

import { messageOf } from "../../../lib/error.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { LiveSource } from "../options.ts";
import type { Store } from "../store.ts";

const showEveryMs = 100;
/** Spinner and running times: a faster one costs more than it says. */
const tickMs = 250;

/** Reads all events. @returns when the build has ended and is cleaned up; never throws. */
export async function followBuild(store: Store, source: LiveSource): Promise<void> {
  store.dispatch({ type: "live-started", nowMs: Date.now() });
  let waiting: BuildEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting;
    waiting = [];
    if (events.length > 0) store.dispatch({ type: "live-events", events, nowMs: Date.now() });
  };
  const ticks = setInterval(() => store.dispatch({ type: "live-tick", nowMs: Date.now() }), tickMs);
  let error = "";
  try {
    for await (const event of source.events) {
      waiting.push(event);
      timer ??= setTimeout(flush, showEveryMs);
    }
  } catch (thrown) {
    error = showText(messageOf(thrown));
  } finally {
    clearInterval(ticks);
    flush();
  }
  store.dispatch({ type: "live-ended", error });
}
