/** Lists a build's context while the build runs. What cannot be read is left out: a listing must never end a build. */

import { createHash, hash } from "node:crypto";
import { closeSync, constants, createReadStream, existsSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DockerIgnore, readIgnoreFile } from "../dockerfile/dockerignore.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";
import { Slices } from "../pausing.ts";
import { type ContextEntry, type ContextListing, maxEntries } from "./context-listing.ts";
import { type WalkedEntry, walkContext } from "./walk-context.ts";

export interface ContextRequest {
  /** Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly dockerfile: string;
  /** Absolute files of which nothing is kept but that they are there: secrets and credentials of the build. */
  readonly privateFiles: readonly string[];
  /** Ends the listing; it is then thrown away. */
  readonly signal: AbortSignal;
  /** Fires when nobody should wait any longer: paths beyond some 20,000 are left out, contents beyond `sureBytes` stay without a digest. */
  readonly hurry: AbortSignal;
  /** @defaultValue 256 MiB, less than a second; so much content is always read, small files first. */
  readonly sureBytes?: number | undefined;
}

const defaultSureBytes = 256 * 2 ** 20;
/** More is never read: it would take the processor from the build. */
const mostBytes = 2 ** 30;
/** Ignored paths have to be looked at, too, where the ignore file has exceptions. */
const limits = { entries: maxEntries, visited: 1_000_000, surelyVisited: 20_000 };
/** So many contents are read also in a hurry. */
const sureFiles = 20_000;

/** @throws the signal's reason, or an error of the ignore file */
export async function listContext(request: ContextRequest): Promise<ContextListing> {
  const { folder, dockerfile } = request;
  const ignoreFile = ignoreFileOf(folder, dockerfile);
  const patterns = ignoreFile === null ? [] : readIgnoreFile(readFileSync(ignoreFile, "utf8"));
  const walk = await walkContext(folder, new DockerIgnore(patterns), limits, request);
  const digests = await digestsOf(walk.entries, request);
  const entries = walk.entries.map(({ file: _file, ...entry }, at): ContextEntry => {
    return { ...entry, contentDigest: digests.get(at) ?? null };
  });
  return {
    schemaVersion: 1,
    ignoreFile: ignoreFile === null ? null : (inFolder(folder, ignoreFile) ?? ignoreFile),
    patterns,
    dockerfile: inFolder(folder, dockerfile),
    ignored: walk.ignored,
    undigested: entries.filter(({ type, contentDigest }) => type === "file" && contentDigest === null).length,
    truncated: walk.truncated,
    entries,
  };
}

/** As Kaniko chooses it: that of the Dockerfile, else that of the context. */
function ignoreFileOf(folder: string, dockerfile: string): string | null {
  return [`${dockerfile}.dockerignore`, join(folder, ".dockerignore")].find(file => existsSync(file)) ?? null;
}

function inFolder(folder: string, file: string): string | null {
  const path = relative(folder, file);
  return path.startsWith("..") ? null : path;
}

/** Digests of files by their position; small files first, as they are most of what is edited. */
async function digestsOf(entries: readonly WalkedEntry[], request: ContextRequest): Promise<Map<number, Digest>> {
  const hidden = new Set(request.privateFiles);
  const files = [...entries.keys()].filter(at => {
    const entry = entries[at] as WalkedEntry;
    return entry.type === "file" && !hidden.has(entry.file.toString());
  });
  files.sort((a, b) => (entries[a] as WalkedEntry).sizeBytes - (entries[b] as WalkedEntry).sizeBytes);
  const digests = new Map<number, Digest>();
  const slices = new Slices();
  let readBytes = 0;
  for (const [count, at] of files.entries()) {
    if (slices.isOver) await slices.next();
    request.signal.throwIfAborted();
    const entry = entries[at] as WalkedEntry;
    readBytes += entry.sizeBytes;
    const isSure = count < sureFiles && readBytes <= (request.sureBytes ?? defaultSureBytes);
    if (readBytes > mostBytes || (!isSure && request.hurry.aborted)) break;
    const stop = isSure ? request.signal : AbortSignal.any([request.signal, request.hurry]);
    const digest = entry.sizeBytes <= smallBytes ? digestOfSmall(entry) : await digestOf(entry, stop);
    if (digest !== null) digests.set(at, digest);
  }
  return digests;
}

const smallBytes = 2 ** 18;

/** Null for a file that cannot be read, or was replaced by something else. */
function digestOfSmall({ file }: WalkedEntry): Digest | null {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!fstatSync(descriptor).isFile()) return null;
      return digestOfHex(hash("sha256", readFileSync(descriptor), "hex"));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

async function digestOf({ file }: WalkedEntry, signal: AbortSignal): Promise<Digest | null> {
  const sha256 = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file, { signal, highWaterMark: 2 ** 20 })) sha256.update(chunk);
    return digestOfHex(sha256.digest("hex"));
  } catch {
    return null;
  }
}
