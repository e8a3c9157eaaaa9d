/** A watched context on the command line: lines as things happen, or a JSON document in each line. */

import { showText } from "../../lib/model/path-text.ts";
import { BuildStore } from "../../lib/store/build-store.ts";
import type { WatchEvent, WatchFailure } from "../../lib/watch/watch-events.ts";
import type { CliContext } from "../context.ts";
import { PlainBuild, showEnd } from "./build-display.ts";
import { changeSigns, effectSummary, invalidatedBy, shownPath, stepRanges } from "./change-effect.ts";
import { counted, formatDuration } from "./format.ts";
import { jsonText } from "./json-text.ts";
import { predictionDocument, showPrediction, totalsNote } from "./prediction.ts";
import { predictionSummary } from "./prediction-proof.ts";
import { cutTo } from "./table.ts";

type Predicted = Extract<WatchEvent, { type: "predicted" }>;
type Ended = Extract<WatchEvent, { type: "build-ended" }>;

/** A checkout changes thousands. */
const mostChanges = 20;

export class PlainWatch {
  readonly #context: CliContext;
  #build: PlainBuild | null = null;

  constructor(context: CliContext) {
    this.#context = context;
  }

  async show(event: WatchEvent): Promise<void> {
    const { output } = this.#context;
    switch (event.type) {
      case "watching":
        return output.note(`watching ${showText(event.folder)}; ${keysNote}`);
      case "predicted":
        return this.#predicted(event);
      case "broken":
        this.#failed(event.error);
        return output.note("nothing can be built as it is: watching on");
      case "warning":
        return output.alert(`${output.style.yellow("warning:")} ${showText(event.text)}`);
      case "build":
        this.#build = event.event.type === "started" ? new PlainBuild(output) : this.#build;
        return this.#build?.show(event.event);
      case "build-ended":
        return this.#ended(event);
    }
  }

  #predicted({ foresight, effect, needsBuild, next }: Predicted): void {
    const { output } = this.#context;
    const { changes, invalidated } = effect;
    for (const { kind, path } of changes.slice(0, mostChanges))
      output.line(cutTo(`${changeSigns[kind]} ${shownPath(path)}`, output.columns));
    if (changes.length > mostChanges) output.line(`  and ${changes.length - mostChanges} more`);
    if (changes.length === 0) {
      if (next === "ask" || next === "nothing") showPrediction(output, foresight, []);
      else if (foresight.unknown === null) output.note(totalsNote(foresight.steps));
    } else {
      output.line(effectSummary(effect, foresight));
    }
    for (const step of invalidated.filter(({ after }) => after === null)) {
      const head = `  step ${step.number}  `;
      output.line(`${head}${cutTo(showText(step.text), Math.max(12, output.columns - head.length))}`);
      output.line(cutTo(`  ${" ".repeat(head.length - 2)}${output.style.dim(invalidatedBy(step))}`, output.columns));
    }
    const behind = invalidated.filter(({ after }) => after !== null).map(({ number }) => number);
    if (behind.length > 0) output.line(cutTo(`  behind: ${stepRanges(behind)}`, output.columns));
    if (next === "after-build") output.note("built when the build that runs has ended");
    if (next === "ask") output.note(output.style.bold("Enter builds"));
    if (!needsBuild && changes.length > 0) output.note("nothing to build");
  }

  async #ended({ id, error, changedMeanwhile, status }: Ended): Promise<void> {
    const { output, cache } = this.#context;
    const record = id === null ? null : await new BuildStore(cache).read(id).catch(() => null);
    if (record !== null && this.#build !== null && error === null) showEnd(output, cache, record, this.#build);
    if (error !== null) this.#failed(error);
    if (status === "cancelled") output.note(`cancelled after ${formatDuration(record?.durationMs ?? null)}`);
    if (changedMeanwhile.length > 0)
      output.note(
        `${counted(changedMeanwhile.length, "path")} changed while it ran: what the image has of them is not certain`,
      );
    const summary = record === null ? "" : predictionSummary(record);
    if (summary !== "") output.note(summary);
    output.note(`watching; ${keysNote}`);
    this.#build = null;
  }

  #failed({ message, hint }: WatchFailure): void {
    const { output } = this.#context;
    output.alert(`${output.style.red("error:")} ${message.split("\n").map(showText).join("\n  ")}`);
    if (hint !== null) output.alert(`hint: ${showText(hint)}`);
  }
}

const keysNote = process.stdin.isTTY ? "Enter builds, Ctrl-C ends" : "Ctrl-C ends";

/** One line for each event. */
export function watchLine(event: WatchEvent, now: Date): string {
  const at = now.toISOString();
  if (event.type !== "predicted") return jsonText({ schemaVersion: 1, at, ...event });
  const { foresight, effect, needsBuild, next } = event;
  const prediction = predictionDocument(foresight, []);
  return jsonText({ schemaVersion: 1, at, type: "predicted", needsBuild, next, ...effect, prediction });
}
