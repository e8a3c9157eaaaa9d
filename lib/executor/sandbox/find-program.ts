import { lstatSync } from "node:fs";
import { join, posix } from "node:path";
import { LabError } from "../../error.ts";

/**
 * The absolute path of a program in a root, as a container engine looks it up: names without a slash along PATH. Links are
 * not followed, as theirs are paths of the root.
 * @throws LabError `executor-unavailable`
 */
export function findProgram(root: string, path: string, program: string): string {
  if (program.startsWith("/")) return program;
  const folders = program.includes("/") ? [] : path.split(":").filter(folder => folder.startsWith("/"));
  const found = folders.find(folder => lstatSync(join(root, folder, program), { throwIfNoEntry: false }) !== undefined);
  if (found !== undefined) return posix.join(found, program);
  throw new LabError(
    "executor-unavailable",
    `the image starts ${JSON.stringify(program)}, which is no absolute path and not in its PATH`,
  );
}
