/** A learner: a folder, and lines that are run as the terminal UI runs them, in this process. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCommandLine } from "../../cli/palette.ts";
import { openLab } from "../../lib/lab/open-lab.ts";
import { CacheFolder } from "../../lib/store/cache-folder.ts";

export interface RunLine {
  readonly status: number;
  readonly stdout: string;
  /** Errors and notes; progress is left out. */
  readonly stderr: string;
}

export class Learner {
  readonly root: string;

  static async create(): Promise<Learner> {
    return new Learner(await mkdtemp(join(tmpdir(), "kaniko-lab-learner-")));
  }

  private constructor(root: string) {
    this.root = root;
  }

  get folder(): string {
    return join(this.root, "mine");
  }

  get cache(): string {
    return join(this.root, "cache");
  }

  async run(...words: string[]): Promise<RunLine> {
    const cache = new CacheFolder(this.cache);
    const stdout: string[] = [];
    const stderr: string[] = [];
    const sink = {
      columns: 80,
      isFull: false,
      line: (text: string) => void stdout.push(text),
      bytes: async (chunk: Uint8Array) => void stdout.push(Buffer.from(chunk).toString("utf8")),
      note: (text: string) => void stderr.push(text),
      alert: (text: string) => void stderr.push(text),
      error: (text: string) => void stderr.push(text),
      status: () => undefined,
    };
    // A lab of its own for each line, as in a shell.
    const line = openCommandLine({ cache, lab: openLab({ cache }), extraWords: [] });
    const status = await line.run([...words, "--no-color"], sink, new AbortController().signal);
    return { status, stdout: stdout.join("\n"), stderr: stderr.join("\n") };
  }

  /** A line that must succeed. */
  async must(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words);
    if (status !== 0) throw new Error(`kaniko-lab ${words.join(" ")} ended with ${status}: ${stderr}`);
    return stdout;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
