/** Many builds on the screen: their news at most ten times a second. */

import type { BatchNews } from "../live/batch-view.ts";
import type { BatchSource } from "../options.ts";
import type { Store } from "../store.ts";

const showEveryMs = 100;
const tickMs = 500;

/** @returns when all have ended; never throws. */
export async function followBatch(store: Store, { names, news }: BatchSource): Promise<void> {
  let waiting: BatchNews[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const came = waiting;
    waiting = [];
    store.dispatch({ type: "batch-news", news: came, nowMs: Date.now() });
  };
  store.dispatch({ type: "batch-started", names, nowMs: Date.now() });
  const ticks = setInterval(() => {
    if (timer === undefined) flush();
  }, tickMs);
  for await (const one of news) {
    waiting.push(one);
    timer ??= setTimeout(flush, showEveryMs);
  }
  clearInterval(ticks);
  flush();
  store.dispatch({ type: "batch-ended" });
}
