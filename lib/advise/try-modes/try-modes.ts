/**
 * Measures what cannot be known from past builds: the build runs again, once in each mode, with an empty layer cache of its
 * own; its times, the size of what it stores and, file by file, what it makes otherwise than `full`. What differs between
 * two runs in `full` differs by itself, and is left out.
 */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BuildSpec } from "../../build/build-spec.ts";
import { type BuildRequest, runBuild } from "../../build/run-build.ts";
import { LabError } from "../../error.ts";
import type { BuildEvent } from "../../executor/events.ts";
import { RerunFolder } from "../../kaniko-cache/verify/rerun-folder.ts";
import { type GivenAgain, rerunSpec } from "../../kaniko-cache/verify/rerun-spec.ts";
import type { Lab, ProgressOptions } from "../../lab/lab.ts";
import { openLab } from "../../lab/open-lab.ts";
import { targetOfBuild } from "../../lab/open-target.ts";
import type { BuildRecord } from "../../model/build.ts";
import type { Target } from "../../model/target.ts";
import type { CacheFolder } from "../../store/cache-folder.ts";
import { removeFolder } from "../../store/remove-folder.ts";
import { differencesOf, type ModeDifference, placeOf, type StoredSize, storedSize } from "./compare-runs.ts";
import { plainSpec, type SnapshotMode, snapshotModes, specOfMode, type TriedMode } from "./mode-specs.ts";

export interface TryModesRequest {
  readonly cache: CacheFolder;
  readonly build: BuildRecord;
  readonly modes: readonly TriedMode[];
  readonly given: GivenAgain;
  readonly executor: Pick<BuildRequest, "source" | "sourceName" | "driver" | "why">;
  readonly signal: AbortSignal;
  /** What runs now: `redo`, `full again`. */
  readonly onRun: (name: string) => void;
  readonly onEvent: (event: BuildEvent) => void;
  readonly progress: ProgressOptions;
}

export interface RunTimes {
  /** From the first step's start to the last one's end. */
  readonly buildMs: number;
  /** All snapshots together, those before the first RUN of a stage included; null where the executor does not tell. */
  readonly snapshotMs: number | null;
}

export interface ModeResult extends RunTimes {
  readonly mode: SnapshotMode;
  readonly stored: StoredSize;
  /** Against `full`; none of `full` itself. */
  readonly differences: readonly ModeDifference[];
}

/** The same build twice: with nothing in the layer cache, then again. */
export interface CopyLayersResult {
  readonly isOn: boolean;
  readonly firstMs: number;
  readonly againMs: number;
  readonly cacheBytes: number;
}

export interface TriedModes {
  /** Empty when only `copy-layers` was asked for; else `full` comes first. */
  readonly modes: readonly ModeResult[];
  /** With COPY and ADD in the layer cache, and without; empty when it was not asked for. */
  readonly copyLayers: readonly CopyLayersResult[];
  /** How far apart two runs in `full` were: differences below that say nothing. */
  readonly noiseMs: number | null;
  /** Paths that are never twice the same, and so are not compared. */
  readonly unstable: number;
}

/** @throws LabError `usage`, `context-not-found` when the build cannot be run again, `build-failed` when it fails, and as `runBuild` */
export async function tryModes(request: TryModesRequest): Promise<TriedModes> {
  return RerunFolder.use(request.cache, async own => {
    const dockerfile = await own.writeDockerfile(request.build, text => text);
    const spec = plainSpec(rerunSpec(request.build, dockerfile, request.given), request.build.spec.target);
    const trial = new Trial(own, request, spec);
    const wanted = snapshotModes.filter(mode => request.modes.includes(mode));
    const snapshots = wanted.length === 0 ? noModes : await trial.snapshotModes(wanted);
    const copyLayers = request.modes.includes("copy-layers") ? await trial.copyLayers() : [];
    return { ...snapshots, copyLayers };
  });
}

const noModes = { modes: [], noiseMs: null, unstable: 0 };

class Trial {
  readonly #own: RerunFolder;
  readonly #request: TryModesRequest;
  readonly #spec: BuildSpec;
  readonly #lab: Lab;

  constructor(own: RerunFolder, request: TryModesRequest, spec: BuildSpec) {
    this.#own = own;
    this.#request = request;
    this.#spec = spec;
    this.#lab = openLab({ cache: own });
  }

  async snapshotModes(wanted: readonly SnapshotMode[]): Promise<Omit<TriedModes, "copyLayers">> {
    const { progress } = this.#request;
    // The first run warms the disk and the registry for those that are measured.
    const warming = await this.#fresh("full", specOfMode(this.#spec, "full"));
    const full = await this.#fresh("full again", specOfMode(this.#spec, "full"));
    const never = await differencesOf(this.#lab, warming, full, new Set(), progress);
    const unstable = new Set(never.map(({ step, change }) => placeOf(step, change.path)));
    const modes: ModeResult[] = [await this.#result("full", full, [])];
    for (const mode of wanted.filter(each => each !== "full")) {
      const target = await this.#fresh(mode, specOfMode(this.#spec, mode));
      const differences = await differencesOf(this.#lab, full, target, unstable, progress);
      modes.push(await this.#result(mode, target, differences));
    }
    const noiseMs = Math.abs(timesOf(warming).buildMs - timesOf(full).buildMs);
    return { modes, noiseMs, unstable: unstable.size };
  }

  async copyLayers(): Promise<CopyLayersResult[]> {
    const results: CopyLayersResult[] = [];
    for (const isOn of [true, false]) {
      const name = isOn ? "with COPY in the layer cache" : "without COPY in the layer cache";
      const spec = { ...this.#spec, cacheCopyLayers: isOn };
      const first = await this.#fresh(name, spec);
      const again = await this.#run(`${name}, again`, spec);
      results.push({
        isOn,
        firstMs: timesOf(first).buildMs,
        againMs: timesOf(again).buildMs,
        cacheBytes: await bytesBelow(this.#own.layerCache),
      });
    }
    return results;
  }

  async #result(mode: SnapshotMode, target: Target, differences: readonly ModeDifference[]): Promise<ModeResult> {
    const stored = await storedSize(this.#lab, target, this.#request.progress);
    return { mode, ...timesOf(target), stored, differences };
  }

  /** With an empty layer cache. */
  async #fresh(name: string, spec: BuildSpec): Promise<Target> {
    await removeFolder(this.#own.layerCache);
    return this.#run(name, spec);
  }

  async #run(name: string, spec: BuildSpec): Promise<Target> {
    const { executor, signal, onRun, onEvent, build } = this.#request;
    onRun(name);
    const events = runBuild({ ...executor, spec, cache: this.#own, workingFolder: this.#own.root, signal });
    for (;;) {
      const next = await events.next();
      if (!next.done) {
        onEvent(next.value);
        continue;
      }
      const record = next.value;
      if (record.status === "succeeded") return targetOfBuild(this.#own, record);
      throw new LabError("build-failed", `the build cannot be run again (${name}): ${record.failure?.message}`, {
        hint: `look at it with: kaniko-lab build ${build.spec.context}`,
      });
    }
  }
}

function timesOf({ steps }: Target): RunTimes {
  const timed = steps.filter(({ startedMs, durationMs }) => startedMs !== null && durationMs !== null);
  const started = timed.map(({ startedMs }) => startedMs as number);
  const ended = timed.map(({ startedMs, durationMs }) => (startedMs as number) + (durationMs as number));
  const snapshots = steps.flatMap(({ times, snapshotMs }) => {
    const own = times?.snapshotMs ?? snapshotMs;
    return own === null || own === undefined ? [] : [own + (times?.firstSnapshotMs ?? 0)];
  });
  return {
    buildMs: timed.length === 0 ? 0 : Math.max(...ended) - Math.min(...started),
    snapshotMs: snapshots.length === 0 ? null : Math.round(snapshots.reduce((sum, ms) => sum + ms, 0)),
  };
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
