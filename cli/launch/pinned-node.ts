import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";

/** Runs the program again, by the Node that is installed with this package. @param program file of the program. */
export function runWithPinnedNode(program: string, oldestNode: string): void {
  const node = findPinnedNode(program);
  if (node === null || process.env.KANIKO_LAB_NODE === "pinned") {
    process.stderr.write(`error: kaniko-lab needs Node ${oldestNode} or newer, this is ${process.versions.node}\n`);
    process.exitCode = 3;
    return;
  }
  const env = { ...process.env, KANIKO_LAB_NODE: "pinned" };
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: "inherit", env });
  // Ctrl-C reaches the child by the terminal already, and a second SIGINT would end it without cleaning up.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill("SIGTERM"));
  child.on("error", error => {
    process.stderr.write(`error: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 3;
  });
  child.on("exit", (status, signal) => {
    process.exitCode = status ?? (signal === null ? 70 : 128 + (constants.signals[signal] ?? 0));
  });
}

/** The `node` package, beside this package or inside of it. */
function findPinnedNode(program: string): string | null {
  const require = module.createRequire(program);
  try {
    const file = require.resolve("node/bin/node");
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}
