/** Every context below a folder: a folder with a `Dockerfile`, a `dockerfile` or `NAME.Dockerfile`s. */

import { opendir } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { errnoOf, LabError } from "../error.ts";

export interface FoundContext {
  /** Unique, and fit for a repository: `services-api`, `services-api-worker` for `services/api/worker.Dockerfile`. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Name of the file in it. */
  readonly dockerfile: string;
}

/** What nobody keeps contexts in. */
const skippedFolders = new Set(["node_modules", ".git"]);

/**
 * Finds them in the order of their names. Links to folders are not followed.
 * @param skip a folder that is passed over: the cache folder.
 * @throws LabError `context-not-found` for a folder that is not there, or without any; `usage` for two of one name.
 */
export async function findContexts(top: string, skip: string): Promise<FoundContext[]> {
  const folder = resolve(top);
  const found: FoundContext[] = [];
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const files: string[] = [];
    for await (const entry of await open(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name) && path !== skip) waiting.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(entry.name);
    }
    for (const dockerfile of dockerfilesOf(files))
      found.push({ name: nameOf(folder, next, dockerfile), folder: next, dockerfile });
  }
  if (found.length === 0) {
    throw new LabError("context-not-found", `there is no Dockerfile in ${folder} nor below it`, {
      hint: "contexts are folders with Dockerfile, dockerfile or NAME.Dockerfile",
    });
  }
  found.sort((one, other) => (one.name < other.name ? -1 : 1));
  refuseTwins(found);
  return found;
}

async function open(folder: string) {
  try {
    return await opendir(folder);
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    const hint = "give the folder that holds the contexts, as in: kaniko-lab build --all images";
    if (errno === "ENOENT") throw new LabError("context-not-found", `there is no folder ${folder}`, { hint });
    if (errno === "ENOTDIR") throw new LabError("context-not-found", `${folder} is no folder`, { hint });
    throw new LabError("context-not-found", `cannot read ${folder}`, { cause: error });
  }
}

/** Where both are, `Dockerfile` is the one that a build of the folder takes. */
function dockerfilesOf(files: readonly string[]): string[] {
  const plain = ["Dockerfile", "dockerfile"].filter(name => files.includes(name)).slice(0, 1);
  return [...plain, ...files.filter(name => /.\.Dockerfile$/.test(name))];
}

function nameOf(top: string, folder: string, dockerfile: string): string {
  const path = relative(top, folder);
  const words = path === "" ? [] : path.split(sep);
  const prefix = /^(.+)\.Dockerfile$/.exec(dockerfile)?.[1];
  if (prefix !== undefined) words.push(prefix);
  return repositoryWord(words.length === 0 ? basename(top) : words.join("-"));
}

/** What a registry takes as a part of a repository's name. */
function repositoryWord(text: string): string {
  const word = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+|[._-]+$/g, "");
  return word === "" ? "context" : word;
}

function refuseTwins(found: readonly FoundContext[]): void {
  for (const [index, one] of found.entries()) {
    const other = found[index + 1];
    if (other?.name !== one.name) continue;
    const files = [one, other].map(context => join(context.folder, context.dockerfile));
    throw new LabError("usage", `two contexts would be called ${one.name}: ${files.join(" and ")}`, {
      hint: "rename one of the folders",
    });
  }
}
