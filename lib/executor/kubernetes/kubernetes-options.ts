import { LabError } from "../../error.ts";

/** What a user can say about the cluster and the Pod. It reaches the driver beside the requests, which know no driver. */

/** How the context gets into the Pod. */
export type ContextTransport =
  /** Streamed through exec into an init container that waits for it. */
  | "exec"
  /**
   * Streamed to the executor's own standard input, as `tar://stdin`; needs no helper container for it. Kaniko unpacks it
   * and makes every link root's: where a link is another's, keys differ from those of other ways. Never chosen by itself.
   */
  | "stdin"
  /** A folder of the node, see `hostPaths`. */
  | "host-path";

/** How what the executor wrote gets back. */
export type ResultTransport =
  /** Read through exec from a second container, which lives until everything was read. */
  | "exec"
  /** The executor writes into a folder of the node that is one of this machine, see `hostPaths`. */
  | "host-path"
  /** Read from the registry that the image was pushed to. */
  | "registry";

export interface Toleration {
  readonly key?: string;
  readonly operator: "Exists" | "Equal";
  readonly value?: string;
  readonly effect?: string;
}

/** A folder of this machine and where the node has it. */
export interface HostPath {
  readonly local: string;
  readonly node: string;
}

/** What a Pod asks of its cluster, whoever makes it. */
export interface PodWishes {
  /** As `cpu`, `memory`, `ephemeral-storage`, of the executor's container. */
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly labels: Readonly<Record<string, string>>;
  /** A PriorityClass of the cluster; null: its default one. */
  readonly priorityClass: string | null;
  readonly imagePullSecrets: readonly string[];
}

export const noWishes: PodWishes = {
  requests: {},
  limits: {},
  nodeSelector: {},
  tolerations: [],
  labels: {},
  priorityClass: null,
  imagePullSecrets: [],
};

export interface KubernetesOptions extends PodWishes {
  /** Of the kubeconfig; null: its current one. */
  readonly context: string | null;
  /** Null: that of the context, else `default`. */
  readonly namespace: string | null;
  readonly serviceAccount: string | null;
  /** Whether a Job makes the Pod. */
  readonly job: boolean;
  /** An image with `sh`, `tar` and `find`; null: the executor's own when it is a debug image, else busybox. */
  readonly helperImage: string | null;
  /** Null: chosen by what the other options allow. */
  readonly contextTransport: ContextTransport | null;
  readonly resultTransport: ResultTransport | null;
  readonly hostPaths: readonly HostPath[];
  /** A PersistentVolumeClaim through which everything goes, and that keeps the layer cache; null: the Pod's own empty folder. */
  readonly claim: string | null;
  /** A claim with Kaniko's base image cache, which a warmer has filled; read-only. Null: none. */
  readonly baseClaim: string | null;
  /** A Secret of type dockerconfigjson with the executor's logins to registries; null: none. */
  readonly registrySecret: string | null;
  /** How long the Pod may take to start. */
  readonly startSeconds: number;
  /** After this time the cluster ends the Pod by itself, also when nobody is there any more to do it. */
  readonly deadlineSeconds: number;
}

export const defaultKubernetesOptions: KubernetesOptions = {
  context: null,
  namespace: null,
  serviceAccount: null,
  job: false,
  ...noWishes,
  helperImage: null,
  contextTransport: null,
  resultTransport: null,
  hostPaths: [],
  claim: null,
  baseClaim: null,
  registrySecret: null,
  startSeconds: 300,
  deadlineSeconds: 6 * 3600,
};

const tolerationForm = /^([^=:]+)(?:=([^:]*))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?$/;

/** `KEY[=VALUE][:EFFECT]`, as kubectl taint writes them; `*` for every taint. @throws LabError `usage` */
export function parseToleration(text: string): Toleration {
  if (text === "*") return { operator: "Exists" };
  const [, key, value, effect] = tolerationForm.exec(text) ?? [];
  if (key === undefined) {
    throw new LabError("usage", `${JSON.stringify(text)} is no toleration`, {
      hint: "as in dedicated=builds:NoSchedule, or * for every taint",
    });
  }
  const of = effect === undefined ? {} : { effect };
  return value === undefined ? { key, operator: "Exists", ...of } : { key, operator: "Equal", value, ...of };
}
