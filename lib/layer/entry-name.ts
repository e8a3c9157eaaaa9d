/**
 * Names of tar entries as bytes: cleaned lexically (never above the root), and read for whiteouts.
 * Comes in: the raw name. Goes out: the clean path, what kind of name it is, and whether it tried to leave the root.
 */

export const nameKinds = ["plain", "whiteout", "opaque", "ignored"] as const;

/** `ignored`: names that belong to whiteouts' own bookkeeping (`.wh..wh.*` of AUFS) or name nothing (`.wh.`, `.wh...`). */
export type NameKind = (typeof nameKinds)[number];

export interface CleanName {
  /** Length of the clean path in `into`. For whiteouts it is the path that they remove, or the folder made opaque. */
  length: number;
  kind: NameKind;
  /** Absolute, or with a `..`. */
  unsafe: boolean;
}

const slash = 0x2f;
const dot = 0x2e;
const whiteoutPrefix = Buffer.from(".wh.");
const metadataPrefix = Buffer.from(".wh..wh.");
const opaqueName = Buffer.from(".wh..wh..opq");

/** Writes the clean form of `name[0 … length)` into `into` (at least as long) and describes it in `result`. */
export function cleanName(name: Uint8Array, length: number, into: Uint8Array, result: CleanName): void {
  let out = 0;
  let marked = false;
  result.unsafe = length > 0 && name[0] === slash;
  for (let at = 0; at < length; ) {
    if (name[at] === slash) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < length && name[at] !== slash) at += 1;
    if (isDots(name, start, at)) {
      if (at - start === 1) continue;
      result.unsafe = true;
      out = parentLength(into, out);
      continue;
    }
    if (out > 0) into[out++] = slash;
    if (name[start] === dot && startsWith(name, start, at, whiteoutPrefix)) marked = true;
    for (let i = start; i < at; i += 1) into[out++] = name[i]!;
  }
  result.length = out;
  result.kind = "plain";
  if (marked) readWhiteout(into, out, result);
}

/**
 * Copies a name that is clean already, as nearly all are, but for a leading `./` and a `/` at its end.
 * @returns its length, or 0 when it is another one: `cleanName` then tells what it is.
 */
export function copyCleanName(name: Uint8Array, length: number, into: Uint8Array, start: number): number {
  let out = start;
  let previous = slash;
  for (let at = length > 2 && name[0] === dot && name[1] === slash ? 2 : 0; at < length; at += 1) {
    const byte = name[at]!;
    // Every name that starts with a dot: it may be a whiteout.
    if (previous === slash && (byte === slash || byte === dot)) return 0;
    into[out++] = byte;
    previous = byte;
  }
  return previous === slash ? Math.max(0, out - 1 - start) : out - start;
}

function isDots(name: Uint8Array, start: number, end: number): boolean {
  if (name[start] !== dot) return false;
  return end - start === 1 || (end - start === 2 && name[start + 1] === dot);
}

/** Length of the path without its last name. */
export function parentLength(path: Uint8Array, length: number): number {
  const at = path.lastIndexOf(slash, length - 1);
  return at < 0 || length === 0 ? 0 : at;
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i += 1) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}

function readWhiteout(path: Uint8Array, length: number, result: CleanName): void {
  if (length === 0) return;
  const last = path.lastIndexOf(slash, length - 1) + 1;
  if (hasMetadataFolder(path, last)) {
    result.kind = "ignored";
    return;
  }
  if (!startsWith(path, last, length, whiteoutPrefix)) return;
  if (startsWith(path, last, length, metadataPrefix)) {
    const opaque = length - last === opaqueName.length && startsWith(path, last, length, opaqueName);
    result.kind = opaque ? "opaque" : "ignored";
    if (opaque) result.length = Math.max(0, last - 1);
    return;
  }
  const nameStart = last + whiteoutPrefix.length;
  if (nameStart === length || isDots(path, nameStart, length)) {
    result.kind = "ignored";
    return;
  }
  path.copyWithin(last, nameStart, length);
  result.kind = "whiteout";
  result.length = length - whiteoutPrefix.length;
}

function hasMetadataFolder(path: Uint8Array, end: number): boolean {
  for (let start = 0; start < end; ) {
    if (startsWith(path, start, end, metadataPrefix)) return true;
    start = path.indexOf(slash, start) + 1;
    if (start === 0) return false;
  }
  return false;
}
