/**
 * What Kaniko prints, turned into build events. Text in (raw lines of the executor, both families, any log format), events out; no I/O.
 *
 * Kaniko names no step numbers: a step starts with a bare line that is the instruction's text, so steps are found by
 * walking the instructions of the stage in order. The stage line carries the stage's own index and that of its base;
 * where the base differs from the Dockerfile, Kaniko has squashed the stages in between into this one.
 */

import { LabError } from "../error.ts";
import type { BuildFailure, StepStatus } from "../model/build.ts";
import { CompositeKeyReader, parseCompositeLine, parseKeyLine } from "./composite-key.ts";
import type { BuildEvent, LogLevel, PlannedStep } from "./events.ts";
import { maxLineBytes } from "./line-splitter.ts";
import { type LogFormat, parseLogLine } from "./log-line.ts";
import { applyRule, type Handlers, missReasonInWords } from "./log-rules.ts";

/** An event without its time: the interpreter is told lines, not clocks. */
type WithoutTime<T> = T extends unknown ? Omit<T, "atMs"> : never;
export type LogEvent = WithoutTime<BuildEvent>;

export interface LogPlan {
  readonly steps: readonly PlannedStep[];
  /** For each stage of the Dockerfile: the earlier stage it starts from, or null. */
  readonly baseStages: readonly (number | null)[];
  /** Stage index of the Dockerfile for an index in the log (upstream counts only the used stages with `--skip-unused-stages`). */
  readonly stageOfLogIndex: (logIndex: number) => number;
  /** Levels below are not passed on as `log` events. */
  readonly logLevel: LogLevel;
}

const metadataInstructions = new Set(
  "ARG CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER ONBUILD SHELL STOPSIGNAL USER".split(" "),
);
const instructionStart =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\b/;
const levelOrder: readonly LogLevel[] = ["trace", "debug", "info", "warning", "error"];

/** Debug lines that hold whole file lists: megabytes in a small build, and nothing that an event tells. */
const bulkyMessage = /^(Current image filesystem: map\[|Adding to layer: \[|ExtractedFiles: \[|Ignore list: \[)/;

/** Whether a raw line is one of those: not worth keeping. */
export function isBulkyLine(raw: string): boolean {
  const at = raw.indexOf(`"msg":"`);
  return at >= 0 && at < 40 && bulkyMessage.test(raw.slice(at + 7, at + 60));
}

const logLineStart = '{"level":"';

const executorError = /^(?:error building image|error pushing image|error checking push permissions|Error|error): /;

export class LogInterpreter {
  readonly #plan: LogPlan;
  readonly #steps: PlannedStep[];
  readonly #keys = new Map<number, string>();
  readonly #hits = new Set<number>();
  readonly #discovered = new Set<PlannedStep>();
  /** The first recognised line tells it: a program in a RUN may log in another one. */
  #format: LogFormat | null = null;
  #queue: PlannedStep[] = [];
  #stage: number | null = null;
  #current: PlannedStep | null = null;
  #from: PlannedStep | null = null;
  #optimizeAt = 0;
  #reader = new CompositeKeyReader();
  #lastLookup: PlannedStep | null = null;
  #missReason = "";
  #unpacked = false;
  #error: string | null = null;
  #usageFollows = false;

  constructor(plan: LogPlan) {
    this.#plan = plan;
    this.#steps = [...plan.steps];
  }

  /** Events of one raw line, in order; none for lines that tell nothing. */
  line(raw: string): LogEvent[] {
    return parseLogLine(raw, this.#format).flatMap(item => {
      if (item.kind === "plain") return this.#plain(item.text);
      this.#format = item.format;
      return this.#log(item.level, item.message);
    });
  }

  /** Events for the end of the executor: the running step is finished, well or not. */
  end(exitCode: number): LogEvent[] {
    if (exitCode === 0) return this.#finishCurrent(null);
    // The line that starts a step comes after its files were looked up: the step that lacks them never started.
    // Before the first step runs, Kaniko goes through all of them for their cache keys.
    const at = this.#current === this.#from ? this.#optimizeAt : 0;
    const next = /failed to get files used from context/.test(this.#error ?? "") ? this.#queue[at] : undefined;
    if (!next) return this.#finishCurrent("failed");
    const events = this.#finishCurrent(null);
    this.#current = next;
    return [...events, { type: "step-started", step: next.number }, ...this.#finishCurrent("failed")];
  }

  /** Why the executor failed; call it after `end` with an exit code that is not 0. */
  failure(exitCode: number, reason: string): BuildFailure {
    const said = this.#error ?? "the executor ended without saying why";
    const message = reason === "" ? said : `${said} (${reason})`;
    return { message, step: this.#failedStep?.number ?? null, exitCode };
  }

  #failedStep: PlannedStep | null = null;

  #plain(text: string): LogEvent[] {
    // A log line that was cut for its length: only the file lists are that long.
    if (text.length >= maxLineBytes && text.startsWith(logLineStart)) return [];
    if (executorError.test(text) && this.#looksLikeTheEnd(text)) {
      this.#error = text.replace(/^(?:error building image|Error): /, "");
      this.#usageFollows = text.startsWith("Error: ");
      return [{ type: "log", level: "error", text }];
    }
    // Cobra prints the whole usage behind an `Error:`.
    if (this.#usageFollows) return [];
    return [{ type: "output", step: this.#current?.number ?? null, text }];
  }

  /** Inside a RUN an `Error: …` is the RUN's own; Kaniko's final error names the build. */
  #looksLikeTheEnd(text: string): boolean {
    return (
      this.#current?.instruction !== "RUN" ||
      text.startsWith("error building image: ") ||
      text.startsWith("error pushing image: ")
    );
  }

  #log(level: LogLevel, message: string): LogEvent[] {
    if (bulkyMessage.test(message)) return [];
    const events = this.#interpret(message);
    if (level === "error") this.#error ??= message;
    const passed = levelOrder.indexOf(level) >= levelOrder.indexOf(this.#plan.logLevel);
    if (passed) events.push({ type: "log", level, text: message });
    return events;
  }

  #interpret(message: string): LogEvent[] {
    const composite = parseCompositeLine(message);
    if (composite !== null) {
      if (/^[Oo]ptimize/.test(message)) this.#reader.composite(composite);
      return [];
    }
    const key = parseKeyLine(message);
    if (key) return /^[Oo]ptimize/.test(message) ? this.#cacheKey(key.command, key.key) : [];
    return applyRule(message, this.#handlers) ?? this.#startStep(message);
  }

  readonly #handlers: Handlers = {
    stage: (logIndex, base, baseIndex) => this.#startStage(logIndex, base, baseIndex),
    lookup: key => {
      this.#missReason = "";
      this.#lastLookup = this.#queue.find(step => this.#keys.get(step.number) === key) ?? null;
      return this.#lastLookup ? [{ type: "cache-lookup", step: this.#lastLookup.number, key }] : [];
    },
    missReason: text => {
      this.#missReason = text;
      return [];
    },
    hit: () => {
      const step = this.#lastLookup;
      if (!step) return [];
      this.#hits.add(step.number);
      return [{ type: "cache-hit", step: step.number }];
    },
    miss: () => {
      const step = this.#lastLookup;
      return step ? [{ type: "cache-miss", step: step.number, reason: missReasonInWords(this.#missReason) }] : [];
    },
    unpacking: () => {
      this.#unpacked = true;
      return this.#stage === null ? [] : [{ type: "unpacking", stage: this.#stage }];
    },
    snapshot: full => (this.#current ? [{ type: "snapshot-started", step: this.#current.number, full }] : []),
    pulling: reference => [{ type: "pulling", reference }],
    pushed: reference => [{ type: "layer-pushed", reference }],
    stageEnd: () => this.#finishCurrent(null),
  };

  #startStage(logIndex: number, base: string, baseIndex: number): LogEvent[] {
    const events = this.#finishCurrent(null);
    const index = this.#plan.stageOfLogIndex(logIndex);
    const baseStage = baseIndex < 0 ? null : this.#plan.stageOfLogIndex(baseIndex);
    // Without a Dockerfile to plan from, the log tells what there is.
    if (this.#plan.steps.length === 0) this.#steps.push(this.#discoveredFrom(index, base));
    const chain = this.#squashedChain(index, baseStage);
    const inChain = this.#steps.filter(step => chain.includes(step.stage.index));
    this.#stage = index;
    this.#queue = inChain.filter(step => step.instruction !== "FROM" && step.instruction !== "MAINTAINER");
    this.#optimizeAt = 0;
    this.#reader = new CompositeKeyReader();
    this.#lastLookup = null;
    this.#unpacked = false;
    this.#from = inChain.find(step => step.instruction === "FROM") ?? null;
    this.#current = this.#from;
    events.push({ type: "stage-started", stage: index, base, baseStage });
    if (this.#from && this.#plan.steps.length === 0) events.push({ type: "step-discovered", step: this.#from });
    for (const step of inChain.filter(step => step.instruction === "FROM" && step !== this.#from)) {
      events.push(
        { type: "step-started", step: step.number },
        { type: "step-finished", step: step.number, status: "metadata" },
      );
    }
    if (this.#from) events.push({ type: "step-started", step: this.#from.number });
    return events;
  }

  #discoveredFrom(index: number, base: string): PlannedStep {
    const stage = { index, name: "" };
    return {
      number: this.#steps.length + 1,
      stage,
      line: null,
      endLine: null,
      instruction: "FROM",
      text: `FROM ${base}`,
    };
  }

  /** The stages that this stage of the log is made of, oldest first. */
  #squashedChain(index: number, base: number | null): number[] {
    const chain = [index];
    let below = this.#plan.baseStages[index] ?? null;
    while (below !== null && below !== base) {
      chain.unshift(below);
      below = this.#plan.baseStages[below] ?? null;
    }
    return chain;
  }

  #cacheKey(command: string, key: string): LogEvent[] {
    const parts = this.#reader.key(command, key);
    const at = findCommand(this.#queue, command, this.#optimizeAt);
    const events: LogEvent[] = [];
    let step = this.#queue[at];
    if (!step) {
      if (!this.#mayDiscover() || !instructionStart.test(command)) return [];
      step = this.#discover(command, this.#optimizeAt);
      events.push({ type: "step-discovered", step });
      this.#optimizeAt += 1;
    } else {
      this.#optimizeAt = at + 1;
    }
    this.#keys.set(step.number, key);
    // A key that was asked for before in this build has no line of its own: the fork remembers what it found.
    this.#lastLookup = step;
    events.push({ type: "cache-key", step: step.number, key, parts });
    return events;
  }

  /** A trigger of the base image (ONBUILD): a step that the Dockerfile does not have, numbered behind all others. */
  #discover(command: string, at: number): PlannedStep {
    const stage = this.#from?.stage ?? { index: this.#stage ?? 0, name: "" };
    const instruction = (instructionStart.exec(command) as RegExpExecArray)[1] as string;
    const step: PlannedStep = {
      number: this.#steps.length + 1,
      stage,
      line: null,
      endLine: null,
      instruction,
      text: command,
    };
    this.#steps.push(step);
    this.#discovered.add(step);
    this.#queue.splice(at, 0, step);
    return step;
  }

  /** Triggers of the base come right after FROM, one after the other; without a Dockerfile every step is found so. */
  #mayDiscover(): boolean {
    if (this.#stage === null) return false;
    const current = this.#current;
    return (
      this.#plan.steps.length === 0 || current === this.#from || (current !== null && this.#discovered.has(current))
    );
  }

  #startStep(message: string): LogEvent[] {
    if (!instructionStart.test(message)) return [];
    const at = findCommand(this.#queue, message, 0);
    let step = this.#queue[at];
    const discovered: LogEvent[] = [];
    if (step) {
      this.#queue.splice(0, at + 1);
    } else if (this.#mayDiscover()) {
      step = this.#discover(message, 0);
      this.#queue.shift();
      discovered.push({ type: "step-discovered", step });
    } else {
      return [];
    }
    const events = this.#finishCurrent(null);
    this.#current = step;
    return [...events, ...discovered, { type: "step-started", step: step.number }];
  }

  #finishCurrent(as: StepStatus | null): LogEvent[] {
    const step = this.#current;
    this.#current = null;
    if (!step) return [];
    const status = as ?? this.#statusOf(step);
    if (status === "failed") this.#failedStep = step;
    return [{ type: "step-finished", step: step.number, status }];
  }

  #statusOf(step: PlannedStep): StepStatus {
    if (this.#hits.has(step.number)) return "cached";
    if (step.instruction === "FROM") return this.#unpacked ? "executed" : "metadata";
    return metadataInstructions.has(step.instruction) ? "metadata" : "executed";
  }
}

/** Position of the instruction that a log line names: the very text, or the next one of its kind (some are printed anew, as `ENV a b`). */
function findCommand(queue: readonly PlannedStep[], command: string, from: number): number {
  const exact = queue.findIndex((step, index) => index >= from && step.text === command);
  if (exact >= 0) return exact;
  const next = queue[from];
  const keyword = instructionStart.exec(command)?.[1];
  const sameArguments = next && squeeze(next.text) === squeeze(command);
  const reprinted = next?.instruction === keyword && keyword !== "RUN" && keyword !== "COPY" && keyword !== "ADD";
  return sameArguments || reprinted ? from : -1;
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** @throws LabError `usage` for a level that Kaniko does not know. */
export function parseLogLevel(text: string): LogLevel {
  const level = { fatal: "error", panic: "error", warn: "warning" }[text] ?? text;
  if ((levelOrder as readonly string[]).includes(level)) return level as LogLevel;
  throw new LabError("usage", `unknown log level ${JSON.stringify(text)}`, {
    hint: "one of trace, debug, info, warn, error, fatal, panic",
  });
}
