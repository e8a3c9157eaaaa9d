import type { DiffId, Digest } from "./digest.ts";
import type { Entry } from "./entry.ts";

/** How a layer's tar is compressed, told by its first bytes. */
export type Compression = "gzip" | "zstd" | "none";

/** Where the stored (compressed) bytes of a layer are: a file of its own, or a part of an archive. */
export interface BlobLocation {
  readonly file: string;
  /** First byte of the blob in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** What one pass over a layer found out about it as a whole. */
export interface LayerFacts {
  /** sha256 of the stored bytes, as computed by the pass. */
  readonly digest: Digest;
  /** sha256 of the uncompressed tar, as computed by the pass. */
  readonly diffId: DiffId;
  readonly compression: Compression;
  /** Size of the stored bytes. */
  readonly sizeBytes: number;
  /** Size of the uncompressed tar. */
  readonly tarBytes: number;
  readonly entryCount: number;
}

/** What one pass over a layer found. Entries are in the order of the tar; a path can occur more than once, the last one counts. */
export interface LayerIndex extends LayerFacts {
  /** @throws RangeError outside 0 … entryCount - 1. */
  entry(position: number): Entry;
  /** The path of an entry alone: cheaper than `entry`. */
  path(position: number): string;
}
