/** The command line as the terminal UI sees it: a port, as the commands themselves know the terminal UI. */

import type { OptionInfo } from "../../command.ts";
import type { TuiHost } from "../host.ts";

export interface CommandLine {
  readonly commands: readonly CommandInfo[];
  /** What a line needs besides its words to mean the same in a shell, such as the cache folder. */
  readonly extraWords: readonly string[];
  /** @param command also one that stands behind another, as in `cache ls` */
  optionsOf(command: string): Promise<readonly OptionInfo[]>;
  /** The commands that are written behind this one. */
  commandsOf(command: string): Promise<readonly CommandInfo[]>;
  /** Runs a line; what takes the screen is given to `host`, and without one told in lines. What goes wrong is told to `sink`, too. @returns the exit status; never throws. */
  run(words: readonly string[], sink: LineSink, signal: AbortSignal, host?: TuiHost): Promise<number>;
}

export interface CommandInfo {
  readonly name: string;
  /** As in `<needed>`, `[optional]`, `[many..]`. */
  readonly positionals: readonly string[];
  readonly describe: string;
  /** It needs the terminal for itself. */
  readonly takesTerminal: boolean;
}

/** Takes what a command writes. */
export interface LineSink {
  readonly columns: number;
  /** It takes no more. */
  readonly isFull: boolean;
  /** A part of the result, with the codes of `display/style.ts` at most. */
  line(text: string): void;
  /** Content of a file, as it is. */
  bytes(chunk: Uint8Array): Promise<void>;
  note(text: string): void;
  alert(text: string): void;
  error(text: string): void;
  /** What it is doing now; "": nothing to tell. */
  status(text: string): void;
}
