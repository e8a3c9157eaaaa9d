/** Changes between two file systems as lines and as JSON. */

import { typeLetter } from "../../lib/model/entry.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Change, ChangeCounts, ChangeKind } from "../../lib/model/snapshot.ts";
import { formatBytes, formatDelta, formatMode } from "./format.ts";
import { isoTime, linkLabel, nodeDocument } from "./nodes.ts";
import type { Style } from "./style.ts";

export function kindMark(kind: ChangeKind, style: Style): string {
  if (kind === "A") return style.green("A");
  return kind === "D" ? style.red("D") : style.yellow("M");
}

/** `M /etc/passwd  content, time  +32 B` */
export function changeLine(change: Change, style: Style): string {
  const node = change.after ?? change.before;
  const path = `/${showText(change.path)}${node?.type === "dir" ? "/" : ""}`;
  const detail =
    change.kind === "M"
      ? modifiedDetail(change)
      : node && node.type !== "dir"
        ? `${formatBytes(node.sizeBytes)}${linkLabel(node)}`
        : "";
  return `${kindMark(change.kind, style)} ${path}${detail === "" ? "" : `  ${style.dim(detail)}`}`;
}

function modifiedDetail({ causes, before, after }: Change): string {
  const words = causes.map(cause => {
    if (!before || !after) return cause;
    if (cause === "content") return `content ${formatDelta(after.sizeBytes - before.sizeBytes)}`;
    if (cause === "mode")
      return `mode ${formatMode(typeLetter[before.type], before.mode)} → ${formatMode(typeLetter[after.type], after.mode)}`;
    if (cause === "owner") return `owner ${before.uid}:${before.gid} → ${after.uid}:${after.gid}`;
    if (cause === "time") return `time ${isoTime(after.mtimeNs).slice(0, 19)}`;
    if (cause === "type") return `type ${before.type} → ${after.type}`;
    if (cause === "link") return `link ${showText(before.linkTarget ?? "")} → ${showText(after.linkTarget ?? "")}`;
    return cause;
  });
  return words.join(", ");
}

export function changeDocument(change: Change): object {
  return {
    path: change.path,
    kind: change.kind,
    causes: change.causes,
    before: change.before && nodeDocument(change.before),
    after: change.after && nodeDocument(change.after),
  };
}

export function countsLine(counts: ChangeCounts): string {
  return `${counts.added} added, ${counts.modified} modified, ${counts.deleted} deleted, ${formatDelta(counts.bytesDelta)}`;
}
