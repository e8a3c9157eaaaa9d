/** Goes through a context folder as Kaniko sees it. Reads names and attributes only; no link is followed. */

import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import type { DockerIgnore } from "../dockerfile/dockerignore.ts";
import { pathFromBytes } from "../model/path-text.ts";
import type { ContextEntry, ContextType } from "./context-listing.ts";

export interface WalkedEntry extends ContextEntry {
  /** Where it is on this machine, byte for byte. */
  readonly file: Buffer;
}

export interface ContextWalk {
  readonly entries: WalkedEntry[];
  readonly ignored: number;
  readonly truncated: boolean;
}

export interface WalkLimits {
  /** Paths that are listed. */
  readonly entries: number;
  /** Paths that are looked at, ignored ones among them. */
  readonly visited: number;
  /** So many of them also in a hurry. */
  readonly surelyVisited: number;
}

export interface WalkSignals {
  /** Ends the walk with its reason. */
  readonly signal: AbortSignal;
  /** Fires when nobody should wait any longer. */
  readonly hurry: AbortSignal;
}

const slash = Buffer.from("/");
const atOnce = 64;

/** @throws the signal's reason */
export async function walkContext(
  folder: string,
  ignore: DockerIgnore,
  limits: WalkLimits,
  { signal, hurry }: WalkSignals,
): Promise<ContextWalk> {
  const entries: WalkedEntry[] = [];
  let ignored = 0;
  let visited = 0;
  // From the end, so that a folder comes right before what is in it.
  const pending: WalkedEntry[] = await children(Buffer.from(folder), "", signal);
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    visited += 1;
    const mostVisited = hurry.aborted ? limits.surelyVisited : limits.visited;
    if (visited > mostVisited || entries.length >= limits.entries) return { entries, ignored, truncated: true };
    const isIgnored = ignore.excludes(entry.path);
    if (isIgnored) ignored += 1;
    else entries.push(entry);
    if (entry.type !== "dir" || (isIgnored && ignore.excludesAllBelow(entry.path))) continue;
    for (const child of await children(entry.file, entry.path, signal)) pending.push(child);
  }
  return { entries, ignored, truncated: false };
}

/** What is in a folder, last name first; nothing of a folder that cannot be read, or is gone by now. */
async function children(folder: Buffer, path: string, signal: AbortSignal): Promise<WalkedEntry[]> {
  signal.throwIfAborted();
  const names = await readdir(folder, { encoding: "buffer" }).catch(() => []);
  names.sort((a, b) => Buffer.compare(b, a));
  const found: WalkedEntry[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    signal.throwIfAborted();
    const part = names.slice(from, from + atOnce).map(name => entryOf(folder, path, name));
    for (const entry of await Promise.all(part)) if (entry !== null) found.push(entry);
  }
  return found;
}

async function entryOf(folder: Buffer, parent: string, name: Buffer): Promise<WalkedEntry | null> {
  const file = Buffer.concat([folder, slash, name]);
  try {
    const stats = await lstat(file, { bigint: true });
    const type = typeOf(stats);
    return {
      file,
      path: parent === "" ? pathFromBytes(name) : `${parent}/${pathFromBytes(name)}`,
      type,
      mode: Number(stats.mode & 0o7777n),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      sizeBytes: type === "file" ? Number(stats.size) : 0,
      mtimeMs: Number(stats.mtimeNs / 1000n) / 1000,
      contentDigest: null,
      linkTarget: type === "symlink" ? pathFromBytes(await readlink(file, { encoding: "buffer" })) : null,
    };
  } catch {
    // Gone since the folder was read.
    return null;
  }
}

function typeOf(stats: BigIntStats): ContextType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  return stats.isSymbolicLink() ? "symlink" : "other";
}
