/**
 * Variables of this machine that the executor reads, too: Kaniko's own switches and proxies always, credentials only for
 * the kind of context that needs them, as every RUN can read the executor's environment (/proc/1/environ).
 */

import { resolve } from "node:path";
import type { Mount } from "../executor/port.ts";

export interface PassedEnvironment {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Values that must not be recorded or shown. */
  readonly secretValues: readonly string[];
}

// KANIKO_DIR says where the executor's own folder is: that is the driver's matter. KANIKO_LAB_* are ours.
const always = /^(?:FF_KANIKO_\w+|KANIKO_(?!LAB_|DIR$)\w+|(?:HTTPS?|NO|ALL)_PROXY|(?:https?|no|all)_proxy)$/;

const forContext: readonly (readonly [scheme: string, names: RegExp])[] = [
  ["git://", /^GIT_(?:USERNAME|PASSWORD|TOKEN|PULL_METHOD)$/],
  ["s3://", /^(?:AWS|S3)_\w+$/],
  ["gs://", /^(?:GOOGLE|GCE|STORAGE)_\w+$/],
  ["https://", /^AZURE_\w+$/],
];

/** A file of this machine: mounted, and the variable says where. */
const fileVariable = "GOOGLE_APPLICATION_CREDENTIALS";
const fileInExecutor = "/kaniko/lab/google.json";

/** The variables with credentials that the executor gets for a kind of context. */
export function credentialVariables(context: string, environment: NodeJS.ProcessEnv): string[] {
  const names = forContext.find(([scheme]) => context.startsWith(scheme))?.[1];
  return Object.keys(environment).filter(name => environment[name] && names?.test(name));
}

export function passedEnvironment(context: string, environment: NodeJS.ProcessEnv): PassedEnvironment {
  const credentials = forContext.find(([scheme]) => context.startsWith(scheme))?.[1];
  const env: Record<string, string> = {};
  const secretValues: string[] = [];
  const mounts: Mount[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === "") continue;
    const isCredential = credentials?.test(name) ?? false;
    if (!isCredential && !always.test(name)) continue;
    if (name === fileVariable) {
      mounts.push({ hostPath: resolve(value), path: fileInExecutor, readOnly: true });
      env[name] = fileInExecutor;
      continue;
    }
    env[name] = value;
    // KANIKO_<HOST>_PASSWORD is Kaniko's way to give a registry's password; a proxy's address can hold one.
    if (/TOKEN|PASSWORD|SECRET|KEY/.test(name)) secretValues.push(value);
    const proxyPassword = /:\/\/[^/@:]*:([^/@]+)@/.exec(value)?.[1];
    if (proxyPassword) secretValues.push(proxyPassword);
  }
  return { env, mounts, secretValues };
}
