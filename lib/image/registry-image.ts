import { stat } from "node:fs/promises";
import { LabError } from "../error.ts";
import type { Digest } from "../model/digest.ts";
import type { Image } from "../model/image.ts";
import type { RegistryClient, RemoteManifest } from "../registry/client.ts";
import { formatReference, type ImageReference, parseReference } from "../registry/reference.ts";
import { choosePlatform } from "./choose.ts";
import { parseImageConfig } from "./config.ts";
import { joinLayers } from "./layers.ts";
import { type DamageOptions, type LocatedLayer, locateLayer } from "./located-layer.ts";
import { type Descriptor, type ImageManifest, parseManifest } from "./manifest.ts";
import { machinePlatform, type Platform } from "./platform.ts";

export interface RegistryImageOptions extends DamageOptions {
  readonly client: RegistryClient;
  /** Where a layer is kept. A file of the right size that is there already is taken as it is, not fetched. */
  readonly blobFile: (digest: Digest, mediaType: string) => string;
  /** `none`: manifest and config only; layers that are not there yet have no blob. @defaultValue `all` */
  readonly layers?: "all" | "none" | undefined;
  /** @defaultValue Linux on this machine's processor */
  readonly platform?: Platform | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sums over all layers; what was there already counts as done. */
  readonly onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined;
}

const parallelDownloads = 3;
/** An index in an index is rare, and deeper ones are not made by any tool. */
const maxIndexDepth = 3;

/**
 * An image in a registry, its layers fetched into the given files.
 *
 * @param name an image name (`busybox:1`, `host:5000/name@sha256:…`) or a parsed one.
 * @throws LabError `usage`, `registry-unreachable`, `registry-denied`, `image-not-found`, `digest-mismatch`, `damaged`,
 *   `too-large`, `disk-full`, `cache-not-writable`, `cancelled`
 */
export async function openRegistryImage(name: string | ImageReference, options: RegistryImageOptions): Promise<Image> {
  const reference = typeof name === "string" ? parseReference(name) : name;
  const where = formatReference(reference);
  const { client, signal, platform = machinePlatform() } = options;
  const { remote, manifest } = await resolvePlatform(reference, { client, platform, signal });
  const configBytes = await client.blobBytes(remote.endpoint, manifest.config, { signal });
  const config = parseImageConfig(configBytes, `the config of ${where}`);
  // Checked before gigabytes are fetched for nothing.
  joinLayers(manifest, config, [], where);
  const fetchMissing = options.layers !== "none";
  const located = await fetchLayers(remote, manifest.layers, options, fetchMissing);
  return {
    name: `docker://${where}`,
    manifestDigest: remote.digest,
    configDigest: manifest.config.digest,
    config,
    layers: joinLayers(manifest, config, located, where),
  };
}

/** Follows indexes down to the platform's manifest. @throws LabError as `openRegistryImage` */
export async function resolvePlatform(
  reference: ImageReference,
  { client, platform = machinePlatform(), signal }: Pick<RegistryImageOptions, "client" | "platform" | "signal">,
): Promise<{ readonly remote: RemoteManifest; readonly manifest: ImageManifest }> {
  const where = formatReference(reference);
  let remote = await client.manifest(reference, { signal });
  for (let depth = 0; depth <= maxIndexDepth; depth += 1) {
    const manifest = parseManifest(remote.bytes, `the manifest ${remote.digest} of ${where}`);
    if (manifest.kind === "image") return { remote, manifest };
    const chosen = choosePlatform(manifest.manifests, platform, where);
    remote = await client.manifestAt(remote.endpoint, chosen.digest, { signal });
  }
  throw new LabError("damaged", `${where} is damaged: indexes within indexes`);
}

async function fetchLayers(
  { endpoint }: RemoteManifest,
  layers: readonly Descriptor[],
  options: RegistryImageOptions,
  fetchMissing: boolean,
): Promise<LocatedLayer[]> {
  // A layer may occur several times (Kaniko's empty ones do).
  const wanted = new Map(layers.map(layer => [layer.digest, layer]));
  const located = new Map<Digest, LocatedLayer>();
  const doneBytes = new Map<Digest, number>();
  const totalBytes = sum([...wanted.values()].map(layer => layer.sizeBytes));
  const report = (digest: Digest, bytes: number) => {
    doneBytes.set(digest, bytes);
    options.onProgress?.({ doneBytes: sum(doneBytes.values()), totalBytes });
  };
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  await inParallel([...wanted.values()], parallelDownloads, controller, async layer => {
    const file = options.blobFile(layer.digest, layer.mediaType);
    const isThere = await hasSize(file, layer.sizeBytes);
    if (!isThere && !fetchMissing) return;
    const onProgress = (bytes: number) => report(layer.digest, bytes);
    const fetch = async () => {
      if (!isThere) await download(options.client, endpoint, layer, file, { signal, onProgress });
      return { file, offset: 0, sizeBytes: layer.sizeBytes };
    };
    located.set(layer.digest, await locateLayer(fetch, options));
    report(layer.digest, layer.sizeBytes);
  });
  return layers.map(layer => located.get(layer.digest) ?? { blob: null, damage: null });
}

/** @throws LabError `blob-missing` when the registry has the image, but not this layer of it. */
async function download(...[client, endpoint, layer, file, options]: DownloadArguments): Promise<void> {
  try {
    await client.downloadBlob(endpoint, layer, file, options);
  } catch (error) {
    if (!(error instanceof LabError && error.code === "image-not-found")) throw error;
    throw new LabError("blob-missing", error.message, { hint: "the image is not complete; push it again" });
  }
}

type DownloadArguments = [client: RegistryClient, ...Parameters<RegistryClient["downloadBlob"]>];

/** The first failure stops the others; all have ended when this returns or throws. */
async function inParallel<T>(
  items: readonly T[],
  limit: number,
  controller: AbortController,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  let failure: { error: unknown } | null = null;
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
        queue.length = 0;
        controller.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  const failed = failure as { error: unknown } | null;
  if (failed !== null) throw failed.error;
}

async function hasSize(file: string, sizeBytes: number): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size === sizeBytes;
  } catch {
    return false;
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
