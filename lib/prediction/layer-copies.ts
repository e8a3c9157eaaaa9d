/**
 * The hashes of what a `COPY --from` takes, computed from layers that are here: of a stage that the layer cache will give,
 * by an earlier build with the very same layers, or of an image whose layers the cache folder has.
 */

import { existsSync } from "node:fs";
import { Unknown } from "../cache-key/context-reader.ts";
import type { KeyAlgorithm } from "../cache-key/key-algorithm.ts";
import type { KeyPart } from "../cache-key/key-part.ts";
import type { CopiedRequest } from "../cache-key/prediction.ts";
import { sourcePart } from "../cache-key/source-hash.ts";
import { sourcePaths } from "../cache-key/source-paths.ts";
import { DockerIgnore } from "../dockerfile/dockerignore.ts";
import { LabError } from "../error.ts";
import { parsePlatform } from "../image/platform.ts";
import { openRegistryImage } from "../image/registry-image.ts";
import { layersUpTo, unknownLayersUpTo } from "../lab/chain.ts";
import { openLab } from "../lab/open-lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord } from "../model/build.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { TargetLayer } from "../model/target.ts";
import type { RegistryClient } from "../registry/client.ts";
import { applyLayers } from "../snapshot/apply-layers.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { hasStage } from "./earlier-copies.ts";
import { LayerContext } from "./layer-context.ts";

export interface LayerCopiesOptions {
  readonly cache: CacheFolder;
  readonly algorithm: KeyAlgorithm;
  readonly ignore: DockerIgnore;
  readonly client: RegistryClient;
  readonly platform: string | null;
  /** Indexes that are not there yet are made; else what needs them is not known. */
  readonly makesIndexes: boolean;
  readonly signal: AbortSignal;
}

export class LayerCopies {
  readonly #options: LayerCopiesOptions;

  constructor(options: LayerCopiesOptions) {
    this.#options = options;
  }

  /** @param builds newest first */
  async fromStage(request: CopiedRequest, builds: readonly BuildRecord[]): Promise<readonly KeyPart[] | Unknown> {
    const { algorithm, cache } = this.#options;
    const build = builds.find(other => other.executor.family === algorithm.family && hasStage(other, request));
    if (build === undefined) return new Unknown("no earlier build has the same stage with the same layers");
    const target = targetOfBuild(cache, build);
    const last = target.steps.findLast(({ stage }) => stage.index === request.sourceStage);
    if (last === undefined || unknownLayersUpTo(target.steps, last).length > 0)
      return new Unknown("of the stage that it copies from not all layers are here");
    const chain = layersUpTo(target.steps, last).map(({ layer }) => layer.digest);
    const layers = chain.flatMap(digest => target.layers.find(layer => layer.digest === digest) ?? []);
    return this.#parts(layers, String(request.sourceStage), request.words, true);
  }

  async fromImage(image: string, words: readonly string[]): Promise<readonly KeyPart[] | Unknown> {
    const { client, cache, platform, signal } = this.#options;
    return this.#known(async () => {
      const { layers } = await openRegistryImage(image, {
        client,
        blobFile: digest => cache.findLayer(digest) ?? cache.layerFile(digest, "gzip"),
        layers: "none",
        signal,
        ...(platform === null ? {} : { platform: parsePlatform(platform) }),
      });
      const here = layers.flatMap((layer, index): TargetLayer[] =>
        layer.blob === null ? [] : [{ ...layer, index, step: null }],
      );
      if (here.length < layers.length) return new Unknown(`not all layers of ${image} are in the cache folder`);
      return this.#parts(here, image, words, false);
    });
  }

  #parts(
    layers: readonly TargetLayer[],
    from: string,
    words: readonly string[],
    isCopied: boolean,
  ): Promise<readonly KeyPart[] | Unknown> {
    const { algorithm, cache, makesIndexes, signal } = this.#options;
    return this.#known(async () => {
      const isIndexed = (layer: TargetLayer) => layer.digest !== null && existsSync(cache.indexFile(layer.digest));
      if (!makesIndexes && !layers.every(isIndexed)) return new Unknown(`the layers of ${from} are not indexed yet`);
      const snapshot = applyLayers(await openLab({ cache }).indexes(layers, { signal }));
      const reader = new LayerContext({ snapshot, sources: layers, isCopied, signal });
      if (words.some(word => leadsThroughLinks(snapshot, word)))
        return new Unknown("which files a pattern finds through links is not known");
      const paths = await sourcePaths(words, reader);
      if (paths instanceof Unknown) return paths;
      const root = `${algorithm.copiedFolder}/${from}`;
      const ignore = algorithm.scopesIgnoreFile ? new DockerIgnore([]) : this.#options.ignore;
      const parts: KeyPart[] = [];
      for (const path of paths) {
        // A whole file system has what only the executor's own root has.
        if (path === "") return new Unknown("what the whole file system has is not known");
        const part = await sourcePart(path, { reader, ignore, folderHash: algorithm.folderHash, root });
        if (part instanceof Unknown) return part;
        if (part !== null) parts.push({ kind: "stage", name: `${from}:${path}`, value: part.value });
      }
      return parts;
    });
  }

  async #known(work: () => Promise<readonly KeyPart[] | Unknown>): Promise<readonly KeyPart[] | Unknown> {
    try {
      return await work();
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (!(error instanceof LabError)) throw error;
      return new Unknown(error.message);
    }
  }
}

/** Kaniko finds the files of a pattern in the stage itself, where links are followed. */
function leadsThroughLinks(snapshot: Snapshot, word: string): boolean {
  const wildcard = word.search(/[*?[]/);
  if (wildcard < 0) return false;
  const folder = word.slice(0, word.lastIndexOf("/", wildcard) + 1).replace(/^\/+|\/+$/g, "");
  return resolvePath(snapshot, folder) !== folder;
}
