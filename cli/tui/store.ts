/** The state outside of React, read there with `useSyncExternalStore`. */

import type { Action } from "./state/actions.ts";
import { reduce } from "./state/reduce.ts";
import type { State } from "./state/state.ts";

export interface Store {
  getState(): State;
  dispatch(action: Action): void;
  /** @returns what ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export function createStore(initial: State): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
