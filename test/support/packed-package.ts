/** The package as npm would publish it, unpacked into a project that uses it. */

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const top = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

export interface PackedPackage {
  /** The tarball. */
  readonly file: string;
  /** A project with the package in its node_modules. */
  readonly consumer: string;
  readonly files: readonly PackedFile[];
  readonly sizeBytes: number;
  readonly unpackedBytes: number;
  remove(): Promise<void>;
}

/**
 * Builds and packs, in a copy: others may be using the program that is built here. What the package depends on is linked
 * from this project.
 */
export async function packPackage(): Promise<PackedPackage> {
  const root = await mkdtemp(join(tmpdir(), "kaniko-lab-pack-"));
  const source = await copyOfProject(root);
  const node = { cwd: source, env: { ...process.env, PATH: `${join(top, "node_modules/.bin")}:${process.env.PATH}` } };
  await run(process.execPath, ["scripts/build.mjs"], node);
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", root], node);
  const [packed] = JSON.parse(stdout) as [
    { filename: string; files: PackedFile[]; size: number; unpackedSize: number },
  ];
  const file = join(root, packed.filename);
  const consumer = await makeConsumer(root, file);
  return {
    file,
    consumer,
    files: packed.files,
    sizeBytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function copyOfProject(root: string): Promise<string> {
  const source = join(root, "source");
  const isLeftOut = (path: string) => /^(?:node_modules|dist|cache|test|\.git|\.ci)(?:\/|$)/.test(path);
  await cp(top, source, { recursive: true, filter: path => !isLeftOut(path.slice(top.length)) });
  await symlink(join(top, "node_modules"), join(source, "node_modules"));
  return source;
}

async function makeConsumer(root: string, file: string): Promise<string> {
  const consumer = join(root, "consumer");
  const home = join(consumer, "node_modules/kaniko-lab");
  await mkdir(home, { recursive: true });
  await run("tar", ["-xzf", file, "-C", home, "--strip-components=1"]);
  await writeFile(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const { dependencies } = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), "vitest", "@types/node"]) {
    const link = join(consumer, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(top, "node_modules", name), link);
  }
  return consumer;
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its status. */
export async function runProgram(
  command: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  const [file, ...args] = command;
  try {
    return { status: 0, ...(await run(file, args, { ...options, maxBuffer: 2 ** 26 })) };
  } catch (error) {
    const ended = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof ended.code !== "number") throw error;
    return { status: ended.code, stdout: ended.stdout ?? "", stderr: ended.stderr ?? "" };
  }
}
