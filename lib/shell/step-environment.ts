/** Environment and working folder at a step, as far as they are known: from the image's config and the Dockerfile's text. */

import { posix } from "node:path";
import { stepBefore } from "../lab/chain.ts";
import type { Step } from "../model/build.ts";
import type { ImageConfig } from "../model/image.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { resolvePath } from "../snapshot/resolve-path.ts";

/** @param config of the image; null for a build that made none */
export function environmentAt(
  steps: readonly Step[],
  step: Step,
  config: ImageConfig | null,
): { env: readonly string[]; workingFolder: string } {
  const before = stepsUpTo(steps, step);
  const later = steps.filter(other => other.stage.index === step.stage.index && other.number > step.number);
  const last = steps.findLast(other => other.status !== "skipped");
  // The config says what is set in the end, in the stage that the image is made of.
  const ofImage = config !== null && last?.stage.index === step.stage.index ? config : null;
  const setLater = new Set(later.flatMap(other => variablesOf(other).map(([name]) => name)));
  const atEnd = (ofImage?.env ?? []).filter(pair => !setLater.has(pair.split("=", 1)[0] as string));
  const known = new Set(atEnd.map(pair => pair.split("=", 1)[0]));
  const byText = new Map(before.flatMap(variablesOf));
  const ofText = [...byText].flatMap(([name, value]) =>
    known.has(name) || value === null ? [] : [`${name}=${value}`],
  );
  const env = [...atEnd, ...ofText];
  const moves = before.filter(({ instruction }) => instruction === "WORKDIR");
  const movesLater = later.some(({ instruction }) => instruction === "WORKDIR");
  if (ofImage !== null && !movesLater) return { env, workingFolder: posix.resolve("/", ofImage.workingDir) };
  const folders = moves.map(({ text }) => text.replace(/^\s*WORKDIR\s+/i, "").replace(/^["']|["']$/g, ""));
  return { env, workingFolder: posix.resolve("/", ...folders) };
}

/** `folder` where the tree has it, else its root. */
export function folderOrRoot(snapshot: Snapshot, folder: string): string {
  const real = resolvePath(snapshot, folder);
  return real !== null && snapshot.node(real)?.type === "dir" ? folder : "/";
}

function stepsUpTo(steps: readonly Step[], step: Step): Step[] {
  const found: Step[] = [];
  for (let at: Step | null = step; at !== null; at = stepBefore(steps, at)) found.unshift(at);
  return found;
}

/** What an ENV sets; null for a value with more in it than plain text. */
function variablesOf({ instruction, text }: Step): [name: string, value: string | null][] {
  if (instruction !== "ENV") return [];
  const words = text.replace(/^\s*ENV\s+/i, "");
  const plain = (value: string) => (/["'\\$]/.test(value) ? null : value);
  const pairs = [...words.matchAll(/(?:^|\s)([A-Za-z_]\w*)=(\S*)/g)];
  if (pairs.length > 0) return pairs.map(([, name, value]) => [name as string, plain(value as string)]);
  const [, name, value] = /^(\S+)\s+(.*)$/s.exec(words) ?? [];
  return name === undefined ? [] : [[name, plain(value as string)]];
}
