import type { ContextEntry, ContextType } from "../../../lib/context/context-listing.ts";

/** A path of a context; its size is the length of its name. */
export function entry(path: string, type: ContextType = "file", more: Partial<ContextEntry> = {}): ContextEntry {
  const sizeBytes = type === "file" ? path.length : 0;
  return {
    path,
    type,
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes,
    mtimeMs: 0,
    contentDigest: null,
    linkTarget: null,
    ...more,
  };
}
