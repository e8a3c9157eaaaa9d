import { createHash, type Hash } from "node:crypto";
import { throwIfCancelled } from "../layer/read-blob.ts";
import { contentMismatch, readContents } from "../layer/read-content.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { checkFreeSpace } from "../store/free-space.ts";
import { type ExtractPlan, planExtraction } from "./extract-plan.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { type OutputFile, OutputFolder } from "./output-folder.ts";
import { blobOf, type LayerSource } from "./read-node.ts";

export interface ExtractOptions {
  /** Files, or folders with everything below; an empty list is everything. Parents of a path are made as needed. */
  readonly paths: readonly string[];
  /** The folder that takes them, under their whole paths; made when it is not there. */
  readonly to: string;
  /** Give owners as in the layers, and keep setuid and setgid bits: needs root. Otherwise the bits are dropped. */
  readonly preserveOwner: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of file contents. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface ExtractResult {
  /** Files, hard and symbolic links that were written. */
  readonly files: number;
  readonly folders: number;
  /** Sum of the sizes of the files. */
  readonly sizeBytes: number;
  /** Devices, named pipes, and hard links to nothing: they are never written. */
  readonly skipped: readonly string[];
}

/**
 * Writes nodes of a snapshot below a folder, and never outside of it: links are written last, as text, and none is
 * followed. Contents are checked against the digests of the index. Extended attributes are not written. What a failure
 * or a cancelled run leaves is whole files.
 * @throws LabError `not-found`, `blob-missing`, `damaged`, `digest-mismatch`, `unsafe` when something in the folder is in the
 * way, `disk-full`, `usage` when the folder cannot be written, `cancelled`.
 */
export async function extractNodes(
  snapshot: Snapshot,
  sources: readonly LayerSource[],
  options: ExtractOptions,
): Promise<ExtractResult> {
  const tree = layered(snapshot);
  const plan = planExtraction(tree, options.paths);
  for (const layer of plan.contents.keys()) blobOf(tree, sources, layer);
  const folder = new OutputFolder(options.to, options.preserveOwner);
  checkFreeSpace(options.to, storedBytes(tree, plan), "files", "free some space, or extract to another disk");
  const made = plan.folders.filter(index => folder.makeFolder(pathAt(tree, index)));
  for (const index of plan.emptyFiles) {
    const node = tree.nodeAt(index);
    folder.createFile(node.path).finish(node.sizeBytes, node);
  }
  await writeContents(tree, sources, plan, folder, options);
  throwIfCancelled(options.signal);
  for (const { index, first } of plan.hardLinks) folder.createHardLink(pathAt(tree, index), pathAt(tree, first));
  for (const index of plan.symlinks) {
    const { view, entry } = tree.contentRef(index)!;
    folder.createSymlink(pathAt(tree, index), view.columns.linkTarget(entry) ?? "", tree.nodeAt(index));
  }
  for (const index of made.reverse()) folder.finishFolder(pathAt(tree, index), tree.nodeAt(index));
  return {
    files: plan.fileCount,
    folders: plan.folders.length,
    sizeBytes: plan.sizeBytes,
    skipped: plan.skipped.map(index => pathAt(tree, index)),
  };
}

/** What the files take on the disk: holes of sparse files take nothing. */
function storedBytes(tree: LayeredSnapshot, { contents }: ExtractPlan): number {
  let sum = 0;
  for (const [layer, nodeOfEntry] of contents) {
    const { columns } = tree.views[layer]!;
    for (const entry of nodeOfEntry.keys()) {
      const pieces = columns.sparsePieces(entry);
      if (pieces === null) sum += columns.data.sizes[entry]!;
      else for (let i = 1; i < pieces.length; i += 2) sum += pieces[i]!;
    }
  }
  return sum;
}

function pathAt(tree: LayeredSnapshot, index: number): string {
  return tree.nodeAt(index).path;
}

async function writeContents(
  tree: LayeredSnapshot,
  sources: readonly LayerSource[],
  plan: ExtractPlan,
  folder: OutputFolder,
  options: ExtractOptions,
): Promise<void> {
  let doneBytes = 0;
  for (const [layer, nodeOfEntry] of plan.contents) {
    const { columns } = tree.views[layer]!;
    const writer = new ContentWriter(tree, nodeOfEntry, folder);
    try {
      const positions = [...nodeOfEntry.keys()];
      const reading = { signal: options.signal, seekFile: sources[layer]?.seekFile };
      for await (const part of readContents(blobOf(tree, sources, layer), columns, positions, reading)) {
        writer.write(part.position, part.bytes, part.offset);
        doneBytes += part.bytes.length;
        options.onProgress?.(doneBytes, plan.sizeBytes);
      }
      writer.finish();
    } finally {
      writer.discard();
    }
  }
}

const zeros = new Uint8Array(64 * 1024);

/** Writes one file after the other. */
class ContentWriter {
  readonly #tree: LayeredSnapshot;
  readonly #nodeOfEntry: ReadonlyMap<number, number>;
  readonly #folder: OutputFolder;
  #entry = -1;
  #file: OutputFile | null = null;
  #hash: Hash | null = null;
  #hashedBytes = 0;

  constructor(tree: LayeredSnapshot, nodeOfEntry: ReadonlyMap<number, number>, folder: OutputFolder) {
    this.#tree = tree;
    this.#nodeOfEntry = nodeOfEntry;
    this.#folder = folder;
  }

  write(entry: number, bytes: Uint8Array, offset: number): void {
    if (entry !== this.#entry) {
      this.finish();
      this.#start(entry);
    }
    this.#file?.write(bytes, offset);
    this.#hashHole(offset - this.#hashedBytes);
    this.#hash?.update(bytes);
    this.#hashedBytes += bytes.length;
  }

  #start(entry: number): void {
    const index = this.#nodeOfEntry.get(entry)!;
    this.#entry = entry;
    this.#file = this.#folder.createFile(pathAt(this.#tree, index));
    this.#hashedBytes = 0;
    this.#hash = this.#tree.nodeAt(index).contentDigest === null ? null : createHash("sha256");
  }

  finish(): void {
    if (this.#file === null) return;
    const node = this.#tree.nodeAt(this.#nodeOfEntry.get(this.#entry)!);
    this.#hashHole(node.sizeBytes - this.#hashedBytes);
    if (this.#hash !== null && `sha256:${this.#hash.digest("hex")}` !== node.contentDigest) {
      throw contentMismatch(node.path);
    }
    this.#file.finish(node.sizeBytes, node);
    this.#file = null;
  }

  discard(): void {
    this.#file?.discard();
    this.#file = null;
  }

  #hashHole(count: number): void {
    if (this.#hash === null) return;
    for (let left = count; left > 0; left -= zeros.length) {
      this.#hash.update(left >= zeros.length ? zeros : zeros.subarray(0, left));
    }
    this.#hashedBytes += count;
  }
}
