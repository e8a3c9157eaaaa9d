/** Which contexts of a batch must be built before which. */

import { LabError } from "../error.ts";
import { formatReference, parseReference } from "../registry/reference.ts";

export interface Orderable {
  readonly name: string;
  /** Images that its Dockerfile names. */
  readonly images: readonly string[];
  /** Where its own image is pushed. */
  readonly destinations: readonly string[];
}

/**
 * A context needs those whose destination is an image of its Dockerfile.
 * @returns for each name the names that it needs.
 * @throws LabError `usage` for a circle, which no order can serve.
 */
export function needsOf(contexts: readonly Orderable[]): Map<string, readonly string[]> {
  const makers = new Map<string, string>();
  for (const { name, destinations } of contexts)
    for (const destination of destinations) makers.set(canonical(destination), name);
  const needs = new Map(
    contexts.map(({ name, images }) => {
      const makersOfImages = images.map(image => makers.get(canonical(image))).filter(maker => maker !== undefined);
      return [name, [...new Set(makersOfImages)].filter(maker => maker !== name)] as const;
    }),
  );
  refuseCircle(needs);
  return needs;
}

/** What cannot be read as a reference is told by the build itself. */
function canonical(image: string): string {
  try {
    return formatReference(parseReference(image));
  } catch {
    return image;
  }
}

function refuseCircle(needs: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0) {
      throw new LabError("usage", `these contexts need each other: ${[...path.slice(at), name].join(" → ")}`, {
        hint: "one of them must be FROM an image that is not built here",
      });
    }
    if (done.has(name)) return;
    for (const needed of needs.get(name) ?? []) visit(needed, [...path, name]);
    done.add(name);
  };
  for (const name of needs.keys()) visit(name, []);
}
