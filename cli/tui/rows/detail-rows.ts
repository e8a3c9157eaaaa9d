/** The DETAIL pane: everything about the selected step, and about the selected path when it was chosen in the FILES pane. */

import type { StepProgress } from "../../../lib/build/progress.ts";
import type { BuildFailure, BuildRecord, Step } from "../../../lib/model/build.ts";
import { typeLetter } from "../../../lib/model/entry.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { TreeNode } from "../../../lib/model/snapshot.ts";
import { wrongPredictions as wrongPredictionsOf } from "../../../lib/prediction/wrong-predictions.ts";
import { cacheWordsOf } from "../../display/cache-words.ts";
import { invalidatedBy } from "../../display/change-effect.ts";
import { formatBytes, formatDuration, formatMode } from "../../display/format.ts";
import { timesText } from "../../display/step-times.ts";
import type { FileItem } from "../files/file-source.ts";
import { clockMs, shownStep, stepTimeMs } from "../live/live-state.ts";
import { type WatchedStep, watchedStep } from "../live/watch-view.ts";
import { selectedFile, selectedStep } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { wrapText } from "../text/cells.ts";
import { type Row, span, type Tone } from "../text/spans.ts";

export function detailRows(state: State, width: number): readonly Row[] {
  if (state.place === "live") return liveDetail(state, width);
  const step = selectedStep(state);
  if (!step) return [];
  const file = state.detailOf === "files" && !state.search?.listed ? selectedFile(state) : null;
  return [...(file ? [...fileDetail(file, width), []] : []), ...stepDetail(step, state, width)];
}

/** `label  value`, the value wrapped below itself. */
function fact(label: string, value: string, width: number, tone: Tone = "plain"): Row[] {
  const indent = 11;
  return wrapText(value, Math.max(10, width - indent)).map((line, at) => [
    span((at === 0 ? label : "").padEnd(indent), "dim"),
    span(line, tone),
  ]);
}

function stepDetail(step: Step, state: State, width: number): Row[] {
  const build = state.target?.build ?? null;
  const failure = build?.failure?.step === step.number ? build.failure : null;
  return [
    ...wrapText(showText(step.text === "" ? "(the image does not tell the instruction)" : step.text), width).map(
      line => [span(line, "bold")],
    ),
    ...(failure ? fact("failed", failureText(failure), width, "error") : []),
    ...fact("step", stepPlace(step), width),
    ...fact("result", resultText(step), width),
    ...(step.durationMs === null ? [] : fact("time", timeText(step), width)),
    ...(step.layer && step.added !== null ? fact("changes", countsText(step), width) : []),
    ...layerFacts(step, width),
    ...(step.cache.key === null ? [] : fact("key", showText(step.cache.key), width)),
    ...fact("cache", build === null ? notBuiltHere : cacheText(build, step), width),
    ...wrongPredictions(build, step).flatMap(sentence => fact("predicted", sentence, width, "warning")),
  ];
}

export function failureText({ message, exitCode }: Pick<BuildFailure, "message" | "exitCode">): string {
  return `${showText(message)}${exitCode === null ? "" : ` (exit code ${exitCode})`}`;
}

function stepPlace(step: Step): string {
  const { stage, line, endLine } = step;
  const lines =
    line === null ? "" : `, Dockerfile line ${line}${endLine !== null && endLine > line ? `-${endLine}` : ""}`;
  return `${step.number} of stage ${stage.index}${stage.name === "" ? "" : ` ${showText(stage.name)}`}${lines}`;
}

const resultWords: Readonly<Record<Step["status"], string>> = {
  executed: "executed",
  cached: "taken from the layer cache",
  metadata: "changes no files",
  skipped: "skipped: not reached, or its stage is not needed",
  failed: "failed",
};

function resultText(step: Step): string {
  return resultWords[step.status];
}

function timeText(step: Step): string {
  const parts = timesText(step);
  return `${formatDuration(step.durationMs)}${parts === "" ? "" : `: ${parts}`}`;
}

function countsText(step: Step): string {
  const bytes = step.bytesAdded === null ? "" : `, ${formatBytes(step.bytesAdded)} new`;
  return `${step.added} added, ${step.modified ?? 0} modified, ${step.deleted ?? 0} deleted${bytes}`;
}

function layerFacts(step: Step, width: number): Row[] {
  if (step.layer) {
    const { digest, diffId, sizeBytes, mediaType } = step.layer;
    return [
      ...fact("layer", digest, width),
      ...(diffId === null ? [] : fact("diffId", diffId, width)),
      ...fact(
        "size",
        `${formatBytes(sizeBytes)} compressed${mediaType === "" ? "" : `, ${showText(mediaType)}`}`,
        width,
      ),
    ];
  }
  if (step.baseStage !== null) return fact("base", `stage ${step.baseStage}`, width);
  if (step.baseLayers.length === 0) return fact("layer", "none", width);
  return step.baseLayers.flatMap(({ digest, sizeBytes }, at) =>
    fact(at === 0 ? "base" : "", `${digest} ${formatBytes(sizeBytes)}`, width),
  );
}

const notBuiltHere = "not known: this image was not built here";

function cacheText(build: BuildRecord, step: Step): string {
  const { sign, sentence } = cacheWordsOf(build, step);
  return `${sign.trim()} ${sentence}`.trim();
}

function wrongPredictions(build: BuildRecord | null, { number }: Step): string[] {
  return build === null
    ? []
    : wrongPredictionsOf(build)
        .filter(({ step }) => step === number)
        .map(({ sentence }) => `wrongly: ${sentence}`);
}

function fileDetail(item: FileItem, width: number): Row[] {
  const { node, change } = item;
  const path = wrapText(`/${showText(item.path)}`, width).map((line): Row => [span(line, "bold")]);
  if (!node) return path;
  const before = change?.kind === "M" ? change.before : null;
  const causes = change?.causes ?? [];
  return [
    ...path,
    ...(causes.length > 0 ? fact("changed", causes.join(", "), width, "modified") : []),
    ...fact("mode", beforeAfter(before, node, modeText), width),
    ...fact(
      "owner",
      beforeAfter(before, node, ({ uid, gid }) => `${uid}:${gid}`),
      width,
    ),
    ...fact("size", beforeAfter(before, node, sizeText), width),
    ...fact("time", beforeAfter(before, node, timeOf), width),
    ...(node.linkTarget === null ? [] : fact("link", beforeAfter(before, node, linkText), width)),
    ...(node.contentDigest === null
      ? []
      : fact(
          "content",
          beforeAfter(before, node, ({ contentDigest }) => contentDigest ?? "none"),
          width,
        )),
    ...[...(node.xattrs ?? [])].flatMap(([name, value]) =>
      fact("xattr", `${showText(name)} (${value.length} bytes)`, width),
    ),
  ];
}

function beforeAfter(before: TreeNode | null, node: TreeNode, text: (node: TreeNode) => string): string {
  const now = text(node);
  const then = before ? text(before) : now;
  return then === now ? now : `${then} -> ${now}`;
}

function modeText({ type, mode }: TreeNode): string {
  return `${formatMode(typeLetter[type], mode)} ${mode.toString(8).padStart(4, "0")}`;
}

function sizeText(node: TreeNode): string {
  if (node.type === "dir")
    return `${formatBytes(node.treeBytes)} in ${node.childCount} ${node.childCount === 1 ? "entry" : "entries"}`;
  return `${formatBytes(node.sizeBytes)} (${node.sizeBytes} bytes)`;
}

function timeOf({ mtimeNs }: TreeNode): string {
  const date = new Date(Number(mtimeNs / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${mtimeNs} ns` : date.toISOString().replace("T", " ").replace(".000Z", " UTC");
}

function linkText({ linkTarget }: TreeNode): string {
  return showText(linkTarget ?? "none");
}

function liveDetail(state: State, width: number): Row[] {
  const { live } = state;
  const step = live?.progress.steps[shownStep(live)];
  if (!live || !step) return [];
  const { failure } = live.progress;
  const timeMs = stepTimeMs(step, clockMs(live));
  return [
    ...wrapText(showText(step.text), width).map((line): Row => [span(line, "bold")]),
    ...(failure && failure.step === step.number ? fact("failed", failureText(failure), width, "error") : []),
    ...(step.line === null ? [] : fact("line", `${step.line} of the Dockerfile`, width)),
    ...fact("state", step.state, width),
    ...(timeMs === null ? [] : fact("time", formatDuration(timeMs), width)),
    ...(step.cacheKey === null ? [] : fact("key", showText(step.cacheKey), width)),
    ...liveCacheFact(step, width),
    ...(state.watch ? foreseenFacts(watchedStep(state.watch, step), width) : []),
  ];
}

function foreseenFacts({ foreseen, invalidated, isRight }: WatchedStep, width: number): Row[] {
  if (foreseen === null || foreseen.result === "off") return [];
  const { result, key, unknown } = foreseen;
  const words = result === "skipped" ? "not looked up" : result;
  const text = unknown === null ? `${words} under ${(key ?? "").slice(0, 12)}` : `not known: ${showText(unknown)}`;
  const proof = isRight === null ? "" : isRight ? ", and so it was" : ": it came otherwise";
  return [
    ...fact("predicted", text + proof, width, isRight === false ? "warning" : "plain"),
    ...(invalidated === null ? [] : fact("changed", invalidatedBy(invalidated), width, "modified")),
  ];
}

function liveCacheFact(step: StepProgress, width: number): Row[] {
  if (step.cacheResult === null) return [];
  const reason = step.missReason === "" ? "" : `: ${showText(step.missReason)}`;
  return fact("cache", step.cacheResult === "skipped" ? "not looked up" : step.cacheResult + reason, width);
}
