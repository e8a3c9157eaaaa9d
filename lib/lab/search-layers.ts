import { UnreadableIndex } from "../layer/index-pages.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import { createMatcher, type PathMatcher, searchPaths, searchSlice } from "../layer/search-paths.ts";
import type { EntrySummary, StoredColumns } from "../layer/stored-columns.ts";
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
  const { mode } = query;
  if (mode === "fuzzy") {
    const { searchFuzzily } = await import("./search-fuzzily.ts");
    const befores = new Map<TargetLayer, Snapshot>();
    for await (const { layer, hit } of searchFuzzily(target, query, sources)) {
      if (!hit.isWhiteout && !befores.has(layer)) befores.set(layer, await sources.before(layer));
      yield matchOf(layer, hit, befores.get(layer) ?? null);
    }
    return;
  }
  const matcher = createMatcher(query.text, { mode, ignoreCase: query.ignoreCase });
  const slices = new Slices(sources.signal);
  for (const layer of target.layers) {
    let before: Snapshot | null = null;
    for await (const hits of hitsIn(layer, matcher, sources, slices)) {
      for (const hit of hits) {
        // Only what was found needs the file system below it.
        if (!hit.isWhiteout) before ??= await sources.before(layer);
        yield matchOf(layer, hit, before);
      }
    }
  }
}

function matchOf(layer: TargetLayer, hit: Hit, before: Snapshot | null): SearchMatch {
  const { path, type, isWhiteout, sizeBytes } = hit;
  const wasThere = before !== null && before.nodeCount > 0 && before.node(path) !== null;
  return { path, step: layer.step, layer, kind: isWhiteout ? "D" : wasThere ? "M" : "A", type, sizeBytes };
}

export interface Hit extends EntrySummary {
  readonly path: string;
}

/** Hits of some thousand paths at a time. */
async function* hitsIn(
  layer: TargetLayer,
  matcher: PathMatcher,
  sources: SearchSources,
  slices: Slices,
): AsyncGenerator<readonly Hit[], void, void> {
  let from = 0;
  const stored = sources.stored(layer);
  if (stored !== null) {
    try {
      for (const slice of stored.slices()) {
        const positions = [...searchSlice(slice, matcher)];
        if (positions.length > 0) {
          const summaryOf = stored.summaries(slice.from, slice.count);
          yield positions.map(position => ({ path: slice.path(position), ...summaryOf(position) }));
        }
        from = slice.from + slice.count;
        if (slices.isOver) await slices.next();
      }
      return;
    } catch (error) {
      // It is made again, and the search goes on in the new one.
      if (!(error instanceof UnreadableIndex)) throw error;
    } finally {
      stored.close();
    }
  }
  const index = await sources.index(layer);
  for (; from < index.entryCount; from += rowsPerPause) {
    yield Array.from(searchPaths(index, matcher, { from, to: from + rowsPerPause }), position => {
      const { path, whiteout, type, sizeBytes } = index.entry(position);
      return { path, type, isWhiteout: whiteout !== null, sizeBytes };
    });
    if (slices.isOver) await slices.next();
  }
}
