/** A path through builds, as a table and as JSON. */

import type { PathInBuild } from "../../lib/builds/path-through-builds.ts";
import { typeLetter } from "../../lib/model/entry.ts";
import { showText } from "../../lib/model/path-text.ts";
import { kindMark } from "./changes.ts";
import { formatBytes, formatMode, shortDigest } from "./format.ts";
import { linkLabel, nodeDocument } from "./nodes.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

const columns = [
  { title: "" },
  { title: "BUILD" },
  { title: "MODE" },
  { title: "SIZE", align: "right" as const },
  { title: "CONTENT" },
  { title: "STEP", align: "right" as const },
  { title: "INSTRUCTION" },
];

export function pathBuildsTable(items: readonly PathInBuild[], output: Output): string[] {
  const rows = items.map(item => row(item, output));
  return tableLines(columns, rows, output.columns, output.style.bold);
}

function row(item: PathInBuild, output: Output): string[] {
  const { build, node, step, kind, unreadable } = item;
  const mark = unreadable === null ? (kind === null ? "" : kindMark(kind, output.style)) : "?";
  if (node === null)
    return [mark, build.id, "", "", "", "", unreadable === null ? "(not there)" : showText(unreadable)];
  return [
    mark,
    build.id,
    formatMode(typeLetter[node.type], node.mode),
    node.type === "dir" ? "" : formatBytes(node.sizeBytes),
    node.contentDigest === null ? showText(linkLabel(node).trim()) : shortDigest(node.contentDigest),
    step === null ? "" : String(step.number),
    step === null ? "" : showText(step.text),
  ];
}

export function pathBuildDocument({ build, node, step, layer, kind, causes, unreadable }: PathInBuild): object {
  return {
    build: build.id,
    name: build.name,
    startedAt: build.startedAt,
    kind,
    causes,
    node: node && nodeDocument(node),
    step: step && { number: step.number, text: step.text },
    layer: layer && { digest: layer.digest, diffId: layer.diffId },
    unreadable,
  };
}
