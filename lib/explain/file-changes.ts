/** What of the files that a step takes from the context counts in a key and differs between two builds. Pure. */

import type { ContextEntry, ContextListing } from "../context/context-listing.ts";
import type { NamedSource } from "../context/context-tree.ts";
import { DockerIgnore } from "../dockerfile/dockerignore.ts";
import type { FileAspect } from "./cause.ts";

export interface FileChange {
  readonly path: string;
  /** Null for what came. */
  readonly before: ContextEntry | null;
  /** Null for what went. */
  readonly after: ContextEntry | null;
  readonly aspects: readonly FileAspect[];
}

/** What a reader wants to know first. */
const order: readonly FileAspect[] = ["content", "link", "type", "present", "mode", "owner"];

/** Of sources that both have; times count in no key. What says most comes first. */
export function fileChanges(before: readonly NamedSource[], after: readonly NamedSource[]): FileChange[] {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  const changes: FileChange[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [one, other] = [old.get(path) ?? null, now.get(path) ?? null];
    const aspects = aspectsOf(one, other);
    if (aspects.length > 0) changes.push({ path, before: one, after: other, aspects });
  }
  const rank = ({ aspects }: FileChange) => order.indexOf(aspects[0] as FileAspect);
  return changes.sort((a, b) => rank(a) - rank(b));
}

function entriesOf(sources: readonly NamedSource[]): Map<string, ContextEntry> {
  return new Map(sources.flatMap(({ entries }) => entries.map(entry => [entry.path, entry] as const)));
}

function aspectsOf(one: ContextEntry | null, other: ContextEntry | null): FileAspect[] {
  if (one === null || other === null) return ["present"];
  if (one.type !== other.type) return ["type"];
  const aspects: FileAspect[] = [];
  const isKnown = one.contentDigest !== null && other.contentDigest !== null;
  const isOther = isKnown ? one.contentDigest !== other.contentDigest : one.sizeBytes !== other.sizeBytes;
  if (one.type === "file" && isOther) aspects.push("content");
  if (one.linkTarget !== other.linkTarget) aspects.push("link");
  // Of a link's mode there is but one.
  if (one.type !== "symlink" && one.mode !== other.mode) aspects.push("mode");
  if (one.uid !== other.uid || one.gid !== other.gid) aspects.push("owner");
  return aspects;
}

/** The ignore file, when a path came or went with its patterns alone. */
export function ignoreFileOf(
  { path, before, after }: FileChange,
  one: ContextListing,
  other: ContextListing,
): string | null {
  if ((before === null) === (after === null) || one.patterns.join("\n") === other.patterns.join("\n")) return null;
  const [was, is] = [one, other].map(({ patterns }) => new DockerIgnore(patterns).excludes(path));
  return was === is ? null : ((is ? other.ignoreFile : one.ignoreFile) ?? one.ignoreFile ?? other.ignoreFile);
}
