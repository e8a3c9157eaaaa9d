/** Many builds at once: on a terminal the running ones in a table that is drawn anew, those that ended as lines above it. */

import type { FoundContext } from "../../lib/batch/find-contexts.ts";
import { type FailureGroup, groupFailures } from "../../lib/batch/group-failures.ts";
import type { BatchItem, BatchOutcome } from "../../lib/batch/run-batch.ts";
import { applyEvent, type BuildProgress, noProgress } from "../../lib/build/progress.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import { showText } from "../../lib/model/path-text.ts";
import { inProgramWords, programWord } from "../program-word.ts";
import { counted, formatBytes, formatDuration } from "./format.ts";
import type { Output } from "./output.ts";
import { cutTo, tableLines } from "./table.ts";

const redrawMs = 100;

export class BatchDisplay {
  readonly #output: Output;
  readonly #running = new Map<string, { readonly startMs: number; progress: BuildProgress }>();
  readonly #total: number;
  readonly #nameWidth: number;
  /** A step that says nothing for a while still takes time. */
  readonly #ticking = setInterval(() => this.#draw(), 500).unref();
  #ended = 0;
  #failed = 0;
  #drawnMs = 0;

  constructor(output: Output, items: readonly BatchItem[], jobs: number) {
    this.#output = output;
    this.#total = items.length;
    this.#nameWidth = Math.min(30, Math.max(...items.map(item => item.context.name.length)));
    output.note(`${counted(items.length, "context")}, ${Math.min(jobs, items.length)} at a time`);
  }

  event(context: FoundContext, event: BuildEvent): void {
    const one = this.#running.get(context.name) ?? { startMs: performance.now(), progress: noProgress };
    one.progress = applyEvent(one.progress, event);
    this.#running.set(context.name, one);
    if (performance.now() - this.#drawnMs > redrawMs) this.#draw();
  }

  end(outcome: BatchOutcome): void {
    this.#running.delete(outcome.context.name);
    this.#ended += 1;
    if (outcome.status !== "succeeded") this.#failed += 1;
    const { name } = outcome.context;
    const took = outcome.durationMs === null ? "" : formatDuration(outcome.durationMs);
    const line = `${this.#sign(outcome)} ${cutTo(name, this.#nameWidth).padEnd(this.#nameWidth)}  ${took.padStart(8)}`;
    this.#output.note(
      outcome.failure === null ? line : `${line}  ${cutTo(showText(outcome.failure), this.#room(line))}`,
    );
    this.#draw();
  }

  close(): void {
    clearInterval(this.#ticking);
    this.#output.status("");
  }

  summary(outcomes: readonly BatchOutcome[]): void {
    this.#output.note("");
    const rows = outcomes.map(outcome => [
      outcome.context.name,
      outcome.status,
      formatDuration(outcome.durationMs),
      outcome.build === null ? "" : `${outcome.cachedSteps}/${outcome.steps}`,
      outcome.layers === 0 ? "" : formatBytes(outcome.sizeBytes),
      outcome.build ?? "",
    ]);
    const columns = [
      { title: "CONTEXT" },
      { title: "STATUS" },
      { title: "TIME", align: "right" },
      { title: "CACHED", align: "right" },
      { title: "SIZE", align: "right" },
      { title: "BUILD" },
    ] as const;
    for (const line of tableLines(columns, rows, this.#output.columns, this.#output.style.bold))
      this.#output.line(line);
    for (const group of groupFailures(outcomes)) this.#failure(group);
    // One cause often fails them all.
    const hints = new Set(outcomes.flatMap(({ hint }) => hint ?? []));
    for (const hint of hints) this.#output.alert(`hint: ${showText(inProgramWords(hint))}`);
    const failed = outcomes.filter(outcome => outcome.status !== "succeeded").length;
    this.#output.note(`${outcomes.length - failed} of ${counted(outcomes.length, "context")} built`);
  }

  #failure({ outcomes, failure, lastOutput }: FailureGroup): void {
    const { style } = this.#output;
    const build = outcomes.find(outcome => outcome.build !== null)?.build ?? null;
    this.#output.alert(`${style.red("error:")} ${namesOf(outcomes)}: ${showText(failure)}`);
    for (const line of lastOutput) this.#output.alert(`   ${style.dim("|")} ${showText(line)}`);
    if (build !== null) this.#output.alert(`  ${programWord()} steps ${build}`);
  }

  #sign({ status }: BatchOutcome): string {
    const { style } = this.#output;
    if (status === "succeeded") return style.green("built    ");
    return status === "failed" ? style.red("FAILED   ") : style.yellow(status.padEnd(9));
  }

  #draw(): void {
    this.#drawnMs = performance.now();
    const rows = [...this.#running].map(([name, { startMs, progress }]) => {
      const done = progress.steps.filter(step => step.state !== "waiting" && step.state !== "running").length;
      const head = `  ${cutTo(name, this.#nameWidth).padEnd(this.#nameWidth)}  ${`${done}/${progress.steps.length}`.padStart(7)}  ${formatDuration(performance.now() - startMs).padStart(8)}`;
      return `${head}  ${cutTo(showText(activityOf(progress)), this.#room(head))}`;
    });
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} not built`;
    this.#output.status([...rows, `${this.#ended} of ${this.#total} ended${failed}`].join("\n"));
  }

  #room(before: string): number {
    return Math.max(10, this.#output.columns - before.length - 4);
  }
}

/** The table above has them all. */
const mostNames = 5;

function namesOf(outcomes: readonly BatchOutcome[]): string {
  const names = outcomes.slice(0, mostNames).map(({ context }) => showText(context.name));
  const more = outcomes.length - names.length;
  return `${names.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
}

function activityOf(progress: BuildProgress): string {
  const step = progress.steps.find(candidate => candidate.number === progress.current);
  return step?.text ?? progress.activity;
}

export function batchDocument(folder: string, outcomes: readonly BatchOutcome[]): object {
  const count = (status: BatchOutcome["status"]) => outcomes.filter(outcome => outcome.status === status).length;
  return {
    folder,
    contexts: outcomes.map(({ context, ...outcome }) => ({ ...context, ...outcome })),
    succeeded: count("succeeded"),
    failed: count("failed"),
    skipped: count("skipped"),
    cancelled: count("cancelled"),
  };
}
