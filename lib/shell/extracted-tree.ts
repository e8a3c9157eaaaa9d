import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ShellRequest } from "./shell-request.ts";

/** Extracts the tree into a folder that is there for `use` only; owners are those of the snapshot, not of the files. */
export async function withExtracted<T>(request: ShellRequest, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(request.driverFolder, "tree-"));
  try {
    request.report(`unpacking ${request.name}`);
    await request.extract(folder, false);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
