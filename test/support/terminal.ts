/** A terminal without a window: what programs write to it can be read as a screen. */

import headless from "@xterm/headless";

export interface ScreenTerminal {
  readonly columns: number;
  readonly rows: number;
  write(data: string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** The lines that are seen, without trailing spaces. */
  lines(): string[];
  text(): string;
  /** Whether the alternate screen is shown. */
  isAlternate(): boolean;
  /** Whether the character at a place is drawn inverse. */
  isInverse(x: number, y: number): boolean;
  /** Waits until the screen has the text; there is no other limit than the test's own. */
  waitFor(what: RegExp | (() => boolean)): Promise<void>;
}

export function createTerminal(columns: number, rows: number): ScreenTerminal {
  // A line feed also returns to the first column, as the line discipline of a terminal has it.
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    convertEol: true,
    allowProposedApi: true,
    scrollback: 0,
  });
  const waiting = new Set<() => void>();
  const lines = () =>
    Array.from({ length: terminal.rows }, (_, y) => {
      const { active } = terminal.buffer;
      return (
        active
          .getLine(active.baseY + y)
          ?.translateToString(true)
          .trimEnd() ?? ""
      );
    });
  const text = () => lines().join("\n");
  return {
    get columns() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    write: data =>
      new Promise(resolve => {
        terminal.write(data, () => {
          for (const check of [...waiting]) check();
          resolve();
        });
      }),
    resize: (newColumns, newRows) => terminal.resize(newColumns, newRows),
    lines,
    text,
    isAlternate: () => terminal.buffer.active.type === "alternate",
    isInverse: (x, y) => terminal.buffer.active.getLine(y)?.getCell(x)?.isInverse() !== 0,
    waitFor: what =>
      new Promise(resolve => {
        const check = () => {
          if (!(typeof what === "function" ? what() : what.test(text()))) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}
