/**
 * Finds on this machine what stands for a folder of CI. A checkout is `/workspace`, `/builds/group/project` or
 * `/workspace/source` there: so the end of CI's path is looked for in the folders around the CI file.
 */

import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { CiContext } from "../ci/ci-context.ts";
import { pathBelow } from "../ci/ci-path.ts";
import { LabError } from "../error.ts";

export interface FoundContext {
  /** Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly dockerfile: string;
}

type FolderContext = Extract<CiContext, { kind: "folder" }>;

/** Folders above the file that are looked at when nothing says where the checkout begins. */
const foldersAbove = 1;
const mostFoldersAbove = 30;

/**
 * @param file the CI file, absolute.
 * @throws LabError `context-not-found`
 */
export function guessContext(context: FolderContext, file: string, workingFolder: string): FoundContext {
  const around = checkoutFolders(dirname(file));
  // A file from elsewhere is most likely meant for the folder that the user is in.
  const found = firstBelow(around, context) ?? firstBelow([workingFolder], context);
  if (found !== null) return found;
  throw new LabError(
    "context-not-found",
    `no folder here stands for CI's ${context.folder} with its ${context.dockerfile}`,
    { hint: `--context DIR (looked in ${[...new Set([...around, workingFolder])].join(", ")})` },
  );
}

/** The longest end of CI's path that one of the roots has, with a Dockerfile. */
function firstBelow(roots: readonly string[], context: FolderContext): FoundContext | null {
  const names = context.folder.split("/").filter(Boolean);
  for (let cut = 0; cut <= names.length; cut += 1) {
    for (const root of roots) {
      const folder = join(root, ...names.slice(cut));
      if (!isFolder(folder) || !liesIn(root, folder)) continue;
      const dockerfile = context.dockerfiles
        .map(path => inRoot(path, names.slice(0, cut), root))
        .find(path => path !== null && isFile(path) && liesIn(root, path));
      if (dockerfile) return { folder, dockerfile };
    }
  }
  return null;
}

/**
 * The Dockerfile when the user says which folder stands for CI's context.
 * @throws LabError `dockerfile-not-found`
 */
export function dockerfileIn(context: FolderContext, folder: string): string {
  for (const path of context.dockerfiles) {
    const below = pathBelow(context.folder, path);
    const here = below === null ? beside(context.folder, path, folder) : join(folder, below);
    if (here !== null && isFile(here) && (below === null || liesIn(folder, here))) return here;
  }
  throw new LabError("dockerfile-not-found", `there is no ${context.dockerfile} in ${folder}`, {
    hint: "name it with --dockerfile FILE",
  });
}

/** A Dockerfile of the same checkout, but outside the context: found only where the context's own path ends alike. */
function beside(ciFolder: string, ciPath: string, folder: string): string | null {
  const names = ciFolder.split("/").filter(Boolean);
  const own = folder.split(sep).filter(Boolean);
  let alike = 0;
  while (alike < names.length && names.at(-1 - alike) === own.at(-1 - alike)) alike += 1;
  for (let up = 1; up <= alike; up += 1) {
    const ciRoot = `/${names.slice(0, names.length - up).join("/")}`;
    const root = resolve(folder, ...Array<string>(up).fill(".."));
    const below = pathBelow(ciRoot, ciPath);
    if (below !== null && liesIn(root, join(root, below))) return join(root, below);
  }
  return null;
}

/** The same file below a root that stands for the first folders of CI's path. */
function inRoot(path: string, prefix: readonly string[], root: string): string | null {
  const below = pathBelow(`/${prefix.join("/")}`, path);
  return below === null || below === "" ? null : join(root, below);
}

/** The top of the checkout first, which CI mostly works in, then the folders down to that of the file. */
function checkoutFolders(start: string): string[] {
  const folders = [start];
  while (folders.length < mostFoldersAbove && !existsSync(join(folders.at(-1) as string, ".git"))) {
    const above = dirname(folders.at(-1) as string);
    if (above === folders.at(-1)) return folders.slice(0, 1 + foldersAbove);
    folders.push(above);
  }
  return folders.toReversed();
}

/** Links may lead out of the checkout: a CI file of a stranger does not take them. */
function liesIn(root: string, path: string): boolean {
  try {
    const below = relative(realpathSync(root), realpathSync(path));
    return below !== ".." && !below.startsWith(`..${sep}`);
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
