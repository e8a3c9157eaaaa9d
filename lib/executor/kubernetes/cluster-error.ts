import { errnoOf, LabError, messageOf } from "../../error.ts";
import type { Cluster } from "./connect-cluster.ts";

/** An answer of the API server that is an error. */
export class StatusError extends Error {
  readonly status: number;
  /** The API's machine-readable word: `Forbidden`, `NotFound`, `AlreadyExists` …; "" when it says none. */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = "StatusError";
    this.status = status;
    this.reason = reason;
  }
}

/** @param body the API's `Status` document, or what a proxy says instead. */
export function statusError(status: number, body: string): StatusError {
  try {
    const said = JSON.parse(body) as { message?: unknown; reason?: unknown };
    if (typeof said.message === "string") {
      return new StatusError(status, typeof said.reason === "string" ? said.reason : "", said.message);
    }
  } catch {
    // Not the API server's own words.
  }
  return new StatusError(status, "", body.slice(0, 500).trim() || `status ${status}`);
}

/** The connection broke, or was never there: may pass. */
export class LostConnection extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = "LostConnection";
  }
}

const passing = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** Whether trying again can help: a broken connection, or a server that starts, ends or has too much to do. */
export function mayPass(error: unknown): boolean {
  if (error instanceof LostConnection) return isPassing(error.cause);
  return error instanceof StatusError && [429, 500, 502, 503, 504].includes(error.status);
}

function isPassing(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === undefined ? !/certificate|ssl|tls/i.test(messageOf(cause)) : passing.has(errno);
}

/** What an error means to the user. @param what "create the Pod x" */
export function clusterError(cluster: Cluster, what: string, error: unknown): unknown {
  if (error instanceof StatusError) return answered(cluster, what, error);
  if (!(error instanceof LostConnection)) return error;
  const code = mayPass(error) ? "engine-lost" : "engine-unavailable";
  const text = `the cluster at ${cluster.server} does not answer: ${what}: ${error.message}`;
  return new LabError(code, text, {
    hint: mayPass(error)
      ? "does it run, and can this machine reach it? kubectl cluster-info tells"
      : "the kubeconfig's certificate-authority does not fit that server; get a new kubeconfig",
    cause: error,
  });
}

function answered(cluster: Cluster, what: string, error: StatusError): LabError {
  const { message } = error;
  if (error.status === 401) {
    return new LabError("engine-unavailable", `the cluster at ${cluster.server} does not know this user: ${message}`, {
      hint: "the token or certificate of the kubeconfig has expired or is of another cluster: log in to the cluster again",
      cause: error,
    });
  }
  if (/violates PodSecurity/.test(message)) return refusedByPodSecurity(cluster, message, error);
  if (error.status === 403) {
    return new LabError("engine-unavailable", `not allowed in the cluster: ${what}: ${message}`, {
      hint: /because it is being terminated/.test(message)
        ? "choose another one: --namespace NAME"
        : (limitHint(message) ??
          "ask for that right, or use another namespace or context: --namespace, --kube-context"),
      cause: error,
    });
  }
  if (error.status === 404 && /namespaces? ".*" not found/.test(message)) {
    return new LabError("engine-unavailable", `there is no namespace ${cluster.namespace} in the cluster`, {
      hint: `kubectl create namespace ${cluster.namespace}, or choose another one: --namespace NAME`,
      cause: error,
    });
  }
  if (error.status === 400 || error.status === 422) {
    return new LabError("usage", `the cluster refuses to ${what}: ${message}`, {
      hint: "look at the options of the Pod",
      cause: error,
    });
  }
  return new LabError("engine-unavailable", `the cluster cannot ${what}: ${message}`, { cause: error });
}

/** What to do when a quota or a LimitRange refuses a Pod; null when it is none of them. */
export function limitHint(message: string): string | null {
  const unsaid = /failed quota: .*must specify (\S+)/.exec(message)?.[1];
  if (unsaid !== undefined) {
    const option = unsaid.startsWith("limits.") ? "--pod-limit" : "--pod-request";
    return `the namespace's quota wants to know it beforehand: ${option} cpu=500m ${option} memory=1Gi`;
  }
  return /exceeded quota|LimitRange|maximum|minimum/i.test(message)
    ? "the namespace limits what a Pod may ask for: --pod-request and --pod-limit say less"
    : null;
}

function refusedByPodSecurity(cluster: Cluster, message: string, cause: unknown): LabError {
  const level = /violates PodSecurity "(\w+)/.exec(message)?.[1] ?? "restricted";
  if (level === "restricted") {
    return new LabError(
      "engine-unavailable",
      `the namespace ${cluster.namespace} allows only Pods of the level "restricted"; Kaniko must be root in its container: ${message}`,
      {
        hint: `use a namespace of the level "baseline": kubectl label namespace ${cluster.namespace} pod-security.kubernetes.io/enforce=baseline --overwrite`,
        cause,
      },
    );
  }
  return new LabError("engine-unavailable", `the namespace ${cluster.namespace} does not allow this Pod: ${message}`, {
    hint: 'folders of the node are not allowed at the level "baseline": --context-transport exec --result-transport exec',
    cause,
  });
}
