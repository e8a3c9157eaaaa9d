import type Docker from "dockerode";
import type { ExecutorOutput, RunRequest } from "../port.ts";
import { type ReportPreparing, whilePreparing } from "../preparing.ts";
import type { Engine } from "./connect-engine.ts";
import type { ContainerPlan } from "./container-options.ts";
import { CopiedMounts } from "./copy-mounts.ts";
import { ensureExecutorImage } from "./ensure-image.ts";
import { findDebugger } from "./find-debugger.ts";
import { removeLeftovers } from "./leftovers.ts";
import { chooseMountMode } from "./mount-mode.ts";
import { needsHostNetwork } from "./network.ts";
import { OwnedContainer } from "./owned-container.ts";
import { type ResolvedMount, resolveMounts } from "./resolve-mounts.ts";
import { runContainer } from "./run-container.ts";
import { Transfer } from "./transfer.ts";

interface Prepared {
  readonly plan: Omit<ContainerPlan, "name">;
  /** Null when the engine mounts our folders. */
  readonly copies: CopiedMounts | null;
}

/**
 * One run in one container: prepare, run, fetch what was written, remove.
 * @throws LabError as the port says; with an aborted signal only what may be left in the engine, else the signal's reason.
 */
export async function* runRequest(
  engine: Engine,
  request: RunRequest,
  cancel: AbortSignal,
  env: NodeJS.ProcessEnv,
): AsyncGenerator<ExecutorOutput, void, void> {
  const owned = new OwnedContainer(engine);
  const ending = new AbortController();
  const signal = AbortSignal.any([cancel, ending.signal]);
  // At once, even when nobody asks for the next output just now.
  const removeNow = () => void owned.remove(true).catch(() => {});
  signal.addEventListener("abort", removeNow, { once: true });
  let finished = false;
  try {
    const { plan, copies } = yield* whilePreparing(ending, async report => {
      const prepared = await prepare(engine, request, signal, env, report);
      await owned.create(engine, prepared.plan, signal);
      await prepared.copies?.send(new Transfer(owned.container, signal, report));
      return prepared;
    });
    for await (const output of runContainer(owned, plan, signal)) {
      if (output.type === "exit") {
        // What was written must be here before the last item says that the run has ended.
        if (copies) yield* receive(copies, owned, signal, ending);
        if (request.keep && output.code !== 0) for (const text of owned.leave()) yield { type: "warning", text };
        finished = true;
      }
      yield output;
    }
  } finally {
    signal.removeEventListener("abort", removeNow);
    await owned.remove(!finished).catch((error: unknown) => {
      // In other cases there is an error that says more, or a result; the next run removes what was left.
      if (cancel.aborted) throw error;
    });
  }
}

async function prepare(
  engine: Engine,
  request: RunRequest,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv,
  report: ReportPreparing,
): Promise<Prepared> {
  const mounts = await resolveMounts(request.mounts);
  await removeLeftovers(engine, signal);
  const image = await ensureExecutorImage(engine, { ...request, signal, report });
  const dlv = request.debugPort === null ? null : await findDebugger(engine, image, signal);
  const mode = await chooseMountMode(engine, image, request.driverFolder, signal, env);
  const copies = mode === "copy" ? new CopiedMounts(mounts, request.args) : null;
  const plan = {
    image,
    args: request.args,
    program: request.program,
    keep: request.keep ?? false,
    env: request.env,
    mounts: copies ? await copies.volumes(engine, signal) : mounts.map(bindMount),
    network: needsHostNetwork(request) ? ("host" as const) : ("default" as const),
    debugger: dlv === null ? null : { dlv, port: request.debugPort as number },
  };
  return { plan, copies };
}

function bindMount({ hostPath, path, readOnly }: ResolvedMount): Docker.MountSettings {
  return { Type: "bind", Source: hostPath, Target: path, ReadOnly: readOnly };
}

async function* receive(
  copies: CopiedMounts,
  owned: OwnedContainer,
  signal: AbortSignal,
  ending: AbortController,
): AsyncGenerator<ExecutorOutput, void, void> {
  const leftOut = yield* whilePreparing(ending, report =>
    copies.receive(new Transfer(owned.container, signal, report)),
  );
  if (leftOut === 0) return;
  const what = `left out ${leftOut} links and devices of the executor's output`;
  yield { type: "preparing", what, doneBytes: null, totalBytes: null };
}
