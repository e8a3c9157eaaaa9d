/** Many builds at once, as the screen knows them. Pure. */

import type { BatchOutcome } from "../../../lib/batch/run-batch.ts";
import type { BuildEvent } from "../../../lib/executor/events.ts";
import { applyEvents, type LiveState, startLive } from "./live-state.ts";

export interface BatchView {
  readonly startedMs: number;
  readonly items: readonly BatchItemView[];
  /** The one whose build is what is live. */
  readonly shown: string | null;
  readonly nowMs: number;
  readonly ended: boolean;
  readonly leaving: LiveState["leaving"];
}

export interface BatchItemView {
  readonly name: string;
  /** Null until its first event. */
  readonly live: LiveState | null;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly outcome: BatchOutcome | null;
}

/** Of one context: an event of its build, or how it ended. */
export type BatchNews =
  | { readonly name: string; readonly event: BuildEvent }
  | { readonly name: string; readonly outcome: BatchOutcome };

export function startBatch(names: readonly string[], nowMs: number): BatchView {
  const items = names.map(name => ({ name, live: null, startedMs: null, endedMs: null, outcome: null }));
  return { startedMs: nowMs, items, shown: null, nowMs, ended: false, leaving: "no" };
}

export function applyNews(batch: BatchView, news: readonly BatchNews[], nowMs: number): BatchView {
  const byName = Map.groupBy(news, ({ name }) => name);
  const items = batch.items.map(item => {
    const own = byName.get(item.name);
    return own === undefined ? item : applyToItem(item, own, nowMs);
  });
  return { ...batch, items, nowMs };
}

function applyToItem(item: BatchItemView, news: readonly BatchNews[], nowMs: number): BatchItemView {
  const events = news.flatMap(one => ("event" in one ? [one.event] : []));
  const outcome = news.flatMap(one => ("outcome" in one ? [one.outcome] : [])).at(-1) ?? item.outcome;
  const before = item.live ?? (events.length > 0 ? startLive(nowMs) : null);
  const live = before && events.length > 0 ? applyEvents(before, events, nowMs) : before;
  return {
    ...item,
    live:
      live && outcome ? { ...live, ended: true, error: live.progress.failure ? "" : (outcome.failure ?? "") } : live,
    startedMs: item.startedMs ?? (live ? nowMs : null),
    endedMs: item.endedMs ?? (outcome ? nowMs : null),
    outcome,
  };
}
