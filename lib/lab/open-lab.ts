/** The composition root of the library: wires store, sources, layer engine and snapshots into a `Lab`. */

import { LabError } from "../error.ts";
import { isDamage } from "../image/located-layer.ts";
import type { Platform } from "../image/platform.ts";
import { readIndexFile } from "../layer/index-file.ts";
import { type IndexOptions, indexLayer, layerFacts } from "../layer/index-layer.ts";
import type { LayerColumns } from "../layer/layer-columns.ts";
import type { Step } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";
import type { LayerFacts } from "../model/layer-index.ts";
import { showText } from "../model/path-text.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import { inSlices } from "../pausing.ts";
import { emptySnapshot } from "../snapshot/apply-layers.ts";
import type { ChangeList } from "../snapshot/change-list.ts";
import { diffingSnapshots } from "../snapshot/diff-snapshots.ts";
import { findingLayerChanges } from "../snapshot/layer-changes.ts";
import { tracingPath } from "../snapshot/path-history.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { type ChainLayer, layersOfStep, layersUpTo, stepBefore } from "./chain.ts";
import { ChainSnapshots } from "./chain-snapshots.ts";
import { digestOf, indexFileOf } from "./index-files.ts";
import { type Folder, folderIn, keepFolder, readKeptFolder } from "./kept-folders.ts";
import type {
  ExtractRequest,
  HistoryItem,
  Lab,
  ProgressOptions,
  ReadFileOptions,
  SearchMatch,
  SearchQuery,
  StepOf,
} from "./lab.ts";
import { namingFile, namingLayer } from "./naming-file.ts";
import { openTarget } from "./open-target.ts";
import { findDamage } from "./readable-part.ts";
import { RecentlyUsed } from "./recently-used.ts";
import { SharedWork } from "./shared-work.ts";
import { askStored, expectedOf, openStored } from "./stored-layers.ts";

export interface LabOptions {
  readonly cache: CacheFolder;
  /** Which image of several platforms. @defaultValue Linux on this machine's processor */
  readonly platform?: Platform | undefined;
}

export function openLab(options: LabOptions): Lab {
  return new OpenLab(options);
}

/** To put so many together takes no time that could be seen. */
const fewNodes = 10_000;

/** What only some questions need is loaded when one of them is asked: a listing starts sooner without. */
class OpenLab implements Lab {
  readonly #cache: CacheFolder;
  readonly #platform: Platform | undefined;
  readonly #indexes = new RecentlyUsed<Digest, LayerColumns>({ count: 1024, bytes: 512 * 2 ** 20, bytesOf });
  readonly #opening = new SharedWork<Digest, [string, number, number | null], LayerColumns>();
  readonly #snapshots = new ChainSnapshots();

  constructor({ cache, platform }: LabOptions) {
    this.#cache = cache;
    this.#platform = platform;
  }

  openTarget(word: string, options: ProgressOptions = {}): Promise<Target> {
    return openTarget(this.#cache, word, { ...options, platform: this.#platform });
  }

  indexes(layers: readonly TargetLayer[], options: ProgressOptions = {}): Promise<LayerColumns[]> {
    return Promise.all(layers.map(layer => this.#index(layer, options)));
  }

  facts(layers: readonly TargetLayer[], options: ProgressOptions = {}): Promise<LayerFacts[]> {
    return Promise.all(layers.map(layer => this.#facts(layer, options)));
  }

  async snapshotAt(target: Target, step: Step, options: ProgressOptions = {}): Promise<Snapshot> {
    return this.#snapshotAfter(target, layersUpTo(target.steps, step), options);
  }

  async snapshotOf(target: Target, step: Step, path: string, options: ProgressOptions = {}): Promise<Snapshot> {
    const chain = layersUpTo(target.steps, step);
    return (await this.#partOf(target, chain, path)) ?? this.#snapshotAfter(target, chain, options);
  }

  async folderOf(target: Target, step: Step, path: string, options: ProgressOptions = {}): Promise<Folder | null> {
    const chain = layersUpTo(target.steps, step);
    const layers = chain.map(item => layerOf(target, item));
    const part = await this.#partOf(target, chain, path);
    if (part !== null) return folderIn(part, path);
    // What only a recording says of a layer, nothing can check: it is not kept for those who have the layer.
    const digests = layers.every(({ blob }) => blob !== null) ? layers.map(digestOf) : null;
    const kept = digests && (await readKeptFolder(this.#cache, digests, path));
    if (kept) return kept;
    const snapshot = await this.#snapshotAfter(target, chain, options);
    const folder = folderIn(snapshot, path);
    if (folder && digests && snapshot.nodeCount > fewNodes) await keepFolder(this.#cache, digests, path, folder);
    return folder;
  }

  /** Null when it is no less work to put everything together, or when that was done already. */
  async #partOf(target: Target, chain: readonly ChainLayer[], path: string): Promise<Snapshot | null> {
    if (path === "" || this.#snapshots.kept(chain.map(({ layer }) => layer.digest))) return null;
    const { partOfLayers } = await import("../snapshot/part-of-layers.ts");
    const layers = chain.map(item => layerOf(target, item));
    return askStored(this.#cache, layers, stored => partOfLayers(stored, path));
  }

  #snapshotAfter(target: Target, chain: readonly ChainLayer[], options: ProgressOptions): Promise<Snapshot> {
    const digests = chain.map(({ layer }) => layer.digest);
    const open = (items: readonly ChainLayer[]) =>
      this.indexes(
        items.map(item => layerOf(target, item)),
        options,
      );
    return this.#snapshots.after(digests, from => open(chain.slice(from)), options.signal);
  }

  async changesOf(target: Target, step: Step, options: ProgressOptions = {}): Promise<ChangeList> {
    const before = stepBefore(target.steps, step);
    const base = before ? await this.snapshotAt(target, before, options) : emptySnapshot;
    if (step.layer && step.baseLayers.length === 0) {
      const [index] = await this.indexes([layerOf(target, { step: step.number, layer: step.layer })], options);
      return inSlices(findingLayerChanges(base, index as LayerColumns), options.signal);
    }
    return inSlices(diffingSnapshots(base, await this.snapshotAt(target, step, options)), options.signal);
  }

  async diff(from: StepOf, to: StepOf, options: ProgressOptions = {}): Promise<ChangeList> {
    const before = await this.snapshotAt(from.target, from.step, options);
    const after = await this.snapshotAt(to.target, to.step, options);
    return inSlices(diffingSnapshots(before, after), options.signal);
  }

  async *readFile(target: Target, step: Step, path: string, options: ReadFileOptions = {}): AsyncIterable<Uint8Array> {
    const { real, snapshot, chain } = await this.#followed(target, layersUpTo(target.steps, step), path, options);
    const { readNode } = await import("../snapshot/read-node.ts");
    yield* readNode(snapshot, this.#sources(target, chain), real, { followLinks: true, signal: options.signal });
  }

  /** A file system that has all of a path and of the links on its way. */
  async #followed(target: Target, chain: readonly ChainLayer[], path: string, options: ReadFileOptions) {
    const { followOneLink, maximumLinks } = await import("../snapshot/resolve-path.ts");
    let real = path;
    for (let links = 0; links <= maximumLinks; links += 1) {
      const part = await this.#partOf(target, chain, real);
      const next = part === null ? null : followOneLink(part, real);
      if (part === null || next === null) break;
      if (next === real) return { real, snapshot: part, chain };
      real = next;
    }
    return { real: path, ...(await this.#treeWith(target, chain, path, options)) };
  }

  /**
   * The file system after a chain of layers. Where one of them is damaged: that of those above it, when they alone have the
   * path and the folders that lead to it, so that nothing below can matter.
   */
  async #treeWith(target: Target, chain: readonly ChainLayer[], path: string, options: ReadFileOptions) {
    try {
      return { snapshot: await this.#snapshotAfter(target, chain, options), chain };
    } catch (error) {
      if (!isDamage(error)) throw error;
      const above = await this.#layersAboveDamage(target, chain, options);
      const snapshot = await this.#snapshotAfter(target, above, options);
      if (!hasOwnPath(snapshot, path)) throw error;
      options.onDamage?.(error);
      return { snapshot, chain: above };
    }
  }

  async #layersAboveDamage(
    target: Target,
    chain: readonly ChainLayer[],
    options: ProgressOptions,
  ): Promise<readonly ChainLayer[]> {
    const layers = chain.map(item => layerOf(target, item));
    const damaged = new Set((await findDamage(this, { ...target, layers }, options)).map(({ layer }) => layer));
    return chain.slice(layers.findLastIndex(layer => damaged.has(layer)) + 1);
  }

  async *search(target: Target, query: SearchQuery, options: ProgressOptions = {}): AsyncIterable<SearchMatch> {
    const { searchLayers } = await import("./search-layers.ts");
    yield* searchLayers(target, query, {
      signal: options.signal,
      stored: layer => (this.#indexes.get(digestOf(layer)) ? null : openStored(this.#cache, layer)),
      index: layer => this.#index(layer, options),
      before: layer => this.#snapshotBefore(target, layer, options),
    });
  }

  async history(target: Target, path: string, options: ProgressOptions = {}): Promise<readonly HistoryItem[]> {
    const items: HistoryItem[] = [];
    for (const stage of new Set(target.steps.map(step => step.stage.index))) {
      const last = target.steps.findLast(step => step.stage.index === stage) as Step;
      const chain = layersUpTo(target.steps, last).filter(item => stageOf(target, item.step) === stage);
      const below = layersUpTo(target.steps, last).slice(0, -chain.length || undefined);
      const all = [...(chain.length === 0 ? [] : below), ...chain];
      const indexes = await this.indexes(
        all.map(item => layerOf(target, item)),
        options,
      );
      for (const { layer, change } of await inSlices(tracingPath(indexes, path), options.signal)) {
        const item = all[layer] as ChainLayer;
        if (stageOf(target, item.step) !== stage) continue;
        items.push({ step: item.step, layer: layerOf(target, item), change });
      }
    }
    return items;
  }

  async extract(target: Target, step: Step, request: ExtractRequest, options: ProgressOptions = {}): Promise<number> {
    const snapshot = await this.snapshotAt(target, step, options);
    const { extractNodes } = await import("../snapshot/extract-nodes.ts");
    const { files, skipped } = await extractNodes(snapshot, this.#sources(target, layersUpTo(target.steps, step)), {
      paths: request.paths,
      to: request.folder,
      preserveOwner: request.preserveOwner,
      signal: options.signal,
      onProgress: done => options.onProgress?.("extracting", done, null),
    });
    if (skipped.length > 0) request.onSkipped?.(skipped);
    return files;
  }

  #sources(target: Target, chain: readonly ChainLayer[]) {
    return chain.map(item => {
      const layer = layerOf(target, item);
      return { blob: layer.blob, seekFile: this.#cache.seekFile(digestOf(layer)) };
    });
  }

  /** The file system that a layer was made upon. */
  async #snapshotBefore(target: Target, layer: TargetLayer, options: ProgressOptions): Promise<Snapshot> {
    const step = target.steps.find(candidate => candidate.number === layer.step);
    if (!step) return emptySnapshot;
    if (step.baseLayers.length > 0) {
      const at = step.baseLayers.findIndex(base => base.digest === digestOf(layer));
      const below = at < 0 ? step.baseLayers.length : at;
      return this.#snapshotAfter(target, layersOfStep(step).slice(0, below), options);
    }
    const before = stepBefore(target.steps, step);
    return before ? this.snapshotAt(target, before, options) : emptySnapshot;
  }

  async #index(layer: TargetLayer, options: ProgressOptions): Promise<LayerColumns> {
    const digest = digestOf(layer);
    const known = this.#indexes.get(digest);
    if (known) return known;
    // One layer, one pass over it, however many ask; a display that no longer asks takes nothing from the others.
    return this.#opening.wait(digest, options, async (signal, onProgress) => {
      const index = await namingLayer(layer, () => this.#openIndex(layer, { signal, onProgress }));
      this.#indexes.set(digest, index);
      return index;
    });
  }

  async #openIndex(layer: TargetLayer, options: ProgressOptions): Promise<LayerColumns> {
    if (layer.damage) throw layer.damage;
    if (layer.blob === null) return readListing(this.#cache.listingFile(digestOf(layer)), layer);
    const { blob } = layer;
    return namingFile(blob, () => indexLayer(blob, this.#indexing(layer, options)));
  }

  async #facts(layer: TargetLayer, options: ProgressOptions): Promise<LayerFacts> {
    const { blob } = layer;
    const known = this.#indexes.get(digestOf(layer));
    if (known || blob === null) return known ?? this.#index(layer, options);
    return namingLayer(layer, () => namingFile(blob, () => layerFacts(blob, this.#indexing(layer, options))));
  }

  #indexing(layer: TargetLayer, options: ProgressOptions): IndexOptions {
    return {
      indexFile: indexFileOf(this.#cache, layer),
      ...expectedOf(layer),
      signal: options.signal,
      onProgress: (doneBytes, totalBytes) => options.onProgress?.("reading layers", doneBytes, totalBytes),
    };
  }
}

/** Whether layers have a file and every folder on the way to it by entries of their own, with no symbolic link among them. */
function hasOwnPath(snapshot: Snapshot, path: string): boolean {
  const node = snapshot.node(path);
  if (node === null || (node.type !== "file" && !(node.type === "hardlink" && node.contentDigest !== null)))
    return false;
  const folders = path.split("/").slice(0, -1);
  return folders.every((_, at) => (snapshot.node(folders.slice(0, at + 1).join("/"))?.entry ?? -1) >= 0);
}

/** Its columns, which are nearly all of it. */
function bytesOf(index: LayerColumns): number {
  let bytes = 0;
  for (const column of Object.values(index.data)) if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}

async function readListing(indexFile: string, layer: TargetLayer): Promise<LayerColumns> {
  try {
    return await readIndexFile(indexFile);
  } catch (error) {
    throw new LabError("blob-missing", `the layer ${layer.digest} is not in the cache folder`, {
      hint: "build again, or import a full export of the build",
      cause: error,
    });
  }
}

function layerOf(target: Target, item: ChainLayer): TargetLayer {
  const layer = target.layers.find(candidate => digestOf(candidate) === item.layer.digest);
  if (!layer)
    throw new LabError("damaged", `${showText(target.name)} names a layer that it does not list: ${item.layer.digest}`);
  return layer;
}

function stageOf(target: Target, step: number): number | null {
  return target.steps.find(candidate => candidate.number === step)?.stage.index ?? null;
}
