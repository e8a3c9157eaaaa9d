/** The lines to type next, for somebody who does not know any. Pure. */

import type { Check } from "../../lib/build/check-machine.ts";
import type { FolderSurvey } from "../../lib/build/survey-folder.ts";
import { quoteWord } from "../../lib/ci/shell/quote-word.ts";
import type { BuildRecord } from "../../lib/model/build.ts";
import { showText } from "../../lib/model/path-text.ts";

export interface Surroundings {
  readonly folder: FolderSurvey;
  /** Newest first. */
  readonly builds: readonly BuildRecord[];
  /** The one that would run a build; null when none can. */
  readonly driver: Check | null;
  readonly executor: Check;
  /** The terminal UI can be shown. */
  readonly hasScreen: boolean;
}

export interface NextLine {
  readonly line: string;
  readonly does: string;
}

export function nextLines(here: Surroundings): NextLine[] {
  const lines = [...buildLines(here), ...lookLines(here), ...startLines(here)];
  return [...lines, { line: "kaniko-lab --help", does: "all commands; each has --help with examples" }];
}

function buildLines({ folder, driver, executor }: Surroundings): NextLine[] {
  const { dockerfile, contexts } = folder;
  const [first] = contexts;
  const [ciFile] = folder.ciFiles;
  const hasDockerfile = dockerfile?.problem === null;
  if (driver === null || !executor.works) {
    const does = driver === null ? "what is missing for builds, and what mends it" : "how to get an executor";
    const lines: NextLine[] = [{ line: "kaniko-lab doctor", does }];
    const source = hasDockerfile ? "." : ciFile;
    if (source !== undefined)
      lines.push({
        line: `kaniko-lab render ${pathWord(source)} --as pod`,
        does: "the build for a cluster, as a file",
      });
    return lines;
  }
  const lines: NextLine[] = [];
  if (hasDockerfile) lines.push({ line: "kaniko-lab build .", does: "build it with Kaniko, keep every layer" });
  else if (first !== undefined)
    lines.push({ line: `kaniko-lab build ${pathWord(first)}`, does: "build it with Kaniko, keep every layer" });
  if (contexts.length > 1) lines.push({ line: "kaniko-lab build --all .", does: "every context below this folder" });
  if (hasDockerfile) lines.push({ line: "kaniko-lab predict .", does: "what the layer cache will have" });
  if (ciFile !== undefined)
    lines.push({ line: `kaniko-lab from ${pathWord(ciFile)}`, does: "build here what CI builds; nothing is pushed" });
  return lines;
}

function lookLines({ builds, hasScreen }: Surroundings): NextLine[] {
  if (!builds.some(hasSteps)) return [];
  return [
    ...(hasScreen ? [{ line: "kaniko-lab tui", does: "look around in the latest build" }] : []),
    { line: "kaniko-lab steps", does: "its instructions, layers, times, cache results" },
    ...(builds.length > 1 ? [{ line: "kaniko-lab diff", does: "what changed since the build before" }] : []),
    { line: "kaniko-lab explain", does: "why the layer cache was missed" },
  ];
}

function startLines({ builds, driver, executor }: Surroundings): NextLine[] {
  const canBuild = driver !== null && executor.works;
  if (builds.length > 0 && canBuild) return [];
  return [
    {
      line: "kaniko-lab start",
      does: canBuild ? "build a sample and look at it" : "play the recording of a real build, and look at it",
    },
    {
      line: "kaniko-lab lesson",
      does: canBuild ? "learn Kaniko by building" : "learn Kaniko, on recordings where nothing can be built",
    },
  ];
}

/** One that never came to its first step has nothing to show. */
function hasSteps({ steps }: BuildRecord): boolean {
  return steps.some(({ status }) => status === "executed" || status === "cached" || status === "failed");
}

/** A name of a folder as a word of a line; one that begins with a dash is no option. */
function pathWord(name: string): string {
  return showText(quoteWord(name.startsWith("-") ? `./${name}` : name));
}
