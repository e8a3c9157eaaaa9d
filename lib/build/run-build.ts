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
import { LogInterpreter } from "../executor/log-events.ts";
import type { ExecutorDriver, ExecutorOutput } from "../executor/port.ts";
import type { BuildFailure, BuildRecord } from "../model/build.ts";
import { PredictionProof } from "../prediction/prediction-proof.ts";
import { BuildTraces } from "../traces/build-traces.ts";
import type { BuildOrder } from "./build-driver.ts";
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
import { RunningRecord } from "./running-record.ts";
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
  const running = await RunningRecord.start(request, request.driver.name, plan);
  try {
    yield* new BuildRun(request, plan, context, running).run(executor);
    return running.current;
  } finally {
    await running.close();
  }
}

class BuildRun {
  readonly #request: BuildRequest;
  readonly #plan: BuildPlan;
  readonly #location: ContextLocation;
  readonly #running: RunningRecord;
  /** Fires when the build has ended, however: nothing of it goes on after that. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #context: ContextRecorder | null = null;
  #proof: PredictionProof | null = null;
  #traces: BuildTraces | null = null;

  constructor(request: BuildRequest, plan: BuildPlan, location: ContextLocation, running: RunningRecord) {
    this.#request = request;
    this.#plan = plan;
    this.#location = location;
    this.#running = running;
    this.#signal = AbortSignal.any([request.signal, this.#over.signal]);
  }

  async *run(executor: ExecutorRequest): AsyncGenerator<BuildEvent, void, void> {
    const running = this.#running;
    await running.begin(executor);
    this.#context = ContextRecorder.start(this.#location, executor.mounts, this.#signal);
    try {
      yield await running.emit({
        type: "started",
        id: running.id,
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
      await running.abandon();
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
      executor: this.#running.current.executor,
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
      for (const output of preparing.splice(0)) yield await this.#running.emit(output);
      if (done) break;
    }
    for (const text of left) yield await this.#running.emit({ type: "warning", text });
    const executor = { ...(await identity), source: this.#request.sourceName };
    this.#running.change({ executor });
    yield await this.#running.emit({ type: "executor", executor });
  }

  async *#execute(executor: ExecutorRequest): AsyncGenerator<BuildEvent, Executed, void> {
    const { source, driver, cache, spec } = this.#request;
    const interpreter = new LogInterpreter({
      steps: this.#plan.steps,
      baseStages: this.#plan.stages.map(stage => stage.baseStage),
      stageOfLogIndex: this.#plan.stageOfLogIndex(this.#running.current.executor.family),
      logLevel: spec.logLevel,
    });
    const driverFolder = cache.driver(driver.name);
    this.#traces = await BuildTraces.start({
      driver,
      executor: this.#running.current.executor,
      env: executor.env,
      driverFolder,
    });
    const { debugPort } = spec;
    if (debugPort !== null) {
      const text = `the executor waits for a debugger on port ${debugPort} (dlv connect), and at its end until that leaves`;
      yield await this.#running.emit({ type: "warning", text });
    }
    const outputs = driver.run(
      {
        source,
        args: executor.args,
        mounts: [
          ...executor.mounts,
          ...outputMounts({ layerCache: cache.layerCache, output: this.#running.outputFolder }),
        ],
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
      if (output.type === "preparing" || output.type === "warning") yield await this.#running.emit(output);
      else if (output.type === "exit") exit = output;
      else yield* this.#line(interpreter, output.text);
    }
    if (!exit) throw new LabError("engine-lost", "the executor ended without an exit code");
    return { interpreter, exit };
  }

  async *#line(interpreter: LogInterpreter, raw: string): AsyncGenerator<BuildEvent, void, void> {
    await this.#running.line(raw);
    for (const event of interpreter.line(raw)) if (!this.#traces?.isOwn(event)) yield await this.#running.emit(event);
  }

  async *#finish(interpreter: LogInterpreter, exit: Exit): AsyncGenerator<BuildEvent, void, void> {
    for (const event of interpreter.end(exit.code)) yield await this.#running.emit(event);
    const running = this.#running;
    const startUs = running.startedAt.getTime() * 1000;
    const measured = (await this.#traces?.events(running.progress.steps, startUs, exit.code)) ?? [];
    for (const event of measured) yield await running.emit(event);
    await this.#context?.write(running.store, running.id, running.redact);
    const failure = exit.code === 0 ? null : failureOf(interpreter, exit);
    const finishing = finishRecord({
      cache: this.#request.cache,
      store: running.store,
      spec: this.#request.spec,
      plan: this.#plan,
      progress: running.progress,
      layout: failure ? null : join(running.outputFolder, "image"),
      record: running.current,
      signal: this.#signal,
    });
    for (;;) {
      const next = await finishing.next();
      if (next.done) {
        running.change(next.value);
        break;
      }
      yield await running.emit(next.value);
    }
    running.change({ prediction: await this.#proof?.outcome(running.current.steps) });
    yield await running.end(failure ? "failed" : "succeeded", failure);
  }

  /** The build could not run to its end: the record says so before the error goes on. */
  async *#broken(error: unknown): AsyncGenerator<BuildEvent, void, void> {
    const running = this.#running;
    const status = error instanceof LabError && error.code === "cancelled" ? "cancelled" : "failed";
    if (running.current.steps.length === 0) running.takeStepsSoFar();
    const failure = { message: messageOf(error), step: running.progress.current, exitCode: null };
    try {
      yield await running.end(status, failure);
    } catch {
      // The record cannot be written (a full disk, a folder that is gone): the error that goes on tells why.
    }
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
