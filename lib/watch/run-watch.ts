/**
 * A context watched: every change is predicted, and built when it counts. Comes in: how to get at the build that the user
 * means. Goes out: events, until the signal fires; the build that then runs is cancelled and cleaned up first.
 */

import { existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { dockerfileCandidates, locateContext } from "../build/executor-request.ts";
import { type BuildRequest, runBuild } from "../build/run-build.ts";
import { DockerIgnore, readIgnoreFile } from "../dockerfile/dockerignore.ts";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { BuildStatus } from "../model/build.ts";
import { type Foresight, foresee } from "../prediction/foresee.ts";
import { BuildStore } from "../store/build-store.ts";
import { Burst } from "./burst.ts";
import { type Changes, mergedChanges } from "./change.ts";
import { type BuiltSteps, builtSteps, differsFrom, effectOf } from "./change-effect.ts";
import { watchContext } from "./context-watcher.ts";
import { EventQueue } from "./event-queue.ts";
import type { WatchEvent, WatchFailure } from "./watch-events.ts";
import { ignoreFileOf, relativeTo, WatchRules } from "./watch-rules.ts";
import { nextOfWatch, startOfWatch, type WatchChoices, type WatchInput, type WatchStep } from "./watch-state.ts";

export interface WatchRequest extends WatchChoices {
  /** Asked again when `kaniko-lab.yaml` has changed. */
  readonly buildRequest: () => Promise<BuildRequest>;
  /** Ends the watching. */
  readonly signal: AbortSignal;
}

export interface Watch {
  /** Read by one reader. @throws LabError `watch-unavailable`; `usage` for a context that cannot be watched; what `buildRequest` throws at the start */
  readonly events: AsyncIterable<WatchEvent>;
  /** Builds now, or when the build that runs has ended. */
  build(): void;
  /** Ends the build that runs; the watching goes on. */
  cancelBuild(): void;
}

export function startWatch(request: WatchRequest): Watch {
  const run = new WatchRun(request);
  return { events: run.events(), build: () => run.ask(), cancelBuild: () => run.cancelBuild() };
}

const noChanges: Changes = new Map();

class WatchRun {
  readonly #request: WatchRequest;
  readonly #queue = new EventQueue<WatchEvent>();
  readonly #burst = new Burst(changes => {
    this.#changing = this.#changing.then(() => this.#guard(this.#changed(changes)));
  });
  /** One after the other, as the rules can change with each. */
  #changing: Promise<void> = Promise.resolve();
  /** Fires at the end, however it came. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #step: WatchStep;
  #build: BuildRequest | null = null;
  #unwatch: (() => Promise<void>) | null = null;
  /** Since the last build began. */
  #changes: Changes = noChanges;
  /** What the last build made, or is making. */
  #built: BuiltSteps | null = null;
  #foresight: Foresight | null = null;
  /** What changed while the build runs, and whether a step takes that: it may have been read before or after. */
  #meanwhile: Changes = noChanges;
  #isTorn = false;
  #settingsChanged = false;
  #running: Promise<void> = Promise.resolve();
  #cancel = new AbortController();
  #ignore = new DockerIgnore([]);
  #warned = false;

  constructor(request: WatchRequest) {
    this.#request = request;
    this.#signal = AbortSignal.any([request.signal, this.#over.signal]);
    this.#step = startOfWatch(request);
  }

  async *events(): AsyncGenerator<WatchEvent, void, void> {
    const stop = () => this.#queue.end();
    this.#signal.addEventListener("abort", stop);
    try {
      this.#build = await this.#request.buildRequest();
      const { spec, workingFolder } = this.#build;
      const folder = localFolder(this.#build);
      if (!existsSync(folder)) locateContext(spec, workingFolder);
      await this.#build.cache.create();
      await this.#watch();
      const [dockerfile = ""] = dockerfileCandidates(spec, folder, workingFolder);
      yield { type: "watching", folder, dockerfile };
      if (this.#signal.aborted) return;
      this.#do(this.#step);
      yield* this.#queue;
    } finally {
      this.#over.abort(new LabError("cancelled", "no longer watched"));
      this.#burst.stop();
      this.#cancel.abort(new LabError("cancelled", "no longer watched"));
      await this.#running;
      await this.#changing;
      await this.#unwatch?.();
    }
  }

  ask(): void {
    this.#input({ type: "asked" });
  }

  cancelBuild(): void {
    if (this.#step.state.building) this.#cancel.abort(new LabError("cancelled", "cancelled"));
  }

  /** A bug ends the watching, and is told. */
  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#signal.aborted) this.#queue.end(error);
    }
  }

  #input(input: WatchInput): void {
    if (this.#signal.aborted) return;
    this.#step = nextOfWatch(this.#step.state, input);
    this.#do(this.#step);
  }

  #do({ deeds }: WatchStep): void {
    for (const deed of deeds) {
      if (deed === "predict") void this.#guard(this.#predict());
      else if (deed === "cancel") this.cancelBuild();
      else this.#running = this.#guard(this.#runBuild());
    }
  }

  /** (Again) with the rules that hold now. */
  async #watch(): Promise<void> {
    const { spec, workingFolder, cache } = this.#build as BuildRequest;
    const folder = localFolder(this.#build as BuildRequest);
    const dockerfiles = dockerfileCandidates(spec, folder, workingFolder);
    this.#ignore = await ignoreRules(folder, dockerfiles);
    const rules = new WatchRules({
      folder,
      dockerfiles,
      cacheRoots: cacheNames(folder, cache.root),
      ignore: this.#ignore,
    });
    await this.#unwatch?.();
    this.#unwatch = await watchContext({
      rules,
      onChange: (path, kind, meaning) => this.#burst.add({ path, kind, meaning }),
      onFailure: error => this.#queue.end(error),
    });
  }

  async #changed(changes: Changes): Promise<void> {
    const meanings = new Set([...changes.values()].map(({ meaning }) => meaning));
    this.#changes = mergedChanges(this.#changes, changes.values());
    if (this.#step.state.building) this.#meanwhile = mergedChanges(this.#meanwhile, changes.values());
    this.#settingsChanged ||= meanings.has("settings");
    // Before the prediction, so that no change falls in between.
    if (meanings.has("rules") || (meanings.has("settings") && (await this.#readSettings()))) await this.#watch();
    this.#input({ type: "changed" });
  }

  /** @returns whether they could be read; if not the prediction says so. */
  async #readSettings(): Promise<boolean> {
    const request = await this.#request.buildRequest().catch(error => {
      if (error instanceof LabError) return null;
      throw error;
    });
    this.#build = request ?? this.#build;
    return request !== null;
  }

  async #predict(): Promise<void> {
    const before = this.#foresight;
    let foresight: Foresight;
    try {
      if (this.#settingsChanged) this.#build = await this.#request.buildRequest();
      foresight = await foresee({ ...(this.#build as BuildRequest), signal: this.#signal }, { edits: [] });
    } catch (error) {
      if (this.#signal.aborted) return;
      // A file that goes while it is read is no bug.
      if (!(error instanceof LabError) && errnoOf(error) === undefined) throw error;
      this.#queue.push({ type: "broken", error: failureOf(error) });
      this.#input({ type: "broken" });
      return;
    }
    this.#foresight = foresight;
    const effect = effectOf(before, foresight, this.#changes);
    this.#isTorn ||= this.#meanwhile.size > effectOf(before, foresight, this.#meanwhile).unused.length;
    const needsBuild = this.#isTorn || this.#settingsChanged || differsFrom(this.#built, foresight);
    const step = nextOfWatch(this.#step.state, { type: "predicted", needsBuild });
    this.#queue.push({ type: "predicted", foresight, effect, needsBuild, next: followUp(step) });
    this.#warnOfCache(foresight);
    this.#step = step;
    this.#do(step);
  }

  /** Said once: no build of it ever finds the last one's layers. */
  #warnOfCache({ steps }: Foresight): void {
    const request = this.#build as BuildRequest;
    const path = relativeTo(localFolder(request), request.cache.root);
    if (this.#warned || path === null) return;
    const isTaken = ({ kind, name }: { kind: string; name: string }) =>
      kind === "folder" && (name === "" || path === name || path.startsWith(`${name}/`));
    const taker = steps.find(({ parts }) => parts?.some(isTaken));
    if (taker === undefined || this.#ignore.excludesAllBelow(path)) return;
    this.#warned = true;
    const text = `the cache folder lies in the context and step ${taker.number} takes it: every build changes it; add ${path} to .dockerignore, or choose another one with --cache-dir`;
    this.#queue.push({ type: "warning", text });
  }

  async #runBuild(): Promise<void> {
    const request = this.#build as BuildRequest;
    const changes = this.#changes;
    this.#changes = noChanges;
    this.#meanwhile = noChanges;
    this.#isTorn = false;
    this.#settingsChanged = false;
    this.#built = this.#foresight && builtSteps(this.#foresight.steps);
    this.#cancel = new AbortController();
    const signal = AbortSignal.any([this.#request.signal, this.#cancel.signal]);
    let id: string | null = null;
    let status: BuildStatus = "failed";
    let failure: WatchFailure | null = null;
    try {
      for await (const event of runBuild({ ...request, signal })) {
        if (event.type === "started") id = event.id;
        if (event.type === "finished") status = event.status;
        this.#queue.push({ type: "build", event });
      }
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      const isCancelled = error.code === "cancelled";
      status = isCancelled ? "cancelled" : "failed";
      failure = isCancelled ? null : failureOf(error);
    }
    if (this.#signal.aborted) return;
    const record = id === null ? null : await new BuildStore(request.cache).read(id).catch(() => null);
    // A build that did not succeed has not made what was to be made.
    if (status !== "succeeded") this.#changes = mergedChanges(changes, this.#changes.values());
    this.#built =
      record === null
        ? null
        : builtSteps(record.steps.map(({ number, text, cache }) => ({ number, text, key: cache.key })));
    this.#queue.push({
      type: "build-ended",
      id,
      status,
      prediction: record?.prediction ?? null,
      changedMeanwhile: [...this.#meanwhile.keys()],
      error: failure,
    });
    this.#input({ type: "build-ended" });
  }
}

/** What a prediction leads to, for those who read of it. */
function followUp({ state, deeds }: WatchStep): Extract<WatchEvent, { type: "predicted" }>["next"] {
  if (deeds.includes("build")) return "build";
  if (state.due === "offered") return "ask";
  if (state.due === "no") return "nothing";
  return state.building ? "after-build" : "build";
}

/** @throws LabError `usage` */
function localFolder({ spec, workingFolder }: BuildRequest): string {
  if (!/^(?!dir:)[a-z0-9]+:\/\//.test(spec.context))
    return resolve(workingFolder, spec.context.replace(/^dir:\/\//, ""));
  throw new LabError("usage", `${spec.context} cannot be watched: Kaniko fetches it itself`, {
    hint: "watch a folder of this machine",
  });
}

/** The cache folder as it is given, as it really is, and as it is found in a context that is named by a link. */
function cacheNames(folder: string, root: string): string[] {
  const inside = relativeTo(realName(folder), realName(root));
  return [...new Set([root, realName(root), ...(inside === null ? [] : [join(folder, inside)])])];
}

function realName(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

async function ignoreRules(folder: string, dockerfiles: readonly string[]): Promise<DockerIgnore> {
  const dockerfile = dockerfiles.find(file => existsSync(file));
  const candidates = [...(dockerfile === undefined ? [] : [ignoreFileOf(dockerfile)]), join(folder, ".dockerignore")];
  const file = candidates.find(candidate => existsSync(candidate));
  const text = file === undefined ? "" : await readFile(file, "utf8").catch(() => "");
  return new DockerIgnore(readIgnoreFile(text));
}

function failureOf(error: unknown): WatchFailure {
  if (error instanceof LabError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: "damaged", message: messageOf(error), hint: null };
}
