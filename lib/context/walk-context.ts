/** Goes through a context folder as Kaniko sees it. Reads names and attributes only; no link is followed. */

import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import type { DockerIgnore } from "../dockerfile/dockerignore.ts";
import { pathFromBytes } from "../model/path-text.ts";
import { Slices } from "../pausing.ts";
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

/** @throws the signal's reason */
export async function walkContext(
  folder: string,
  ignore: DockerIgnore,
  limits: WalkLimits,
  { signal, hurry }: WalkSignals,
): Promise<ContextWalk> {
  const entries: WalkedEntry[] = [];
  const slices = new Slices();
  let ignored = 0;
  let visited = 0;
  // From the end, so that a folder comes right before what is in it.
  const pending = children(Buffer.from(folder), "");
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (slices.isOver) await slices.next();
    signal.throwIfAborted();
    visited += 1;
    const mostVisited = hurry.aborted ? limits.surelyVisited : limits.visited;
    if (visited > mostVisited || entries.length >= limits.entries) return { entries, ignored, truncated: true };
    const entry = entryOf(next);
    if (entry === null) continue;
    const isIgnored = ignore.excludes(entry.path);
    if (isIgnored) ignored += 1;
    else entries.push(entry);
    if (entry.type !== "dir" || (isIgnored && ignore.excludesAllBelow(entry.path))) continue;
    for (const child of children(entry.file, entry.path)) pending.push(child);
  }
  return { entries, ignored, truncated: false };
}

type Place = Pick<WalkedEntry, "file" | "path">;

/** What is in a folder, last name first; nothing of a folder that cannot be read, or is gone by now. */
function children(folder: Buffer, path: string): Place[] {
  try {
    const names = readdirSync(folder, { encoding: "buffer" });
    names.sort((a, b) => Buffer.compare(b, a));
    return names.map(name => ({
      file: Buffer.concat([folder, slash, name]),
      path: path === "" ? pathFromBytes(name) : `${path}/${pathFromBytes(name)}`,
    }));
  } catch {
    return [];
  }
}

function entryOf({ file, path }: Place): WalkedEntry | null {
  try {
    const stats = lstatSync(file, { bigint: true });
    const type = typeOf(stats);
    return {
      file,
      path,
      type,
      mode: Number(stats.mode & 0o7777n),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      sizeBytes: type === "file" ? Number(stats.size) : 0,
      mtimeMs: Number(stats.mtimeNs / 1000n) / 1000,
      contentDigest: null,
      linkTarget: type === "symlink" ? pathFromBytes(readlinkSync(file, { encoding: "buffer" })) : null,
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
