/** Names in a folder that Kaniko or its warmer wrote: the only thing by which the two caches can be told apart there. */

import { type Digest, isDigest } from "../model/digest.ts";

export type EntryName =
  /** `--cache-repo oci:DIR/PREFIX` writes `DIR/PREFIX:<key>`. */
  | { readonly kind: "layer"; readonly prefix: string; readonly key: string }
  | { readonly kind: "base-image"; readonly digest: Digest }
  /** The manifest that upstream's warmer writes beside its archive. */
  | { readonly kind: "manifest"; readonly digest: Digest };

const keyForm = /^[0-9a-f]{64}$/;

/** Whether a word is a whole key of the layer cache. */
export function isCacheKey(text: string): boolean {
  return keyForm.test(text);
}

/** Null for a name that neither Kaniko nor its warmer gives. */
export function parseEntryName(name: string): EntryName | null {
  if (isDigest(name)) return { kind: "base-image", digest: name };
  if (name.endsWith(".json") && isDigest(name.slice(0, -5)))
    return { kind: "manifest", digest: name.slice(0, -5) as Digest };
  const at = name.lastIndexOf(":");
  const key = name.slice(at + 1);
  return at > 0 && isCacheKey(key) ? { kind: "layer", prefix: name.slice(0, at), key } : null;
}
