import type { ExecutorIdentity } from "../../model/build.ts";

/** Flags and commands that only the maintained fork has; any of them is proof. */
const forkOnly = /^\s+(?:login|push)\s|--(?:dryrun|credential-helpers|pre-cleanup|preserve-context|materialize)\b/m;
/** What both families print in their help. */
const kanikoHelp = /--oci-layout-path\b/;

/** `v1.28.3` out of `Kaniko version :  v1.28.3`; "" when it says none. */
export function parseVersion(output: string): string {
  return /^Kaniko version\s*:\s*(\S{1,100})\s*$/m.exec(output)?.[1] ?? "";
}

/**
 * Which family an executor belongs to, from what it prints itself: first by the flags in its help, then by its version
 * (upstream ended with v1.24.0), last by its name.
 */
export function familyOf(version: string, help: string, source: string): ExecutorIdentity["family"] {
  if (forkOnly.test(help)) return "fork";
  const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (numbers) return isAfterUpstream(numbers) ? "fork" : "upstream";
  if (kanikoHelp.test(help)) return "upstream";
  if (/osscontainertools\//.test(source)) return "fork";
  return /kaniko-project\//.test(source) ? "upstream" : "unknown";
}

function isAfterUpstream([major = 0, minor = 0, patch = 0]: readonly number[]): boolean {
  return major > 1 || (major === 1 && (minor > 24 || (minor === 24 && patch > 0)));
}
