import type { LayerColumns } from "../../layer/layer-columns.ts";

/** What a rule found, as plain data. */
export interface Finding {
  /** Id of a rule of `lintRules`. */
  readonly rule: string;
  /** Position of the layer in the list that was judged; null for the image's config. */
  readonly layer: number | null;
  /** Number of the step where no layer tells it; null for the config as a whole. */
  readonly step: number | null;
  /** Clean path, or null. */
  readonly path: string | null;
  /** Position of the entry in the layer, or null. */
  readonly entry: number | null;
  /** Where its header stands in the uncompressed tar, in bytes (of a sparse file: the last block before its content). */
  readonly tarOffset: number | null;
  /** What it is about in the words of the case; never the secret itself. */
  readonly detail: string;
  /** A later layer deleted it or put something else there; in the layer it still is. */
  readonly gone: Gone | null;
}

export interface Gone {
  /** Position of the layer that did it. */
  readonly layer: number;
  readonly how: "deleted" | "replaced";
}

const headerBytes = 512;

export function entryFinding(
  rule: string,
  layer: number,
  columns: LayerColumns,
  entry: number,
  detail: string,
): Finding {
  return {
    rule,
    layer,
    step: null,
    path: columns.path(entry),
    entry,
    tarOffset: columns.data.contentOffsets[entry]! - headerBytes,
    detail,
    gone: null,
  };
}

/** Keeps so many findings of one rule in one layer, and counts the others: a hostile layer has millions. */
export const maximumOfRule = 1000;

/** Findings with a bound for each rule and layer. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #counts = new Map<string, number>();

  add(finding: Finding): void {
    const key = `${finding.rule} ${finding.layer}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= maximumOfRule) this.list.push(finding);
  }

  /** How many were not kept. */
  get dropped(): number {
    let dropped = 0;
    for (const count of this.#counts.values()) dropped += Math.max(0, count - maximumOfRule);
    return dropped;
  }
}
