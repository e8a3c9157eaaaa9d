import type { Change, ChangeCause } from "../model/snapshot.ts";
import type { ContentRef } from "./layer-view.ts";
import type { LayeredSnapshot } from "./layered-snapshot.ts";

/** Why one node is not like another one of the same path. Empty when nothing differs. */
export function causesBetween(
  before: LayeredSnapshot,
  beforeIndex: number,
  after: LayeredSnapshot,
  afterIndex: number,
): ChangeCause[] {
  const one = before.contentRef(beforeIndex);
  const other = after.contentRef(afterIndex);
  if (one === null || other === null)
    return one === other ? [] : causesWithImplied(before, beforeIndex, after, afterIndex);
  const causes: ChangeCause[] = [];
  const sameType = typeOf(one) === typeOf(other);
  if (!sameType) causes.push("type");
  else if (contentDiffers(one, other)) causes.push("content");
  if (linkDiffers(before, beforeIndex, after, afterIndex, sameType)) causes.push("link");
  const [a, b] = [one.view.columns, other.view.columns];
  if (a.data.modes[one.entry] !== b.data.modes[other.entry]) causes.push("mode");
  if (a.uid(one.entry) !== b.uid(other.entry) || a.gid(one.entry) !== b.gid(other.entry)) causes.push("owner");
  if (timeDiffers(one, other)) causes.push("time");
  if (Buffer.compare(a.xattrBytes(one.entry), b.xattrBytes(other.entry)) !== 0) causes.push("xattr");
  return causes;
}

/** Folders that no layer has stand in for what engines make: compared by what is shown of them. */
function causesWithImplied(
  before: LayeredSnapshot,
  beforeIndex: number,
  after: LayeredSnapshot,
  afterIndex: number,
): ChangeCause[] {
  const one = before.nodeAt(beforeIndex);
  const other = after.nodeAt(afterIndex);
  const causes: ChangeCause[] = [];
  if (one.type !== other.type) causes.push("type");
  if (one.mode !== other.mode) causes.push("mode");
  if (one.uid !== other.uid || one.gid !== other.gid) causes.push("owner");
  if (one.mtimeNs !== other.mtimeNs) causes.push("time");
  if (one.xattrs !== null || other.xattrs !== null) causes.push("xattr");
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

export function addedChange(after: LayeredSnapshot, index: number): Change {
  const node = after.nodeAt(index);
  return { path: node.path, kind: "A", causes: [], before: null, after: node };
}

export function deletedChange(before: LayeredSnapshot, index: number): Change {
  const node = before.nodeAt(index);
  return { path: node.path, kind: "D", causes: [], before: node, after: null };
}

export function modifiedChange(
  before: LayeredSnapshot,
  beforeIndex: number,
  after: LayeredSnapshot,
  afterIndex: number,
  causes: readonly ChangeCause[],
): Change {
  const node = after.nodeAt(afterIndex);
  return { path: node.path, kind: "M", causes, before: before.nodeAt(beforeIndex), after: node };
}

/** The causes to show: nothing differs, so the path was only written again. */
export const rewritten: readonly ChangeCause[] = ["rewritten"];
