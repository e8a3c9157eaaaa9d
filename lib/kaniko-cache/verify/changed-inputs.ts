/** Why a step that runs again gets another key than it had. Pure. */

import type { ContextListing } from "../../context/context-listing.ts";
import type { Step } from "../../model/build.ts";

export interface ChangedInputs {
  /** Files of the context that are not as they were; null where one of the two listings was not kept. */
  readonly paths: readonly string[] | null;
  /** The first part of the key that is another; null where the parts are not known. */
  readonly part: ChangedPart | null;
}

export interface ChangedPart {
  /** Null for the base image, which stands in front of all steps. */
  readonly step: number | null;
  readonly before: string | null;
  readonly after: string | null;
}

export function changedPaths(before: ContextListing | null, after: ContextListing | null): readonly string[] | null {
  if (before === null || after === null) return null;
  const known = new Map(before.entries.map(entry => [entry.path, entry]));
  const changed: string[] = [];
  for (const entry of after.entries) {
    const old = known.get(entry.path);
    known.delete(entry.path);
    const isSame =
      old !== undefined &&
      (["type", "mode", "uid", "gid", "sizeBytes", "contentDigest", "linkTarget"] as const).every(
        field => old[field] === entry[field],
      );
    if (!isSame) changed.push(entry.path);
  }
  return [...changed, ...known.keys()];
}

/** @param before,after the steps of one stage, up to the one with the key */
export function changedPart(before: readonly Step[], after: readonly Step[]): ChangedInputs["part"] {
  const partsOf = (steps: readonly Step[]) =>
    steps.flatMap(({ number, cache }) => (cache.parts ?? []).map(part => ({ number, part })));
  const [old, now] = [partsOf(before), partsOf(after)];
  for (let at = 0; at < Math.max(old.length, now.length); at += 1) {
    const [was, is] = [old[at], now[at]];
    if (was?.part === is?.part) continue;
    const step = at === 0 ? null : ((was ?? is)?.number ?? null);
    return { step, before: was?.part ?? null, after: is?.part ?? null };
  }
  return null;
}
