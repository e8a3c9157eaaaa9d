import type { Snapshot } from "../../model/snapshot.ts";
import { atOnce, type Pausing } from "../../pausing.ts";
import { applyingLayer, emptySnapshot } from "../../snapshot/apply-layers.ts";
import type { StackLayer } from "../layer-stack.ts";
import { type CheckOptions, checkingEntries } from "./entry-checks.ts";
import { type Finding, Findings } from "./finding.ts";

export interface LayersReport {
  readonly findings: readonly Finding[];
  /** More than are kept. */
  readonly dropped: number;
}

/**
 * Judges the entries of layers, and tells of these findings and of those in contents whether a later layer hides them. Pure.
 * @param layers Oldest first; all that make the file system.
 * @param isJudged Which of them are looked at.
 * @param contents What was found in the contents of each layer.
 * @throws LabError `too-large`.
 */
export function lintLayers(...given: Parameters<typeof lintingLayers>): LayersReport {
  return atOnce(lintingLayers(...given));
}

/** `lintLayers`, for who must not wait for it. */
export function* lintingLayers(
  layers: readonly Pick<StackLayer, "columns">[],
  isJudged: (position: number) => boolean,
  contents: readonly Findings[],
  options: CheckOptions & {
    /** Told now and then which part of the work is done. */
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Pausing<LayersReport> {
  // Each layer is put upon the others, then its entries are judged.
  const total = layers.reduce((sum, { columns }) => sum + columns.entryCount * 2, 0);
  let done = 0;
  const onEntries = (count: number) => {
    done += count;
    options.onProgress?.(done, total);
  };
  const findings: Finding[] = [];
  let dropped = 0;
  /** Those that the file system still shows. */
  let shown: { at: number; finding: Finding & { readonly path: string } }[] = [];
  let before: Snapshot = emptySnapshot;
  for (const [position, { columns }] of layers.entries()) {
    const after = yield* applyingLayer(before, columns);
    onEntries(columns.entryCount);
    shown = shown.filter(({ at, finding }) => {
      if (isShown(finding, after)) return true;
      const how = after.node(finding.path) === null ? "deleted" : "replaced";
      findings[at] = { ...finding, gone: { layer: position, how } };
      return false;
    });
    if (isJudged(position)) {
      const found = new Findings();
      yield* checkingEntries({ position, columns, before, after }, options, found);
      const inContents = contents[position] ?? new Findings();
      dropped += found.dropped + inContents.dropped;
      for (const finding of [...found.list, ...inContents.list]) {
        if (hasPath(finding) && isShown(finding, after)) shown.push({ at: findings.length, finding });
        findings.push(finding);
      }
    }
    onEntries(columns.entryCount);
    before = after;
  }
  return { findings, dropped };
}

function hasPath(finding: Finding): finding is Finding & { readonly path: string } {
  return finding.path !== null;
}

function isShown({ path, layer, entry }: Finding & { readonly path: string }, snapshot: Snapshot): boolean {
  const node = snapshot.node(path);
  return node !== null && node.layer === layer && node.entry === entry;
}
