/** A prediction as a table and as JSON. */

import { showText } from "../../lib/model/path-text.ts";
import type { ForeseenCause, ForeseenStep, Foresight } from "../../lib/prediction/foresee.ts";
import { formatBytes, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { cutTo, tableLines } from "./table.ts";

const columns = [
  { title: "#", align: "right" as const },
  { title: "CACHE" },
  { title: "COST", align: "right" as const },
  { title: "INSTRUCTION" },
];

/** Below each step that is no hit stands why. */
export function showPrediction(output: Output, foresight: Foresight, edits: readonly string[]): void {
  const { executor, unknown, steps, against } = foresight;
  if (unknown !== null) {
    output.alert(`nothing can be predicted: ${showText(unknown)}`);
    return;
  }
  const rows = steps.map(step => [
    String(step.number),
    resultWord(step),
    step.result === "hit" || step.result === "off" ? "" : formatDuration(step.measured?.durationMs ?? null),
    showText(step.text),
  ]);
  const [header, ...lines] = tableLines(columns, rows, output.columns, output.style.bold);
  output.line(header);
  let told = "";
  for (const [at, line] of lines.entries()) {
    output.line(line);
    const why = whyOf(steps[at] as ForeseenStep);
    // What makes one step unknown makes all that follow unknown.
    if (why !== "" && why !== told) output.line(cutTo(`   ${output.style.dim(why)}`, output.columns));
    told = why;
  }
  output.note(totalsNote(steps));
  if (edits.length > 0) output.note(editNote(steps, edits));
  const compared = against === null ? "no build of this context yet" : `compared with build ${against.id}`;
  output.note(`kaniko ${showText(executor.version)} (${executor.family}); ${compared}`);
}

function resultWord(step: ForeseenStep): string {
  if (step.isInvalidated) return step.result === "skipped" ? "lost" : `${step.result}!`;
  return step.result === "off" || !cachedKinds.has(step.instruction) ? "" : step.result;
}

/** Others leave nothing in the file system. */
const cachedKinds = new Set(["RUN", "COPY", "ADD", "WORKDIR"]);

function whyOf({ cause, unknown, result }: ForeseenStep): string {
  if (unknown !== null) return showText(unknown);
  return cause === null || result === "hit" ? "" : causeWords(cause);
}

export function causeWords(cause: ForeseenCause): string {
  switch (cause.kind) {
    case "first-build":
      return "no build of this context had it";
    case "gone":
      return "its entry is no longer in the layer cache";
    case "expired":
      return "its entry has expired";
    case "step":
      return `after the change of step ${cause.step}`;
    case "base":
      return `another base: ${showText(cause.name)}`;
    case "instruction":
      return `the instruction was: ${showText(cause.before ?? "")}`;
    case "arg":
    case "env":
      return `${cause.kind.toUpperCase()} ${showText(cause.name)}: ${quoted(cause.before)} → ${quoted(cause.after)}`;
    default:
      return `${cause.kind} ${showText(cause.path === "" ? "." : (cause.path ?? ""))} changed`;
  }
}

function quoted(value: string | null): string {
  return value === null ? "not set" : `"${showText(value)}"`;
}

export function totalsNote(steps: readonly ForeseenStep[]): string {
  const count = (wanted: (step: ForeseenStep) => boolean) => steps.filter(wanted).length;
  const hits = count(({ result }) => result === "hit");
  const misses = count(({ result }) => result === "miss" || result === "expired");
  const skipped = count(({ result, measured }) => result === "skipped" && measured !== null);
  const unknown = count(({ result, unknown: why }) => result === "unknown" || why !== null);
  return `hits: ${hits}, misses: ${misses}, run without being looked up: ${skipped}, not known: ${unknown}`;
}

function editNote(steps: readonly ForeseenStep[], edits: readonly string[]): string {
  const lost = steps.filter(({ isInvalidated }) => isInvalidated);
  const what = edits.map(showText).join(", ");
  if (lost.length === 0) return `a change of ${what} invalidates nothing that is in the layer cache`;
  const { durationMs, sizeBytes, measured } = lossOf(steps);
  const numbers = lost.map(({ number }) => number).join(", ");
  const cost =
    measured === 0 ? "never measured" : `${formatDuration(durationMs)} and ${formatBytes(sizeBytes)} of layers`;
  return `a change of ${what} invalidates ${lost.length === 1 ? "step" : "steps"} ${numbers}: ${cost}`;
}

interface Loss {
  readonly durationMs: number;
  readonly sizeBytes: number;
  /** Number of invalidated steps that were measured in an earlier build. */
  readonly measured: number;
}

function lossOf(steps: readonly ForeseenStep[]): Loss {
  const measured = steps.filter(({ isInvalidated }) => isInvalidated).flatMap(step => step.measured ?? []);
  return {
    durationMs: measured.reduce((sum, { durationMs }) => sum + durationMs, 0),
    sizeBytes: measured.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    measured: measured.length,
  };
}

export function predictionDocument({ executor, unknown, steps, against }: Foresight, edits: readonly string[]): object {
  return {
    executor,
    unknown,
    against: against?.id ?? null,
    edits,
    lost: edits.length === 0 ? null : lossOf(steps),
    steps,
  };
}
