import * as z from "zod/mini";
import type { Package } from "./package.ts";

const form = z.object({ name: z.optional(z.string()), version: z.optional(z.string()) });

/** `package.json` of a package that lies in some `node_modules`. Sizes are those of its folder: the snapshot tells them. */
export function parseNpmPackage(text: string, source: string): Package[] {
  const { name, version } = form.parse(JSON.parse(text));
  const folder = folderOfNpmPackage(source);
  const ownName = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
  // Without a version it only tells how modules are to be read.
  if (version === undefined) return [];
  return [{ kind: "npm", name: name ?? ownName, version, sizeBytes: null, source, key: `npm ${folder}` }];
}

export function folderOfNpmPackage(source: string): string {
  return source.slice(0, -"/package.json".length);
}
