#!/usr/bin/env node
/**
 * The program's first file: small, so that `--version` costs what starting Node costs. Chooses the Node that runs the
 * rest: the machine's own when it is new enough, else the one that is installed with this package.
 */

import module from "node:module";

const oldestNode = [22, 22] as const;

if (isTooOld(process.versions.node)) {
  const { runWithPinnedNode } = await import("./pinned-node.ts");
  runWithPinnedNode(import.meta.url, oldestNode.join("."));
} else if (["--version", "-V"].includes(process.argv[2] as string)) {
  process.stdout.write(`${await packageVersion()}\n`);
} else if (process.argv[2] === "__complete") {
  module.enableCompileCache?.();
  const { answerCompletion } = await import("./completion/answer.ts");
  await answerCompletion(process.argv.slice(process.argv[3] === "--" ? 4 : 3));
} else {
  module.enableCompileCache?.();
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

async function packageVersion(): Promise<string> {
  const { readFileSync } = await import("node:fs");
  const { packageFile } = await import("./package-root.ts");
  return (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string }).version;
}
