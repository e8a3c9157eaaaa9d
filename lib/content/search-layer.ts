import { detectCompression, magicBytes } from "../layer/compression.ts";
import { inflate } from "../layer/inflate.ts";
import { defaultLimits } from "../layer/limits.ts";
import { readBlob } from "../layer/read-blob.ts";
import { createMatcher } from "../layer/search-paths.ts";
import { TarScanner } from "../layer/tar-scanner.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import type { ContentQuery } from "./content-query.ts";
import { type ContentHit, ContentSink } from "./content-sink.ts";

/**
 * Looks into every file of a layer, in the order of its tar, in one pass without an index.
 * @throws LabError `damaged`, `too-large`, `blob-missing`, `usage`.
 */
export async function* searchLayer(
  blob: BlobLocation,
  query: ContentQuery,
  onProgress: (doneBytes: number) => void,
): AsyncGenerator<ContentHit[], void, void> {
  const matcher = query.path === null ? null : createMatcher(query.path, { mode: "glob" });
  const sink = new ContentSink(query, path => matcher === null || matcher.matches(path));
  const scanner = new TarScanner(sink, defaultLimits);
  const compression = detectCompression(await firstBytes(blob));
  for await (const chunk of inflate(counted(blob, onProgress), compression)) {
    scanner.push(chunk);
    if (sink.hits.length > 0) yield sink.hits.splice(0);
    if (sink.isFull) return;
  }
  scanner.end();
}

async function* counted(blob: BlobLocation, onProgress: (doneBytes: number) => void) {
  let doneBytes = 0;
  for await (const chunk of readBlob(blob)) {
    doneBytes += chunk.length;
    onProgress(doneBytes);
    yield chunk;
  }
}

async function firstBytes(blob: BlobLocation): Promise<Uint8Array> {
  for await (const chunk of readBlob({ ...blob, sizeBytes: Math.min(magicBytes, blob.sizeBytes) })) return chunk;
  return new Uint8Array(0);
}
