import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import type { LayerRef } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";
import type { ImageLayer } from "../model/image.ts";
import type { TargetLayer } from "../model/target.ts";
import type { CacheFolder } from "../store/cache-folder.ts";

/**
 * Where the index of a layer is kept: by digest, by diffId for a layer that has no digest of its own, and for a bare file
 * by what identifies it without reading it (place, size, time).
 */
export function indexFileOf(cache: CacheFolder, layer: ImageLayer): string {
  const named = layer.digest ?? (layer.diffId as string as Digest | null);
  if (named !== null) return cache.indexFile(named);
  if (layer.blob === null) throw new Error("a layer with neither digest nor file");
  const { dev, ino, size, mtimeNs } = statSync(layer.blob.file, { bigint: true });
  const identity = [dev, ino, size, mtimeNs, layer.blob.offset, layer.blob.sizeBytes].join(" ");
  return cache.indexFile(`sha256:${createHash("sha256").update(identity).digest("hex")}` as Digest);
}

/** What a layer goes by. */
export function digestOf(layer: TargetLayer | LayerRef): Digest {
  return layer.digest ?? (layer.diffId as string as Digest);
}
