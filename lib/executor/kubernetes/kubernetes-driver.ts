import { LabError, messageOf } from "../../error.ts";
import type { Availability, ExecutorDriver, ExecutorOutput, IdentifyRequest, RunRequest } from "../port.ts";
import { whilePreparing } from "../preparing.ts";
import { ClusterApi } from "./cluster-api.ts";
import { connectCluster } from "./connect-cluster.ts";
import { identifyInCluster } from "./identify-in-cluster.ts";
import { defaultKubernetesOptions, type KubernetesOptions } from "./kubernetes-options.ts";
import { runInPod } from "./run-in-pod.ts";

/**
 * The driver for clusters: a request of the port comes in, the executor runs in one Pod that is gone when the run has ended,
 * however it ended. Files go in and come back through exec, folders of the node or a claim, see `KubernetesOptions`.
 */
export function createKubernetesDriver(
  options: KubernetesOptions = defaultKubernetesOptions,
  env: NodeJS.ProcessEnv = process.env,
): ExecutorDriver {
  return {
    name: "kubernetes",
    layerCachePlace: options.claim === null ? undefined : `the claim ${options.claim}`,
    probe: () => probe(options, env),
    identify: request => identify(request, options, env),
    run: (request, signal) => run(request, signal, options, env),
  };
}

const probeMs = 4000;

async function probe(options: KubernetesOptions, env: NodeJS.ProcessEnv): Promise<Availability> {
  try {
    const cluster = await connectCluster(options, env);
    const api = new ClusterApi(cluster);
    const call = { what: "ask for its version", path: "/version", patienceMs: 0, signal: AbortSignal.timeout(probeMs) };
    const version = await api.call<{ gitVersion?: string }>(call);
    const place = `${cluster.server}, context ${cluster.contextName}, namespace ${cluster.namespace}`;
    return { available: true, detail: `Kubernetes ${version.gitVersion ?? ""} at ${place}`, hint: "" };
  } catch (error) {
    if (error instanceof LabError) return { available: false, detail: error.message, hint: error.hint ?? "" };
    const isLate = error instanceof Error && error.name === "TimeoutError";
    const detail = isLate ? `the cluster did not answer within ${probeMs / 1000} s` : messageOf(error);
    return { available: false, detail, hint: "can this machine reach it? kubectl cluster-info tells" };
  }
}

async function identify(request: IdentifyRequest, options: KubernetesOptions, env: NodeJS.ProcessEnv) {
  const ending = new AbortController();
  const signal = AbortSignal.any([request.signal, ending.signal]);
  try {
    const api = new ClusterApi(await connectCluster(options, env));
    const preparing = whilePreparing(ending, report => identifyInCluster(api, request, options, signal, report));
    for (;;) {
      const step = await preparing.next();
      if (step.done) return step.value;
      request.onPreparing(step.value);
    }
  } catch (error) {
    throw request.signal.aborted ? cancelled(error) : error;
  }
}

async function* run(
  request: RunRequest,
  signal: AbortSignal,
  options: KubernetesOptions,
  env: NodeJS.ProcessEnv,
): AsyncGenerator<ExecutorOutput, void, void> {
  try {
    yield* runInPod(new ClusterApi(await connectCluster(options, env)), request, options, signal);
  } catch (error) {
    throw signal.aborted ? cancelled(error) : error;
  }
}

/** What may be left in the cluster has to be said even when the user wanted the end. */
function cancelled(error: unknown): LabError {
  if (error instanceof LabError && error.code === "engine-lost") {
    return new LabError("cancelled", `cancelled, but ${error.message}`, { hint: error.hint, cause: error });
  }
  return new LabError("cancelled", "the build was cancelled");
}
