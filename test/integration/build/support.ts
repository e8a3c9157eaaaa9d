/** What the tests of whole builds share: a folder of their own for each test, the program as a process, the real executors. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

export { hasProgram, skipNote } from "../../support/has-program.ts";

import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { createSandboxDriver } from "../../../lib/executor/sandbox/sandbox-driver.ts";
import { program } from "../../support/built-program.ts";
import { knownExecutors } from "../../support/known-executors.ts";

export const registry = "127.0.0.1:5000";
export const lockedRegistry = "127.0.0.1:5001";
export const busybox = `${registry}/base/busybox:1`;

export const manifestTypes =
  "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

export type Family = "fork" | "upstream";
export type Driver = "docker" | "sandbox";

export function executorFile(family: Family): string {
  return join(homedir(), ".cache/kaniko-lab-test", family === "fork" ? "executor" : "executor-upstream");
}

const missingOfDriver: Readonly<Record<Driver, string>> = {
  docker: await missingFor(createDockerDriver()),
  sandbox: await missingFor(createSandboxDriver()),
};

async function missingFor(driver: { probe(): Promise<{ available: boolean; detail: string }> }): Promise<string> {
  const { available, detail } = await driver.probe();
  return available ? "" : detail;
}

const missingBase = (await registryHas("base/busybox", "1")) ? "" : `no ${busybox}`;

/** Why builds with this driver and executor cannot run here, or "". */
export function whyNot(driver: Driver, family: Family = "fork"): string {
  if (missingBase !== "") return missingBase;
  if (!existsSync(executorFile(family))) return `no ${family} executor in ~/.cache/kaniko-lab-test`;
  return missingOfDriver[driver];
}

/** The same of tests that repeat with upstream what the fork has shown: they are for when there is time. */
export function whyNotAgain(driver: Driver, family: Family): string {
  const isLeftOut = family === "upstream" && !process.env.KANIKO_LAB_TEST_ALL;
  return whyNot(driver, family) || (isLeftOut ? "KANIKO_LAB_TEST_ALL is not set" : "");
}

/** The driver for tests where any one does. */
export const anyDriver: Driver = whyNot("sandbox") === "" ? "sandbox" : "docker";
export const missing = whyNot(anyDriver);

export async function registryHas(repository: string, tag: string): Promise<boolean> {
  const answer = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: manifestTypes },
  }).catch(() => null);
  return answer?.ok === true;
}

/** Files below a folder that have some bytes in them. */
export async function filesNaming(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return files.filter(file => readFileSync(file).includes(text));
}

export async function answersWithLogin(host: string): Promise<boolean> {
  return (await fetch(`http://${host}/v2/`).catch(() => null))?.status === 401;
}

export interface Ended {
  /** Exit status; null when a signal ended the program. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StepDocument {
  readonly number: number;
  readonly stage: { readonly index: number; readonly name: string };
  readonly line: number | null;
  readonly instruction: string;
  readonly text: string;
  readonly status: string;
  readonly cache: { readonly key: string | null; readonly result: string };
  readonly layer: { readonly digest: string; readonly diffId: string } | null;
  readonly baseLayers: readonly { readonly digest: string }[];
  readonly added: number | null;
  readonly modified: number | null;
  readonly deleted: number | null;
}

export interface BuildDocument {
  readonly build: {
    readonly id: string;
    readonly status: string;
    readonly manifest: string | null;
    readonly failure: { message: string; step: number | null; exitCode: number | null } | null;
    readonly warnings: readonly string[];
  };
  readonly steps: readonly StepDocument[];
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Working folder; default: the place's root. */
  readonly cwd?: string;
}

/** A folder for one test, with a context and a cache folder, and the program to run there. */
export class Place {
  readonly root: string;
  readonly cache: string;

  private constructor(root: string) {
    this.root = root;
    this.cache = join(root, "cache");
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), "kaniko-lab-build-")));
    await mkdir(place.path("context"));
    await place.write(files);
    return place;
  }

  /** Asking an executor who it is takes half as long as a small build. A cache folder that a test has made stays as it is. */
  #tellExecutors(): void {
    const known = knownExecutors(process.ppid);
    if (lstatSync(this.cache, { throwIfNoEntry: false }) === undefined && existsSync(known))
      cpSync(known, join(this.cache, "drivers"), { recursive: true });
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** Files of the context. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = this.path("context", name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  start(args: readonly string[], { env = {}, cwd = this.root }: RunOptions = {}): ChildProcessWithoutNullStreams {
    const inherited = { ...process.env };
    for (const name of ["DEBUG", "LOGGING_LEVEL", "DOCKER_FILE_NAME", "KANIKO_LAB_EXECUTOR", "KANIKO_LAB_CACHE"])
      delete inherited[name];
    this.#tellExecutors();
    return spawn(process.execPath, [program, ...withCacheFolder(args, this.cache)], {
      cwd,
      env: { ...inherited, ...env },
    });
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return ended(this.start(args, options));
  }

  /** A command that must succeed; what it wrote on stdout. */
  async text(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(args);
    if (status !== 0) throw new Error(`kaniko-lab ${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout;
  }

  async bytes(...args: string[]): Promise<Buffer> {
    const { status, stdout, stderr } = await ended(this.start(args), "latin1");
    if (status !== 0) throw new Error(`kaniko-lab ${args.join(" ")} ended with ${status}: ${stderr}`);
    return Buffer.from(stdout, "latin1");
  }

  // biome-ignore lint/suspicious/noExplicitAny: each command has a document of its own
  async json(...args: string[]): Promise<any> {
    return JSON.parse(await this.text(...args, "--json"));
  }

  /** A build of the context that must succeed. */
  async build(how: { driver?: Driver; family?: Family } = {}, ...more: string[]): Promise<BuildDocument> {
    return JSON.parse(await this.text(...buildArgs(how), "--json", ...more)) as BuildDocument;
  }

  /** Layer files of the cache folder, by digest. */
  layerFiles(): Map<string, string> {
    const names = readdirSync(this.cache).filter(name => name.startsWith("sha256:"));
    return new Map(names.map(name => [/^sha256:[0-9a-f]{64}/.exec(name)?.[0] ?? name, join(this.cache, name)]));
  }

  /** Names of files that a write left half-done, anywhere in the cache folder. */
  async halfWritten(): Promise<string[]> {
    if (!existsSync(this.cache)) return [];
    const names = await readdir(this.cache, { recursive: true });
    const isOfRun = (name: string) => /^builds\/[^/]+\/(owner\.json|out(\/|$))/.test(name);
    const isTemporary = (name: string) =>
      !name.startsWith("drivers/") &&
      /(^|\/)(\.new-[^/]*|[^/]*\.part|[^/]*\.tmp|[^/]*\.json\.\d+|import-[^/]*)$/.test(name);
    return names.filter(name => isOfRun(name) || isTemporary(name));
  }

  async record(id: string): Promise<{ status: string; failure: { message: string } | null }> {
    return JSON.parse(await readFile(join(this.cache, "builds", id, "build.json"), "utf8"));
  }

  async remove(): Promise<void> {
    const drivers = join(this.cache, "drivers");
    const answers = existsSync(drivers) ? await readdir(drivers, { recursive: true }) : [];
    for (const name of answers.filter(each => /^\w+\/versions\/\w+\.json$/.test(each)))
      await cp(join(drivers, name), join(knownExecutors(process.ppid), name), { force: false });
    await rm(this.root, { recursive: true, force: true });
  }
}

/** `build context …` before what a test adds; flags for the executor go behind `--`. */
export function buildArgs({
  driver = anyDriver,
  family = "fork",
}: {
  driver?: Driver;
  family?: Family;
} = {}): string[] {
  return ["build", "context", "--driver", driver, "--executor", executorFile(family)];
}

function withCacheFolder(args: readonly string[], cache: string): string[] {
  if (args.includes("--cache-dir")) return [...args];
  const end = args.indexOf("--");
  const at = end < 0 ? args.length : end;
  return [...args.slice(0, at), "--cache-dir", cache, ...args.slice(at)];
}

export function ended(child: ChildProcessWithoutNullStreams, encoding: BufferEncoding = "utf8"): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding(encoding).on("data", text => {
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

/** Resolves with stderr as soon as the program has written `text` there; rejects when it ends before. */
export function written(child: ChildProcessWithoutNullStreams, text: string): Promise<string> {
  let seen = "";
  return new Promise((resolve, reject) => {
    child.stderr.on("data", chunk => {
      seen += String(chunk);
      if (seen.includes(text)) resolve(seen);
    });
    child.on("close", status => reject(new Error(`ended with ${status} before it wrote ${text}: ${seen}`)));
  });
}

/** Resolves when the program has written some words, on whichever stream; rejects when it ends before. */
export function seen(child: ChildProcessWithoutNullStreams, words: string): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", chunk => {
        text += String(chunk);
        if (text.includes(words)) resolve();
      });
    }
    child.on("close", status => reject(new Error(`ended with ${status} before it wrote ${words}: ${text}`)));
  });
}

/** Command lines of the machine's processes that have a word in them. */
export function processesNaming(word: string): string[] {
  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  };
  const pids = readdirSync("/proc").filter(name => /^\d+$/.test(name));
  return pids.map(commandOf).filter(command => command.includes(word));
}

export function sha256Of(file: string): string {
  return `sha256:${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
}

/** Runs a program of the machine. @throws when it fails. */
export function sh(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}
