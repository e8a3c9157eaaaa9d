#!/usr/bin/env node
/**
 * The program's first file: small, so that `--version` costs what starting Node costs. Chooses the Node that runs the
 * rest: the machine's own when it is new enough, else the one that is installed with this package.
 */

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { packageFile } from "./package-root.ts";

const oldestNode = [22, 22] as const;

if (isTooOld(process.versions.node)) {
  runWithPinnedNode();
} else if (["--version", "-V"].includes(process.argv[2] as string)) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  module.enableCompileCache?.();
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

function runWithPinnedNode(): void {
  const own = fileURLToPath(import.meta.url);
  const node = findPinnedNode();
  if (node === null || process.env.KANIKO_LAB_NODE === "pinned") {
    process.stderr.write(
      `error: kaniko-lab needs Node ${oldestNode.join(".")} or newer, this is ${process.versions.node}\n`,
    );
    process.exitCode = 3;
    return;
  }
  const env = { ...process.env, KANIKO_LAB_NODE: "pinned" };
  const child = spawn(node, [own, ...process.argv.slice(2)], { stdio: "inherit", env });
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
function findPinnedNode(): string | null {
  const require = module.createRequire(import.meta.url);
  try {
    const file = require.resolve("node/bin/node");
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string }).version;
}
