import { LabError } from "../error.ts";
import { readContent } from "../layer/read-content.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { showText } from "../model/path-text.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { type LayeredSnapshot, layered } from "./layered-snapshot.ts";
import { resolvePath } from "./resolve-path.ts";

/** For every question about a path that a tree does not have. */
export const missingPathHint =
  "kaniko-lab search finds paths in all layers; kaniko-lab history shows when one came and went";

/** Where the bytes of the layers of a snapshot are, in the same order. */
export interface LayerSource {
  /** Null when only a listing was kept. */
  readonly blob: BlobLocation | null;
  /** Where it is kept how to read from the middle of the layer. */
  readonly seekFile?: string | undefined;
}

export interface ReadNodeOptions {
  /**
   * Follow symbolic links, inside the tree only. Hard links are always followed.
   * @defaultValue false
   */
  readonly followLinks?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The content of a file of the snapshot.
 * @throws LabError `not-found` when there is no such path, `usage` when it is no file, `blob-missing`, `damaged`, `cancelled`.
 */
export async function* readNode(
  snapshot: Snapshot,
  sources: readonly LayerSource[],
  path: string,
  options: ReadNodeOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const tree = layered(snapshot);
  const real = options.followLinks ? resolvePath(snapshot, path) : path;
  const index = real === null ? -1 : tree.indexOf(real);
  if (index < 0) throw new LabError("not-found", `no such path: /${showText(path)}`, { hint: missingPathHint });
  const ref = tree.contentRef(index);
  const type = ref === null ? "dir" : ref.view.columns.type(ref.entry);
  if (ref === null || type !== "file") {
    throw new LabError("usage", `/${showText(path)} is no file: ${nouns[type]}`);
  }
  const layer = tree.views.indexOf(ref.view);
  const blob = blobOf(tree, sources, layer);
  const { seekFile } = sources[layer]!;
  yield* readContent(blob, ref.view.columns, ref.entry, { signal: options.signal, seekFile });
}

const nouns = {
  file: "a file",
  dir: "it is a folder",
  symlink: "it is a symbolic link",
  hardlink: "it is a hard link to something that is not there",
  char: "it is a device",
  block: "it is a device",
  fifo: "it is a named pipe",
} as const;

/** @throws LabError `blob-missing` when the content of this layer was not kept. */
export function blobOf(tree: LayeredSnapshot, sources: readonly LayerSource[], layer: number): BlobLocation {
  const blob = sources[layer]?.blob ?? null;
  if (blob !== null) return blob;
  throw new LabError("blob-missing", `of layer ${tree.views[layer]?.columns.digest} only the listing is here`, {
    hint: "build again, or import a full export of the build",
  });
}
