/** What of a folder matters to somebody who starts there: a context, contexts right below, CI files that run Kaniko. */

import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Dockerfile } from "../dockerfile/dockerfile.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { resolveStages } from "../dockerfile/resolve.ts";
import { messageOf } from "../error.ts";

export interface FolderSurvey {
  readonly folder: string;
  /** Of the folder itself; null when it has none. */
  readonly dockerfile: FoundDockerfile | null;
  /** Folders right below that have a Dockerfile, the first of them. */
  readonly contexts: readonly string[];
  readonly ciFiles: readonly string[];
}

export interface FoundDockerfile {
  readonly name: string;
  /** Instructions of all stages, FROM included. */
  readonly steps: number;
  /** What stages start from, with the defaults of ARGs, else as it is written; no earlier stages. */
  readonly bases: readonly string[];
  /** Why it cannot be built; null when it can be read. */
  readonly problem: string | null;
}

/** Folders with more entries than this are nobody's project: a home, a mail folder. */
const mostEntries = 2000;
const mostContexts = 50;
/** What is larger is no Dockerfile and no CI file. */
const mostBytes = 256 * 1024;

/** Never throws: what cannot be read is not there. */
export async function surveyFolder(folder: string, dockerfileName: string): Promise<FolderSurvey> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(() => [])).slice(0, mostEntries);
  const isDockerfile = (name: string) => name === dockerfileName || name === "dockerfile";
  const own = entries.find(entry => !entry.isDirectory() && isDockerfile(entry.name))?.name;
  const contexts: string[] = [];
  for (const { name } of entries.filter(entry => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))) {
    if (contexts.length === mostContexts) break;
    const inside = await readdir(join(folder, name), { withFileTypes: true }).catch(() => []);
    if (inside.some(entry => !entry.isDirectory() && isDockerfile(entry.name))) contexts.push(name);
  }
  return {
    folder,
    dockerfile: own === undefined ? null : await describeDockerfile(folder, own),
    contexts: contexts.sort(),
    ciFiles: await findCiFiles(
      folder,
      entries.map(({ name }) => name),
    ),
  };
}

async function describeDockerfile(folder: string, name: string): Promise<FoundDockerfile> {
  const text = await readSmall(join(folder, name));
  if (text === null) return { name, steps: 0, bases: [], problem: "it cannot be read" };
  try {
    const dockerfile = parseDockerfile(text);
    const steps = dockerfile.stages.reduce((sum, stage) => sum + 1 + stage.instructions.length, 0);
    return { name, steps, bases: [...new Set(basesOf(dockerfile))], problem: null };
  } catch (error) {
    return { name, steps: 0, bases: [], problem: messageOf(error) };
  }
}

function basesOf(dockerfile: Dockerfile): string[] {
  try {
    const { stages } = resolveStages(dockerfile, { buildArgs: {}, target: null });
    return stages.flatMap(({ base, baseName }) => (base.kind === "stage" ? [] : [baseName]));
  } catch {
    // An ARG without a default that only a build argument fills.
    const names = new Set(dockerfile.stages.map(stage => stage.name.toLowerCase()));
    return dockerfile.stages.map(stage => stage.baseText).filter(base => !names.has(base.toLowerCase()));
  }
}

async function findCiFiles(folder: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const candidates = names.filter(name => /^(?:\.gitlab-ci|[\w.-]*kaniko[\w.-]*)\.ya?ml$/.test(name));
  const workflows = await readdir(join(folder, ".github/workflows")).catch(() => []);
  candidates.push(...workflows.filter(name => /\.ya?ml$/.test(name)).map(name => `.github/workflows/${name}`));
  for (const file of candidates.slice(0, mostContexts))
    if (file !== "kaniko-lab.yaml" && (await readSmall(join(folder, file)))?.includes("kaniko")) found.push(file);
  return found;
}

/** Null for what is no plain file of a sensible size. */
async function readSmall(file: string): Promise<string | null> {
  const handle = await open(file, "r").catch(() => null);
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    return size > mostBytes ? null : await handle.readFile("utf8");
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}
