import type { ExecutorIdentity } from "../model/build.ts";

/** What makes an executor send traces, and where to. */
export const endpointVariable = "KANIKO_TELEMETRY_ENDPOINT";

/** What the executor says about an address without TLS: true of the user's collectors, and no news of ours. */
export const plainTextWarning = `${endpointVariable} uses plaintext http: spans`;

/** The fork sends them since v1.28.2; upstream never has. */
export function knowsTraces({ family, version }: ExecutorIdentity): boolean {
  const numbers = /^v(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (family !== "fork" || numbers === undefined) return false;
  const [major, minor, patch] = numbers as [number, number, number];
  if (major !== 1) return major > 1;
  return minor > 28 || (minor === 28 && patch >= 2);
}
