import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { bytesOfPath } from "../../../../lib/model/path-text.ts";
import type { Snapshot } from "../../../../lib/model/snapshot.ts";
import { layered } from "../../../../lib/snapshot/layered-snapshot.ts";

/** A tree as text, path by path, from a folder on disk and from a snapshot: what both say must be equal. Paths are Latin-1. */

export interface TreeFacts {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly sizeBytes: number;
  /** Nanoseconds. */
  readonly mtime: string;
  readonly link: string;
  readonly content: string;
  readonly xattrs: string;
  /** The first path of the same file. */
  readonly sameAs: string;
  /** Whether it is a folder that no layer has. */
  readonly isImplied: boolean;
}

/** By path; the root folder is "". */
export type Tree = Map<string, TreeFacts>;

export function treeOnDisk(root: string): Tree {
  const tree: Tree = new Map();
  const xattrs = xattrsBelow(root);
  const firstPath = new Map<bigint, string>();
  const visit = (path: string) => {
    const place = Buffer.from(path === "" ? root : `${root}/${path}`, "latin1");
    const stats = lstatSync(place, { bigint: true });
    const type = typeOf(stats);
    const isDir = type === "dir";
    if (!firstPath.has(stats.ino)) firstPath.set(stats.ino, path);
    tree.set(path, {
      path,
      type,
      mode: type === "symlink" ? "" : Number(stats.mode & 0o7777n).toString(8),
      owner: `${stats.uid}:${stats.gid}`,
      sizeBytes: type === "file" ? Number(stats.size) : 0,
      mtime: String(stats.mtimeNs),
      link: type === "symlink" ? readlinkSync(place, "buffer").toString("latin1") : deviceOf(type, stats.rdev),
      content: type === "file" ? createHash("sha256").update(readFileSync(place)).digest("hex") : "",
      xattrs: xattrs.get(path) ?? "",
      sameAs: isDir ? path : (firstPath.get(stats.ino) as string),
      isImplied: false,
    });
    if (!isDir) return;
    const names = readdirSync(place, "buffer").sort(Buffer.compare);
    for (const name of names) visit(`${path === "" ? "" : `${path}/`}${name.toString("latin1")}`);
  };
  visit("");
  return tree;
}

function typeOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return "dir";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isCharacterDevice()) return "char";
  return stats.isBlockDevice() ? "block" : "file";
}

/** As the C library packs them into 64 bits. */
function deviceOf(type: string, device: bigint): string {
  if (type !== "char" && type !== "block") return "";
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  return `${major}:${(device & 0xffn) | ((device >> 12n) & 0xffffff00n)}`;
}

/** By path: `name=hex` of every attribute. */
function xattrsBelow(root: string): Map<string, string> {
  const flags = ["-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "--absolute-names"];
  const text = execFileSync("getfattr", [...flags, "."], { cwd: root, maxBuffer: 1 << 26 }).toString("latin1");
  const found = new Map<string, string>();
  for (const part of text.split("\n\n")) {
    const [first = "", ...lines] = part.split("\n");
    const file = /^# file: (.*)$/.exec(first)?.[1];
    if (file === undefined) continue;
    const path = file.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
    found.set(path.replace(/^\.\/?/, ""), xattrText(lines.filter(line => line !== "")));
  }
  return found;
}

function xattrText(lines: readonly string[]): string {
  return [...lines].sort().join(" ");
}

export function treeOfSnapshot(snapshot: Snapshot): Tree {
  const tree: Tree = new Map();
  const nodes = layered(snapshot);
  const firstPath = new Map<string, string>();
  for (let index = 0; index < nodes.nodes.count; index += 1) {
    const node = nodes.nodeAt(index);
    const content = nodes.contentRef(index);
    const type = content === null ? "dir" : content.view.columns.type(content.entry);
    const path = bytesOfPath(node.path).toString("latin1");
    const identity = content === null ? path : `${nodes.views.indexOf(content.view)} ${content.entry}`;
    if (!firstPath.has(identity)) firstPath.set(identity, path);
    const xattrs = [...(node.xattrs ?? [])].map(
      ([name, value]) => `${bytesOfPath(name).toString("latin1")}=0x${Buffer.from(value).toString("hex")}`,
    );
    const link = content?.view.columns.linkBytes(content.entry) ?? null;
    tree.set(path, {
      path,
      type,
      mode: type === "symlink" ? "" : node.mode.toString(8),
      owner: `${node.uid}:${node.gid}`,
      sizeBytes: node.sizeBytes,
      mtime: String(node.mtimeNs),
      link:
        node.device !== null
          ? `${node.device.major}:${node.device.minor}`
          : type === "symlink" && link !== null
            ? Buffer.from(link).toString("latin1")
            : "",
      content: node.contentDigest?.replace("sha256:", "") ?? "",
      xattrs: xattrText(xattrs),
      sameAs: type === "dir" ? path : (firstPath.get(identity) as string),
      isImplied: node.layer < 0,
    });
  }
  return tree;
}
