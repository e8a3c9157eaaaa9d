/**
 * What became of each content that the layers of an image store. Pure: indexes in, one fate for each entry out.
 * A content is stored once for each entry that is a file; hard links store nothing.
 */

import { LabError } from "../../error.ts";
import { kindBits, type LayerColumns, typeCode } from "../../layer/layer-columns.ts";
import { type Pausing, rowsPerPause } from "../../pausing.ts";
import { emptySnapshot } from "../../snapshot/apply-layers.ts";
import { steppingThrough } from "../../snapshot/layer-changes.ts";
import { type LayeredSnapshot, layered } from "../../snapshot/layered-snapshot.ts";
import { type Content, contentAt, entryOf, layerOf } from "./stored-content.ts";

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

/**
 * @param layers Oldest first.
 * @param onEntries Told now and then how many more entries are done, of twice as many as the layers have.
 * @throws LabError `too-large`.
 */
export function* findingFates(
  layers: readonly LayerColumns[],
  onEntries: (count: number) => void,
): Pausing<LayerFates[]> {
  const tracker = new FateTracker(layers);
  let before = layered(emptySnapshot);
  for (const [position, layer] of layers.entries()) {
    const { after, changes } = yield* steppingThrough(before, layer);
    onEntries(layer.entryCount);
    for (let at = 0; at < changes.length; at += 1) {
      const index = changes.afterIndexAt(at);
      const isLink = index >= 0 && after.isHardLink(index);
      tracker.change(position, contentOf(before, changes.beforeIndexAt(at)), contentOf(after, index), isLink);
      if (at % rowsPerPause === 0) yield;
    }
    onEntries(layer.entryCount);
    before = after;
  }
  return yield* tracker.finishing(before);
}

const none = -1;
const maximumCopies = 8 * 2 ** 20;

class FateTracker {
  readonly #layers: readonly LayerColumns[];
  readonly #fates: LayerFates[];
  /** Of a content that was stored again: the one it repeats. */
  readonly #origins = new Map<Content, Content>();

  constructor(layers: readonly LayerColumns[]) {
    this.#layers = layers;
    this.#fates = layers.map(({ entryCount }) => ({
      kinds: new Uint8Array(entryCount),
      others: new Uint32Array(entryCount),
    }));
  }

  /** What a path showed before the layer at this position, and what it shows with it; perhaps as a link to another path. */
  change(position: number, old: Content, now: Content, isLink: boolean): void {
    if (old === now) return;
    const isNew = now !== none && layerOf(now) === position;
    if (old !== none && isNew && !isLink && this.#isSame(old, now)) {
      this.#set(now, fate.rewritten, layerOf(this.#originOf(old)));
      if (this.#origins.size >= maximumCopies)
        throw new LabError("too-large", `more than ${maximumCopies} files of the image are stored again`);
      this.#origins.set(now, this.#originOf(old));
      return;
    }
    if (isNew && this.#kindOf(now) === fate.repeated) this.#set(now, fate.seen, 0);
    if (old !== none) this.#set(this.#originOf(old), now === none ? fate.deleted : fate.overwritten, position);
  }

  /** What the final file system still shows, by whatever name, was not taken away. */
  *finishing(final: LayeredSnapshot): Pausing<LayerFates[]> {
    for (let index = 1; index < final.nodes.count; index += 1) {
      const content = contentOf(final, index);
      if (content !== none) this.#set(this.#originOf(content), fate.seen, 0);
      if (index % rowsPerPause === 0) yield;
    }
    return this.#fates;
  }

  #isSame(old: Content, now: Content): boolean {
    const digest = this.#layers[layerOf(now)]!.contentDigestBytes(entryOf(now));
    const before = this.#layers[layerOf(old)]!.contentDigestBytes(entryOf(old));
    return digest !== null && before !== null && digest.equals(before);
  }

  #originOf(content: Content): Content {
    return this.#origins.get(content) ?? content;
  }

  #kindOf(content: Content): number {
    return this.#fates[layerOf(content)]!.kinds[entryOf(content)]!;
  }

  #set(content: Content, kind: number, other: number): void {
    const { kinds, others } = this.#fates[layerOf(content)]!;
    kinds[entryOf(content)] = kind;
    others[entryOf(content)] = other;
  }
}

/** The content that a node shows; of a hard link that of the file it names. */
function contentOf(snapshot: LayeredSnapshot, index: number): Content {
  if (index < 0 || snapshot.nodes.implied[index]! > 0) return none;
  const { nodes, views } = snapshot;
  const layer = nodes.views[index]!;
  const entry = nodes.entries[index]!;
  const type = views[layer]!.columns.data.kinds[entry]! & kindBits.type;
  if (type === typeCode.file) return contentAt(layer, entry);
  const ref = type === typeCode.hardlink ? snapshot.contentRef(index) : null;
  if (ref === null || ref.view.columns.type(ref.entry) !== "file") return none;
  return contentAt(views.indexOf(ref.view), ref.entry);
}
