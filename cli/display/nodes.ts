/** Nodes of a snapshot as lines of a listing and as JSON. */

import { typeLetter } from "../../lib/model/entry.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { TreeNode } from "../../lib/model/snapshot.ts";
import { formatBytes, formatMode } from "./format.ts";

/** As `ls -l` would, with the size of everything below for folders. */
export function nodeCells(node: TreeNode, name: string): string[] {
  return [
    formatMode(typeLetter[node.type], node.mode),
    `${node.uid}:${node.gid}`,
    formatBytes(node.treeBytes),
    isoTime(node.mtimeNs).slice(0, 16).replace("T", " "),
    node.type === "dir" ? `${showText(name)}/` : `${showText(name)}${linkLabel(node)}`,
  ];
}

export const nodeColumns = [
  { title: "MODE" },
  { title: "OWNER" },
  { title: "SIZE", align: "right" as const },
  { title: "MODIFIED (UTC)" },
  { title: "NAME" },
];

export function linkLabel(node: TreeNode): string {
  if (node.linkTarget === null) return "";
  return node.type === "hardlink" ? ` link to ${showText(node.linkTarget)}` : ` -> ${showText(node.linkTarget)}`;
}

export function nodeDocument(node: TreeNode): object {
  return {
    path: node.path,
    type: node.type,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    sizeBytes: node.sizeBytes,
    treeBytes: node.treeBytes,
    mtime: isoTime(node.mtimeNs),
    link: node.linkTarget,
    contentDigest: node.contentDigest,
    xattrs:
      node.xattrs &&
      Object.fromEntries([...node.xattrs].map(([name, value]) => [name, Buffer.from(value).toString("base64")])),
    layer: node.layer,
  };
}

/** ISO 8601 with nanoseconds where there are some; years that a Date cannot hold as seconds. */
export function isoTime(ns: bigint): string {
  const seconds = ns >= 0n ? ns / 1_000_000_000n : (ns - 999_999_999n) / 1_000_000_000n;
  const fraction = ns - seconds * 1_000_000_000n;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s`;
  const digits = fraction === 0n ? "" : `.${String(fraction).padStart(9, "0").replace(/0+$/, "")}`;
  return date.toISOString().replace(/\.000Z$/, `${digits}Z`);
}
