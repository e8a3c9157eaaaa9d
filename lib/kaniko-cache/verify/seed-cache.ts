/** Fills a fresh layer cache with the entries that a build found, as copies: a RUN can write to what Kaniko sees. */

import { constants } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../error.ts";
import { parseManifest } from "../../image/manifest.ts";
import { hexOf } from "../../model/digest.ts";
import { parseReference } from "../../registry/reference.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { createClient } from "../list-caches.ts";
import { readLayerEntry } from "../list-folder.ts";

/** Where a build looked its keys up. */
export type SeedSource =
  | { readonly kind: "folder"; readonly folder: string /** Before the colon and the key. */; readonly prefix: string }
  | { readonly kind: "registry"; readonly repository: string };

/** @returns the keys that have no whole entry there: their steps run again, too. @throws LabError `registry-*`, `disk-full`, `cancelled` */
export async function seedCache(
  source: SeedSource,
  keys: readonly string[],
  to: CacheFolder,
  signal: AbortSignal,
): Promise<string[]> {
  const missing: string[] = [];
  for (const key of keys) {
    if (signal.aborted) throw new LabError("cancelled", "interrupted", { cause: signal.reason });
    const target = join(to.layerCache, `layers:${key}`);
    const isThere =
      source.kind === "folder"
        ? await copyEntry(join(source.folder, `${source.prefix}:${key}`), key, target)
        : await fetchEntry(source.repository, key, target, signal);
    if (!isThere) missing.push(key);
  }
  return missing;
}

async function copyEntry(entry: string, key: string, target: string): Promise<boolean> {
  if (readLayerEntry(entry, key).damage !== null) return false;
  await cp(entry, target, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true });
  return true;
}

async function fetchEntry(repository: string, key: string, target: string, signal: AbortSignal): Promise<boolean> {
  const client = await createClient();
  const blobs = join(target, "blobs", "sha256");
  try {
    const { endpoint, digest, bytes } = await client.manifest(parseReference(`${repository}:${key}`), { signal });
    const manifest = parseManifest(bytes, `the entry ${key}`);
    if (manifest.kind !== "image") return false;
    await mkdir(blobs, { recursive: true });
    await writeFile(join(blobs, hexOf(digest)), bytes);
    for (const blob of [manifest.config, ...manifest.layers])
      await client.downloadBlob(endpoint, blob, join(blobs, hexOf(blob.digest)), { signal });
    const { mediaType } = JSON.parse(bytes.toString("utf8")) as { mediaType?: unknown };
    const entry = { mediaType: mediaType ?? ociManifest, size: bytes.length, digest };
    await writeFile(join(target, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(target, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    return true;
  } catch (error) {
    if (error instanceof LabError && error.code === "image-not-found") return false;
    throw error;
  }
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json";
