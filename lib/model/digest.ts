import { LabError } from "../error.ts";

/** `sha256:<64 hex>` of bytes as they are stored: of the compressed bytes where it names a layer. */
export type Digest = string & { readonly brand: "Digest" };

/** `sha256:<64 hex>` of a layer's uncompressed tar. */
export type DiffId = string & { readonly brand: "DiffId" };

const sha256Form = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return sha256Form.test(text);
}

/** @throws LabError `damaged` for anything but `sha256:<64 lower-case hex>`; sha512 and others are not accepted. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new LabError("damaged", `not a sha256 digest: ${JSON.stringify(text.slice(0, 100))}`);
}

/** @throws LabError `damaged` for anything but `sha256:<64 lower-case hex>`. */
export function parseDiffId(text: string): DiffId {
  return parseDigest(text) as string as DiffId;
}

/** The 64 hex digits. */
export function hexOf(digest: Digest | DiffId): string {
  return digest.slice("sha256:".length);
}

export function digestOfHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}
