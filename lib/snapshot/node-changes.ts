import type { Change, ChangeCause, TreeNode } from "../model/snapshot.ts";
import type { ContentRef } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** Causes as bits of one number, in the order in which they are told. */
const causeBits = { type: 1, content: 2, link: 4, mode: 8, owner: 16, time: 32, xattr: 64, rewritten: 128 } as const;

/** The path was written again and nothing differs. */
export const rewrittenBit = causeBits.rewritten;
/** Nothing but perhaps the time differs: what Kaniko's repeated parents and a command that ran again leave. */
export const noiseBits = causeBits.rewritten | causeBits.time;

const causesOfBits: readonly (readonly ChangeCause[])[] = Array.from({ length: 256 }, (_, bits) =>
  (Object.keys(causeBits) as ChangeCause[]).filter(cause => (bits & causeBits[cause]) !== 0),
);

/** Why one node is not like another one of the same path. 0 when nothing differs. */
export function causesBetween(
  before: LayeredSnapshot,
  beforeIndex: number,
  after: LayeredSnapshot,
  afterIndex: number,
): number {
  const one = before.contentRef(beforeIndex);
  const other = after.contentRef(afterIndex);
  if (one === null || other === null)
    return one === other ? 0 : causesWithImplied(before.nodeAt(beforeIndex), after.nodeAt(afterIndex));
  let causes = 0;
  const [a, b] = [one.view.columns, other.view.columns];
  const sameType = typeOf(one) === typeOf(other);
  if (!sameType) causes |= causeBits.type;
  else if (contentDiffers(one, other)) causes |= causeBits.content;
  if (linkDiffers(before, beforeIndex, after, afterIndex, sameType)) causes |= causeBits.link;
  if (a.data.modes[one.entry] !== b.data.modes[other.entry]) causes |= causeBits.mode;
  if (a.uid(one.entry) !== b.uid(other.entry) || a.gid(one.entry) !== b.gid(other.entry)) causes |= causeBits.owner;
  if (timeDiffers(one, other)) causes |= causeBits.time;
  if (Buffer.compare(a.xattrBytes(one.entry), b.xattrBytes(other.entry)) !== 0) causes |= causeBits.xattr;
  return causes;
}

/** Folders that no layer has stand in for what engines make: compared by what is shown of them. */
function causesWithImplied(one: TreeNode, other: TreeNode): number {
  let causes = 0;
  if (one.type !== other.type) causes |= causeBits.type;
  if (one.mode !== other.mode) causes |= causeBits.mode;
  if (one.uid !== other.uid || one.gid !== other.gid) causes |= causeBits.owner;
  if (one.mtimeNs !== other.mtimeNs) causes |= causeBits.time;
  if (one.xattrs !== null || other.xattrs !== null) causes |= causeBits.xattr;
  return causes;
}

function typeOf(ref: ContentRef): string {
  return ref.view.columns.type(ref.entry);
}

/** Content of files, numbers of devices. Contents without a digest count as equal only when they are the same entry. */
function contentDiffers(one: ContentRef, other: ContentRef): boolean {
  const [a, b] = [one.view.columns, other.view.columns];
  if (a === b && one.entry === other.entry) return false;
  const type = typeOf(one);
  if (type === "char" || type === "block") {
    const [first, second] = [a.device(one.entry), b.device(other.entry)];
    return first?.major !== second?.major || first?.minor !== second?.minor;
  }
  if (type !== "file") return false;
  if (a.data.sizes[one.entry] !== b.data.sizes[other.entry]) return true;
  const [first, second] = [a.contentDigestBytes(one.entry), b.contentDigestBytes(other.entry)];
  return first === null || second === null || !first.equals(second);
}

/** The text of symbolic links, and which other name a hard link was given; a file that becomes a hard link differs in this only. */
function linkDiffers(
  before: LayeredSnapshot,
  beforeIndex: number,
  after: LayeredSnapshot,
  afterIndex: number,
  sameType: boolean,
): boolean {
  const one = ownLink(before, beforeIndex);
  const other = ownLink(after, afterIndex);
  if (one === null || other === null) return sameType && one !== other;
  return Buffer.compare(one, other) !== 0;
}

function ownLink(snapshot: LayeredSnapshot, index: number): Uint8Array | null {
  const { nodes, views } = snapshot;
  return views[nodes.views[index]!]!.columns.linkBytes(nodes.entries[index]!);
}

function timeDiffers(one: ContentRef, other: ContentRef): boolean {
  const [a, b] = [one.view.columns.data, other.view.columns.data];
  return (
    a.mtimeSeconds[one.entry] !== b.mtimeSeconds[other.entry] || a.mtimeNanos[one.entry] !== b.mtimeNanos[other.entry]
  );
}

/** The change from one node to another of the same path; -1 stands for none. */
export function changeOf(
  before: LayeredSnapshot,
  beforeIndex: number,
  after: LayeredSnapshot,
  afterIndex: number,
  causes: number,
): Change {
  const one = beforeIndex < 0 ? null : before.nodeAt(beforeIndex);
  const other = afterIndex < 0 ? null : after.nodeAt(afterIndex);
  const kind = one === null ? "A" : other === null ? "D" : "M";
  return { path: (other ?? one)!.path, kind, causes: causesOfBits[causes]!, before: one, after: other };
}
