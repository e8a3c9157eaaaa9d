/**
 * Variables of this machine that the executor reads, too: Kaniko's own switches and proxies always, credentials only for
 * the kind of context that needs them, as every RUN can read the executor's environment (/proc/1/environ).
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LabError } from "../error.ts";
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

/** Variables that name a file of this machine: it is mounted there, and the variable says so. */
const filesInExecutor: Readonly<Record<string, string>> = {
  GOOGLE_APPLICATION_CREDENTIALS: "/kaniko/lab/google.json",
  AWS_SHARED_CREDENTIALS_FILE: "/kaniko/lab/aws-credentials",
  AWS_CONFIG_FILE: "/kaniko/lab/aws-config",
  AWS_CA_BUNDLE: "/kaniko/lab/aws-ca.pem",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/kaniko/lab/aws-token",
};

/** The variables with credentials that the executor gets for a kind of context. */
export function credentialVariables(context: string, environment: NodeJS.ProcessEnv): string[] {
  const names = forContext.find(([scheme]) => context.startsWith(scheme))?.[1];
  return Object.keys(environment).filter(name => environment[name] && names?.test(name));
}

/** @throws LabError `context-not-found` for a file that is not there */
export function passedEnvironment(context: string, environment: NodeJS.ProcessEnv): PassedEnvironment {
  const credentials = forContext.find(([scheme]) => context.startsWith(scheme))?.[1];
  const env: Record<string, string> = {};
  const secretValues: string[] = [];
  const mounts: Mount[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === "") continue;
    const isCredential = credentials?.test(name) ?? false;
    if (!isCredential && !always.test(name)) continue;
    const inExecutor = filesInExecutor[name];
    if (inExecutor !== undefined) {
      mounts.push({ hostPath: fileOf(name, value), path: inExecutor, readOnly: true });
      env[name] = inExecutor;
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

function fileOf(name: string, value: string): string {
  const file = resolve(value);
  if (existsSync(file)) return file;
  throw new LabError("context-not-found", `${name} names ${file}, which is not there`, {
    hint: `the executor reads it to fetch the context: correct the variable, or unset ${name}`,
  });
}
