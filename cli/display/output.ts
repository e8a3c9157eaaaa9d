/** Where a command writes: results on stdout, everything else on stderr. */

import { errnoOf, messageOf } from "../../lib/error.ts";
import { showText } from "../../lib/model/path-text.ts";
import { jsonText } from "./json-text.ts";
import { flushLines, writeLine } from "./stdout-lines.ts";
import { createStyle, type Style } from "./style.ts";
import { cutTo } from "./table.ts";

export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Room for whole digests: a wide terminal, or no terminal at all. */
  readonly isWide: boolean;
  /** Nobody reads stdout any more: what takes long may stop. */
  readonly isClosed: boolean;
  readonly style: Style;
  /** A line of the result. */
  line(text?: string): void;
  /** Raw bytes of the result; waits until they are taken. */
  bytes(chunk: Uint8Array): Promise<void>;
  /** The one JSON document of a command. */
  document(value: object): void;
  /** Something to know beside the result; nothing with `--quiet`. */
  note(text: string): void;
  /** What went wrong: also with `--quiet`. */
  alert(text: string): void;
  /** A line, or some, replaced by the next ones (progress); on a terminal only. "" clears them. */
  status(text: string): void;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Null: decide by NO_COLOR, FORCE_COLOR and the terminal. */
  readonly color: boolean | null;
}

export function createOutput(options: OutputOptions): Output {
  let isClosed = false;
  listenToStreams(() => {
    isClosed = true;
  });
  let statusLines = 0;
  const clearStatus = () => {
    if (statusLines > 0) process.stderr.write(`\r\x1b[K${"\x1b[A\x1b[K".repeat(statusLines - 1)}`);
    statusLines = 0;
  };
  return {
    json: options.json,
    quiet: options.quiet,
    columns: process.stdout.columns ?? 80,
    isWide: process.stdout.isTTY !== true || (process.stdout.columns ?? 80) >= 110,
    style: createStyle(options.color ?? wantsColor()),
    get isClosed() {
      return isClosed;
    },
    line(text = "") {
      clearStatus();
      if (!isClosed) writeLine(text);
    },
    async bytes(chunk) {
      flushLines();
      if (isClosed || process.stdout.write(chunk)) return;
      await new Promise<void>(resolve =>
        process.stdout
          .once("drain", resolve)
          .once("close", resolve)
          .once("error", () => resolve()),
      );
    },
    document(value) {
      flushLines();
      clearStatus();
      if (!isClosed) process.stdout.write(`${jsonText({ schemaVersion: 1, ...value }, 2)}\n`);
    },
    note(text) {
      if (options.quiet) return;
      flushLines();
      clearStatus();
      process.stderr.write(`${text}\n`);
    },
    alert(text) {
      flushLines();
      clearStatus();
      process.stderr.write(`${text}\n`);
    },
    status(text) {
      if (options.quiet || !process.stderr.isTTY) return;
      flushLines();
      clearStatus();
      if (text === "") return;
      // One line more than the screen has would scroll, and could not be cleared again.
      const lines = text.split("\n").slice(-((process.stderr.rows ?? 24) - 1));
      process.stderr.write(lines.map(line => cutTo(showText(line), (process.stderr.columns ?? 80) - 1)).join("\n"));
      statusLines = lines.length;
    },
  };
}

function wantsColor(): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== "0";
  return process.stdout.isTTY === true && process.env.TERM !== "dumb";
}

/** `kaniko-lab ls | head` is no error, and a build goes on to its own end when nobody reads any more. */
function listenToStreams(onClosed: () => void): void {
  if (process.stdout.listenerCount("error") > 0) return;
  process.stdout.on("error", error => {
    onClosed();
    if (errnoOf(error) === "EPIPE") return;
    process.stderr.write(`error: cannot write the result: ${messageOf(error)}\n`);
    process.exit(cannotWriteStatus);
  });
  // What cannot be told on stderr cannot be told at all.
  process.stderr.on("error", () => undefined);
}

const cannotWriteStatus = 3;
