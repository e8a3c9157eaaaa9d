import { resolve } from "node:path";
import { readBuildFile } from "../build/build-file.ts";
import type { BuildSpec } from "../build/build-spec.ts";
import { chooseDriver } from "../build/choose-driver.ts";
import { buildDrivers, defaultExecutor, parseExecutorSource } from "../build/drivers.ts";
import { failureHint } from "../build/failure-hint.ts";
import { mergeSpec } from "../build/merge-spec.ts";
import { LabError } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import type { KubernetesOptions } from "../executor/kubernetes/kubernetes-options.ts";
import { openLab } from "../lab/open-lab.ts";
import { targetOfBuild } from "../lab/open-target.ts";
import type { BuildRecord, DriverName } from "../model/build.ts";
import { ImageView } from "./image-view.ts";
import { cacheOf, type LabPlaceOptions } from "./options.ts";

/** What can be asked of a build; what is left out has the value of the context's `kaniko-lab.yaml`, else `defaultSpec`'s. */
export interface BuildOptions extends LabPlaceOptions, Partial<Omit<BuildSpec, "context" | "cache" | "origin">> {
  /**
   * The layer cache: `on` (in the cache folder), `off`, or a repository of a registry.
   * @defaultValue `on`
   */
  readonly cache?: "on" | "off" | (string & {}) | undefined;
  /** Where the executor runs; `auto`: Docker or Podman, else the sandbox. @defaultValue `auto` */
  readonly driver?: "auto" | DriverName | undefined;
  /** Of the driver `kubernetes`: which cluster, namespace and so on. */
  readonly kubernetes?: KubernetesOptions | undefined;
  /**
   * Image name, `oci:DIR`, `docker-archive:FILE` or the path of a binary.
   * @defaultValue the variable `KANIKO_LAB_EXECUTOR`, else the maintained fork's image
   */
  readonly executor?: string | undefined;
  /** Called with each event while the build runs: steps, lines of output, what the layer cache said. */
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
}

/**
 * Builds a context with the real Kaniko executor and opens what came out. Everything the build made stays in the cache
 * folder; nothing is pushed unless `destinations` says where to.
 *
 * @param context a folder, or what Kaniko fetches itself: `git://`, `s3://`, `gs://`, `https://`, `tar://FILE`.
 * @throws LabError `build-failed` when Kaniko or a RUN fails (the record is kept: the message names its id for
 * `openImage`); `context-not-found`, `dockerfile-not-found`, `dockerfile-syntax`, `config-invalid`;
 * `engine-unavailable`, `sandbox-unavailable`, `executor-unavailable`, `registry-unreachable` and the like when nothing
 * could be run; `cancelled` when the signal fired.
 *
 * @example
 * ```ts
 * const image = await build("workspace/greeter", { buildArgs: { BASE: "busybox:1" } });
 * const step = await image.step("RUN rm");
 * console.log(step.deleted);
 * ```
 */
export async function build(context: string, options: BuildOptions = {}): Promise<ImageView> {
  const { workingFolder = process.cwd(), signal = new AbortController().signal } = options;
  const cache = await cacheOf(options);
  const file = isRemote(context) ? {} : await readBuildFile(resolve(workingFolder, context.replace(/^dir:\/\//, "")));
  const sourceName = options.executor ?? file.executor ?? process.env.KANIKO_LAB_EXECUTOR ?? defaultExecutor;
  const source = parseExecutorSource(sourceName, workingFolder);
  const wanted = options.driver ?? (file.driver === "replay" ? "auto" : file.driver) ?? "auto";
  const { driver, why } = await chooseDriver(buildDrivers(cache, options.kubernetes), wanted);
  const order = { spec: mergeSpec(context, options, file), source, sourceName, why, cache, workingFolder, signal };
  const record = await runToEnd(driver.build(order), options);
  if (record.status !== "succeeded") throw failureOf(record);
  return new ImageView(cache, openLab({ cache }), targetOfBuild(cache, record));
}

function isRemote(context: string): boolean {
  return /^(?!dir:)[a-z0-9]+:\/\//.test(context);
}

async function runToEnd(
  events: AsyncGenerator<BuildEvent, BuildRecord, void>,
  { onEvent }: BuildOptions,
): Promise<BuildRecord> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    onEvent?.(next.value);
  }
}

function failureOf(record: BuildRecord): LabError {
  const message = record.failure?.message ?? `the build ended as ${record.status}`;
  const code = record.status === "cancelled" ? "cancelled" : "build-failed";
  return new LabError(code, `build ${record.id}: ${message}`, { hint: failureHint(record) ?? undefined });
}
