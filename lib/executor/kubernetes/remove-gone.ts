/** What a program in a Pod has removed of a folder that it was given, removed here, too. */

import type { Dirent } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../error.ts";
import type { PodSession } from "./pod-session.ts";
import { labFolder, resultsContainer } from "./pod-spec.ts";
import type { Collection } from "./receive-mounts.ts";

const maxListBytes = 256 << 20;

/**
 * Only names that are found in the folder here are removed: what the Pod says decides about nothing else.
 * @throws LabError as `PodSession.exec`; `too-large`
 */
export async function removeGone(session: PodSession, { mount, place }: Collection): Promise<void> {
  if (mount.isFile) return;
  const command = ["sh", "-c", `cd "${labFolder}/$1" && find . -mindepth 1 -print0`, "sh", place];
  const what = `comparing ${mount.path}`;
  const there = await session.exec(
    what,
    resultsContainer,
    () => command,
    async exec => {
      await exec.endInput();
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      for await (const chunk of exec.output as AsyncIterable<Buffer>) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxListBytes)
          throw new LabError("too-large", `the Pod names too many files below ${mount.path}`);
        chunks.push(chunk);
      }
      return new Set(Buffer.concat(chunks).toString("utf8").split("\0"));
    },
  );
  await removeUnless(mount.hostPath, ".", there);
}

async function removeUnless(folder: string, below: string, there: ReadonlySet<string>): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const name = `${below}/${entry.name}`;
    const path = join(folder, entry.name);
    if (!there.has(name)) await rm(path, { recursive: true, force: true });
    else if (entry.isDirectory()) await removeUnless(path, name, there);
  }
}
