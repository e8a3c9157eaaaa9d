/** The program as a process, in a folder of its own, and layers to look at: what needs no engine. */

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { program } from "../../support/built-program.ts";

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Place {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), "kaniko-lab-cli-")));
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  get cache(): string {
    return this.path("cache");
  }

  run(args: readonly string[], options: { readonly nodeFlags?: readonly string[] } = {}): Promise<Ended> {
    const words = [...(options.nodeFlags ?? []), program, ...args, "--cache-dir", this.cache];
    const child = spawn(process.execPath, words, { cwd: this.root, env: { ...process.env, NO_COLOR: "1" } });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", text => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", text => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", status => resolve({ status, stdout, stderr }));
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: each command has a document of its own
  async json(...args: string[]): Promise<any> {
    const { status, stdout, stderr } = await this.run([...args, "--json"]);
    if (status !== 0) throw new Error(`kaniko-lab ${args.join(" ")} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** Writes a gzip'd tar with entries as they are, however bad. */
export async function writeTarGz(file: string, entries: Iterable<TarEntry>): Promise<void> {
  const archive = pack();
  const writing = pipeline(archive, createGzip({ level: 1 }), createWriteStream(file));
  for (const { content = "", ...header } of entries) {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      archive.entry({ mtime: new Date(0), ...header } as Header, content, done);
    });
  }
  archive.finalize();
  await writing;
}

/** Writes a gzip'd tar of many empty files: a header each, so it is quick. Names are shorter than 100 bytes. */
export async function writeEmptyFiles(file: string, count: number, nameOf: (at: number) => string): Promise<void> {
  await pipeline(headers(count, nameOf), createGzip({ level: 1 }), createWriteStream(file));
}

const perChunk = 1000;

function* headers(count: number, nameOf: (at: number) => string): Generator<Buffer> {
  for (let from = 0; from < count; from += perChunk) {
    const blocks = Buffer.alloc(512 * Math.min(perChunk, count - from));
    for (let at = 0; at * 512 < blocks.length; at += 1)
      fillHeader(blocks.subarray(at * 512, at * 512 + 512), nameOf(from + at));
    yield blocks;
  }
  yield Buffer.alloc(1024);
}

function fillHeader(block: Buffer, name: string): void {
  block.write(name, 0, "latin1");
  block.write(`0000644\0${"0000000\0".repeat(2)}${"00000000000\0".repeat(2)}${" ".repeat(8)}0`, 100, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
