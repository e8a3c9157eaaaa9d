import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "./process-time.ts";

/** Our own program as it is installed: `npm run bench` builds it first. */

const program = fileURLToPath(new URL("../../dist/bin.cjs", import.meta.url));

export class BenchCache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** With what earlier runs have kept. */
  warm(...args: string[]): Command {
    return { argv: [process.execPath, program, ...args, "--cache-dir", this.folder] };
  }

  /** With nothing kept. */
  cold(...args: string[]): Command {
    return { ...this.warm(...args), before: () => rmSync(this.folder, { recursive: true, force: true }) };
  }

  /** The index files that are there. */
  indexFiles(): string[] {
    const index = path.join(this.folder, "index");
    return readdirSync(index).map(name => path.join(index, name));
  }
}
