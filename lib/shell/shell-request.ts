/** A program in the file system after a step, before whoever asked for it. */

import type { ReadStream, WriteStream } from "node:tty";
import type { Availability } from "../executor/port.ts";
import type { DriverName } from "../model/build.ts";
import type { Snapshot } from "../model/snapshot.ts";

export interface ShellStreams {
  readonly input: NodeJS.ReadStream | ReadStream;
  readonly output: NodeJS.WriteStream | WriteStream;
  readonly complaints: NodeJS.WriteStream | WriteStream;
  /** Whether input and output are a terminal. */
  readonly isTerminal: boolean;
}

export interface ShellRequest {
  readonly snapshot: Snapshot;
  /** For messages: "step 3 of latest". */
  readonly name: string;
  /** Absolute path in the tree, and arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, a folder of the tree. */
  readonly workingFolder: string;
  /** A static busybox of this machine that is put into the tree at `busyboxPath`; null: nothing is. */
  readonly busybox: string | null;
  /** Writes the tree to a folder, with owners where that is possible. */
  readonly extract: (folder: string, preserveOwner: boolean) => Promise<void>;
  /** For what is kept while it runs; exists. */
  readonly driverFolder: string;
  readonly streams: ShellStreams;
  readonly report: (what: string) => void;
  /** Right before the program starts: nothing may be written to the terminal from here on. */
  readonly onStart: () => void;
  readonly signal: AbortSignal;
}

/** Whoever can open a shell: it leaves nothing behind, however it ends. */
export interface ShellDriver {
  readonly name: DriverName;
  probe(): Promise<Availability>;
  /** @returns the program's exit status. @throws LabError `cancelled`, and what keeps it from running */
  open(request: ShellRequest): Promise<number>;
}

/** Where `--busybox` puts the file: a folder that no image has, and the name by which busybox knows itself. */
export const busyboxPath = "/.kaniko-lab/busybox";
