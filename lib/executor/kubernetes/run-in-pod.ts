import { LabError } from "../../error.ts";
import { resolveMounts } from "../docker/resolve-mounts.ts";
import type { ExecutorOutput, RunRequest } from "../port.ts";
import { type ReportPreparing, whilePreparing } from "../preparing.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { contextFilter, contextPath } from "./context-ignore.ts";
import { type ForwardedPort, forwardPort } from "./forward-port.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { removeLeftovers } from "./leftovers.ts";
import { checkRights, rightsOfBuild } from "./missing-rights.ts";
import { OwnedPod, type PodOrder } from "./owned-pod.ts";
import { planRun, type RunPlan } from "./plan-run.ts";
import { PodFiles } from "./pod-files.ts";
import { followLog } from "./pod-log.ts";
import { executorEnd, PodSession } from "./pod-session.ts";
import { executorContainer, jobOf, podOf } from "./pod-spec.ts";
import { waitForContainer } from "./pod-start.ts";
import { fetchPushed, pushedDigest } from "./pushed-results.ts";
import { sendByInput } from "./send-by-input.ts";

interface Running {
  readonly session: PodSession;
  readonly files: PodFiles;
  /** Of the debugger. */
  readonly forwarded: ForwardedPort | null;
}

/**
 * One run in one Pod: create, send, run, fetch what was written, remove.
 * @throws LabError as the port says; with an aborted signal only what may be left in the cluster, else the signal's reason.
 */
export async function* runInPod(
  api: ClusterApi,
  request: RunRequest,
  options: KubernetesOptions,
  cancel: AbortSignal,
): AsyncGenerator<ExecutorOutput, void, void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([cancel, ending.signal]);
  const owned = new OwnedPod(api, signal, request.keep ?? false);
  // At once, even when nobody asks for the next output just now.
  const removeNow = () => void owned.remove(true).catch(() => {});
  signal.addEventListener("abort", removeNow, { once: true });
  let running: Running | null = null;
  let finished = false;
  try {
    try {
      running = yield* whilePreparing(ending, report => prepare(api, owned, request, options, signal, report));
    } catch (error) {
      if (request.keep && owned.isLeftBy(error)) yield* left(owned, null);
      else if (request.keep && owned.notLeft !== null) yield* warnings(owned.notLeft);
      throw error;
    }
    const { session, files, forwarded } = running;
    if (forwarded)
      yield { type: "warning", text: `the executor waits for its debugger: dlv connect 127.0.0.1:${forwarded.port}` };
    yield* lines(session, files);
    const exit = await session.until("while it built", executorEnd);
    if (request.debugPort !== null && exit.reason === "StartError") throw withoutDebugger(exit.message ?? "");
    // What was written must be here before the last item says that the run has ended.
    const leftOut = yield* whilePreparing(ending, async report => {
      if (files.readsRegistry && exit.exitCode === 0)
        await fetchPushed(api, request, pushedDigest(exit.message), signal, report);
      return files.receive(session, report);
    });
    if (request.keep && exit.exitCode !== 0) yield* left(owned, executorContainer);
    if (leftOut > 0) yield preparing(`left out ${leftOut} links and devices of the executor's output`);
    finished = true;
    yield exitOf(exit);
  } finally {
    signal.removeEventListener("abort", removeNow);
    if (running && !finished && !signal.aborted) await running.files.discard(running.session);
    running?.session.stop();
    running?.forwarded?.close();
    await owned.remove(!finished).catch((error: unknown) => {
      // In other cases there is an error that says more, or a result; the next run removes what was left.
      if (cancel.aborted) throw error;
    });
  }
}

function* left(owned: OwnedPod, container: string | null): Generator<ExecutorOutput, void, void> {
  yield* warnings(owned.leave(container));
}

function* warnings(lines: string): Generator<ExecutorOutput, void, void> {
  for (const text of lines.split("\n")) yield { type: "warning", text };
}

async function prepare(
  api: ClusterApi,
  owned: OwnedPod,
  request: RunRequest,
  options: KubernetesOptions,
  signal: AbortSignal,
  report: ReportPreparing,
): Promise<Running> {
  const mounts = await resolveMounts(request.mounts);
  const plan = planRun(request.source, request.args, mounts, options, request.program);
  const filter = request.program ? null : await contextFilter(mounts, request.args);
  const files = new PodFiles(plan, owned.run, options, filter);
  report("asking the cluster");
  await checkRights(api, rightsOf(plan, files, request, options), signal);
  await removeLeftovers(api, signal);
  await owned.create(podOrder(plan, files, request, options, report));
  const session = new PodSession(api, owned.podName, signal);
  try {
    await files.send(session, report);
    await waitForContainer(session, executorContainer, options.startSeconds, report);
    const forwarded =
      request.debugPort === null ? null : await forwardPort(api, session.pod, request.debugPort, signal);
    const context = mounts.find(({ path }) => path === contextPath);
    if (plan.takesInput && context) await sendByInput(session, context, filter, report);
    return { session, files, forwarded };
  } catch (error) {
    if (!signal.aborted) await files.discard(session);
    session.stop();
    throw error;
  }
}

function rightsOf(plan: RunPlan, files: PodFiles, request: RunRequest, options: KubernetesOptions) {
  return rightsOfBuild({
    job: options.job,
    secret: Object.keys(request.env).length > 0,
    exec: files.sends || files.receives,
    attach: plan.takesInput,
    forward: request.debugPort !== null,
  });
}

function podOrder(
  plan: RunPlan,
  files: PodFiles,
  request: RunRequest,
  options: KubernetesOptions,
  report: ReportPreparing,
): PodOrder {
  const common = {
    options,
    image: plan.image,
    helperImage: plan.helperImage,
    args: plan.args,
    program: plan.program,
    mounts: [...plan.placed.map(({ pod }) => pod), ...plan.ofCluster],
    runFolder: files.runFolder,
    sendsFiles: files.sends,
    readsResults: files.receives,
    takesInput: plan.takesInput,
    debugPort: request.debugPort,
  };
  return {
    kind: options.job ? "jobs" : "pods",
    document: names => (options.job ? jobOf({ ...common, ...names }) : podOf({ ...common, ...names })),
    env: request.env,
    startSeconds: options.startSeconds,
    report,
  };
}

async function* lines(session: PodSession, files: PodFiles): AsyncGenerator<ExecutorOutput, void, void> {
  const { api, pod, signal, watched } = session;
  const hasEnded = () => watched.latest !== null && executorEnd(watched.latest) !== null;
  const ends = new AbortController();
  // A log of a Pod that is gone would be asked for in vain: the Pod's own end is the reason then.
  const gone = session.until("while it built", executorEnd).then(
    () => {},
    (error: unknown) => ends.abort(error),
  );
  const log = { pod, container: executorContainer, hasEnded, signal: AbortSignal.any([signal, ends.signal]) };
  for await (const text of followLog(api, log)) {
    files.notice(text);
    yield { type: "line", text };
  }
  await gone;
}

function withoutDebugger(message: string): LabError {
  const isMissing = /"dlv": executable file not found/.test(message);
  const why = isMissing ? "the executor's image has no dlv in its PATH" : message;
  return new LabError("executor-unavailable", `the executor cannot be debugged: ${why}`, {
    hint: "add it to the image: CGO_ENABLED=0 go install github.com/go-delve/delve/cmd/dlv@latest, at /usr/local/bin/dlv",
  });
}

type Terminated = NonNullable<ReturnType<typeof executorEnd>>;

function exitOf({ exitCode, reason, message }: Terminated): ExecutorOutput {
  if (exitCode === 0) return { type: "exit", code: 0, reason: "" };
  if (reason === "OOMKilled") return { type: "exit", code: exitCode, reason: "out of memory" };
  const why = reason === "Error" ? "" : (reason ?? "");
  const killed = exitCode === 137 ? "killed" : "";
  return { type: "exit", code: exitCode, reason: [why, message].filter(Boolean).join(": ") || killed };
}

function preparing(what: string): ExecutorOutput {
  return { type: "preparing", what, doneBytes: null, totalBytes: null };
}
