/** The program as people get it: dist/, made from the sources as they are. Tests run it, not the sources: it starts in a third of the time. */

import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));

/** What a test starts with Node. */
export const program = join(top, "dist/bin.cjs");

/** What executors have answered to the tests of this run. In a worker, whose parent is vitest, the same as in vitest. */
export function knownExecutors(vitestPid: number): string {
  return join(tmpdir(), `kaniko-lab-executors-${vitestPid}`);
}

/** Called by vitest, once before all tests. @returns what is called after them. */
export default function setup(): () => void {
  buildWhenOld();
  return () => rmSync(knownExecutors(process.pid), { recursive: true, force: true });
}

function buildWhenOld(): void {
  const sources = ["cli", "lib", "scripts", "package-lock.json"].map(name => newestMs(join(top, name)));
  const builtMs = statSync(join(top, "dist/kaniko-lab.1"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(...sources) < builtMs) return;
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: top, stdio: "inherit" });
}

function newestMs(path: string): number {
  const stats = statSync(path);
  const below = stats.isDirectory() ? readdirSync(path).map(name => newestMs(join(path, name))) : [];
  return Math.max(stats.mtimeMs, ...below);
}
