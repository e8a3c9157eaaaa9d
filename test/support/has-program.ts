import { existsSync } from "node:fs";
import { join } from "node:path";

/** Whether a program is found by its name. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(":").some(folder => existsSync(join(folder, name)));
}

/** For titles of tests that are skipped. */
export function skipNote(reason: string): string {
  return reason === "" ? "" : ` (skipped: ${reason})`;
}
