import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What executors have answered to the tests of this run: a folder as `drivers` in a cache folder. A worker's parent is vitest. */
export function knownExecutors(vitestPid: number): string {
  return join(tmpdir(), `kaniko-lab-executors-${vitestPid}`);
}

/** Called by vitest, once after all tests. */
export function teardown(): void {
  rmSync(knownExecutors(process.pid), { recursive: true, force: true });
}
