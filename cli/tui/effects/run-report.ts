/** Runs the line that was asked for last, until it has ended or its view is left. */

import { LabError } from "../../../lib/error.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { Slices } from "../../../lib/pausing.ts";
import { tellError } from "../../display/sink-output.ts";
import type { TuiHost } from "../host.ts";
import type { CommandLine, LineSink } from "../palette/command-line.ts";
import { asksForHelp, fillWords } from "../palette/fill-words.ts";
import { KeptLines } from "../palette/kept-lines.ts";
import { shellLine, splitLine } from "../palette/line-words.ts";
import { lineVariables, type OpenFacts, openFacts } from "../palette/open-facts.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";

/** Lines come to the screen at most so often. */
const showEveryMs = 50;
const progressEveryMs = 100;

const program = "kaniko-lab";

export function runReports(store: Store, commandLine: CommandLine, host: TuiHost): Stop {
  return runLatest(store, {
    key: ({ report }) => report && [report.id],
    async run(state, signal) {
      const { report, size } = state;
      if (!report) return;
      const facts = openFacts(state);
      const output = new ReportOutput(store, report.id, size.columns, signal);
      try {
        const words = await wordsOf(report.typed, commandLine, facts);
        output.start(shellLine([program, ...words, ...extraOf(words, commandLine)]));
        refuseTerminal(words, commandLine);
        output.end(await runDetachable(words, output, { commandLine, host, signal }));
      } catch (error) {
        output.end(tellError(error, false, output));
      }
    },
  });
}

/** The words to run: variables replaced, and what the line leaves out filled in. @throws LabError `usage` */
async function wordsOf(typed: string, commandLine: CommandLine, facts: OpenFacts): Promise<readonly string[]> {
  const { words: split, isOpen } = splitLine(typed, lineVariables(facts));
  if (isOpen) throw new LabError("usage", "the line ends inside of a quote");
  const words = split.map(word => word.text);
  // A line that was copied from the title has the program in front.
  if (words[0] === program || words[0] === "klab") words.shift();
  if (words[0] === "help") return [...words.slice(1), "--help"];
  const command = commandLine.commands.find(({ name }) => name === words[0]);
  if (!command || command.takesTerminal) return words;
  return fillWords(words, command, await commandLine.optionsOf(command.name), facts);
}

function extraOf(words: readonly string[], { extraWords }: CommandLine): readonly string[] {
  const isGiven = words.some(word => word === extraWords[0] || word.startsWith(`${extraWords[0]}=`));
  return isGiven || asksForHelp(words) ? [] : extraWords;
}

/** @throws LabError `usage` */
function refuseTerminal(words: readonly string[], { commands }: CommandLine): void {
  const [name] = words;
  const command = commands.find(one => one.name === name);
  if (!command?.takesTerminal || asksForHelp(words)) return;
  throw new LabError("usage", `${name} takes the terminal for itself`, {
    hint: "run the line above in a shell: y copies it",
  });
}

interface Running {
  readonly commandLine: CommandLine;
  readonly host: TuiHost;
  readonly signal: AbortSignal;
}

/** A command ends when its view is left; but once it is shown as what is live, leaving that is another thing. */
async function runDetachable(words: readonly string[], output: LineSink, running: Running): Promise<number> {
  const { commandLine, host, signal } = running;
  const own = new AbortController();
  const forward = () => own.abort(signal.reason);
  signal.addEventListener("abort", forward);
  const show: TuiHost["show"] = request => {
    signal.removeEventListener("abort", forward);
    return host.show(request);
  };
  try {
    return await commandLine.run(words, output, own.signal, { show });
  } finally {
    signal.removeEventListener("abort", forward);
  }
}

/** Gives what a command writes to the state, in pieces. */
class ReportOutput implements LineSink {
  readonly columns: number;
  readonly #store: Store;
  readonly #id: number;
  readonly #signal: AbortSignal;
  readonly #kept = new KeptLines();
  readonly #slices: Slices;
  #timer: NodeJS.Timeout | undefined;
  #progressAt = 0;

  constructor(store: Store, id: number, columns: number, signal: AbortSignal) {
    this.#store = store;
    this.#id = id;
    this.columns = columns;
    this.#signal = signal;
    this.#slices = new Slices(signal);
  }

  get isFull(): boolean {
    return this.#kept.isFull || this.#signal.aborted;
  }

  start(line: string): void {
    if (!this.#signal.aborted) this.#store.dispatch({ type: "report-started", id: this.#id, line });
  }

  line(text: string): void {
    this.#kept.add(text, "styled");
    this.#showSoon();
  }

  async bytes(chunk: Uint8Array): Promise<void> {
    this.#kept.addBytes(chunk);
    this.#showSoon();
    if (this.#slices.isOver) await this.#slices.next();
  }

  note(text: string): void {
    this.#kept.add(text, "note");
    this.#showSoon();
  }

  alert(text: string): void {
    this.#kept.add(text, "alert");
    this.#showSoon();
  }

  error(text: string): void {
    this.#kept.add(text, "error");
    this.#showSoon();
  }

  status(text: string): void {
    const now = performance.now();
    if (this.#signal.aborted || now - this.#progressAt < progressEveryMs) return;
    this.#progressAt = now;
    this.#store.dispatch({ type: "report-progress", id: this.#id, text: showText(text) });
  }

  end(status: number): void {
    this.#kept.end();
    this.#show();
    if (!this.#signal.aborted) this.#store.dispatch({ type: "report-ended", id: this.#id, status });
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => this.#show(), showEveryMs);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#signal.aborted) return;
    const { lines } = this.#kept;
    this.#store.dispatch({ type: "report-lines", id: this.#id, lines, count: lines.length });
  }
}
