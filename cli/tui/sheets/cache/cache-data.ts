import type { CacheEntry } from "../../../../lib/kaniko-cache/cache-entry.ts";
import type { EntryUse } from "../../../../lib/kaniko-cache/entry-use.ts";

export interface CacheData {
  readonly entries: readonly ListedEntry[];
  /** When they were listed, for ages. */
  readonly nowMs: number;
}

export interface ListedEntry {
  readonly entry: CacheEntry;
  readonly uses: readonly EntryUse[];
  /** `in 13 d`, `expired` */
  readonly expiry: string;
}
