/** Two builds or images side by side, as a table and as JSON. */

import type { ComparedFiles, ComparedPair, ComparedSide, Comparison } from "../../lib/compare/compare-targets.ts";
import type { ConfigChange } from "../../lib/compare/config-facts.ts";
import type { Step } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { kindMark } from "./changes.ts";
import { formatBytes, formatDelta, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import type { Style } from "./style.ts";
import { cutTo, tableLines } from "./table.ts";

/** Below this width only what the values differ by is shown. */
const wideColumns = 120;

export function pairsTable(pairs: readonly ComparedPair[], output: Output): string[] {
  const wide = output.columns >= wideColumns;
  const columns = [
    { title: "OLD", align: "right" as const },
    { title: "NEW", align: "right" as const },
    { title: "IS" },
    { title: "CACHE" },
    { title: "TIME", align: "right" as const },
    { title: "SNAPSHOT", align: "right" as const },
    { title: "SIZE", align: "right" as const },
    { title: "+ ~ -" },
    { title: "INSTRUCTION" },
  ];
  const instruction = columns.length - 1;
  const rows = pairs.flatMap(pair => {
    const row = pairRow(pair, wide);
    return pair.status === "edited" ? [row, oldTextRow(pair, instruction)] : [row];
  });
  const used = columns.map(({ title }, at) => {
    if (title === "SNAPSHOT" && !wide) return false;
    return at === instruction || rows.some(row => row[at] !== "");
  });
  const pick = <T>(cells: readonly T[]) => cells.filter((_, at) => used[at]);
  return tableLines(pick(columns), rows.map(pick), output.columns, output.style.bold);
}

function pairRow(pair: ComparedPair, wide: boolean): string[] {
  const { one, other, status, files } = pair;
  const step = (other ?? one) as Step;
  return [
    one === null ? "" : String(one.number),
    other === null ? "" : String(other.number),
    status === "same" ? "=" : status,
    cacheLabel(one, other),
    difference(one?.durationMs, other?.durationMs, formatDuration, wide),
    difference(one?.snapshotMs, other?.snapshotMs, formatDuration, wide),
    difference(sizeOf(one), sizeOf(other), formatBytes, wide),
    countsLabel(pair, files),
    showText(step.text === "" ? "(no history)" : step.text),
  ];
}

/** Below an edited instruction, what it was. */
function oldTextRow({ one }: ComparedPair, instruction: number): string[] {
  return [...Array<string>(instruction).fill(""), `was ${showText(one?.text ?? "")}`];
}

function sizeOf(step: Step | null): number | null {
  if (step === null) return null;
  const layers = step.layer ? [step.layer] : step.baseLayers;
  return layers.length === 0 ? null : layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
}

function cacheLabel(one: Step | null, other: Step | null): string {
  const [before, after] = [one, other].map(step => {
    if (step === null || step.instruction === "FROM") return "";
    return step.cache.result === "hit" || step.cache.result === "miss" ? step.cache.result : "";
  });
  if (before === after || one === null || other === null) return after || before || "";
  return `${before || "-"} → ${after || "-"}`;
}

/** `12 ms → 15 ms`, or in a narrow table `+3 ms`; nothing where they are equal. */
function difference(
  one: number | null | undefined,
  other: number | null | undefined,
  format: (value: number) => string,
  wide: boolean,
): string {
  const [before, after] = [one ?? null, other ?? null];
  if (before === null && after === null) return "";
  if (wide) {
    if (before === null || after === null) return format((after ?? before) as number);
    return before === after ? format(after) : `${format(before)} → ${format(after)}`;
  }
  const delta = (after ?? 0) - (before ?? 0);
  return delta === 0 ? "" : signed(delta, format);
}

function signed(delta: number, format: (value: number) => string): string {
  return `${delta < 0 ? "-" : "+"}${format(Math.abs(delta))}`;
}

/** Of a pair what its files differ by; of a step that only one side has, what it did itself. */
function countsLabel({ one, other }: ComparedPair, files: ComparedFiles | null): string {
  if (files !== null)
    return files.added + files.modified + files.deleted === 0
      ? ""
      : `${files.added} ${files.modified} ${files.deleted}`;
  const own = one === null ? other : other === null ? one : null;
  return own === null || own.added === null || own.layer === null ? "" : `${own.added} ${own.modified} ${own.deleted}`;
}

export function configLines(changes: readonly ConfigChange[], style: Style, columns: number): string[] {
  return changes.map(change => {
    const name = `${change.field}${change.name === "" ? "" : ` ${showText(change.name)}`}`;
    return `${kindMark(change.kind, style)} ${cutTo(`${name}${valueLabel(change)}`, columns - 2)}`;
  });
}

function valueLabel({ kind, before, after, masked, field }: ConfigChange): string {
  if (field === "port" || field === "volume" || field === "onbuild") return "";
  if (kind !== "M") return `  ${showText(after ?? before ?? "")}`;
  return masked ? `  ${after} (another value)` : `  ${showText(before ?? "")} → ${showText(after ?? "")}`;
}

/** What the two are together: size, unpacked size, time, files. */
export function totalLines({ one, other, files }: Comparison): string[] {
  const rows = [
    totalRow("image", one.sizeBytes, other.sizeBytes, formatBytes),
    totalRow("unpacked", one.unpackedBytes, other.unpackedBytes, formatBytes),
    totalRow("time", one.target.build?.durationMs, other.target.build?.durationMs, formatDuration),
  ];
  const counts = files && `files     ${filesLabel(files)}`;
  return [...rows, counts].filter(row => row !== null);
}

function totalRow(
  title: string,
  one: number | null | undefined,
  other: number | null | undefined,
  format: (value: number) => string,
): string | null {
  const [before, after] = [one ?? null, other ?? null];
  if (before === null && after === null) return null;
  const show = (value: number | null) => (value === null ? "none" : format(value));
  const delta = before === null || after === null || before === after ? "" : `  ${signed(after - before, format)}`;
  return `${title.padEnd(8)}  ${show(before)} → ${show(after)}${delta}`;
}

export function filesLabel(files: ComparedFiles): string {
  const { added, modified, deleted, bytesDelta, timeOnly } = files;
  const times = timeOnly === 0 ? "" : ` (${timeOnly} more only in their times)`;
  return `${added} added, ${modified} modified, ${deleted} deleted, ${formatDelta(bytesDelta)}${times}`;
}

export function comparisonDocument(comparison: Comparison): object {
  return {
    one: sideDocument(comparison.one),
    other: sideDocument(comparison.other),
    differs: comparison.differs,
    files: comparison.files,
    config: comparison.config,
    steps: comparison.pairs.map(({ one, other, status, files }) => ({
      status,
      one: one && stepDocument(one),
      other: other && stepDocument(other),
      files,
    })),
  };
}

function sideDocument({ target, sizeBytes, unpackedBytes }: ComparedSide): object {
  return {
    target: target.name,
    build: target.build?.id ?? null,
    sizeBytes,
    unpackedBytes,
    durationMs: target.build?.durationMs ?? null,
  };
}

function stepDocument(step: Step): object {
  const { number, stage, line, instruction, text, status, cache, layer, durationMs, snapshotMs } = step;
  return {
    number,
    stage,
    line,
    instruction,
    text,
    status,
    cache: { key: cache.key, result: cache.result },
    layer: layer && { digest: layer.digest, diffId: layer.diffId },
    sizeBytes: sizeOf(step),
    durationMs,
    runMs: durationMs === null || snapshotMs === null ? durationMs : durationMs - snapshotMs,
    snapshotMs,
    added: step.added,
    modified: step.modified,
    deleted: step.deleted,
  };
}
