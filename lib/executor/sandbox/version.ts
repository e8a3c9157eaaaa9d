import type { ExecutorIdentity } from "../../model/build.ts";

/** Reads `executor version`, such as `Kaniko version :  v1.28.3`. The fork continued upstream's numbers from 1.25. */
export function parseVersion(lines: readonly string[]): Pick<ExecutorIdentity, "version" | "family"> {
  const version = lines.map(line => /Kaniko version\s*:\s*(\S+)/.exec(line)?.[1]).find(Boolean) ?? "";
  const numbers = /^v?(\d+)\.(\d+)/.exec(version);
  if (!numbers) return { version, family: "unknown" };
  const isFork = Number(numbers[1]) > 1 || Number(numbers[2]) >= 25;
  return { version, family: isFork ? "fork" : "upstream" };
}
