/** The tree of a snapshot as a tar with the owners, modes and times of its layers; contents come from a folder. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import { LabError, messageOf } from "../error.ts";
import { maxOctalId } from "../executor/docker/copy-in.ts";
import type { Snapshot, TreeNode } from "../model/snapshot.ts";
import { busyboxPath } from "./shell-request.ts";

type TarHeader = Partial<Header> & { name: string };

export interface TreeToPack {
  readonly snapshot: Snapshot;
  /** Where its files were extracted to. */
  readonly folder: string;
  readonly busybox: string | null;
  readonly onBytes: (count: number) => void;
}

/** The stream's errors are those of reading. */
export function packTree(tree: TreeToPack): Pack {
  const tar = pack();
  fillTree(tar, tree)
    .then(() => tar.finalize())
    .catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(messageOf(error))));
  return tar;
}

/** Devices and pipes are left out; a hard link becomes one where its file is there. */
export async function fillTree(tar: Pack, { snapshot, folder, busybox, onBytes }: TreeToPack): Promise<void> {
  const links: TreeNode[] = [];
  for (const node of snapshot.walk()) {
    if (node.type === "dir") tar.entry({ ...headerOf(node), type: "directory" });
    else if (node.type === "symlink")
      tar.entry({ ...headerOf(node), type: "symlink", linkname: node.linkTarget ?? "" });
    else if (node.type === "hardlink" && snapshot.node(node.linkTarget ?? "")?.type === "file") links.push(node);
    else if (node.type === "file" || node.type === "hardlink")
      await packFile(tar, headerOf(node), join(folder, node.path), onBytes);
  }
  for (const link of links) tar.entry({ ...headerOf(link), type: "link", linkname: link.linkTarget ?? "" });
  if (busybox === null) return;
  tar.entry({ name: dirname(busyboxPath).slice(1), mode: 0o755, type: "directory" });
  await packFile(tar, { name: busyboxPath.slice(1), mode: 0o755 }, busybox, onBytes).catch((error: unknown) => {
    throw new LabError("usage", `--busybox: cannot read ${busybox}`, { cause: error });
  });
}

function headerOf(node: TreeNode): TarHeader {
  const pax: Record<string, string> = {};
  if (node.uid > maxOctalId) pax.uid = String(node.uid);
  if (node.gid > maxOctalId) pax.gid = String(node.gid);
  return {
    name: node.path,
    mode: node.mode,
    uid: Math.min(node.uid, maxOctalId),
    gid: Math.min(node.gid, maxOctalId),
    mtime: new Date(Math.max(0, Number(node.mtimeNs / 1_000_000n))),
    ...(Object.keys(pax).length === 0 ? {} : { pax }),
  };
}

async function packFile(tar: Pack, header: TarHeader, file: string, onBytes: (count: number) => void): Promise<void> {
  const { size } = await stat(file);
  const entry = tar.entry({ ...header, type: "file", size });
  if (size === 0) {
    entry.end(null);
    return;
  }
  const content = createReadStream(file, { end: size - 1, highWaterMark: 1 << 18 });
  content.on("data", chunk => onBytes(chunk.length));
  await pipeline(content, entry);
}
