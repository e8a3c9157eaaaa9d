/**
 * The record of a build that runs. Every event goes through it, to the recording and to the progress that the record's steps
 * are made of; however the build ends, it is written with how it ended.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../error.ts";
import type { BuildEvent } from "../executor/events.ts";
import type { LogEvent } from "../executor/log-events.ts";
import type { BuildFailure, BuildRecord, BuildStatus, DriverName, Step } from "../model/build.ts";
import { BuildStore } from "../store/build-store.ts";
import { removeFolder } from "../store/remove-folder.ts";
import type { BuildOrder } from "./build-driver.ts";
import { completeSteps, noLayers } from "./complete-steps.ts";
import type { ExecutorRequest } from "./executor-request.ts";
import type { BuildPlan } from "./plan-build.ts";
import { applyEvent, type BuildProgress, noProgress } from "./progress.ts";
import { recordedSpec } from "./recorded-spec.ts";
import { Recorder } from "./recorder.ts";
import { createRedactor, type Redactor } from "./secrets.ts";

type Order = Pick<BuildOrder, "spec" | "cache" | "workingFolder" | "sourceName">;

export class RunningRecord {
  readonly store: BuildStore;
  readonly id: string;
  readonly startedAt: Date;
  /** What the executor writes; gone when the build has ended. */
  readonly outputFolder: string;
  readonly #order: Order;
  readonly #plan: BuildPlan;
  readonly #folder: string;
  readonly #startMs = performance.now();
  #redact: Redactor = value => value;
  #recorder: Recorder | null = null;
  #progress: BuildProgress = noProgress;
  #record: BuildRecord;

  /** Makes the build's folder. */
  static async start(order: Order, driver: DriverName, plan: BuildPlan): Promise<RunningRecord> {
    const store = new BuildStore(order.cache);
    const startedAt = new Date();
    const id = await store.create(startedAt);
    const running = new RunningRecord(order, driver, plan, store, id, startedAt);
    await mkdir(running.outputFolder);
    if (plan.text !== null) await store.writeFile(id, "Dockerfile", plan.text);
    return running;
  }

  private constructor(
    order: Order,
    driver: DriverName,
    plan: BuildPlan,
    store: BuildStore,
    id: string,
    startedAt: Date,
  ) {
    this.#order = order;
    this.#plan = plan;
    this.store = store;
    this.id = id;
    this.startedAt = startedAt;
    this.#folder = order.cache.buildFolder(id);
    this.outputFolder = join(this.#folder, "out");
    this.#record = {
      schemaVersion: 1,
      id,
      name: order.spec.name,
      status: "running",
      driver,
      executor: { source: order.sourceName, version: "", family: "unknown" },
      spec: recordedSpec(order.spec, order.workingFolder, null),
      startedAt: startedAt.toISOString(),
      durationMs: null,
      manifest: null,
      config: null,
      layers: [],
      steps: [],
      failure: null,
      warnings: [],
    };
  }

  get current(): BuildRecord {
    return this.#record;
  }

  get progress(): BuildProgress {
    return this.#progress;
  }

  get redact(): Redactor {
    return this.#redact;
  }

  /** From here on events are recorded, without what is secret. */
  async begin(executor: ExecutorRequest): Promise<void> {
    this.#redact = createRedactor(executor.secretValues);
    this.#recorder = new Recorder(this.#folder, this.#redact);
    const { spec, workingFolder } = this.#order;
    this.change({ spec: this.#redact(recordedSpec(spec, workingFolder, executor)) });
    await this.store.write(this.#record);
  }

  /** Written with the record when the build ends. */
  change(fields: Partial<BuildRecord>): void {
    this.#record = { ...this.#record, ...fields };
  }

  /** A line of the executor's log, as it came. */
  async line(raw: string): Promise<void> {
    await this.#recorder?.line(raw);
  }

  /** @returns the event as it is to be shown */
  async emit(event: LogEvent): Promise<BuildEvent> {
    const timed = { atMs: this.#nowMs(), ...event } as BuildEvent;
    const shown = this.#recorder ? await this.#recorder.event(timed) : timed;
    this.#progress = applyEvent(this.#progress, shown);
    return shown;
  }

  /** Writes how the build ended. @returns its last event */
  async end(status: BuildStatus, failure: BuildFailure | null): Promise<BuildEvent> {
    // What the executor says last may quote a secret.
    const shown = this.#redact(failure);
    await this.#settle(status, shown);
    const event = { type: "finished", status, manifest: this.#record.manifest, failure: shown } as const;
    return this.emit(event).catch(() => ({ ...event, atMs: this.#nowMs() }));
  }

  /** Of a build whose consumer has stopped reading: nobody takes another event. */
  async abandon(): Promise<void> {
    if (this.#record.status !== "running") return;
    this.takeStepsSoFar();
    await this.#settle("cancelled", { message: "stopped", step: null, exitCode: null });
  }

  /** What ran before the build broke off, without layers: those are collected only from a whole image. */
  takeStepsSoFar(): void {
    const cacheOn = this.#order.spec.cache.kind !== "off";
    const { stages, finalStage } = this.#plan;
    const steps: readonly Step[] = completeSteps(this.#progress.steps, stages, cacheOn, noLayers, finalStage);
    this.change({ steps });
  }

  async #settle(status: BuildStatus, failure: BuildFailure | null): Promise<void> {
    this.change({
      status,
      failure,
      durationMs: this.#nowMs(),
      warnings: [...this.#record.warnings, ...this.#progress.warnings],
    });
    try {
      await this.store.write(this.#record);
    } catch (error) {
      if (!(error instanceof LabError && error.code === "disk-full")) throw error;
      // What the executor left half-done gives the room for the record.
      await removeFolder(this.outputFolder);
      await this.store.write(this.#record);
    }
  }

  async close(): Promise<void> {
    // Of a full disk the record's own error has told already.
    await this.#recorder?.close().catch(() => undefined);
    try {
      await removeFolder(this.outputFolder);
    } finally {
      await this.store.release(this.id);
    }
  }

  #nowMs(): number {
    return Math.round(performance.now() - this.#startMs);
  }
}
