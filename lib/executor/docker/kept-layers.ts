import { createHash } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { extract, type Pack } from "tar-stream";
import * as z from "zod/mini";
import { keptLayersPath } from "./copied-mounts.ts";
import { packFolder } from "./copy-in.ts";
import { callEngine } from "./engine-call.ts";
import type { Transfer } from "./transfer.ts";

/**
 * The layer cache of a remote engine: a named volume per cache folder keeps the entries that were sent once. In the folder
 * that Kaniko sees, they are links into that volume; so what comes back after the build is only what is new.
 */

/** Lists the entries that are whole in the volume; written after them. */
const listName = "entries.json";
const listForm = z.array(z.string());
const maxListBytes = 16 << 20;

/** The same folder on the same machine has the same volume. */
export function keptLayersVolume(hostPath: string): string {
  const key = createHash("sha256").update(`${hostname()}\0${hostPath}`).digest("hex").slice(0, 24);
  return `kaniko-lab-layers-${key}`;
}

/** Where an entry of the volume is, seen from the executor. */
export function keptLayerLink(entry: string): string {
  return `${keptLayersPath}/${entry}`;
}

export function isKeptLayerLink(target: string): boolean {
  return target.startsWith(`${keptLayersPath}/`);
}

/** Sends those of `entries` that the volume does not have yet. */
export async function sendMissingLayers(transfer: Transfer, folder: string, entries: readonly string[]): Promise<void> {
  const present = await presentEntries(transfer);
  const missing = entries.filter(entry => !present.has(entry));
  if (missing.length === 0) return;
  await transfer.send("sending cached layers", keptLayersPath, async (tar: Pack, onBytes) => {
    for (const entry of missing) {
      tar.entry({ name: `${entry}/`, type: "directory", mode: 0o755 });
      await packFolder(tar, path.join(folder, entry), `${entry}/`, { onBytes });
    }
    tar.entry({ name: listName, mode: 0o644 }, JSON.stringify([...present, ...missing]));
  });
}

async function presentEntries(transfer: Transfer): Promise<ReadonlySet<string>> {
  const text = await readSmallFile(transfer.container, `${keptLayersPath}/${listName}`, transfer.signal);
  if (text === null) return new Set();
  try {
    return new Set(listForm.parse(JSON.parse(text)));
  } catch {
    // Not ours or cut off: sending again mends it.
    return new Set();
  }
}

async function readSmallFile(container: Docker.Container, file: string, signal: AbortSignal): Promise<string | null> {
  const call = { what: `read ${file}`, deadlineMs: null, signal };
  const archive = await callEngine(call, abortSignal => container.getArchive({ path: file, abortSignal })).catch(
    (error: { statusCode?: unknown }) => {
      if (error.statusCode === 404) return null;
      throw error;
    },
  );
  if (archive === null) return null;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const entry of (archive as unknown as Readable).pipe(extract() as never) as ReturnType<typeof extract>) {
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxListBytes) return null;
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks).toString("utf8");
}
