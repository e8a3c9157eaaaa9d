/**
 * Bytes that the layers of an image store without need. Pure.
 *
 * Every stored content counts at most once, as the first of these that fits: it cannot be seen (overwritten, deleted,
 * moved, rewritten, repeated), it lies where tools leave things behind (`leftovers.ts`), or an older file that can be seen
 * has the same content (duplicate).
 */

import type { LayerColumns } from "../../layer/layer-columns.ts";
import { kindBits, typeCode } from "../../layer/layer-columns.ts";
import { atOnce, type Pausing, rowsPerPause } from "../../pausing.ts";
import type { StackLayer } from "../layer-stack.ts";
import { storedBytesOf } from "../walk-contents.ts";
import { fate, findingFates, type LayerFates } from "./entry-fates.ts";
import { leftoverFinder, leftoverRules } from "./leftovers.ts";
import { type Content, contentAt, EqualContents, entryOf, layerOf } from "./stored-content.ts";

export interface WasteOptions {
  /** Paths that are known and accepted: they count as needed. */
  readonly isAllowed?: ((path: string) => boolean) | undefined;
  /** Kinds that do not count. */
  readonly ignoredKinds?: ReadonlySet<string> | undefined;
  /** So many of the largest paths are kept for each finding. */
  readonly top: number;
  /** Told now and then which part of the work is done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface WastedPath {
  readonly path: string;
  readonly sizeBytes: number;
  /** moved: where the content is now; duplicate: the older file with this content. */
  readonly same: string | null;
}

/** Wasted contents of one kind in one layer. */
export interface WasteFinding {
  readonly kind: string;
  /** Position of the layer that has the bytes. */
  readonly layer: number;
  /** The layer that hid them (overwritten, deleted, moved) or that had them first (rewritten); null for other kinds. */
  readonly other: number | null;
  readonly sizeBytes: number;
  readonly count: number;
  /** The largest first. */
  readonly paths: readonly WastedPath[];
}

export interface LayerWaste {
  /** Sizes of all file contents in the layer. */
  readonly storedBytes: number;
  readonly wastedBytes: number;
}

export interface Waste {
  /** The largest first. */
  readonly findings: readonly WasteFinding[];
  /** One for each layer. */
  readonly layers: readonly LayerWaste[];
}

/** Every kind with what it means, in the order in which they are tried. */
export const wasteKinds: readonly { readonly kind: string; readonly title: string; readonly hint: string }[] = [
  {
    kind: "overwritten",
    title: "overwritten later",
    hint: "write a file once, in the step that knows its content",
  },
  { kind: "deleted", title: "deleted later", hint: "remove a file in the RUN that made it" },
  { kind: "moved", title: "moved later", hint: "put a file where it belongs in the step that makes it" },
  {
    kind: "rewritten",
    title: "stored again",
    hint: "set mode and owner in the step that makes the file",
  },
  { kind: "repeated", title: "twice in one layer", hint: "kaniko-lab lint tells where" },
  ...leftoverRules,
  { kind: "duplicate", title: "same content elsewhere", hint: "link to one file instead of copying it" },
];

/**
 * The part of the stored bytes that is needed: 1 − wasted ÷ stored, 1 for an image without contents.
 *
 * dive's score is the sum over all paths of the smallest size that a layer has for the path, divided by the sum of all
 * sizes. It sees what this one sees of overwritten and deleted files; it does not see copies under another path nor what
 * tools leave behind, and it takes the bytes of a removed folder for needed. There are no weights in either.
 */
export function efficiency({ storedBytes, wastedBytes }: LayerWaste): number {
  return storedBytes === 0 ? 1 : 1 - wastedBytes / storedBytes;
}

export function sumWaste(layers: Iterable<LayerWaste>): LayerWaste {
  const sum = { storedBytes: 0, wastedBytes: 0 };
  for (const { storedBytes, wastedBytes } of layers) {
    sum.storedBytes += storedBytes;
    sum.wastedBytes += wastedBytes;
  }
  return sum;
}

/** @param layers Oldest first. @throws LabError `too-large`. */
export function findWaste(layers: readonly Pick<StackLayer, "columns">[], options: WasteOptions): Waste {
  return atOnce(findingWaste(layers, options));
}

/** `findWaste`, for who must not wait for it. */
export function* findingWaste(layers: readonly Pick<StackLayer, "columns">[], options: WasteOptions): Pausing<Waste> {
  const columns = layers.map(layer => layer.columns);
  // Each entry is looked at four times.
  const total = columns.reduce((sum, { entryCount }) => sum + entryCount * 4, 0);
  let done = 0;
  const onEntries = (count: number) => {
    done += count;
    options.onProgress?.(done, total);
  };
  const collector = new WasteCollector(columns, yield* findingFates(columns, onEntries), options);
  for (const [position, { entryCount }] of columns.entries()) {
    yield* collector.collectingSeen(position);
    onEntries(entryCount);
  }
  for (const [position, { entryCount }] of columns.entries()) {
    yield* collector.collectingHidden(position);
    onEntries(entryCount);
  }
  return collector.finish();
}

interface Group {
  kind: string;
  layer: number;
  other: number | null;
  sizeBytes: number;
  count: number;
  paths: WastedPath[];
}

class WasteCollector {
  readonly #columns: readonly LayerColumns[];
  readonly #fates: readonly LayerFates[];
  readonly #options: WasteOptions;
  readonly #groups = new Map<string, Group>();
  readonly #stored: number[] = [];
  readonly #wasted: number[];
  /** What can be seen. */
  readonly #seen: EqualContents;

  constructor(columns: readonly LayerColumns[], fates: readonly LayerFates[], options: WasteOptions) {
    this.#columns = columns;
    this.#fates = fates;
    this.#options = options;
    this.#wasted = columns.map(() => 0);
    this.#seen = new EqualContents(columns);
  }

  /** Leftovers and duplicates among what can be seen. */
  *collectingSeen(layer: number): Pausing<void> {
    const columns = this.#columns[layer]!;
    const { kinds } = this.#fates[layer]!;
    const leftoverOf = leftoverFinder();
    let stored = 0;
    for (let entry = 0; entry < columns.entryCount; entry += 1) {
      if (entry % rowsPerPause === 0) yield;
      if (!isStoredFile(columns, entry)) continue;
      stored += storedBytesOf(columns, entry);
      if (kinds[entry] !== fate.seen) continue;
      const leftover = leftoverOf(columns.pathBytes(entry));
      if (leftover !== null) {
        this.#add(leftover.kind, layer, null, entry, null);
        continue;
      }
      const content = contentAt(layer, entry);
      const first = this.#seen.add(content);
      if (first !== content) this.#add("duplicate", layer, null, entry, this.#pathOf(first));
    }
    this.#stored[layer] = stored;
  }

  /** After `collectingSeen` of all layers: it takes a content that can be seen elsewhere to tell a moved file from a deleted one. */
  *collectingHidden(layer: number): Pausing<void> {
    const columns = this.#columns[layer]!;
    const { kinds, others } = this.#fates[layer]!;
    for (let entry = 0; entry < columns.entryCount; entry += 1) {
      if (entry % rowsPerPause === 0) yield;
      if (!isStoredFile(columns, entry)) continue;
      const other = others[entry]!;
      switch (kinds[entry]) {
        case fate.seen:
          break;
        case fate.rewritten:
          this.#add("rewritten", layer, other, entry, null);
          break;
        case fate.overwritten:
          this.#add("overwritten", layer, other, entry, null);
          break;
        case fate.deleted:
          this.#addDeleted(layer, other, entry);
          break;
        default:
          this.#add("repeated", layer, null, entry, null);
      }
    }
  }

  #addDeleted(layer: number, other: number, entry: number): void {
    const now = this.#seen.lastLike(contentAt(layer, entry));
    const movedTo = now !== null && layerOf(now) >= other ? this.#pathOf(now) : null;
    this.#add(movedTo === null ? "deleted" : "moved", layer, other, entry, movedTo);
  }

  #pathOf(content: Content): string {
    return this.#columns[layerOf(content)]!.path(entryOf(content));
  }

  #add(kind: string, layer: number, other: number | null, entry: number, same: string | null): void {
    if (this.#options.ignoredKinds?.has(kind)) return;
    const columns = this.#columns[layer]!;
    const path = columns.path(entry);
    if (this.#options.isAllowed?.(path)) return;
    const sizeBytes = storedBytesOf(columns, entry);
    this.#wasted[layer]! += sizeBytes;
    const key = `${kind} ${layer} ${other}`;
    const group = this.#groups.get(key) ?? { kind, layer, other, sizeBytes: 0, count: 0, paths: [] };
    this.#groups.set(key, group);
    group.sizeBytes += sizeBytes;
    group.count += 1;
    keepLargest(group.paths, { path, sizeBytes, same }, this.#options.top);
  }

  finish(): Waste {
    return {
      findings: [...this.#groups.values()].sort((one, other) => other.sizeBytes - one.sizeBytes),
      layers: this.#stored.map((storedBytes, at) => ({ storedBytes, wastedBytes: this.#wasted[at]! })),
    };
  }
}

/** Whether an entry has bytes of its own. */
function isStoredFile(columns: LayerColumns, entry: number): boolean {
  const { kinds, sizes } = columns.data;
  const isFile = (kinds[entry]! & kindBits.type) === typeCode.file && columns.whiteout(entry) === null;
  return isFile && sizes[entry]! > 0;
}

function keepLargest(paths: WastedPath[], path: WastedPath, top: number): void {
  const at = paths.findIndex(kept => kept.sizeBytes < path.sizeBytes);
  if (at >= 0) paths.splice(at, 0, path);
  else if (paths.length < top) paths.push(path);
  if (paths.length > top) paths.pop();
}
