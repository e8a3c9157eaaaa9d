/** What came of trying modes: a table of measurements, what each mode misses, and what follows from both. */

import type { ModeDifference } from "../../lib/advise/try-modes/compare-runs.ts";
import type { CopyLayersResult, ModeResult, TriedModes } from "../../lib/advise/try-modes/try-modes.ts";
import { showText } from "../../lib/model/path-text.ts";
import { changeDocument, changeLine } from "./changes.ts";
import { counted, formatBytes, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { tableLines } from "./table.ts";

/** More are of no use to a reader; `--json` has them all. */
const maxLines = 10;

const right = (title: string) => ({ title, align: "right" as const });

export function triedLines(tried: TriedModes, output: Output): string[] {
  return [...modeLines(tried, output), ...copyLayersLines(tried, output)];
}

function modeLines({ modes, noiseMs, unstable }: TriedModes, output: Output): string[] {
  if (modes.length === 0) return [];
  const heads = [
    { title: "MODE" },
    ...["BUILD", "SNAPSHOTS", "LAYERS", "ENTRIES", "SAVES"].map(right),
    { title: "OTHER FILES THAN full" },
  ];
  const full = modes[0] as ModeResult;
  const rows = modes.map(mode => [
    mode.mode,
    formatDuration(mode.buildMs),
    formatDuration(mode.snapshotMs),
    formatBytes(mode.stored.bytes),
    String(mode.stored.entries),
    ...(mode === full ? ["", ""] : [savedText(full.buildMs - mode.buildMs), missesText(mode)]),
  ]);
  const noise =
    noiseMs === null ? "" : `two builds in full were ${formatDuration(noiseMs)} apart: less than that says nothing`;
  const never = unstable === 0 ? [] : [`${counted(unstable, "path")} never twice the same: not compared`];
  return [
    ...tableLines(heads, rows, output.columns, output.style.bold),
    ...[noise, ...never].map(line => output.style.dim(line)),
    ...modes.flatMap(mode => differenceLines(mode, output)),
    "",
    conclusion(modes, noiseMs ?? 0),
  ];
}

function missesText({ differences }: ModeResult): string {
  return differences.length === 0 ? "none" : counted(differences.length, "path");
}

function savedText(ms: number): string {
  return ms >= 0 ? formatDuration(ms) : `-${formatDuration(-ms)}`;
}

const flagsOf: Readonly<Record<ModeResult["mode"], string>> = {
  full: "--snapshot-mode full",
  redo: "--snapshot-mode redo",
  time: "--snapshot-mode time",
  "new-run": "--use-new-run",
};

function conclusion(modes: readonly ModeResult[], noiseMs: number): string {
  const [full, ...others] = modes;
  if (full === undefined || others.length === 0) return "";
  const best = others
    .filter(({ differences, buildMs }) => differences.length === 0 && full.buildMs - buildMs > noiseMs)
    .sort((one, other) => one.buildMs - other.buildMs)[0];
  if (best === undefined) return "stay with full: no other mode made the same files in measurably less time";
  return `${flagsOf[best.mode]} made the same files here and saved ${formatDuration(full.buildMs - best.buildMs)} of ${formatDuration(full.buildMs)}`;
}

function differenceLines({ mode, differences }: ModeResult, { style }: Output): string[] {
  if (differences.length === 0) return [];
  const more = differences.length > maxLines ? [`  … ${differences.length} in all; --json has them`] : [];
  return [
    "",
    style.red(`${mode} does not make what full makes:`),
    ...differences
      .slice(0, maxLines)
      .map(difference => `  step ${difference.step.number}  ${wordOf(difference, style)}`),
    ...more,
  ];
}

/** From what full makes to what the mode makes of it. */
function wordOf({ change }: ModeDifference, style: Output["style"]): string {
  if (change.kind === "D") return `missing    /${showText(change.path)}`;
  if (change.kind === "A") return `too much   /${showText(change.path)}`;
  return `otherwise  ${changeLine(change, style)}`;
}

function copyLayersLines({ copyLayers, modes }: TriedModes, output: Output): string[] {
  if (copyLayers.length === 0) return [];
  const heads = [{ title: "COPY IN THE LAYER CACHE" }, right("FIRST"), right("AGAIN"), right("CACHE")];
  const rows = copyLayers.map(({ isOn, firstMs, againMs, cacheBytes }) => [
    isOn ? "yes: --cache-copy-layers" : "no",
    formatDuration(firstMs),
    formatDuration(againMs),
    formatBytes(cacheBytes),
  ]);
  return [...(modes.length > 0 ? [""] : []), ...tableLines(heads, rows, output.columns, output.style.bold)];
}

export function triedDocument({ modes, copyLayers, noiseMs, unstable }: TriedModes): object {
  const [full] = modes;
  return {
    modes: modes.map(mode => ({
      mode: mode.mode,
      buildMs: mode.buildMs,
      snapshotMs: mode.snapshotMs,
      layerBytes: mode.stored.bytes,
      entries: mode.stored.entries,
      savedMs: (full?.buildMs ?? 0) - mode.buildMs,
      savedBytes: (full?.stored.bytes ?? 0) - mode.stored.bytes,
      differences: mode.differences.map(({ step, change }) => ({ step: step.number, ...changeDocument(change) })),
    })),
    noiseMs,
    unstable,
    copyLayers: copyLayers.map(copyLayersDocument),
  };
}

function copyLayersDocument({ isOn, firstMs, againMs, cacheBytes }: CopyLayersResult): object {
  return { cacheCopyLayers: isOn, firstMs, againMs, cacheBytes };
}
