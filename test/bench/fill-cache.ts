import { type Command, measureInTurn } from "./process-time.ts";

/** Runs a command once for what it leaves in the cache folder. */
export function runToFill(command: Command): void {
  measureInTurn([command], 1);
}
