/** An entry that is an OCI layout on this machine, as Kaniko reads it: the last image of `index.json`, whatever else lies there. */

import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, LabError } from "../error.ts";
import { parseImageConfig } from "../image/config.ts";
import { sha256Of } from "../image/document.ts";
import { type Descriptor, type ImageManifest, parseManifest } from "../image/manifest.ts";
import { hexOf } from "../model/digest.ts";
import type { ImageConfig } from "../model/image.ts";
import { readSmallFile } from "./read-small-file.ts";

export interface LayoutEntry {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** `org.opencontainers.image.ref.name`, or null. */
  readonly refName: string | null;
}

/** Reads everything but the layers, of which only the sizes are compared. @throws LabError `damaged`, `blob-missing`, `digest-mismatch`, `too-large` */
export function readLayoutEntry(folder: string): LayoutEntry {
  const blobs = join(folder, "blobs", "sha256");
  const index = parseManifest(readSmallFile(join(folder, "index.json"), "index.json"), "index.json");
  const last = index.kind === "index" ? index.manifests.at(-1) : undefined;
  if (last === undefined) throw new LabError("damaged", "index.json names no image");
  requireOwnFolder(folder, blobs);
  const read = (descriptor: Descriptor, what: string) => {
    const bytes = readSmallFile(join(blobs, hexOf(descriptor.digest)), what);
    if (sha256Of(bytes) !== descriptor.digest) throw new LabError("digest-mismatch", `${what} has another digest`);
    return bytes;
  };
  const manifest = parseManifest(read(last, "the manifest"), "the manifest");
  if (manifest.kind !== "image") throw new LabError("damaged", "its manifest is an index");
  const config = parseImageConfig(read(manifest.config, "the config"), "the config");
  for (const layer of manifest.layers) checkLayer(join(blobs, hexOf(layer.digest)), layer);
  return { manifest, config, refName: last.annotations["org.opencontainers.image.ref.name"] ?? null };
}

function requireOwnFolder(folder: string, blobs: string): void {
  try {
    if (realpathSync(blobs) === join(realpathSync(folder), "blobs", "sha256")) return;
  } catch {
    throw new LabError("blob-missing", "blobs/sha256 is missing");
  }
  throw new LabError("damaged", "blobs/sha256 is a link");
}

function checkLayer(file: string, layer: Descriptor): void {
  let found: ReturnType<typeof lstatSync>;
  try {
    found = lstatSync(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new LabError("blob-missing", `the layer ${layer.digest} is missing`);
    throw error;
  }
  if (!found?.isFile()) throw new LabError("damaged", `the layer ${layer.digest} is not a regular file`);
  if (found.size !== layer.sizeBytes)
    throw new LabError("damaged", `the layer ${layer.digest} has ${found.size} bytes instead of ${layer.sizeBytes}`);
}

/** What a layout takes on the disk; nothing outside of it counts, and links count as themselves. */
export function layoutBytes(folder: string): number {
  let bytes = 0;
  for (const part of ["", "blobs/sha256"]) {
    let names: string[];
    try {
      names = readdirSync(join(folder, part));
    } catch {
      continue;
    }
    for (const name of names) {
      const found = lstatSync(join(folder, part, name), { throwIfNoEntry: false });
      if (found?.isFile()) bytes += found.size;
    }
  }
  return bytes;
}
