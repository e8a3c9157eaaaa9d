import { readFileSync } from "node:fs";

/** Whether a line asks for the version, which is answered before anything else is loaded. */
export function asksForVersion(argv: readonly string[]): boolean {
  return argv[0] === "--version" || argv[0] === "-V";
}

/** @param packageFile this package's package.json */
export function writeVersion(packageFile: string): void {
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  process.stdout.write(`${version}\n`);
}
