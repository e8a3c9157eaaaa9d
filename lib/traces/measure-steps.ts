/**
 * Which spans of Kaniko's trace belong to which step, and what they say of it. The fork's spans (pkg/executor/build.go,
 * push.go): `Command` with the instruction's line, stage, key and cache result; inside it `Initial FS snapshot` and
 * `Execute`; after it, with nothing that names the step, `Snapshotting FS` and beside the next steps `Pushing cached layer`;
 * before the first command of a stage `FS Unpacking`. Pure.
 */

import type { PlannedStep } from "../executor/events.ts";
import type { StepTimes } from "../model/build.ts";
import type { TraceSpan } from "./trace-span.ts";

export interface MeasuredStep {
  readonly step: number;
  /** Milliseconds from the start of the build; null of a FROM, which has no span of its own. */
  readonly startedMs: number | null;
  readonly durationMs: number | null;
  readonly times: StepTimes;
  readonly key: string | null;
  /** In the Dockerfile, where only the executor could read that; else null. */
  readonly line: number | null;
  /** Taken from the layer cache; null without the layer cache. */
  readonly isHit: boolean | null;
}

export interface MeasureRequest {
  readonly spans: readonly TraceSpan[];
  readonly steps: readonly PlannedStep[];
  /** When the build started, and now; nothing is believed of other times. Microseconds since 1970. */
  readonly startUs: number;
  readonly nowUs: number;
}

/** Two clocks of one machine, read one after the other. */
const slackUs = 50_000;

export function measureSteps({ spans, steps, startUs, nowUs }: MeasureRequest): MeasuredStep[] {
  const believed = spans
    .filter(span => span.startUs >= startUs - slackUs && span.startUs <= span.endUs && span.endUs <= nowUs + slackUs)
    .sort((one, other) => one.startUs - other.startUs);
  const named = (name: string) => believed.filter(span => span.name === name);
  const commands = matchCommands(named("Command"), steps);
  for (const span of named("Snapshotting FS"))
    commands.findLast(({ end }) => end <= span.startUs)?.snapshots.push(span);
  givePushes(named("Pushing cached layer"), commands);
  const knowsLines = steps.some(({ line }) => line !== null);
  return [
    ...unpackedStages(named("FS Unpacking"), commands, steps),
    ...commands.map(command => ({
      ...measured(command, believed, startUs),
      line: knowsLines ? null : lineOf(command.span),
    })),
  ];
}

interface Command {
  readonly step: PlannedStep;
  readonly span: TraceSpan;
  readonly end: number;
  readonly snapshots: TraceSpan[];
  push: TraceSpan | null;
}

/** In the order in which they ran. */
function matchCommands(spans: readonly TraceSpan[], steps: readonly PlannedStep[]): Command[] {
  const left = new Set(steps.filter(({ instruction }) => instruction !== "FROM"));
  return spans.flatMap(span => {
    const step = [...left].find(each => isCommandOf(span, each));
    if (step === undefined) return [];
    left.delete(step);
    return [{ step, span, end: span.endUs, snapshots: [], push: null }];
  });
}

/** By its line; a trigger of the base (ONBUILD) has none in our Dockerfile, and goes by its text. */
function isCommandOf({ attributes }: TraceSpan, { line, instruction, text, stage }: PlannedStep): boolean {
  const command = attributes.get("kaniko.command");
  if (typeof command !== "string" || !isInstruction(command, instruction)) return false;
  return line === null
    ? command === text && attributes.get("kaniko.stage") === stage.index
    : attributes.get("kaniko.instruction.line") === line;
}

function isInstruction(command: string, instruction: string): boolean {
  return command.slice(0, instruction.length).toUpperCase() === instruction;
}

/**
 * A push starts when the snapshot of its step is done, and goes on beside the steps that follow. Where every step that can
 * be pushed was, they come in the order of the steps; else a push is that of the last step before it that has none yet.
 */
function givePushes(pushes: readonly TraceSpan[], commands: readonly Command[]): void {
  const able = commands.filter(({ step, snapshots }) => snapshots.length > 0 && isPushed.test(step.instruction));
  const canFollow = (command: Command | undefined, push: TraceSpan) =>
    command !== undefined && (command.snapshots.at(-1)?.endUs ?? Number.POSITIVE_INFINITY) <= push.startUs;
  const inOrder = able.length === pushes.length && pushes.every((push, at) => canFollow(able[at], push));
  for (const [at, push] of pushes.entries()) {
    const command = inOrder ? able[at] : able.findLast(each => each.push === null && canFollow(each, push));
    if (command) command.push = push;
  }
}

const isPushed = /^(?:RUN|COPY|ADD|WORKDIR)$/;

/** The base was unpacked for the stage whose first command comes next. */
function unpackedStages(
  unpackings: readonly TraceSpan[],
  commands: readonly Command[],
  steps: readonly PlannedStep[],
): MeasuredStep[] {
  const measured = new Map<number, MeasuredStep>();
  for (const span of unpackings) {
    const next = commands.find(({ span: { startUs } }) => startUs >= span.endUs);
    const from = steps.find(step => step.instruction === "FROM" && step.stage.index === next?.step.stage.index);
    if (!from) continue;
    const times = { ...noTimes, unpackMs: milliseconds(span) };
    measured.set(from.number, {
      step: from.number,
      startedMs: null,
      durationMs: null,
      times,
      key: null,
      line: null,
      isHit: null,
    });
  }
  return [...measured.values()];
}

const noTimes: StepTimes = { unpackMs: null, firstSnapshotMs: null, runMs: null, snapshotMs: null, pushMs: null };

function measured(
  { step, span, snapshots, push }: Command,
  spans: readonly TraceSpan[],
  startUs: number,
): Omit<MeasuredStep, "line"> {
  const child = (name: string) => spans.find(each => each.parentId === span.id && span.id !== "" && each.name === name);
  const endUs = Math.max(span.endUs, ...snapshots.map(snapshot => snapshot.endUs));
  const key = span.attributes.get("kaniko.cache.key");
  const isHit = span.attributes.get("kaniko.cache.hit");
  return {
    step: step.number,
    startedMs: Math.max(0, Math.round((span.startUs - startUs) / 1000)),
    durationMs: Math.round((endUs - span.startUs) / 1000),
    times: {
      unpackMs: null,
      firstSnapshotMs: milliseconds(child("Initial FS snapshot")),
      runMs: milliseconds(child("Execute")),
      snapshotMs: milliseconds(snapshots.at(-1)),
      pushMs: milliseconds(push),
    },
    key: typeof key === "string" && /^[0-9a-f]{64}$/.test(key) ? key : null,
    isHit: typeof isHit === "boolean" ? isHit : null,
  };
}

function lineOf({ attributes }: TraceSpan): number | null {
  const line = attributes.get("kaniko.instruction.line");
  return typeof line === "number" && Number.isSafeInteger(line) && line > 0 ? line : null;
}

function milliseconds(span: TraceSpan | null | undefined): number | null {
  return span ? (span.endUs - span.startUs) / 1000 : null;
}
