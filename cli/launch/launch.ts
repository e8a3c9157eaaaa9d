/**
 * The published program's first file: small, so that `--version` costs what starting Node costs. Chooses the Node that runs
 * the rest: the machine's own when it is new enough, else the one that is installed with this package.
 */

import { join } from "node:path";
import { asksForVersion, writeVersion } from "../version.ts";
import { CodeStore, ProgramLoader } from "./code-cache.ts";
import { runWithPinnedNode } from "./pinned-node.ts";

/** Set by the bundler: differs for every other text of the program. */
const build = process.env.KANIKO_LAB_BUILD as string;
const oldestNode = [22, 22] as const;

if (isTooOld(process.versions.node)) runWithPinnedNode(__filename, oldestNode.join("."));
else if (asksForVersion(process.argv.slice(2))) writeVersion(join(__dirname, "..", "package.json"));
else runProgram();

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

function runProgram(): void {
  const loader = new ProgramLoader(__dirname, codeStore());
  const { main } = loader.require("main.cjs") as typeof import("../main.ts");
  process.on("exit", () => loader.keep());
  void main(process.argv.slice(2)).then(status => {
    process.exitCode = status;
  });
}

/** `null` where the user has no folder for it, or does not want it (as with Node's own compile cache). */
function codeStore(): CodeStore | null {
  const { HOME, XDG_CACHE_HOME, NODE_DISABLE_COMPILE_CACHE } = process.env;
  const caches = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
  if (!caches || NODE_DISABLE_COMPILE_CACHE) return null;
  const command = /^[a-z]+$/.exec(process.argv[2] ?? "")?.[0] ?? "main";
  return new CodeStore(join(caches, "kaniko-lab", "code"), `${build}-${process.version}-${process.arch}`, command);
}
