import { LabError } from "../../error.ts";
import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import type { Step } from "../../model/build.ts";
import type { Target } from "../../model/target.ts";

/** A file of users is small; what is larger is none. */
const maximumBytes = 4 << 20;

/** The numbers in the third field of `/etc/passwd` or `/etc/group`, and 0; null when the image has no such file. */
export async function knownOwners(
  lab: Lab,
  target: Target,
  step: Step,
  file: "/etc/passwd" | "/etc/group",
  options: ProgressOptions,
): Promise<ReadonlySet<number> | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of lab.readFile(target, step, file.slice(1), options)) {
      parts.push(part);
      size += part.length;
      if (size > maximumBytes) return null;
    }
  } catch (error) {
    const isMissing = error instanceof LabError && ["not-found", "usage", "blob-missing"].includes(error.code);
    if (isMissing) return null;
    throw error;
  }
  const lines = Buffer.concat(parts).toString("latin1").split("\n");
  const numbers = lines.map(line => line.split(":")[2] ?? "").filter(field => /^\d{1,10}$/.test(field));
  return new Set([0, ...numbers.map(Number)]);
}
