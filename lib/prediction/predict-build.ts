/** A build before it runs: the ports of the prediction wired to this machine's context, registries and cache folder. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildSpec } from "../build/build-spec.ts";
import type { ContextLocation } from "../build/executor-request.ts";
import { registryClientOf } from "../build/spec-registry.ts";
import { type ContextReader, Unknown } from "../cache-key/context-reader.ts";
import { ExecutorFlags, type KeyAlgorithm, keyAlgorithm } from "../cache-key/key-algorithm.ts";
import { predictKeys } from "../cache-key/predict-keys.ts";
import type { PredictedStep, PredictionPorts } from "../cache-key/prediction.ts";
import { DockerIgnore, readIgnoreFile } from "../dockerfile/dockerignore.ts";
import { ExpansionBudget } from "../dockerfile/expansion-budget.ts";
import { globalArgDefaults } from "../dockerfile/global-args.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { type ResolvedDockerfile, resolveStages } from "../dockerfile/resolve.ts";
import { cacheTtlMs } from "../executor/docker/cache-ttl.ts";
import type { BuildRecord, DriverName, ExecutorIdentity } from "../model/build.ts";
import type { RegistryClient } from "../registry/client.ts";
import { BuildStore } from "../store/build-store.ts";
import type { CacheFolder } from "../store/cache-folder.ts";
import { DiskContext } from "./disk-context.ts";
import { ownersOf } from "./driver-owners.ts";
import { copiedBefore } from "./earlier-copies.ts";
import { folderEntries, type LayerCacheEntries, registryEntries } from "./layer-cache-entries.ts";
import { LayerCopies } from "./layer-copies.ts";
import { platformArguments } from "./platform-arguments.ts";
import { RegistryBases } from "./registry-bases.ts";

export interface PredictBuildRequest {
  readonly spec: BuildSpec;
  readonly location: ContextLocation;
  /** The Dockerfile; null when only the executor can read it. */
  readonly dockerfile: string | null;
  readonly executor: Pick<ExecutorIdentity, "family" | "version">;
  /** As the executor gets them. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly driver: DriverName;
  /** Where the driver keeps the layer cache itself; undefined: in the cache folder. */
  readonly layerCachePlace?: string | undefined;
  readonly cache: CacheFolder;
  readonly signal: AbortSignal;
  /** When the build starts. @defaultValue now */
  readonly nowMs?: number | undefined;
  /** Layers that have no index yet are read for it: takes a second for some 300 MB. @defaultValue false */
  readonly makesIndexes?: boolean | undefined;
  /** Put between the prediction and the context. */
  readonly throughContext?: ((context: ContextReader) => ContextReader) | undefined;
}

export interface BuildPrediction {
  readonly resolved: ResolvedDockerfile;
  readonly algorithm: KeyAlgorithm;
  /** In the order of the executor. */
  readonly steps: readonly PredictedStep[];
}

/**
 * @returns the prediction, or why there is none.
 * @throws LabError `dockerfile-syntax`, `unknown-stage`, `sandbox-unavailable`; the signal's reason
 */
export async function predictBuild(request: PredictBuildRequest): Promise<BuildPrediction | Unknown> {
  const { spec, location, dockerfile, args } = request;
  const flags = new ExecutorFlags(args);
  if (!(flags.boolean("cache") ?? false)) return new Unknown("the build runs without the layer cache");
  if (dockerfile === null || location.folder === null || location.dockerfile === null)
    return new Unknown("Kaniko fetches the context itself");
  const algorithm = keyAlgorithm(request);
  if (typeof algorithm === "string") return new Unknown(algorithm);
  const resolved = resolveStages(parseDockerfile(dockerfile), { buildArgs: spec.buildArgs, target: spec.target });
  const client = registryClientOf(spec);
  const platform = flags.text("custom-platform");
  const targetName = resolved.stages[resolved.target]?.stage.name ?? "";
  const steps = await predictKeys({
    resolved,
    algorithm,
    buildArgs: new Map(Object.entries(spec.buildArgs)),
    globalArgs: globalArgDefaults(resolved.dockerfile, spec.buildArgs, new ExpansionBudget()),
    predefinedArgs: algorithm.hasPlatformArgs ? platformArguments(platform, targetName) : new Map(),
    findsOwnLayers: findsOwnLayers(flags, cacheTtlMs(args)),
    ports: await portsOf(request, { folder: location.folder, dockerfile: location.dockerfile }, algorithm, client),
  });
  return { resolved, algorithm, steps };
}

/** A build seldom takes longer. */
const longBuildMs = 6 * 3_600_000;

function findsOwnLayers(flags: ExecutorFlags, ttlMs: number): boolean | null {
  if (flags.boolean("no-push-cache") ?? false) return false;
  return ttlMs > longBuildMs ? true : null;
}

async function portsOf(
  request: PredictBuildRequest,
  { folder, dockerfile }: { readonly folder: string; readonly dockerfile: string },
  algorithm: KeyAlgorithm,
  client: RegistryClient,
): Promise<PredictionPorts> {
  const { spec, signal, cache, throughContext = context => context } = request;
  // First: what the running build adds to the cache must not be seen.
  const entry = await entriesOf(request, client);
  const owners = await ownersOf(request.driver);
  const platform = new ExecutorFlags(request.args).text("custom-platform");
  const bases = new RegistryBases({ client, algorithm, platform, signal });
  const builds = new EarlierRecords(cache);
  const ignore = await ignoreFileOf(folder, dockerfile);
  const { makesIndexes = false } = request;
  const copies = new LayerCopies({ cache, algorithm, ignore, client, platform, makesIndexes, signal });
  return {
    context: throughContext(new DiskContext({ folder, owners, signal })),
    ignore,
    base: name => bases.base(name),
    entry,
    copiedFromStage: async copied => {
      const recorded = await copiedBefore(copied, algorithm, spec.buildArgs, builds);
      return recorded instanceof Unknown ? copies.fromStage(copied, await builds.list()) : recorded;
    },
    copiedFromImage: (_instruction, image, words) => copies.fromImage(image, words),
  };
}

async function entriesOf(request: PredictBuildRequest, client: RegistryClient): Promise<LayerCacheEntries> {
  const { args, cache, layerCachePlace, signal, nowMs = Date.now() } = request;
  const life = { ttlMs: cacheTtlMs(args), nowMs };
  const repository = new ExecutorFlags(args).text("cache-repo");
  if (repository === "oci:/cache/layers" && layerCachePlace !== undefined)
    return async () => ({ state: "unknown", why: `the layer cache is in ${layerCachePlace}: not looked into` });
  if (repository === "oci:/cache/layers") return folderEntries(cache.layerCache, life);
  if (repository === null || repository.startsWith("oci:"))
    return async () => ({ state: "unknown", why: "the layer cache is where only the executor sees it" });
  return registryEntries(client, repository, life, signal);
}

/** As Kaniko chooses it: that of the Dockerfile, else that of the context. */
async function ignoreFileOf(folder: string, dockerfile: string): Promise<DockerIgnore> {
  const file = [`${dockerfile}.dockerignore`, join(folder, ".dockerignore")].find(path => existsSync(path));
  return new DockerIgnore(file === undefined ? [] : readIgnoreFile(await readFile(file, "utf8")));
}

/** More are not looked through for one that fits. */
const mostEarlier = 50;

class EarlierRecords {
  readonly #store: BuildStore;
  #records: Promise<readonly BuildRecord[]> | null = null;

  constructor(cache: CacheFolder) {
    this.#store = new BuildStore(cache);
  }

  list(): Promise<readonly BuildRecord[]> {
    this.#records ??= this.#read();
    return this.#records;
  }

  async #read(): Promise<readonly BuildRecord[]> {
    const ids = (await this.#store.ids()).reverse().slice(0, mostEarlier);
    const records = await Promise.all(ids.map(id => this.#store.read(id).catch(() => null)));
    return records.filter(record => record !== null);
  }
}
