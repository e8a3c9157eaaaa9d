import { fileURLToPath } from "node:url";
import type { Command } from "./process-time.ts";

/**
 * What a figure stands against: one part of the work alone, done by the same Node in a process of its own. A row names the
 * part that takes longest of those that cannot be left out.
 */
export interface Limit {
  readonly name: string;
  readonly command: Command;
}

const script = fileURLToPath(new URL("./limit-alone.ts", import.meta.url));

function alone(name: string, part: string, ...files: string[]): Limit {
  return { name, command: { argv: [process.execPath, script, part, ...files] } };
}

export const inflating = (file: string) => alone("inflate", "inflate", file);
export const hashing = (file: string) => alone("inflate and hash", "hash", file);
export const reading = (...files: string[]) => alone("read index", "read", ...files);
export const starting: Limit = { name: "start Node", command: { argv: [process.execPath, "-e", "0"] } };
