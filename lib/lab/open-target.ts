/** From a word of the user to a target: a build of the cache folder, or an image from anywhere. */

import { existsSync, statSync } from "node:fs";
import { copyFile, link, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { nameSuggestion } from "../dockerfile/suggest.ts";
import { errnoOf, LabError } from "../error.ts";
import { digestOfBlob, readLayerFile } from "../image/layer-file.ts";
import { isDamage } from "../image/located-layer.ts";
import type { Platform } from "../image/platform.ts";
import { layerFacts } from "../layer/index-layer.ts";
import type { BuildRecord, LayerRef, Step } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";
import type { ImageLayer } from "../model/image.ts";
import type { BlobLocation, Compression } from "../model/layer-index.ts";
import type { Target, TargetLayer } from "../model/target.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { findBuild } from "../store/find-build.ts";
import { temporaryName } from "../store/temporary-name.ts";
import { layersOfStep } from "./chain.ts";
import { layerRefOf, stepsOfImage } from "./image-steps.ts";
import { indexFileOf } from "./index-files.ts";
import type { ProgressOptions } from "./lab.ts";
import { namingFile } from "./naming-file.ts";

export interface OpenTargetOptions extends ProgressOptions {
  readonly platform?: Platform | undefined;
}

/** @throws LabError `unknown-target` when neither a build nor an image is called so, else what the source throws. */
export async function openTarget(cache: CacheFolder, word: string, options: OpenTargetOptions): Promise<Target> {
  const build = await findBuild(new BuildStore(cache), word);
  if (build) return targetOfBuild(cache, build);
  try {
    return await targetOfImage(cache, word, options);
  } catch (error) {
    if (!(error instanceof LabError && error.code === "unknown-target")) throw error;
    const message = error.message.replace("image or path", "build, image or path");
    throw new LabError("unknown-target", `${message}${await namesLike(cache, word)}`, {
      hint: `builds: latest, previous, an id or a name (kaniko-lab builds lists them)${error.hint ? `; ${error.hint}` : ""}`,
    });
  }
}

/** ` (did you mean latest?)` */
async function namesLike(cache: CacheFolder, word: string): Promise<string> {
  const { builds } = await new BuildStore(cache).list();
  if (builds.length === 0) return "";
  return nameSuggestion(word, [
    "latest",
    "previous",
    ...builds.flatMap(({ name, id }) => (name === null ? [id] : [name, id])),
  ]);
}

export function targetOfBuild(cache: CacheFolder, build: BuildRecord): Target {
  return {
    name: build.name ?? build.id,
    build,
    image: null,
    steps: build.steps,
    layers: uniqueLayers(build.steps, layer => ({ blob: storedBlob(cache, layer) })),
  };
}

async function targetOfImage(cache: CacheFolder, word: string, options: OpenTargetOptions): Promise<Target> {
  const { openImage } = await import("../image/open-image.ts");
  const image = await openImage(word, {
    scratch: cache.scratch,
    blobFile: (digest, mediaType) =>
      cache.findLayer(digest) ?? cache.layerFile(digest, compressionOfMediaType(mediaType)),
    diffIdOf: async file => {
      const layer = await readLayerFile(file);
      const indexing = { indexFile: indexFileOf(cache, layer), ...indexingOptions(options) };
      return (await namingFile(layer.blob, () => layerFacts(layer.blob, indexing))).diffId;
    },
    platform: options.platform,
    damagedLayers: "keep",
    signal: options.signal,
    onProgress: ({ doneBytes, totalBytes }) => options.onProgress?.(`fetching ${word}`, doneBytes, totalBytes),
  });
  // A damaged layer among others keeps none from being looked at.
  const nameLayer = image.layers.length === 1 ? withDigest : withDigestOrDamage;
  const named = await Promise.all(image.layers.map(layer => nameLayer(cache, layer, options)));
  const steps = stepsOfImage({ ...image, layers: named });
  const byDigest = new Map(named.map(layer => [layerRefOf(layer).digest, layer]));
  return {
    name: word,
    build: null,
    image: { ...image, layers: named },
    steps,
    layers: uniqueLayers(steps, layer => byDigest.get(layer.digest) ?? { blob: null }),
  };
}

/** A bare layer file names no digest: reading it tells, and the index that makes is kept under the digest, too. */
async function withDigest(cache: CacheFolder, layer: ImageLayer, options: ProgressOptions): Promise<ImageLayer> {
  const { blob } = layer;
  if (layer.digest !== null || layer.diffId !== null || blob === null) return layer;
  const indexFile = indexFileOf(cache, layer);
  const { digest, diffId } = await namingFile(blob, () => layerFacts(blob, { indexFile, ...indexingOptions(options) }));
  const byDigest = cache.indexFile(digest);
  if (existsSync(indexFile) && !existsSync(byDigest)) await linkIndex(indexFile, byDigest);
  return { ...layer, digest, diffId };
}

/** The same; a layer that cannot be read goes by the digest of what is there of it. */
async function withDigestOrDamage(
  cache: CacheFolder,
  layer: ImageLayer,
  options: ProgressOptions,
): Promise<ImageLayer> {
  try {
    return await withDigest(cache, layer, options);
  } catch (error) {
    if (!isDamage(error) || layer.blob === null) throw error;
    return { ...layer, digest: await digestOfBlob(layer.blob), blob: null, damage: error };
  }
}

function indexingOptions({ signal, onProgress }: ProgressOptions) {
  return {
    signal,
    onProgress: (doneBytes: number, totalBytes: number) => onProgress?.("reading layers", doneBytes, totalBytes),
  };
}

/** An index never changes, so both names may be of one file. One that cannot be kept is made again when it is needed. */
async function linkIndex(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyIndex(from, to));
}

/** Whole or not at all. */
async function copyIndex(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), temporaryName());
  try {
    await copyFile(from, temporary);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Every layer once, in the order of the steps. */
function uniqueLayers(
  steps: readonly Step[],
  storedAs: (layer: LayerRef) => Pick<ImageLayer, "blob" | "damage">,
): TargetLayer[] {
  const layers = new Map<Digest, TargetLayer>();
  for (const { step, layer } of steps.flatMap(layersOfStep)) {
    if (layers.has(layer.digest)) continue;
    const { blob, damage = null } = storedAs(layer);
    layers.set(layer.digest, { ...layer, blob, damage, index: layers.size, step });
  }
  return [...layers.values()];
}

function storedBlob(cache: CacheFolder, layer: LayerRef): BlobLocation | null {
  const file = cache.findLayer(layer.digest);
  return file === null ? null : { file, offset: 0, sizeBytes: statSync(file).size };
}

/** Only for the name of a new file: the content goes by its first bytes. */
export function compressionOfMediaType(mediaType: string): Compression {
  if (/zstd$/.test(mediaType)) return "zstd";
  return /gzip$/.test(mediaType) ? "gzip" : "none";
}
