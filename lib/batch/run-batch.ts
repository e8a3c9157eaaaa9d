/** Many builds, some at a time, each after those that it needs. One that fails stops only those that need it. */

import type { BuildToRun } from "../build/build-driver.ts";
import { failureHint } from "../build/failure-hint.ts";
import { LabError, messageOf } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import type { BuildRecord } from "../model/build.ts";
import type { FoundContext } from "./find-contexts.ts";

export interface BatchItem {
  readonly context: FoundContext;
  /** What kept it from being read (a syntax error of its Dockerfile), or the build. */
  readonly order: BuildToRun | LabError;
  /** Names of the items that must succeed first. */
  readonly needs: readonly string[];
}

/** What is kept of a build that has ended: batches are long, records are large. */
export interface BatchOutcome {
  readonly context: FoundContext;
  readonly status: "succeeded" | "failed" | "skipped" | "cancelled";
  /** Null when no build began. */
  readonly build: string | null;
  readonly durationMs: number | null;
  readonly steps: number;
  /** Steps that came out of the layer cache. */
  readonly cachedSteps: number;
  readonly layers: number;
  readonly sizeBytes: number;
  /** Why it did not succeed, else null. */
  readonly failure: string | null;
  /** What to do about that, where it is known. */
  readonly hint: string | null;
  /** The end of what the failed step printed. */
  readonly lastOutput: readonly string[];
}

/** Enough to see a compiler's or a package manager's last words. */
const keptLines = 5;

export interface BatchOptions {
  /** How many builds run at once, at least 1. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (context: FoundContext, event: BuildEvent) => void;
  readonly onEnd: (outcome: BatchOutcome) => void;
}

/** @returns the outcomes in the order of `items`. Errors that are bugs are thrown when all others have ended. */
export async function runBatch(items: readonly BatchItem[], options: BatchOptions): Promise<BatchOutcome[]> {
  return new Batch(items, options).run();
}

class Batch {
  readonly #items: readonly BatchItem[];
  readonly #options: BatchOptions;
  readonly #waiting: Set<BatchItem>;
  readonly #running = new Set<Promise<void>>();
  readonly #outcomes = new Map<string, BatchOutcome>();
  #bug: unknown = null;

  constructor(items: readonly BatchItem[], options: BatchOptions) {
    this.#items = items;
    this.#options = options;
    this.#waiting = new Set(items);
  }

  async run(): Promise<BatchOutcome[]> {
    for (;;) {
      this.#startWhatCan();
      if (this.#running.size === 0) break;
      await Promise.race(this.#running);
    }
    if (this.#bug !== null) throw this.#bug;
    return this.#items.map(item => this.#outcomes.get(item.context.name) as BatchOutcome);
  }

  #startWhatCan(): void {
    const endedBefore = this.#outcomes.size;
    for (const item of this.#waiting) {
      if (this.#options.signal.aborted || this.#bug !== null) this.#end(nothingBuilt(item, "cancelled", "interrupted"));
      else if (item.order instanceof LabError) this.#end(withoutBuild(item, item.order));
      else this.#startOrSkip(item, item.order);
    }
    // What ended without a build may decide about others that came before it.
    if (this.#outcomes.size > endedBefore) this.#startWhatCan();
  }

  #startOrSkip(item: BatchItem, order: BuildToRun): void {
    const ended = item.needs.map(name => this.#outcomes.get(name));
    const missing = ended.find(outcome => outcome !== undefined && outcome.status !== "succeeded");
    if (missing) {
      this.#end(nothingBuilt(item, "skipped", `it needs ${missing.context.name}, which was not built`));
    } else if (this.#running.size < this.#options.jobs && ended.every(outcome => outcome !== undefined)) {
      this.#waiting.delete(item);
      const running: Promise<void> = this.#build(item, order).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
  }

  async #build(item: BatchItem, order: BuildToRun): Promise<void> {
    const startMs = performance.now();
    let id: string | null = null;
    let lastOutput: readonly string[] = [];
    try {
      const events = order.driver.build(order);
      for (;;) {
        const next = await events.next();
        if (next.done) {
          this.#end(outcomeOf(item, next.value, lastOutput));
          return;
        }
        if (next.value.type === "started") id = next.value.id;
        if (next.value.type === "step-started") lastOutput = [];
        if (next.value.type === "output") lastOutput = [...lastOutput, next.value.text].slice(-keptLines);
        this.#options.onEvent(item.context, next.value);
      }
    } catch (error) {
      if (!(error instanceof LabError)) this.#bug = error;
      const durationMs = Math.round(performance.now() - startMs);
      this.#end({ ...withoutBuild(item, error), build: id, durationMs });
    }
  }

  #end(outcome: BatchOutcome): void {
    this.#outcomes.set(outcome.context.name, outcome);
    for (const item of this.#waiting) if (item.context === outcome.context) this.#waiting.delete(item);
    this.#options.onEnd(outcome);
  }
}

function withoutBuild(item: BatchItem, error: unknown): BatchOutcome {
  const status = error instanceof LabError && error.code === "cancelled" ? "cancelled" : "failed";
  const hint = (error instanceof LabError && error.hint) || null;
  return { ...nothingBuilt(item, status, messageOf(error)), hint };
}

function nothingBuilt(item: BatchItem, status: BatchOutcome["status"], failure: string): BatchOutcome {
  const nothing = { build: null, durationMs: null, steps: 0, cachedSteps: 0, layers: 0, sizeBytes: 0 };
  return { context: item.context, status, failure, hint: null, lastOutput: [], ...nothing };
}

function outcomeOf({ context }: BatchItem, record: BuildRecord, lastOutput: readonly string[]): BatchOutcome {
  return {
    context,
    status: record.status === "succeeded" ? "succeeded" : record.status === "cancelled" ? "cancelled" : "failed",
    build: record.id,
    durationMs: record.durationMs,
    steps: record.steps.length,
    cachedSteps: record.steps.filter(step => step.status === "cached").length,
    layers: record.layers.length,
    sizeBytes: record.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
    failure: record.failure === null ? null : failureText(record.failure),
    hint: failureHint(record),
    // A failure that is no step's has nothing to do with what steps printed.
    lastOutput: (record.failure?.step ?? null) === null ? [] : lastOutput,
  };
}

function failureText({ message, step }: NonNullable<BuildRecord["failure"]>): string {
  return step === null ? message : `step ${step}: ${message}`;
}
