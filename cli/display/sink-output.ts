import type { LineSink } from "../tui/palette/command-line.ts";
import { jsonText } from "./json-text.ts";
import type { Output, OutputOptions } from "./output.ts";
import { errorParts, exitStatusOf } from "./report-error.ts";
import { createStyle } from "./style.ts";

/** An `Output` whose lines are kept by someone instead of being written to the process's streams. */
export function createSinkOutput(options: OutputOptions, sink: LineSink): Output {
  return {
    json: options.json,
    quiet: options.quiet,
    columns: sink.columns,
    isWide: sink.columns >= 110,
    // Whether it is seen is for the display to say: the codes only tell what is meant.
    style: createStyle(options.color ?? true),
    get isClosed() {
      return sink.isFull;
    },
    line: (text = "") => sink.line(text),
    bytes: chunk => sink.bytes(chunk),
    document: value => sink.line(jsonText({ schemaVersion: 1, ...value }, 2)),
    note: text => {
      if (!options.quiet) sink.note(text);
    },
    alert: text => sink.alert(text),
    status: text => {
      if (!options.quiet) sink.status(text);
    },
  };
}

/** Says what went wrong in the way of the program. @returns the exit status. */
export function tellError(error: unknown, debug: boolean, sink: LineSink): number {
  for (const { kind, text } of errorParts(error, debug)) {
    if (kind === "error") sink.error(text);
    else sink.note(text);
  }
  return exitStatusOf(error);
}
