import { BestHits } from "../layer/best-hits.ts";
import { columnsOf } from "../layer/columns-of.ts";
import { FuzzyPattern } from "../layer/fuzzy-pattern.ts";
import { UnreadableIndex } from "../layer/index-pages.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import { type PathSlice, slicesOf } from "../layer/path-slices.ts";
import type { StoredColumns } from "../layer/stored-columns.ts";
import { pathFromBytes } from "../model/path-text.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import { Slices } from "../pausing.ts";
import type { SearchQuery } from "./lab.ts";
import type { Hit, SearchSources } from "./search-layers.ts";

const usualMost = 10_000;

/** The paths of all layers that fit best, best first. Nothing comes before all were looked at. */
export async function* searchFuzzily(
  target: Target,
  { text, ignoreCase, most = usualMost }: SearchQuery,
  sources: SearchSources,
): AsyncGenerator<{ readonly layer: TargetLayer; readonly hit: Hit }, void, void> {
  const pattern = new FuzzyPattern(text, ignoreCase);
  const best = new BestHits(most);
  const slices = new Slices(sources.signal);
  const opened: OpenLayer[] = [];
  try {
    for (const [at, layer] of target.layers.entries()) {
      const open = new OpenLayer(layer, sources);
      opened.push(open);
      for await (const slice of open.slices(slices))
        slice.scored(pattern, (score, position) => best.add(score, at, position));
    }
    for (const { layer: at, position } of best.inOrder()) {
      const open = opened[at] as OpenLayer;
      yield { layer: open.layer, hit: await open.hit(position) };
      if (slices.isOver) await slices.next();
    }
  } finally {
    for (const open of opened) open.close();
  }
}

/** A layer's index in its file, or in memory where it is there already or the file cannot be read. */
class OpenLayer {
  readonly layer: TargetLayer;
  readonly #sources: SearchSources;
  #stored: StoredColumns | null;
  #columns: LayerColumns | null = null;

  constructor(layer: TargetLayer, sources: SearchSources) {
    this.layer = layer;
    this.#sources = sources;
    this.#stored = sources.stored(layer);
  }

  close(): void {
    this.#stored?.close();
    this.#stored = null;
  }

  async *slices(pauses: Slices): AsyncGenerator<PathSlice, void, void> {
    let from = 0;
    try {
      for (const slice of this.#stored?.slices() ?? []) {
        yield slice;
        from = slice.from + slice.count;
        if (pauses.isOver) await pauses.next();
      }
      if (this.#stored) return;
    } catch (error) {
      this.#giveUpFile(error);
    }
    for (const slice of slicesOf(columnsOf(await this.#index()), from)) {
      yield slice;
      if (pauses.isOver) await pauses.next();
    }
  }

  async hit(position: number): Promise<Hit> {
    try {
      if (this.#stored) {
        const path = pathFromBytes(this.#stored.pathBytes(position));
        return { path, ...this.#stored.summaries(position, 1)(position) };
      }
    } catch (error) {
      this.#giveUpFile(error);
    }
    const { path, whiteout, type, sizeBytes } = (await this.#index()).entry(position);
    return { path, type, isWhiteout: whiteout !== null, sizeBytes };
  }

  #giveUpFile(error: unknown): void {
    if (!(error instanceof UnreadableIndex)) throw error;
    this.close();
  }

  async #index(): Promise<LayerColumns> {
    this.#columns ??= await this.#sources.index(this.layer);
    return this.#columns;
  }
}
