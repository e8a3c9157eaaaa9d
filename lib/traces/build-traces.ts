/** The traces of one build: asked of an executor that sends them, received while it runs, told as events when it has ended. */

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { PlannedStep } from "../executor/events.ts";
import type { LogEvent } from "../executor/log-events.ts";
import type { ExecutorDriver } from "../executor/port.ts";
import type { ExecutorIdentity } from "../model/build.ts";
import { endpointVariable, knowsTraces, plainTextWarning } from "./knows-traces.ts";
import { measureSteps } from "./measure-steps.ts";
import { TraceReceiver } from "./trace-receiver.ts";

export interface TracesRequest {
  readonly driver: ExecutorDriver;
  readonly executor: ExecutorIdentity;
  /** The executor's environment as it would be without them. */
  readonly env: Readonly<Record<string, string>>;
  readonly driverFolder: string;
}

export class BuildTraces {
  readonly #receiver: TraceReceiver;
  readonly #driverFolder: string;

  /** @returns null where none will come; their user's own collector gets them when one is named. */
  static async start({ driver, executor, env, driverFolder }: TracesRequest): Promise<BuildTraces | null> {
    if (!knowsTraces(executor) || env[endpointVariable] !== undefined) return null;
    if (await neverCame(driverFolder)) return null;
    const address = (await driver.sharedAddress?.({ env })) ?? null;
    const receiver = address === null ? null : await TraceReceiver.listen(address);
    return receiver === null ? null : new BuildTraces(receiver, driverFolder);
  }

  private constructor(receiver: TraceReceiver, driverFolder: string) {
    this.#receiver = receiver;
    this.#driverFolder = driverFolder;
  }

  /** What the executor's environment needs. The Dockerfile is known here. */
  get env(): Readonly<Record<string, string>> {
    return { [endpointVariable]: this.#receiver.endpoint, KANIKO_TELEMETRY_OMIT_DOCKERFILE: "true" };
  }

  /** What the executor only says because of the receiver. */
  isOwn(event: LogEvent): boolean {
    return event.type === "log" && event.level === "warning" && event.text.startsWith(plainTextWarning);
  }

  /** The executor answers for its spans before it ends: all have come by then. */
  async events(steps: readonly PlannedStep[], startUs: number, exitCode: number): Promise<LogEvent[]> {
    const { spans } = this.#receiver;
    if (exitCode === 0) await remember(this.#driverFolder, spans.length > 0);
    const measured = measureSteps({ spans, steps, startUs, nowUs: Date.now() * 1000 });
    return measured.map(each => ({ type: "step-measured", ...each }));
  }

  close(): void {
    this.#receiver.close();
  }
}

/** An executor that cannot reach the receiver (a firewall) tries for some seconds at its end: not at every build. */
const triedAgainMs = 24 * 3_600_000;

async function neverCame(driverFolder: string): Promise<boolean> {
  try {
    const { noneAtMs } = JSON.parse(await readFile(fileOf(driverFolder), "utf8")) as { noneAtMs?: unknown };
    return typeof noneAtMs === "number" && Math.abs(Date.now() - noneAtMs) < triedAgainMs;
  } catch {
    return false;
  }
}

async function remember(driverFolder: string, came: boolean): Promise<void> {
  const file = fileOf(driverFolder);
  const written = came ? rm(file, { force: true }) : writeFileAtomic(file, JSON.stringify({ noneAtMs: Date.now() }));
  // Only a note: the build does not fail for it.
  await written.catch(() => undefined);
}

function fileOf(driverFolder: string): string {
  return join(driverFolder, "traces.json");
}
