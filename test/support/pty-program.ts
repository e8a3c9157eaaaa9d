/** Programs in a real pseudo-terminal, their output read as a screen. */

import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";
import { build } from "rolldown";
import { bundleOptions } from "../../scripts/bundle-options.mjs";
import { createTerminal, type ScreenTerminal } from "./terminal.ts";

const top = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  readonly file: string;
  remove(): Promise<void>;
}

/** Bundles a program with JSX in it, which Node cannot run by itself, in the way of the published one. */
export async function bundleProgram(source: URL): Promise<Bundle> {
  // Inside the project, so that the packages that stay outside of the bundle are found.
  const folder = await mkdtemp(join(top, "node_modules", ".e2e-"));
  const inputs = {
    program: fileURLToPath(source),
    "layer-worker": "lib/layer/layer-worker.ts",
    "context-worker": "lib/context/context-worker.ts",
  };
  for (const [name, file] of Object.entries(inputs)) {
    await build({
      ...bundleOptions,
      input: { [name]: file },
      output: { ...bundleOptions.output, dir: folder, entryFileNames: "[name].cjs", codeSplitting: false },
    });
  }
  return { file: join(folder, "program.cjs"), remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface PtyProgram {
  readonly terminal: ScreenTerminal;
  readonly pid: number;
  /** Everything that was written so far, with all its codes. */
  output(): string;
  type(input: string): void;
  resize(columns: number, rows: number): void;
  kill(signal: NodeJS.Signals): void;
  /** When the program has ended and all it wrote is on the screen. */
  readonly exited: Promise<{ readonly exitCode: number; readonly signal: number }>;
}

/** @param command the program and its arguments. */
export function startInPty(command: readonly [string, ...string[]], columns = 80, rows = 24): PtyProgram {
  const terminal = createTerminal(columns, rows);
  // CI would keep ink from drawing in other ways than meant here; a test machine may set it.
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const [file, ...args] = command;
  const pty = spawn(file, args, {
    cols: columns,
    rows,
    name: "xterm-256color",
    env: { ...env, TERM: "xterm-256color" },
  });
  let output = "";
  let written = Promise.resolve();
  pty.onData(data => {
    output += data;
    written = terminal.write(data);
  });
  const exited = new Promise<{ exitCode: number; signal: number }>(resolve => {
    pty.onExit(({ exitCode, signal }) => {
      void written.then(() => resolve({ exitCode, signal: signal ?? 0 }));
    });
  });
  return {
    terminal,
    pid: pty.pid,
    output: () => output,
    type: input => pty.write(input),
    resize: (newColumns, newRows) => {
      terminal.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    kill: signal => process.kill(pty.pid, signal),
    exited,
  };
}
