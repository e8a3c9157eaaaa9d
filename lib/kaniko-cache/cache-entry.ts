/**
 * What Kaniko's two caches hold. They have nothing in common but the word: the layer cache has what instructions made,
 * under the key of each; the base image cache has whole images that the warmer fetched, under their digest.
 */

import type { LayerRef } from "../model/build.ts";
import type { Digest } from "../model/digest.ts";

/** What an entry of either cache is for whoever lists, shows or removes it. */
interface Entry {
  /** What commands open it by: an image, whose layers can be listed, searched and compared. */
  readonly target: string;
  /** File or folder on this machine; null in a registry. */
  readonly path: string | null;
  /** All that it takes on the disk; in a registry the layers, which other entries can share. */
  readonly sizeBytes: number;
  /** From when on its age counts for Kaniko, ISO 8601; null when it does not say: then Kaniko does not take it. */
  readonly createdAt: string | null;
  /** Why Kaniko cannot use it; null for one that looks whole. Layers are not read for that. */
  readonly damage: string | null;
}

/** One image of one layer, made by an instruction. */
export interface LayerCacheEntry extends Entry {
  readonly kind: "layer";
  /** 64 hex digits. */
  readonly key: string;
  /** The instruction; null when it cannot be read. */
  readonly createdBy: string | null;
  /** Null for a pointer, and where it cannot be read. */
  readonly layer: LayerRef | null;
  /** The fork keeps under a key that it inferred (of a COPY from another stage) only the name of the key with the layer. */
  readonly pointsTo: string | null;
}

/** `layout`: a folder, as the warmer of the maintained fork writes it; `archive`: `docker save`'s form, as upstream's does. */
export type BaseImageFormat = "layout" | "archive";

export interface BaseImageEntry extends Entry {
  readonly kind: "base-image";
  /** Of the manifest for one platform: what Kaniko looks for after it has asked the registry for the tag. */
  readonly digest: Digest;
  readonly format: BaseImageFormat;
  /** As the warmer was given it; null where the entry does not say. */
  readonly imageName: string | null;
  /** Digests of the stored layers, oldest first; null where no manifest tells them. */
  readonly layers: readonly Digest[] | null;
}

export type CacheEntry = LayerCacheEntry | BaseImageEntry;

/** The entries of one place, newest first. */
export interface CacheListing {
  readonly layers: readonly LayerCacheEntry[];
  readonly baseImages: readonly BaseImageEntry[];
  /** Names in the folder that belong to neither cache; they are never touched. */
  readonly foreign: readonly string[];
}

/** What names an entry: its key, or its digest. */
export function nameOfEntry(entry: CacheEntry): string {
  return entry.kind === "layer" ? entry.key : entry.digest;
}
