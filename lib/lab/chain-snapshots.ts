import { createHash } from "node:crypto";
import type { Digest } from "../model/digest.ts";
import type { LayerIndex } from "../model/layer-index.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { inSlices } from "../pausing.ts";
import { applyingLayer, emptySnapshot } from "../snapshot/apply-layers.ts";
import { RecentlyUsed } from "./recently-used.ts";

/** Of a node in a snapshot's own columns; names and sizes are in the layers' indexes. */
const bytesOfNode = 10;

/** File systems made by chains of layers, kept for going back and forth between steps; chains share the start they have in common. */
export class ChainSnapshots {
  readonly #kept = new RecentlyUsed<string, Snapshot>({
    count: 64,
    bytes: 256 * 2 ** 20,
    bytesOf: snapshot => snapshot.nodeCount * bytesOfNode,
  });

  /** Undefined when it is not kept. */
  kept(digests: readonly Digest[]): Snapshot | undefined {
    return this.#kept.isEmpty ? undefined : this.#kept.get(chainNames(digests).at(-1) ?? "");
  }

  /**
   * The file system after these layers, oldest first.
   * @param openFrom gives the indexes of the layers from this position on; not called when none is needed.
   */
  async after(
    digests: readonly Digest[],
    openFrom: (position: number) => Promise<readonly LayerIndex[]>,
    signal?: AbortSignal,
  ): Promise<Snapshot> {
    const names = chainNames(digests);
    // From the end: a chain that is longer than what is kept would push out its own start before it is used.
    const longest = names.findLastIndex(name => this.#kept.get(name) !== undefined);
    let snapshot = longest < 0 ? emptySnapshot : (this.#kept.get(names[longest] as string) as Snapshot);
    const from = longest + 1;
    if (from === names.length) return snapshot;
    for (const [at, index] of (await openFrom(from)).entries()) {
      const name = names[from + at] as string;
      snapshot = this.#kept.get(name) ?? (await inSlices(applyingLayer(snapshot, index), signal));
      this.#kept.set(name, snapshot);
    }
    return snapshot;
  }
}

/** A name for each start of the chain, as short for the longest as for the first. */
function chainNames(digests: readonly Digest[]): string[] {
  let name = "";
  return digests.map(digest => {
    name = createHash("sha256").update(`${name} ${digest}`).digest("base64");
    return name;
  });
}
