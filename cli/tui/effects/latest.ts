/** Work that follows the state: when what it depends on changes, the older work is cancelled. */

import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../lib/error.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";

/** Ends an effect and cancels what it does. */
export type Stop = () => void;

export interface LatestOptions {
  /** What the work depends on; null: nothing to do. */
  readonly key: (state: State) => readonly unknown[] | null;
  readonly run: (state: State, signal: AbortSignal) => Promise<void>;
  /** Called instead of showing the message at the bottom. */
  readonly onError?: (message: string) => void;
  /** A change soon after another one waits so long for the next. @defaultValue 0 */
  readonly restMs?: number;
}

export function runLatest(store: Store, options: LatestOptions): Stop {
  let current: readonly unknown[] | null = null;
  let cancel = new AbortController();
  let changedAt = 0;
  const check = () => {
    const key = options.key(store.getState());
    if (isSame(key, current)) return;
    current = key;
    cancel.abort();
    cancel = new AbortController();
    const { restMs = 0 } = options;
    const isQuick = performance.now() - changedAt < restMs * 2;
    changedAt = performance.now();
    if (key !== null) void start(store, options, isQuick ? restMs : 0, cancel.signal);
  };
  check();
  const unsubscribe = store.subscribe(check);
  return () => {
    unsubscribe();
    cancel.abort();
  };
}

async function start(store: Store, options: LatestOptions, waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    await options.run(store.getState(), signal);
  } catch (error) {
    if (signal.aborted) return;
    const text = showText(messageOf(error));
    if (options.onError) options.onError(text);
    else store.dispatch({ type: "say", text, kind: "error" });
  }
}

function isSame(a: readonly unknown[] | null, b: readonly unknown[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((part, at) => Object.is(part, b[at]));
}
