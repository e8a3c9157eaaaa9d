import type { ProgressOptions } from "../../../lib/lab/lab.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { Store } from "../store.ts";

const betweenMs = 100;

/** Runs `work` with its progress shown at the bottom, at most ten times a second. */
export async function withProgress<T>(
  store: Store,
  signal: AbortSignal,
  work: (options: ProgressOptions) => Promise<T>,
): Promise<T> {
  let shownAt = 0;
  const onProgress = (what: string, doneBytes: number, totalBytes: number | null) => {
    const now = performance.now();
    if (signal.aborted || now - shownAt < betweenMs) return;
    shownAt = now;
    store.dispatch({ type: "busy", busy: { what: showText(what), doneBytes, totalBytes } });
  };
  try {
    return await work({ signal, onProgress });
  } finally {
    if (shownAt > 0) store.dispatch({ type: "busy", busy: null });
  }
}
