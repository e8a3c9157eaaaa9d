import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { ExecutorIdentity } from "../../model/build.ts";

type Version = Pick<ExecutorIdentity, "version" | "family">;

/** What executors answered when they were asked for their version, by their identity; null for one that was never asked. */
export async function recallVersion(driverFolder: string, identity: string): Promise<Version | null> {
  try {
    const { version, family } = JSON.parse(await readFile(fileOf(driverFolder, identity), "utf8")) as Partial<Version>;
    return version && family ? { version, family } : null;
  } catch {
    return null;
  }
}

export async function rememberVersion(driverFolder: string, identity: string, version: Version): Promise<void> {
  await mkdir(join(driverFolder, "versions"), { recursive: true });
  await writeFileAtomic(fileOf(driverFolder, identity), JSON.stringify(version));
}

function fileOf(driverFolder: string, identity: string): string {
  return join(driverFolder, "versions", `${createHash("sha256").update(identity).digest("hex")}.json`);
}
