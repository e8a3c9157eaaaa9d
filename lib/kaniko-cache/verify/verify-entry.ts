/**
 * Whether an entry of the layer cache is what its step makes: the build runs again with a layer cache of its own that has
 * the entries of all steps before, so the step runs on the very files that it ran on, and alone. Its layer is then compared
 * with the entry. A build, its record and its layers lie in a folder that is removed in the end.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BuildRequest, runBuild } from "../../build/run-build.ts";
import { readContextListing } from "../../context/read-listing.ts";
import { LabError } from "../../error.ts";
import type { BuildEvent } from "../../executor/events.ts";
import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import type { BuildRecord, Step } from "../../model/build.ts";
import { BuildStore } from "../../store/build-store.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { type ChangedInputs, changedPart, changedPaths } from "./changed-inputs.ts";
import { compareLayers, type LayerComparison } from "./compare-layers.ts";
import { RerunFolder } from "./rerun-folder.ts";
import { type GivenAgain, rerunSpec, textUpTo } from "./rerun-spec.ts";
import { type SeedSource, seedCache } from "./seed-cache.ts";

export interface VerifyRequest {
  readonly cache: CacheFolder;
  readonly lab: Lab;
  readonly build: BuildRecord;
  readonly step: Step;
  /** How the entry is opened, see `CacheEntry.target`. */
  readonly target: string;
  readonly source: SeedSource;
  readonly given: GivenAgain;
  readonly executor: Pick<BuildRequest, "source" | "sourceName" | "driver" | "why">;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BuildEvent) => void;
  readonly progress: ProgressOptions;
}

export type Verification =
  | ({
      readonly verdict: "same" | "times" | "differs";
      /** Steps before that had no entry and so ran again, too. */
      readonly alsoRan: readonly number[];
    } & LayerComparison)
  /** The step has another key now: base image, arguments or files are not what they were. */
  | ({ readonly verdict: "inputs-changed"; readonly key: string | null } & ChangedInputs);

/**
 * @throws LabError `usage`, `context-not-found` when the build cannot be run again, `build-failed` when it fails, and as
 *   `runBuild`, `seedCache`, `Lab.diff`
 */
export async function verifyEntry(request: VerifyRequest): Promise<Verification> {
  return RerunFolder.use(request.cache, own => verifyIn(own, request));
}

async function verifyIn(own: RerunFolder, request: VerifyRequest): Promise<Verification> {
  const { build, step, lab, progress, signal } = request;
  const dockerfile = await own.writeDockerfile(build, text => textUpTo(text, step));
  const spec = rerunSpec(build, dockerfile, request.given);
  const key = step.cache.key as string;
  const before = build.steps.filter(other => other.number < step.number && other.cache.key !== key);
  const keyOf = new Map(before.flatMap(other => (other.cache.key === null ? [] : [[other.cache.key, other.number]])));
  const missing = await seedCache(request.source, [...keyOf.keys()] as string[], own, signal);
  const record = await rerun(own, request, spec);
  const made = join(own.layerCache, `layers:${key}`);
  if (!existsSync(join(made, "index.json"))) return inputsChanged(own, request, record);
  const cached = await lab.openTarget(request.target, progress);
  const again = await lab.openTarget(`oci:${made}`, progress);
  const comparison = await compareLayers(lab, [cached, again], progress);
  const ran = new Set(record.steps.filter(other => other.status === "executed").map(other => other.number));
  return {
    verdict: comparison.isSame ? (comparison.timesOnly > 0 ? "times" : "same") : "differs",
    alsoRan: missing.map(absent => keyOf.get(absent) as number).filter(number => ran.has(number)),
    ...comparison,
  };
}

async function rerun(own: CacheFolder, request: VerifyRequest, spec: BuildRequest["spec"]): Promise<BuildRecord> {
  const { executor, signal } = request;
  const workingFolder = own.root;
  for await (const event of runBuild({ ...executor, spec, cache: own, workingFolder, signal })) request.onEvent(event);
  const [record] = (await new BuildStore(own).list()).builds;
  if (record?.status === "succeeded") return record;
  throw new LabError(
    "build-failed",
    `the step cannot be run again: ${record?.failure?.message ?? "the build failed"}`,
    {
      hint: `look at it with: kaniko-lab build ${request.build.spec.context}`,
    },
  );
}

async function inputsChanged(own: CacheFolder, request: VerifyRequest, record: BuildRecord): Promise<Verification> {
  const { build, step, cache } = request;
  const upTo = ({ steps }: BuildRecord) =>
    steps.filter(({ stage, number }) => stage.index === step.stage.index && number <= step.number);
  const listings = [await readContextListing(cache, build.id), await readContextListing(own, record.id)] as const;
  return {
    verdict: "inputs-changed",
    key: record.steps.find(other => other.number === step.number)?.cache.key ?? null,
    paths: changedPaths(...listings),
    part: changedPart(upTo(build), upTo(record)),
  };
}
