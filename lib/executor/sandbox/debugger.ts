import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../error.ts";

const places = ["/kaniko", "/usr/local/bin", "/usr/bin", "/bin", "/go/bin", "/root/go/bin", "/"];

/** Path of Go's debugger in an executor's root. @throws LabError `executor-unavailable` when it has none */
export async function findDebugger(root: string): Promise<string> {
  for (const place of places) {
    const path = join(place, "dlv");
    const found = await lstat(join(root, path)).catch(() => null);
    if (found?.isFile()) return path;
  }
  throw new LabError("executor-unavailable", "the executor's image has no dlv to debug with", {
    hint: "use an image that was built for the debugger, with dlv in /kaniko or /usr/local/bin",
  });
}
