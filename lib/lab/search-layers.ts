import { UnreadableIndex } from "../layer/index-pages.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import { createMatcher, type PathMatcher, searchPaths, searchSlice } from "../layer/search-paths.ts";
import type { StoredColumns } from "../layer/stored-columns.ts";
import type { EntryType } from "../model/entry.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import { rowsPerPause, Slices } from "../pausing.ts";
import type { SearchMatch, SearchQuery } from "./lab.ts";

/** Where a search finds what it looks through. */
export interface SearchSources {
  readonly signal: AbortSignal | undefined;
  /** The layer's index in its file, where that can be used and is not in memory; the search closes it. */
  stored(layer: TargetLayer): StoredColumns | null;
  index(layer: TargetLayer): Promise<LayerColumns>;
  /** The file system below the layer. */
  before(layer: TargetLayer): Promise<Snapshot>;
}

/** @throws LabError `usage` for a bad pattern, `cancelled`, and what the sources throw. */
export async function* searchLayers(
  target: Target,
  query: SearchQuery,
  sources: SearchSources,
): AsyncGenerator<SearchMatch, void, void> {
  const matcher = createMatcher(query.text, { mode: query.mode, ignoreCase: query.ignoreCase });
  const slices = new Slices(sources.signal);
  for (const layer of target.layers) {
    let before: Snapshot | null = null;
    for await (const { path, type, isWhiteout, sizeBytes } of hitsIn(layer, matcher, sources, slices)) {
      // Only what was found needs the file system below it.
      if (!isWhiteout) before ??= await sources.before(layer);
      const kind = isWhiteout ? "D" : before?.node(path) ? "M" : "A";
      yield { path, step: layer.step, layer, kind, type, sizeBytes };
    }
  }
}

interface Hit {
  readonly path: string;
  readonly type: EntryType;
  readonly isWhiteout: boolean;
  readonly sizeBytes: number;
}

async function* hitsIn(
  layer: TargetLayer,
  matcher: PathMatcher,
  sources: SearchSources,
  slices: Slices,
): AsyncGenerator<Hit, void, void> {
  let from = 0;
  const stored = sources.stored(layer);
  try {
    for (const slice of stored?.slices(0) ?? []) {
      for (const position of searchSlice(slice, matcher)) {
        const hit = { path: slice.path(position), ...stored!.summary(position) };
        from = position + 1;
        yield hit;
      }
      from = slice.from + slice.count;
      if (slices.isOver) await slices.next();
    }
    if (stored !== null) return;
  } catch (error) {
    // It is made again, and the search goes on in the new one.
    if (!(error instanceof UnreadableIndex)) throw error;
  } finally {
    stored?.close();
  }
  const index = await sources.index(layer);
  for (; from < index.entryCount; from += rowsPerPause) {
    for (const position of searchPaths(index, matcher, { from, to: from + rowsPerPause })) {
      const { path, whiteout, type, sizeBytes } = index.entry(position);
      yield { path, type, isWhiteout: whiteout !== null, sizeBytes };
    }
    if (slices.isOver) await slices.next();
  }
}
