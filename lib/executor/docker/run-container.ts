import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { LabError } from "../../error.ts";
import type { ExecutorOutput } from "../port.ts";
import type { ContainerPlan } from "./container-options.ts";
import { callEngine, isAnswerError } from "./engine-call.ts";
import { OutputLines } from "./output-lines.ts";
import { notStarted, type OwnedContainer } from "./owned-container.ts";

type LineOrExit = Extract<ExecutorOutput, { type: "line" | "exit" }>;

/**
 * Starts a created container, yields its lines and, last, how it ended. The consumer's pace counts: what it does not take
 * waits in the engine.
 *
 * @throws LabError `engine-lost` when the connection breaks before the end, `executor-unavailable`.
 */
export async function* runContainer(
  owned: OwnedContainer,
  plan: Omit<ContainerPlan, "name">,
  signal: AbortSignal,
): AsyncGenerator<LineOrExit, void, void> {
  const output = await attach(owned, plan, signal);
  const end = () => output.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    await owned.start(plan, signal);
    yield* readLines(output);
    signal.throwIfAborted();
    yield exitOf(await stateAtEnd(owned, signal));
  } finally {
    signal.removeEventListener("abort", end);
    output.destroy();
  }
}

/** Before the start, so that not a line is missed. */
async function attach(owned: OwnedContainer, plan: Omit<ContainerPlan, "name">, signal: AbortSignal): Promise<Duplex> {
  const options = { stream: true, stdout: true, stderr: true, hijack: true };
  const call = { what: "attach to the container", deadlineMs: 30_000, signal };
  try {
    return (await callEngine(call, () => owned.container.attach(options))) as unknown as Duplex;
  } catch (error) {
    // Podman prepares the container here: whatever keeps it from starting comes to light now.
    throw isAnswerError(error) ? notStarted(plan, error) : error;
  }
}

async function* readLines(output: Duplex): AsyncGenerator<LineOrExit, void, void> {
  const lines = new OutputLines();
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) {
      for (const text of lines.push(chunk)) yield { type: "line", text };
    }
  } catch (error) {
    // A broken connection is an end like any other here: the container's state tells which one it was.
    if (error instanceof LabError) throw error;
  }
  for (const text of lines.end()) yield { type: "line", text };
}

type State = Docker.ContainerInspectInfo["State"];

/** The output ends a moment before the engine has written down how the container ended. */
const settleMs = 10_000;

async function stateAtEnd(owned: OwnedContainer, signal: AbortSignal): Promise<State> {
  const giveUpAt = Date.now() + settleMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    const state = await inspectState(owned, signal);
    if (!state.Running) return state;
    if (Date.now() > giveUpAt) throw lost(owned, "it ended the output, but the container still runs");
    await pause(pauseMs, signal);
  }
}

async function inspectState(owned: OwnedContainer, signal: AbortSignal): Promise<State> {
  try {
    const call = { what: "ask how the container ended", deadlineMs: settleMs, signal };
    return (await callEngine(call, () => owned.container.inspect())).State;
  } catch (error) {
    if (signal.aborted) throw error;
    throw lost(owned, error instanceof Error ? error.message : String(error), error);
  }
}

function lost(owned: OwnedContainer, why: string, cause?: unknown): LabError {
  return new LabError("engine-lost", `the engine was lost while the container ${owned.id} ran: ${why}`, {
    hint: `when the engine works again: docker rm --force --volumes ${owned.name}`,
    cause,
  });
}

function exitOf(state: State): LineOrExit {
  const code = state.ExitCode;
  if (code !== 0 && state.OOMKilled) return { type: "exit", code, reason: "out of memory" };
  if (state.Error) return { type: "exit", code, reason: state.Error };
  return { type: "exit", code, reason: code === 137 ? "killed" : "" };
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, durationMs);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
