/**
 * What became of each content that the layers of an image store. Pure: indexes in, one fate for each entry out.
 * A content is stored once for each entry that is a file; hard links store nothing.
 */

import { LabError } from "../../error.ts";
import type { LayerColumns } from "../../layer/layer-columns.ts";
import type { Change, Snapshot, TreeNode } from "../../model/snapshot.ts";
import { applyLayer, emptySnapshot } from "../../snapshot/apply-layers.ts";
import { layerChanges } from "../../snapshot/layer-changes.ts";
import { layered } from "../../snapshot/layered-snapshot.ts";

export const fate = {
  /** No path ever had it: the layer has the path again, or a name that no engine unpacks. */
  repeated: 0,
  /** A path of the final file system has it. */
  seen: 1,
  /** The same content as the path had before, stored again: only its mode, owner or time is new, or nothing. */
  rewritten: 2,
  /** A later layer has other content at its path. */
  overwritten: 3,
  /** A later layer removed it, or put something else than a file there. */
  deleted: 4,
} as const;

export interface LayerFates {
  /** One of `fate` for each entry; of no meaning for entries that are no files. */
  readonly kinds: Uint8Array;
  /** The other layer, as its position: `rewritten` where the content came from, `overwritten` and `deleted` who did it. */
  readonly others: Uint32Array;
}

/** @param layers Oldest first. @throws LabError `too-large`. */
export function entryFates(layers: readonly LayerColumns[]): LayerFates[] {
  const tracker = new FateTracker(layers);
  let snapshot: Snapshot = emptySnapshot;
  for (const [position, layer] of layers.entries()) {
    const after = applyLayer(snapshot, layer);
    for (const change of layerChanges(snapshot, layer)) tracker.change(position, change, snapshot, after);
    snapshot = after;
  }
  return tracker.finish(snapshot);
}

/** Contents go by one number: layer × this + entry. */
const entriesOfLayer = 2 ** 32;
const none = -1;
const maximumCopies = 8 * 2 ** 20;

class FateTracker {
  readonly #fates: LayerFates[];
  /** Of a content that was stored again: the one it repeats. */
  readonly #origins = new Map<number, number>();

  constructor(layers: readonly LayerColumns[]) {
    this.#fates = layers.map(({ entryCount }) => ({
      kinds: new Uint8Array(entryCount),
      others: new Uint32Array(entryCount),
    }));
  }

  change(position: number, { before, after, kind }: Change, snapshotBefore: Snapshot, snapshotAfter: Snapshot): void {
    const old = before === null ? none : contentOf(snapshotBefore, before);
    const now = after === null ? none : contentOf(snapshotAfter, after);
    if (old === now) return;
    const isNew = now !== none && layerOf(now) === position;
    if (old !== none && isNew && after?.type === "file" && isSameContent(before, after)) {
      this.#set(now, fate.rewritten, layerOf(this.#originOf(old)));
      if (this.#origins.size >= maximumCopies)
        throw new LabError("too-large", `more than ${maximumCopies} files of the image are stored again`);
      this.#origins.set(now, this.#originOf(old));
      return;
    }
    if (isNew && this.#kindOf(now) === fate.repeated) this.#set(now, fate.seen, 0);
    if (old === none) return;
    const isGone = kind === "D" || now === none;
    this.#set(this.#originOf(old), isGone ? fate.deleted : fate.overwritten, position);
  }

  /** What the final file system still shows, by whatever name, was not taken away. */
  finish(final: Snapshot): LayerFates[] {
    for (const node of final.walk()) {
      const content = contentOf(final, node);
      if (content !== none) this.#set(this.#originOf(content), fate.seen, 0);
    }
    return this.#fates;
  }

  #originOf(content: number): number {
    return this.#origins.get(content) ?? content;
  }

  #kindOf(content: number): number {
    return this.#fates[layerOf(content)]!.kinds[content % entriesOfLayer]!;
  }

  #set(content: number, kind: number, other: number): void {
    const { kinds, others } = this.#fates[layerOf(content)]!;
    kinds[content % entriesOfLayer] = kind;
    others[content % entriesOfLayer] = other;
  }
}

function layerOf(content: number): number {
  return Math.floor(content / entriesOfLayer);
}

function isSameContent(before: TreeNode | null, after: TreeNode): boolean {
  const digest = after.contentDigest;
  return digest !== null && before !== null && digest === before.contentDigest;
}

/** The content that a node shows; of a hard link that of the file it names. */
function contentOf(snapshot: Snapshot, node: TreeNode): number {
  if (node.type === "file") return node.layer * entriesOfLayer + node.entry;
  if (node.type !== "hardlink") return none;
  const tree = layered(snapshot);
  const ref = tree.contentRef(tree.indexOf(node.path));
  if (ref === null || ref.view.columns.type(ref.entry) !== "file") return none;
  return tree.views.indexOf(ref.view) * entriesOfLayer + ref.entry;
}
