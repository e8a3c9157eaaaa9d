/** Whether the executor that builds take by default can be had here. */

import { LabError, messageOf } from "../error.ts";
import { inspectImage } from "../executor/docker/executor-image.ts";
import type { DriverName } from "../model/build.ts";
import { parseReference } from "../registry/reference.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import type { Check } from "./check-machine.ts";
import { parseExecutorSource } from "./drivers.ts";

const otherExecutor =
  "name one that is here: --executor FILE (a binary), oci:DIR or docker-archive:FILE, or KANIKO_LAB_EXECUTOR";

export interface ExecutorCheck {
  /** As users name it. */
  readonly sourceName: string;
  /** That would run it; null when none can. */
  readonly driver: DriverName | null;
  readonly cache: CacheFolder;
  readonly workingFolder: string;
  /** How long its registry is waited for. */
  readonly answerMs: number;
}

/** Fetches nothing but a manifest. */
export async function checkExecutor(request: ExecutorCheck): Promise<Check> {
  const { sourceName, driver, cache, workingFolder, answerMs } = request;
  const name = "executor";
  try {
    const source = parseExecutorSource(sourceName, workingFolder);
    if (source.kind !== "image") return { name, works: true, detail: sourceName, hint: "" };
    const kept = await keptBy(driver, source.reference, cache);
    if (kept !== null) return { name, works: true, detail: `${sourceName}, ${kept}`, hint: "" };
    return await checkRegistry(source.reference, answerMs);
  } catch (error) {
    return { name, works: false, detail: messageOf(error), hint: hintOf(error) };
  }
}

/** Where it is already, so that no registry is needed; null: nowhere. */
async function keptBy(driver: DriverName | null, reference: string, cache: CacheFolder): Promise<string | null> {
  if (driver === "docker") {
    const { connectEngine } = await import("../executor/docker/connect-engine.ts");
    const image = await connectEngine()
      .then(engine => inspectImage(engine, reference))
      .catch(() => null);
    return image === null ? null : "which the engine has";
  }
  if (driver !== "sandbox") return null;
  const { findImage, recallDigest } = await import("../executor/sandbox/image-store.ts");
  const folder = cache.driver("sandbox");
  const digest = await recallDigest(folder, reference).catch(() => null);
  const image = digest === null ? null : await findImage(folder, digest).catch(() => null);
  return image === null ? null : "pulled before";
}

const onceOnly = { attempts: 1 };

async function checkRegistry(reference: string, answerMs: number): Promise<Check> {
  const name = "executor";
  const { RegistryClient } = await import("../registry/client.ts");
  try {
    await new RegistryClient({ retry: onceOnly }).manifest(parseReference(reference), {
      signal: AbortSignal.timeout(answerMs),
    });
    return { name, works: true, detail: `${reference}, to be pulled by the first build`, hint: "" };
  } catch (error) {
    const late = error instanceof LabError && error.code === "cancelled";
    const detail = late ? `no answer for ${reference} within ${answerMs / 1000} s` : messageOf(error);
    return { name, works: false, detail, hint: `${hintOf(error) || "check the network"}; or ${otherExecutor}` };
  }
}

function hintOf(error: unknown): string {
  return (error instanceof LabError && error.code !== "cancelled" && error.hint) || "";
}
