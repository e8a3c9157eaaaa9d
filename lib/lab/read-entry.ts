import { LabError } from "../error.ts";
import { columnsOf } from "../layer/columns-of.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import { readContent } from "../layer/read-content.ts";
import { createMatcher, searchPaths } from "../layer/search-paths.ts";
import type { Digest } from "../model/digest.ts";
import { showText } from "../model/path-text.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { Lab, ProgressOptions } from "./lab.ts";
import { namingFile } from "./naming-file.ts";

/** A file as one layer has it, whatever later layers did to it. */
export interface EntryChoice {
  /** As `layers` numbers them. */
  readonly layer: number;
  /** The position of the entry; null: the last one of this path. */
  readonly entry: number | null;
  /** Null when the entry is named. */
  readonly path: string | null;
}

/**
 * The content of one version of a file.
 * @throws LabError `not-found`, `usage` when it is no file, `blob-missing`, `damaged`, `digest-mismatch`, `cancelled`.
 */
export async function* readEntry(
  lab: Lab,
  cache: CacheFolder,
  target: Target,
  choice: EntryChoice,
  options: ProgressOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const layer = layerAt(target, choice.layer);
  const [index] = await lab.indexes([layer], options);
  const columns = columnsOf(index!);
  const entry = choice.entry === null ? lastEntryOf(columns, choice) : namedEntry(columns, choice);
  const { type, path, whiteout } = columns.entry(entry);
  if (type !== "file" || whiteout !== null) {
    throw new LabError("usage", `/${showText(path)} has no content in layer ${choice.layer}`, {
      hint: type === "hardlink" ? `it is a link to /${showText(columns.linkTarget(entry) ?? "")}` : undefined,
    });
  }
  const { blob } = layer;
  if (blob === null) {
    throw new LabError("blob-missing", `of layer ${choice.layer} only the listing is here`, {
      hint: "build again, or import a full export of the build",
    });
  }
  const seekFile = cache.seekFile(layer.digest ?? (layer.diffId as string as Digest));
  const content = readContent(blob, columns, entry, { signal: options.signal, seekFile });
  for (
    let next = await namingFile(blob, () => content.next());
    !next.done;
    next = await namingFile(blob, () => content.next())
  )
    yield next.value;
}

function layerAt(target: Target, number: number): TargetLayer {
  const layer = target.layers.find(({ index }) => index === number);
  if (layer !== undefined) return layer;
  throw new LabError("not-found", `${showText(target.name)} has no layer ${number}`, {
    hint: `kaniko-lab layers lists them: 0 to ${target.layers.length - 1}`,
  });
}

function namedEntry(columns: LayerColumns, { entry, path, layer }: EntryChoice): number {
  const isThere = entry !== null && entry < columns.entryCount;
  if (isThere && (path === null || columns.path(entry) === path)) return entry;
  const what = path === null ? "no such entry" : `/${showText(path)} is not that entry`;
  throw new LabError("not-found", `${what}: ${entry} in layer ${layer}`);
}

function lastEntryOf(columns: LayerColumns, { path, layer }: EntryChoice): number {
  let last = -1;
  if (path !== null && path !== "") {
    for (const position of searchPaths(columns, createMatcher(path, { mode: "substring" }))) {
      if (columns.path(position) === path && columns.whiteout(position) === null) last = position;
    }
  }
  if (last >= 0) return last;
  throw new LabError("not-found", `layer ${layer} has no /${showText(path ?? "")}`, {
    hint: "kaniko-lab search finds paths in all layers",
  });
}
