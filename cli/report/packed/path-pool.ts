/** Paths as bytes, each as what it has more than the one before; in an order in which those of a folder stand together. */

import { bytesOfPath, pathFromBytes } from "../../../lib/model/path-text.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Every path once, a folder directly before all that is below it. */
export function orderPaths(lists: Iterable<readonly string[]>): string[] {
  const paths = new Set<string>();
  for (const list of lists) for (const path of list) paths.add(path);
  // No name has a NUL; with it for the slash nothing can stand between a folder and what is below it.
  return [...paths]
    .map(path => path.replaceAll("/", "\0"))
    .sort()
    .map(path => path.replaceAll("\0", "/"));
}

export function writePaths(writer: ByteWriter, paths: readonly string[]): void {
  const shared: number[] = [];
  const rests: Uint8Array[] = [];
  let before: Uint8Array = new Uint8Array(0);
  for (const path of paths) {
    const bytes = bytesOfPath(path);
    let same = 0;
    while (same < before.length && same < bytes.length && before[same] === bytes[same]) same += 1;
    shared.push(same);
    rests.push(bytes.subarray(same));
    before = bytes;
  }
  writer.numbers(shared);
  writer.numbers(rests.map(rest => rest.length));
  for (const rest of rests) writer.bytes(rest);
}

export function readPaths(reader: ByteReader): string[] {
  const shared = reader.numbers();
  const lengths = reader.numbers();
  const paths: string[] = [];
  let path = new Uint8Array(256);
  for (let at = 0; at < shared.length; at += 1) {
    const length = shared[at]! + lengths[at]!;
    if (length > path.length) {
      const longer = new Uint8Array(length * 2);
      longer.set(path);
      path = longer;
    }
    path.set(reader.bytes(lengths[at]!), shared[at]);
    paths.push(pathFromBytes(path.subarray(0, length)));
  }
  return paths;
}
