/**
 * Bytes that the layers of an image store without need. Pure.
 *
 * Every stored content counts at most once, as the first of these that fits: it cannot be seen (overwritten, deleted,
 * moved, rewritten, repeated), it lies where tools leave things behind (`leftovers.ts`), or an older file that can be seen
 * has the same content (duplicate).
 */

import type { LayerColumns } from "../../layer/layer-columns.ts";
import { kindBits, typeCode } from "../../layer/layer-columns.ts";
import { throwIfCancelled } from "../../layer/read-blob.ts";
import type { StackLayer } from "../layer-stack.ts";
import { entryFates, fate, type LayerFates } from "./entry-fates.ts";
import { leftoverFinder, leftoverRules } from "./leftovers.ts";

export interface WasteOptions {
  /** Paths that are known and accepted: they count as needed. */
  readonly isAllowed?: ((path: string) => boolean) | undefined;
  /** Kinds that do not count. */
  readonly ignoredKinds?: ReadonlySet<string> | undefined;
  /** So many of the largest paths are kept for each finding. */
  readonly top: number;
  readonly signal?: AbortSignal | undefined;
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

/** @param layers Oldest first. @throws LabError `too-large`, `cancelled`. */
export function findWaste(layers: readonly Pick<StackLayer, "columns">[], options: WasteOptions): Waste {
  const columns = layers.map(layer => layer.columns);
  const collector = new WasteCollector(columns, entryFates(columns), options);
  for (const position of columns.keys()) {
    throwIfCancelled(options.signal);
    collector.collectSeen(position);
  }
  for (const position of columns.keys()) {
    throwIfCancelled(options.signal);
    collector.collectHidden(position);
  }
  return collector.finish();
}

/** Of more different contents than this in one image no further copies are looked for: a bound on memory. */
const maximumContents = 4 * 2 ** 20;

interface StoredFile {
  readonly layer: number;
  readonly entry: number;
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
  /** For each content the first and the last file that can be seen. */
  readonly #seen = new Map<string, { readonly first: StoredFile; last: StoredFile }>();

  constructor(columns: readonly LayerColumns[], fates: readonly LayerFates[], options: WasteOptions) {
    this.#columns = columns;
    this.#fates = fates;
    this.#options = options;
    this.#wasted = columns.map(() => 0);
  }

  /** Leftovers and duplicates among what can be seen. */
  collectSeen(layer: number): void {
    const columns = this.#columns[layer]!;
    const { kinds } = this.#fates[layer]!;
    const leftoverOf = leftoverFinder();
    let stored = 0;
    for (const entry of storedFiles(columns)) {
      stored += storedBytesOf(columns, entry);
      if (kinds[entry] !== fate.seen) continue;
      const path = columns.path(entry);
      const leftover = leftoverOf(path);
      if (leftover !== null) {
        this.#add(leftover.kind, layer, null, entry, null);
        continue;
      }
      const digest = columns.contentDigestBytes(entry)?.toString("latin1");
      if (digest === undefined) continue;
      const file = { layer, entry };
      const same = this.#seen.get(digest);
      if (same === undefined) {
        if (this.#seen.size >= maximumContents) continue;
        this.#seen.set(digest, { first: file, last: file });
        continue;
      }
      same.last = file;
      this.#add("duplicate", layer, null, entry, this.#pathOf(same.first));
    }
    this.#stored[layer] = stored;
  }

  /** After `collectSeen` of all layers: it takes a content that can be seen elsewhere to tell a moved file from a deleted one. */
  collectHidden(layer: number): void {
    const columns = this.#columns[layer]!;
    const { kinds, others } = this.#fates[layer]!;
    for (const entry of storedFiles(columns)) {
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
    const digest = this.#columns[layer]!.contentDigestBytes(entry)?.toString("latin1");
    const now = digest === undefined ? undefined : this.#seen.get(digest)?.last;
    const movedTo = now !== undefined && now.layer >= other ? this.#pathOf(now) : null;
    this.#add(movedTo === null ? "deleted" : "moved", layer, other, entry, movedTo);
  }

  #pathOf({ layer, entry }: StoredFile): string {
    return this.#columns[layer]!.path(entry);
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

/** Entries with bytes of their own. */
function* storedFiles(columns: LayerColumns): Generator<number, void, void> {
  const { kinds, sizes } = columns.data;
  for (let entry = 0; entry < kinds.length; entry += 1) {
    const isFile = (kinds[entry]! & kindBits.type) === typeCode.file && columns.whiteout(entry) === null;
    if (isFile && sizes[entry]! > 0) yield entry;
  }
}

/** Holes of sparse files take no room. */
function storedBytesOf(columns: LayerColumns, entry: number): number {
  const pieces = columns.sparsePieces(entry);
  if (pieces === null) return columns.data.sizes[entry]!;
  let bytes = 0;
  for (let i = 1; i < pieces.length; i += 2) bytes += pieces[i]!;
  return bytes;
}

function keepLargest(paths: WastedPath[], path: WastedPath, top: number): void {
  const at = paths.findIndex(kept => kept.sizeBytes < path.sizeBytes);
  if (at >= 0) paths.splice(at, 0, path);
  else if (paths.length < top) paths.push(path);
  if (paths.length > top) paths.pop();
}
