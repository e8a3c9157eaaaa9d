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
  /** `fuzzy`: the letters in their order; the best hits come first, once all layers were looked at. */
  readonly mode: "substring" | "glob" | "regex" | "fuzzy";
  readonly ignoreCase: boolean;
  /** Of a fuzzy search: how many hits at most. @defaultValue 10,000 */
  readonly most?: number | undefined;
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
