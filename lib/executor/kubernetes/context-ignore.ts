import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";
import { DockerIgnore, readIgnoreFile } from "../../dockerfile/dockerignore.ts";
import { errnoOf } from "../../error.ts";
import type { ResolvedMount } from "../docker/resolve-mounts.ts";

/** Where the executor sees the context. */
export const contextPath = "/workspace";

/** What of a context need not be sent. */
export interface ContextFilter {
  /** Left out with everything below it. */
  skip(relative: string, isFolder: boolean): boolean;
  /**
   * Sent without its content. Kaniko applies the ignore file itself, and fails where a Dockerfile names a file that is not
   * there at all, ignored or not; so an ignored file is there, and empty.
   */
  isEmptied(relative: string): boolean;
}

/** The value of one of the executor's flags, as `--name value` or `--name=value`; the last one counts. */
export function flagOf(args: readonly string[], name: string): string | null {
  const at = args.findLastIndex(arg => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return null;
  const arg = args[at] as string;
  return arg.includes("=") ? arg.slice(arg.indexOf("=") + 1) : (args[at + 1] ?? null);
}

/** The ignore file as Kaniko chooses it: that of the Dockerfile, else that of the context. Null: everything is sent. */
export async function contextFilter(
  mounts: readonly ResolvedMount[],
  args: readonly string[],
): Promise<ContextFilter | null> {
  const context = mounts.find(({ path }) => path === contextPath);
  if (!context) return null;
  const dockerfile = flagOf(args, "dockerfile") ?? `${contextPath}/Dockerfile`;
  const candidates = [`${dockerfile}.dockerignore`, `${contextPath}/.dockerignore`];
  for (const file of candidates) {
    const text = await readMounted(file, mounts);
    if (text === null) continue;
    return filterBy(text, new Set([dockerfile, ...candidates].map(path => posix.relative(contextPath, path))));
  }
  return null;
}

/**
 * Of a folder of which it is not known which Dockerfile will build it: by its own ignore file, if there is no other beside it
 * that would count instead. Null: everything is sent.
 */
export async function folderFilter(folder: string): Promise<ContextFilter | null> {
  const text = await readOrNull(`${folder}/.dockerignore`);
  if (text === null) return null;
  const names = await readdir(folder);
  if (names.some(name => name !== ".dockerignore" && name.endsWith(".dockerignore"))) return null;
  return filterBy(text, new Set(names.filter(name => /dockerfile|^\.dockerignore$/i.test(name))));
}

/** @param needed what is sent even when it is ignored: Kaniko reads it before it ignores anything */
function filterBy(text: string, needed: ReadonlySet<string>): ContextFilter | null {
  const ignore = new DockerIgnore(readIgnoreFile(text));
  if (ignore.malformed !== null) return null;
  return {
    skip: (relative, isFolder) => isFolder && hidesAll(ignore, relative, needed),
    isEmptied: relative => !needed.has(relative) && ignore.excludes(relative),
  };
}

/** Whether nothing in a folder counts; the folder itself may be named and stays. */
function hidesAll(ignore: DockerIgnore, folder: string, needed: ReadonlySet<string>): boolean {
  const parent = posix.dirname(folder);
  if (parent === "." || [...needed].some(path => path.startsWith(`${folder}/`))) return false;
  return ignore.excludesAllBelow(parent);
}

async function readMounted(path: string, mounts: readonly ResolvedMount[]): Promise<string | null> {
  const mount = mounts.find(one => path === one.path || path.startsWith(`${one.path}/`));
  return mount ? readOrNull(mount.hostPath + path.slice(mount.path.length)) : null;
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw error;
  }
}
