/** The forms of what a `Lab` is asked, apart from how it answers. */

import type { EntryType } from "../model/entry.ts";
import type { TargetLayer } from "../model/target.ts";

export interface ProgressOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called while something takes long: what, how much is done of how much (null: unknown), in bytes or in rows of a table. */
  readonly onProgress?:
    | ((what: string, done: number, total: number | null, unit?: "bytes" | "rows") => void)
    | undefined;
}

export interface SearchQuery {
  readonly text: string;
  readonly mode: "substring" | "glob" | "regex";
  readonly ignoreCase: boolean;
}

/** One hit: an entry of a layer, and what its layer did to the path. */
export interface SearchMatch {
  readonly path: string;
  readonly step: number | null;
  readonly layer: TargetLayer;
  /** A added, M modified, D deleted (a whiteout). */
  readonly kind: "A" | "M" | "D";
  readonly type: EntryType;
  readonly sizeBytes: number;
}
