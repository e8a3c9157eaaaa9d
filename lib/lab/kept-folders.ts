import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import type { Digest } from "../model/digest.ts";
import type { Snapshot, TreeNode } from "../model/snapshot.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { temporaryName } from "../store/temporary-name.ts";

/**
 * Listings of folders with so much below them that the sizes of their folders take the whole tree: kept, as the same
 * layers always make the same tree. They may be deleted at any time, and a damaged one is made again.
 */

export interface Folder {
  readonly node: TreeNode;
  /** Direct children in byte order of their names. */
  readonly children: readonly TreeNode[];
}

export function folderIn(snapshot: Snapshot, path: string): Folder | null {
  const node = snapshot.node(path);
  return node && { node, children: snapshot.children(path) };
}

/** Raise it whenever a listing would come out differently. */
const version = 1;
/** Longer ones would take longer to read than they save. */
const mostChildren = 5000;

interface KeptFolder extends Folder {
  readonly version: number;
  /** Names of files are short hashes: this is what is really meant. */
  readonly chain: string;
  readonly path: string;
}

/** @param digests of the layers that make the tree, oldest first. */
export async function readKeptFolder(
  cache: CacheFolder,
  digests: readonly Digest[],
  path: string,
): Promise<Folder | null> {
  const chain = digests.join(" ");
  try {
    const bytes = await readFile(fileOf(cache, digests, path));
    if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(checksumBytes))) return null;
    const kept = deserialize(bytes.subarray(checksumBytes)) as KeptFolder;
    return kept.version === version && kept.chain === chain && kept.path === path ? kept : null;
  } catch {
    return null;
  }
}

/** Nothing is said where it cannot be kept: it is only slower the next time. */
export async function keepFolder(
  cache: CacheFolder,
  digests: readonly Digest[],
  path: string,
  folder: Folder,
): Promise<void> {
  if (folder.children.length > mostChildren) return;
  const kept: KeptFolder = {
    version,
    chain: digests.join(" "),
    path,
    node: plainNode(folder.node),
    children: folder.children.map(plainNode),
  };
  const content = serialize(kept);
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt32LE(crc32(content));
  const file = fileOf(cache, digests, path);
  const temporary = join(dirname(file), temporaryName());
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, Buffer.concat([checksum, content]), { flag: "wx" });
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

const checksumBytes = 4;

/** By the last layer, so that it goes when that one goes. No digest, as loading Node's ciphers takes longer than reading. */
function fileOf(cache: CacheFolder, digests: readonly Digest[], path: string): string {
  return cache.folderListingFile(digests.at(-1)!, crc32(`${digests.join(" ")} ${path}`).toString(16));
}

function plainNode(node: TreeNode): TreeNode {
  const { path, name, layer, entry, type, mode, uid, gid, sizeBytes, mtimeNs } = node;
  const { linkTarget, contentDigest, xattrs, device, treeBytes, childCount } = node;
  const attributes = { type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, xattrs, device };
  return { path, name, layer, entry, ...attributes, treeBytes, childCount };
}
