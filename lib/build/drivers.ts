/** The drivers in the order in which `auto` tries them, and where an executor comes from. */

import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { LabError } from "../error.ts";
import { createDockerDriver } from "../executor/docker/docker-driver.ts";
import { createKubernetesDriver } from "../executor/kubernetes/kubernetes-driver.ts";
import type { KubernetesOptions } from "../executor/kubernetes/kubernetes-options.ts";
import type { ExecutorDriver, ExecutorSource } from "../executor/port.ts";
import { createSandboxDriver } from "../executor/sandbox/sandbox-driver.ts";
import { createReplayDriver } from "../recording/replay-driver.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { type BuildDriver, buildsOf } from "./build-driver.ts";

/** The maintained fork's image. */
export const defaultExecutor = "ghcr.io/osscontainertools/kaniko:latest";

/** Those that run an executor. */
export function executorDrivers(kubernetes?: KubernetesOptions): ExecutorDriver[] {
  return [createDockerDriver(), createSandboxDriver(), createKubernetesDriver(kubernetes)];
}

/** Those, and the replay. */
export function buildDrivers(cache: CacheFolder, kubernetes?: KubernetesOptions): BuildDriver[] {
  return [...executorDrivers(kubernetes).map(buildsOf), createReplayDriver(cache)];
}

/**
 * `oci:DIR`, `docker-archive:FILE`, the path of a binary, else the name of an image.
 * @throws LabError `executor-unavailable` for a path that is not there.
 */
export function parseExecutorSource(text: string, workingFolder: string): ExecutorSource {
  const prefixed = /^(oci|docker-archive):(.+)$/s.exec(text);
  if (prefixed) {
    const path = resolve(workingFolder, prefixed[2] as string);
    if (!existsSync(path)) throw missing(path);
    return prefixed[1] === "oci" ? { kind: "oci-layout", folder: path } : { kind: "docker-archive", file: path };
  }
  if (!/^[./~]/.test(text)) return { kind: "image", reference: text };
  const file = resolve(workingFolder, text.replace(/^~(?=\/)/, process.env.HOME ?? "~"));
  if (!existsSync(file)) throw missing(file);
  if (statSync(file).isDirectory()) return { kind: "oci-layout", folder: file };
  return { kind: "binary", file };
}

function missing(path: string): LabError {
  return new LabError("executor-unavailable", `there is no executor at ${path}`, {
    hint: "--executor takes an image name, oci:DIR, docker-archive:FILE or the path of a binary",
  });
}
