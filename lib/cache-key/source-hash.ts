/** The part of a key that a source gives: a file's or a folder's hash. Mirrors `AddPath`, `hashDir` and `CacheHasher`. */

import { createHash } from "node:crypto";
import type { DockerIgnore } from "../dockerfile/dockerignore.ts";
import { bytesOfPath } from "../model/path-text.ts";
import { type ContextReader, type SourceFile, Unknown } from "./context-reader.ts";
import { goFileMode } from "./go-file-mode.ts";
import type { KeyAlgorithm } from "./key-algorithm.ts";
import type { KeyPart } from "./key-part.ts";

export interface SourceFiles {
  readonly reader: ContextReader;
  readonly ignore: DockerIgnore;
  readonly folderHash: KeyAlgorithm["folderHash"];
  /** Where the files lie for the executor, as it counts in a folder's hash and for ignore files: "" for the context. */
  readonly root: string;
}

/** The part; null for an ignored source, which adds none. */
export async function sourcePart(path: string, files: SourceFiles): Promise<KeyPart | null | Unknown> {
  const { reader } = files;
  const found = await reader.stat(path);
  if (found instanceof Unknown) return found;
  if (found === null) return new Unknown(`${path === "" ? "the context" : path} is not there: the build will fail`);
  if (found.type === "dir") {
    const folder = await folderHash(path, found, files);
    if (folder instanceof Unknown) return folder;
    if (folder.isEmpty && isIgnored(path, files)) return null;
    return { kind: "folder", name: path, value: folder.hash };
  }
  if (isIgnored(path, files)) return null;
  const hash = await fileHash(path, found, reader);
  if (hash instanceof Unknown) return hash;
  return { kind: "file", name: path, value: createHash("sha256").update(hash).digest("hex") };
}

interface FolderHash {
  readonly hash: string;
  readonly isEmpty: boolean;
}

async function folderHash(path: string, found: SourceFile, files: SourceFiles): Promise<FolderHash | Unknown> {
  const { reader, ignore } = files;
  const sha256 = createHash("sha256");
  let isEmpty = true;
  const pending: { readonly path: string; readonly found: SourceFile | null }[] = [{ path, found }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const file = next.found ?? (await reader.stat(next.path));
    if (file instanceof Unknown) return file;
    // Gone since its folder was read.
    if (file === null) continue;
    if (!isIgnored(next.path, files)) {
      const hash = await fileHash(next.path, file, reader);
      if (hash instanceof Unknown) return hash;
      addEntry(sha256, placeOf(next.path, files), hash, files.folderHash);
      isEmpty = false;
    } else if (file.type === "dir" && ignore.excludesAllBelow(next.path) && files.root === "") continue;
    if (file.type !== "dir") continue;
    const names = await reader.names(next.path);
    if (names instanceof Unknown) return names;
    for (const name of names.toReversed())
      pending.push({ path: next.path === "" ? name : `${next.path}/${name}`, found: null });
  }
  return { hash: sha256.digest("hex"), isEmpty };
}

/** `/path`, or "" for the context itself. */
function placeOf(path: string, { root }: SourceFiles): string {
  return path === "" ? root : `${root}/${path}`;
}

/** Patterns are for paths of the context; those of stages meet them with their whole path. */
function isIgnored(path: string, files: SourceFiles): boolean {
  const place = placeOf(path, files);
  return files.ignore.excludes(files.root === "" ? place.slice(1) || "." : place);
}

function addEntry(
  sha256: ReturnType<typeof createHash>,
  place: string,
  hash: string,
  form: KeyAlgorithm["folderHash"],
): void {
  const name = bytesOfPath(place);
  if (form === "framed") sha256.update(`${name.length}:`).update(name).update(`${hash.length}:`);
  else if (form === "names") sha256.update(name);
  sha256.update(hash);
}

async function fileHash(path: string, file: SourceFile, reader: ContextReader): Promise<string | Unknown> {
  const prefix = `${goFileMode(file.mode)}${file.uid.toString(36)},${file.gid.toString(36)}`;
  if (file.type === "file") return reader.hash(path, prefix);
  const md5 = createHash("md5").update(prefix);
  if (file.linkTarget !== null) md5.update(bytesOfPath(file.linkTarget));
  return md5.digest("hex");
}
