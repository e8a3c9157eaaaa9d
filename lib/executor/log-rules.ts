/** Messages of Kaniko's log that tell something, in both families, and what they tell. */

import type { CacheReason } from "../model/build.ts";
import type { LogEvent } from "./log-events.ts";

export interface Handlers {
  stage(logIndex: number, base: string, baseIndex: number): LogEvent[];
  lookup(key: string): LogEvent[];
  missReason(text: string): LogEvent[];
  hit(): LogEvent[];
  miss(): LogEvent[];
  unpacking(): LogEvent[];
  snapshot(full: boolean): LogEvent[];
  pulling(reference: string): LogEvent[];
  pushed(reference: string): LogEvent[];
  stageEnd(): LogEvent[];
}

type Rule = readonly [form: RegExp, handle: (handlers: Handlers, match: RegExpExecArray) => LogEvent[]];

const messageRules: readonly Rule[] = [
  [
    /^Building stage '([^']*)' \[idx: '(-?\d+)', base-idx: '(-?\d+)'\]/,
    (handlers, match) => handlers.stage(Number(match[2]), match[1] as string, Number(match[3])),
  ],
  [/^Checking for cached layer .*:([0-9a-f]{64})\.\.\.$/s, (handlers, match) => handlers.lookup(match[1] as string)],
  [/^Failed to retrieve layer: (.*)$/s, (handlers, match) => handlers.missReason(match[1] as string)],
  [/^Cache entry expired: (.*)$/s, handlers => handlers.missReason(expired)],
  [/^Using caching version of cmd: /, handlers => handlers.hit()],
  [/^No cached layer found for cmd /, handlers => handlers.miss()],
  [/^Unpacking rootfs as cmd /, handlers => handlers.unpacking()],
  [/^Taking snapshot of full filesystem/, handlers => handlers.snapshot(true)],
  [/^Taking snapshot of files/, handlers => handlers.snapshot(false)],
  [/^Retrieving image (\S+) from registry /, (handlers, match) => handlers.pulling(match[1] as string)],
  [/^Pushed (\S+@sha256:[0-9a-f]{64})/, (handlers, match) => handlers.pushed(match[1] as string)],
  [/^Pushing layer (\S+) to cache now/, (handlers, match) => handlers.pushed(match[1] as string)],
  [/^(?:Mapping stage idx |Saving file |Deleting filesystem)/, handlers => handlers.stageEnd()],
];

/** @returns null for a message that no rule is for. */
export function applyRule(message: string, handlers: Handlers): LogEvent[] | null {
  for (const [form, handle] of messageRules) {
    const match = form.exec(message);
    if (match) return handle(handlers, match);
  }
  return null;
}

const noEntry = "no entry under this key";
const expired = "expired";

/** @param reason what Kaniko said of a lookup that failed; "" when it said nothing. */
export function missReasonInWords(reason: string): string {
  if (reason === "") return noEntry;
  if (/no such file or directory|MANIFEST_UNKNOWN|NAME_UNKNOWN|404/.test(reason)) return noEntry;
  return /cache entry expired/i.test(reason) ? expired : reason;
}

/** What the words of a `cache-miss` stand for. */
export function missReasonOf(words: string): CacheReason {
  if (words === noEntry) return "no-entry";
  if (words === expired) return "expired";
  return /(?:unexpected|unsupported|unknown) media ?type/i.test(words) ? "media-type" : "unreadable";
}
