/**
 * One build from start to end, as a stream of events. Comes in: what the user asked and a driver. Goes out: the events,
 * and in the cache folder the record, the layers and their indexes. Every way to end (success, failing RUN, lost engine,
 * Ctrl-C, a consumer that stops reading) leaves a record that says so and nothing half-written.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ContextRecorder } from "../context/context-recorder.ts";
import { LabError, messageOf } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import { type LogEvent, LogInterpreter } from "../executor/log-events.ts";
import type { ExecutorDriver, ExecutorOutput } from "../executor/port.ts";
import type { BuildFailure, BuildRecord, BuildStatus, ExecutorIdentity, Step } from "../model/build.ts";
import { PredictionProof } from "../prediction/prediction-proof.ts";
import { BuildStore } from "../store/build-store.ts";
import { removeFolder } from "../store/remove-folder.ts";
import { BuildTraces } from "../traces/build-traces.ts";
import type { BuildOrder } from "./build-driver.ts";
import { completeSteps, noLayers } from "./complete-steps.ts";
import {
  type ContextLocation,
  type ExecutorRequest,
  executorRequest,
  locateContext,
  outputMounts,
} from "./executor-request.ts";
import { failureMessage } from "./failure-message.ts";
import { finishRecord } from "./finish-record.ts";
import { type BuildPlan, planBuild } from "./plan-build.ts";
import { applyEvent, type BuildProgress, noProgress } from "./progress.ts";
import { recordedSpec } from "./recorded-spec.ts";
import { Recorder } from "./recorder.ts";
import { createRedactor, type Redactor } from "./secrets.ts";
import { settleAbandoned } from "./settle-abandoned.ts";

export interface BuildRequest extends BuildOrder {
  readonly driver: ExecutorDriver;
}

/**
 * Runs a build. The last event is always `finished`; a build that fails by itself (a RUN that exits with 1) ends with it
 * and does not throw.
 * @throws LabError for everything that kept the build from running: see the drivers, `locateContext`, `planBuild`; `cancelled` when the signal fired.
 */
export async function* runBuild(request: BuildRequest): AsyncGenerator<BuildEvent, BuildRecord, void> {
  const context = locateContext(request.spec, request.workingFolder);
  const plan = await planBuild(request.spec, context);
  await request.cache.create();
  await settleAbandoned(request.cache);
  // Before anything is written: it can be refused, too.
  const executor = executorRequest({ ...request.spec, target: plan.targetFlag }, context);
  const build = await BuildRun.start(request, plan, context);
  try {
    yield* build.run(executor);
    return build.record;
  } finally {
    await build.close();
  }
}

class BuildRun {
  readonly #request: BuildRequest;
  readonly #plan: BuildPlan;
  readonly #location: ContextLocation;
  readonly #store: BuildStore;
  readonly #folder: string;
  readonly #startedAt: Date;
  /** Fires when the build has ended, however: nothing of it goes on after that. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #redact: Redactor = value => value;
  readonly #startMs = performance.now();
  #recorder: Recorder | null = null;
  #context: ContextRecorder | null = null;
  #proof: PredictionProof | null = null;
  #traces: BuildTraces | null = null;
  #progress: BuildProgress = noProgress;
  #executor: ExecutorIdentity;
  record: BuildRecord;

  static async start(request: BuildRequest, plan: BuildPlan, location: ContextLocation): Promise<BuildRun> {
    const store = new BuildStore(request.cache);
    const startedAt = new Date();
    const id = await store.create(startedAt);
    const run = new BuildRun(request, plan, location, store, id, startedAt);
    await mkdir(run.folders.output);
    if (plan.text !== null) await store.writeFile(id, "Dockerfile", plan.text);
    return run;
  }

  private constructor(
    request: BuildRequest,
    plan: BuildPlan,
    location: ContextLocation,
    store: BuildStore,
    id: string,
    startedAt: Date,
  ) {
    this.#request = request;
    this.#plan = plan;
    this.#location = location;
    this.#store = store;
    this.#startedAt = startedAt;
    this.#signal = AbortSignal.any([request.signal, this.#over.signal]);
    this.#folder = request.cache.buildFolder(id);
    this.#executor = { source: request.sourceName, version: "", family: "unknown" };
    this.record = this.#newRecord(id);
  }

  get folders(): { layerCache: string; output: string } {
    return { layerCache: this.#request.cache.layerCache, output: join(this.#folder, "out") };
  }

  async *run(executor: ExecutorRequest): AsyncGenerator<BuildEvent, void, void> {
    this.#redact = createRedactor(executor.secretValues);
    this.#recorder = new Recorder(this.#folder, this.#redact);
    this.record = {
      ...this.record,
      spec: this.#redact(recordedSpec(this.#request.spec, this.#request.workingFolder, executor)),
    };
    await this.#store.write(this.record);
    this.#context = ContextRecorder.start(this.#location, executor.mounts, this.#signal);
    try {
      yield await this.#emit({
        type: "started",
        id: this.record.id,
        driver: this.#request.driver.name,
        why: this.#request.why,
        steps: this.#plan.steps,
      });
      yield* this.#identify();
      this.#proof = this.#startProof(executor);
      const { interpreter, exit } = yield* this.#execute(executor);
      yield* this.#finish(interpreter, exit);
    } catch (error) {
      yield* this.#broken(error);
      throw error;
    } finally {
      this.#traces?.close();
      this.#over.abort(new LabError("cancelled", "the build is over"));
      // Reached without an end only when the consumer stopped reading.
      if (this.record.status === "running") {
        this.record = { ...this.record, steps: this.#stepsSoFar() };
        await this.#settle("cancelled", { message: "stopped", step: null, exitCode: null });
      }
    }
  }

  #startProof(executor: ExecutorRequest): PredictionProof {
    const { spec, driver, cache } = this.#request;
    // What is in a cache that is kept elsewhere cannot be known before.
    if (driver.layerCachePlace !== undefined && spec.cache.kind === "folder")
      return PredictionProof.without(`the layer cache is in ${driver.layerCachePlace}`);
    return PredictionProof.start({
      ...executor,
      spec,
      location: this.#location,
      dockerfile: this.#plan.text,
      executor: this.#executor,
      driver: driver.name,
      cache,
      signal: this.#signal,
    });
  }

  async *#identify(): AsyncGenerator<BuildEvent, void, void> {
    const preparing: Preparing[] = [];
    const left: string[] = [];
    const { source, driver, cache, spec } = this.#request;
    const driverFolder = cache.driver(driver.name);
    await mkdir(driverFolder, { recursive: true });
    const identity = driver.identify({
      source,
      dockerConfigFile: spec.dockerConfigFile,
      insecureRegistries: spec.insecureRegistries,
      driverFolder,
      signal: this.#signal,
      onPreparing: output => preparing.push(output),
      onLeft: spec.keep ? text => left.push(...text.split("\n")) : undefined,
    });
    // A consumer that stops reading leaves it behind.
    identity.catch(() => undefined);
    // Progress comes by a callback, events go by pulling: look every now and then for what has come.
    for (;;) {
      const over = () => true;
      const done = await Promise.race([identity.then(over, over), aLittleLater()]);
      for (const output of preparing.splice(0)) yield await this.#emit(output);
      if (done) break;
    }
    for (const text of left) yield await this.#emit({ type: "warning", text });
    this.#executor = { ...(await identity), source: this.#request.sourceName };
    yield await this.#emit({ type: "executor", executor: this.#executor });
  }

  async *#execute(executor: ExecutorRequest): AsyncGenerator<BuildEvent, Executed, void> {
    const { source, driver, cache, spec } = this.#request;
    const interpreter = new LogInterpreter({
      steps: this.#plan.steps,
      baseStages: this.#plan.stages.map(stage => stage.baseStage),
      stageOfLogIndex: this.#plan.stageOfLogIndex(this.#executor.family),
      logLevel: spec.logLevel,
    });
    const driverFolder = cache.driver(driver.name);
    this.#traces = await BuildTraces.start({ driver, executor: this.#executor, env: executor.env, driverFolder });
    const { debugPort } = spec;
    if (debugPort !== null) {
      const text = `the executor waits for a debugger on port ${debugPort} (dlv connect), and at its end until that leaves`;
      yield await this.#emit({ type: "warning", text });
    }
    const outputs = driver.run(
      {
        source,
        args: executor.args,
        mounts: [...executor.mounts, ...outputMounts(this.folders)],
        env: { ...executor.env, ...this.#traces?.env },
        debugPort,
        keep: spec.keep ?? false,
        dockerConfigFile: spec.dockerConfigFile,
        insecureRegistries: [...spec.insecureRegistries, ...this.#plan.loopbackRegistries],
        driverFolder,
      },
      this.#signal,
    );
    let exit: Exit | null = null;
    for await (const output of outputs) {
      if (output.type === "preparing" || output.type === "warning") yield await this.#emit(output);
      else if (output.type === "exit") exit = output;
      else yield* this.#line(interpreter, output.text);
    }
    if (!exit) throw new LabError("engine-lost", "the executor ended without an exit code");
    return { interpreter, exit };
  }

  async *#line(interpreter: LogInterpreter, raw: string): AsyncGenerator<BuildEvent, void, void> {
    await this.#recorder?.line(raw);
    for (const event of interpreter.line(raw)) if (!this.#traces?.isOwn(event)) yield await this.#emit(event);
  }

  async *#finish(interpreter: LogInterpreter, exit: Exit): AsyncGenerator<BuildEvent, void, void> {
    for (const event of interpreter.end(exit.code)) yield await this.#emit(event);
    const startUs = this.#startedAt.getTime() * 1000;
    const measured = (await this.#traces?.events(this.#progress.steps, startUs, exit.code)) ?? [];
    for (const event of measured) yield await this.#emit(event);
    await this.#context?.write(this.#store, this.record.id, this.#redact);
    const failure = exit.code === 0 ? null : failureOf(interpreter, exit);
    const finishing = finishRecord({
      cache: this.#request.cache,
      store: this.#store,
      spec: this.#request.spec,
      plan: this.#plan,
      progress: this.#progress,
      layout: failure ? null : join(this.folders.output, "image"),
      record: this.record,
      signal: this.#signal,
    });
    for (;;) {
      const next = await finishing.next();
      if (next.done) {
        this.record = next.value;
        break;
      }
      yield await this.#emit(next.value);
    }
    this.record = { ...this.record, prediction: await this.#proof?.outcome(this.record.steps) };
    yield* this.#end(failure ? "failed" : "succeeded", failure);
  }

  /** The build could not run to its end: the record says so before the error goes on. */
  async *#broken(error: unknown): AsyncGenerator<BuildEvent, void, void> {
    const status = error instanceof LabError && error.code === "cancelled" ? "cancelled" : "failed";
    if (this.record.steps.length === 0) this.record = { ...this.record, steps: this.#stepsSoFar() };
    const failure = { message: messageOf(error), step: this.#progress.current, exitCode: null };
    try {
      yield* this.#end(status, failure);
    } catch {
      // The record cannot be written (a full disk, a folder that is gone): the error that goes on tells why.
    }
  }

  async *#end(status: BuildStatus, failure: BuildFailure | null): AsyncGenerator<BuildEvent, void, void> {
    // What the executor says last may quote a secret.
    const shown = this.#redact(failure);
    await this.#settle(status, shown);
    const event = { type: "finished", status, manifest: this.record.manifest, failure: shown } as const;
    yield await this.#emit(event).catch(() => ({ ...event, atMs: this.#nowMs() }));
  }

  /** What ran before the build broke off, without layers: those are collected only from a whole image. */
  #stepsSoFar(): readonly Step[] {
    const cacheOn = this.#request.spec.cache.kind !== "off";
    return completeSteps(this.#progress.steps, this.#plan.stages, cacheOn, noLayers, this.#plan.finalStage);
  }

  async #settle(status: BuildStatus, failure: BuildFailure | null): Promise<void> {
    this.record = {
      ...this.record,
      executor: this.#executor,
      status,
      failure,
      durationMs: this.#nowMs(),
      warnings: [...this.record.warnings, ...this.#progress.warnings],
    };
    try {
      await this.#store.write(this.record);
    } catch (error) {
      if (!(error instanceof LabError && error.code === "disk-full")) throw error;
      // What the executor left half-done gives the room for the record.
      await removeFolder(this.folders.output);
      await this.#store.write(this.record);
    }
  }

  async close(): Promise<void> {
    // Of a full disk the record's own error has told already.
    await this.#recorder?.close().catch(() => undefined);
    try {
      await removeFolder(this.folders.output);
    } finally {
      await this.#store.release(this.record.id);
    }
  }

  async #emit(event: LogEvent): Promise<BuildEvent> {
    const timed = { atMs: this.#nowMs(), ...event } as BuildEvent;
    const shown = this.#recorder ? await this.#recorder.event(timed) : timed;
    this.#progress = applyEvent(this.#progress, shown);
    return shown;
  }

  #nowMs(): number {
    return Math.round(performance.now() - this.#startMs);
  }

  #newRecord(id: string): BuildRecord {
    return {
      schemaVersion: 1,
      id,
      name: this.#request.spec.name,
      status: "running",
      driver: this.#request.driver.name,
      executor: this.#executor,
      spec: recordedSpec(this.#request.spec, this.#request.workingFolder, null),
      startedAt: this.#startedAt.toISOString(),
      durationMs: null,
      manifest: null,
      config: null,
      layers: [],
      steps: [],
      failure: null,
      warnings: [],
    };
  }
}

type Preparing = Extract<ExecutorOutput, { type: "preparing" }>;
type Exit = Extract<ExecutorOutput, { type: "exit" }>;

interface Executed {
  readonly interpreter: LogInterpreter;
  readonly exit: Exit;
}

function failureOf(interpreter: LogInterpreter, exit: Exit): BuildFailure {
  const failure = interpreter.failure(exit.code, exit.reason);
  return { ...failure, message: failureMessage(failure.message) };
}

function aLittleLater(): Promise<false> {
  return new Promise(resolve => setTimeout(resolve, 100, false));
}
