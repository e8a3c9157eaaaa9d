/** A build on the command line: plain lines as it runs, a table at the end; or one JSON document. */

import { failureHint } from "../../lib/build/failure-hint.ts";
import { applyEvent, type BuildProgress, noProgress, type StepProgress } from "../../lib/build/progress.ts";
import { LabError } from "../../lib/error.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { targetOfBuild } from "../../lib/lab/open-target.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { CacheFolder } from "../../lib/store/cache-folder.ts";
import type { CliContext } from "../context.ts";
import { showFailure } from "./build-failure.ts";
import { counted, formatBytes, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { warnOfPrediction } from "./prediction-proof.ts";
import { stepsDocument, stepsTable } from "./steps.ts";

/** The last lines of output are repeated below a failure. */
const repeatedLines = 20;

/**
 * Shows a build or a replay to its end.
 * @returns the exit status: 0, 4 when the build failed, 130 when it was cancelled.
 */
export async function showBuild(
  context: CliContext,
  cache: CacheFolder,
  events: AsyncIterable<BuildEvent>,
  isReplay: () => boolean = () => false,
): Promise<number> {
  const lines = new PlainBuild(context.output);
  for await (const event of events) lines.show(event);
  const record = await new BuildStore(cache).read(lines.progress.id);
  if (context.output.json) context.output.document(stepsDocument(targetOfBuild(cache, record), isReplay()));
  // The record knows how it ended, also when the events of a killed build stop in the middle.
  const isFailed = record.status !== "succeeded" && record.status !== "cancelled";
  if (context.output.json && isFailed) {
    throw new LabError("build-failed", record.failure?.message ?? "the build failed", {
      hint: failureHint(record) ?? undefined,
    });
  }
  if (!context.output.json) showEnd(context.output, cache, record, lines);
  return isFailed ? 4 : record.status === "cancelled" ? 130 : 0;
}

/** What a build has made, or why it has not. */
export function showEnd(output: Output, cache: CacheFolder, record: BuildRecord, lines: PlainBuild): void {
  showResult(output, cache, record);
  warnOfPrediction(output, record);
  if (record.status !== "succeeded" && record.status !== "cancelled") showFailure(output, record, lines.lastOutput);
}

/** A build as lines, while it runs. */
export class PlainBuild {
  progress: BuildProgress = noProgress;
  lastOutput: string[] = [];
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  show(event: BuildEvent): void {
    const before = this.progress;
    this.progress = applyEvent(before, event);
    const line = this.#lineOf(event, before);
    if (line !== null) this.#output.note(line);
    this.#output.status(statusLine(this.progress, event));
  }

  #lineOf(event: BuildEvent, before: BuildProgress): string | null {
    const { style } = this.#output;
    switch (event.type) {
      case "started":
        return `${style.bold(`build ${showText(event.id)}`)} on ${event.driver} (${showText(event.why)})`;
      case "executor":
        return `kaniko ${showText(event.executor.version) || "of unknown version"} (${event.executor.family}), ${showText(event.executor.source)}`;
      case "step-started":
        this.lastOutput = [];
        return stepLine(this.progress, event.step, style.bold);
      case "cache-hit":
        return null;
      case "step-finished":
        return finishedLine(before, this.progress, event.step, this.#output);
      case "output":
        this.lastOutput = [...this.lastOutput, event.text].slice(-repeatedLines);
        return `   ${style.dim("|")} ${showText(event.text)}`;
      case "log":
        // Kaniko's last words are told at the end, with the step and a hint.
        if (/^(?:error building image|Error): /.test(event.text)) return null;
        return `   ${style.dim(`${event.level}:`)} ${showText(event.text)}`;
      case "warning":
        return `${style.yellow("warning:")} ${showText(event.text)}`;
      default:
        return null;
    }
  }
}

function stepOf(progress: BuildProgress, number: number): StepProgress | undefined {
  return progress.steps.find(step => step.number === number);
}

function stepLine(progress: BuildProgress, number: number, bold: (text: string) => string): string {
  const step = stepOf(progress, number);
  const stage = step?.stage.name ? `${showText(step.stage.name)} ` : "";
  return bold(`[${number}/${progress.steps.length}] ${stage}${showText(step?.text ?? "")}`);
}

function finishedLine(before: BuildProgress, after: BuildProgress, number: number, output: Output): string | null {
  const step = stepOf(after, number);
  if (!step || step.state === "metadata") return null;
  const started = stepOf(before, number)?.startedMs ?? after.atMs;
  const took = formatDuration(after.atMs - started);
  if (step.state === "cached") return `   ${output.style.green("cached")} (${took})`;
  if (step.state === "failed") return `   ${output.style.red("FAILED")} after ${took}`;
  const missed = step.cacheResult === "miss" ? `, cache missed: ${showText(step.missReason)}` : "";
  return `   ${output.style.dim(`done in ${took}${missed}`)}`;
}

function statusLine(progress: BuildProgress, event: BuildEvent): string {
  if (event.type === "preparing") {
    const of = event.totalBytes === null ? "" : ` of ${formatBytes(event.totalBytes)}`;
    return event.doneBytes === null ? event.what : `${event.what}: ${formatBytes(event.doneBytes)}${of}`;
  }
  return progress.activity;
}

function showResult(output: Output, cache: CacheFolder, record: BuildRecord): void {
  const target = targetOfBuild(cache, record);
  if (target.steps.every(step => step.status === "skipped")) return;
  output.note("");
  for (const line of stepsTable(target, output, false)) output.line(line);
  const sizeBytes = record.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const layers = `${counted(record.layers.length, "layer")}, ${formatBytes(sizeBytes)}`;
  output.note("");
  if (record.status === "succeeded")
    output.note(
      `${output.style.green("built")} ${record.id} in ${formatDuration(record.durationMs)}: ${layers} in ${cache.root}`,
    );
}
