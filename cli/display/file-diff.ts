/** The unified difference of one file between two steps. */

import { createTwoFilesPatch } from "diff";
import { LabError } from "../../lib/error.ts";
import type { Lab, ProgressOptions, StepOf } from "../../lib/lab/lab.ts";
import { showText } from "../../lib/model/path-text.ts";

const largestBytes = 8 * 1024 * 1024;
/** Two different files of many thousand lines would take seconds; then the whole file counts as changed. */
const timeoutMs = 2000;

/**
 * @param from null: the file was not there before.
 * @returns null when the contents are equal; lines are escaped for the screen.
 * @throws LabError `not-found` when neither side has the file, `too-large` above 8 MiB.
 */
export async function fileDiff(
  lab: Lab,
  from: StepOf | null,
  to: StepOf,
  path: string,
  progress: ProgressOptions,
): Promise<string | null> {
  const [before, after] = await Promise.all([
    from && readText(lab, from, path, progress),
    readText(lab, to, path, progress),
  ]);
  if (before === null && after === null) {
    throw new LabError("not-found", `neither side has a file /${showText(path)}`, {
      hint: "kaniko-lab search finds paths",
    });
  }
  const [old, now] = [before ?? Buffer.alloc(0), after ?? Buffer.alloc(0)];
  if (before !== null && after !== null && old.equals(now)) return null;
  if (isBinary(old) || isBinary(now)) return `Binary files differ: ${old.length} and ${now.length} bytes`;
  const names = [before === null ? "/dev/null" : `a/${path}`, after === null ? "/dev/null" : `b/${path}`] as const;
  const patch = createTwoFilesPatch(
    ...names,
    old.toString("utf8"),
    now.toString("utf8"),
    sideName(from),
    sideName(to),
    { timeout: timeoutMs },
  );
  const text = patch ?? `Too different to compare line by line: ${old.length} and ${now.length} bytes`;
  return text
    .trimEnd()
    .split("\n")
    .map(line => line.split("\t").map(showText).join("\t"))
    .join("\n");
}

function sideName(side: StepOf | null): string {
  return side ? `${side.target.name}, step ${side.step.number}` : "";
}

/** Null when the side has no such file. */
async function readText(lab: Lab, side: StepOf, path: string, progress: ProgressOptions): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of lab.readFile(side.target, side.step, path, progress)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > largestBytes) throw new LabError("too-large", `/${showText(path)} is too large to compare as text`);
    }
  } catch (error) {
    if (error instanceof LabError && error.code === "not-found") return null;
    throw error;
  }
  return Buffer.concat(chunks);
}

function isBinary(content: Buffer): boolean {
  return content.subarray(0, 8192).includes(0);
}
