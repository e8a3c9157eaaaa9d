import { statSync } from "node:fs";
import { crc32 } from "node:zlib";
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
  const { offset, sizeBytes } = layer.blob;
  // Written out rather than hashed: loading Node's ciphers takes longer than the rest.
  const identity = [
    hex(ino, 16),
    hex(mtimeNs, 16),
    hex(size, 12),
    hex(dev, 12),
    hex(crc32(`${offset} ${sizeBytes}`), 8),
  ];
  return cache.indexFile(`sha256:${identity.join("")}` as Digest);
}

/** The last digits. */
function hex(number: bigint | number, digits: number): string {
  return BigInt.asUintN(digits * 4, BigInt(number))
    .toString(16)
    .padStart(digits, "0");
}

/** What a layer goes by. */
export function digestOf(layer: TargetLayer | LayerRef): Digest {
  return layer.digest ?? (layer.diffId as string as Digest);
}
