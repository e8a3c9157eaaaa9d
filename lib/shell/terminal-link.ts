/** This process's terminal on its way to a program elsewhere: raw, with its size. */

import type { ShellStreams } from "./shell-request.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Sets the terminal to raw and tells its size, now and whenever it changes; nothing where there is no terminal.
 * @returns ends all that, and leaves the terminal as it was
 */
export function linkTerminal(streams: ShellStreams, onSize: (size: TerminalSize) => void): () => void {
  const { input, output, isTerminal } = streams;
  if (!isTerminal) return () => {};
  const tell = () => onSize({ columns: output.columns ?? 80, rows: output.rows ?? 24 });
  const wasRaw = input.isRaw;
  input.setRawMode(true);
  output.on("resize", tell);
  tell();
  return () => {
    output.off("resize", tell);
    input.setRawMode(wasRaw);
    input.pause();
  };
}
