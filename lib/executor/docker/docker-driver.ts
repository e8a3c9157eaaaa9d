import { LabError, messageOf } from "../../error.ts";
import type { Availability, ExecutorDriver, ExecutorOutput, IdentifyRequest, RunRequest } from "../port.ts";
import { whilePreparing } from "../preparing.ts";
import { connectEngine } from "./connect-engine.ts";
import { showAddress } from "./engine-address.ts";
import { ensureExecutorImage } from "./ensure-image.ts";
import { identifyExecutor } from "./identify-executor.ts";
import { runRequest } from "./run-request.ts";
import { sharedAddress } from "./shared-address.ts";

/**
 * The driver for Docker and Podman, here or on another machine: a request of the port comes in, the executor runs in one
 * container that is gone when the run has ended, however it ended. Folders are mounted where the engine can see them and
 * write as us, and copied where it cannot; `KANIKO_LAB_DOCKER_MODE` (`bind`, `copy`) overrides what was found out.
 */
export function createDockerDriver(env: NodeJS.ProcessEnv = process.env): ExecutorDriver {
  return {
    name: "docker",
    probe: () => probe(env),
    identify: request => identify(request, env),
    run: (request, signal) => run(request, signal, env),
    sharedAddress: request => sharedAddress(request, env),
  };
}

async function probe(env: NodeJS.ProcessEnv): Promise<Availability> {
  try {
    const engine = await connectEngine(env);
    return {
      available: true,
      detail: `${engine.product} ${engine.version} at ${showAddress(engine.address)}`,
      hint: "",
    };
  } catch (error) {
    return { available: false, detail: messageOf(error), hint: (error instanceof LabError && error.hint) || "" };
  }
}

async function identify(request: IdentifyRequest, env: NodeJS.ProcessEnv) {
  const { source, driverFolder, onPreparing } = request;
  const ending = new AbortController();
  const signal = AbortSignal.any([request.signal, ending.signal]);
  try {
    const engine = await connectEngine(env);
    const preparing = whilePreparing(ending, async report => {
      const image = await ensureExecutorImage(engine, { ...request, signal, report });
      return identifyExecutor(engine, image, source, driverFolder, signal);
    });
    for (;;) {
      const step = await preparing.next();
      if (step.done) return step.value;
      onPreparing(step.value);
    }
  } catch (error) {
    throw signal.aborted ? cancelled(error) : error;
  }
}

async function* run(
  request: RunRequest,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv,
): AsyncGenerator<ExecutorOutput, void, void> {
  try {
    yield* runRequest(await connectEngine(env), request, signal, env);
  } catch (error) {
    throw signal.aborted ? cancelled(error) : error;
  }
}

/** What may be left in the engine has to be said even when the user wanted the end. */
function cancelled(error: unknown): LabError {
  if (error instanceof LabError && error.code === "engine-lost") {
    return new LabError("cancelled", `cancelled, but ${error.message}`, { hint: error.hint, cause: error });
  }
  return new LabError("cancelled", "the build was cancelled");
}
