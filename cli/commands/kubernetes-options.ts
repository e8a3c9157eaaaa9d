/** The options of a build that is run in a cluster, from the command line and from `kaniko-lab.yaml`. */

import { resolve } from "node:path";
import type { Argv } from "yargs";
import type { BuildFile } from "../../lib/build/build-file.ts";
import { LabError } from "../../lib/error.ts";
import {
  type ContextTransport,
  defaultKubernetesOptions,
  type HostPath,
  type KubernetesOptions,
  type PodWishes,
  parseToleration,
  type ResultTransport,
} from "../../lib/executor/kubernetes/kubernetes-options.ts";
import { pairs } from "./name-value.ts";

/** Which cluster, and where in it. */
export interface ClusterArgs {
  readonly kubeContext?: string;
  readonly namespace?: string;
}

/** What a Pod asks of its cluster, whoever makes it. */
export interface PodArgs {
  readonly serviceAccount?: string;
  readonly podRequest?: readonly string[];
  readonly podLimit?: readonly string[];
  readonly podLabel?: readonly string[];
  readonly priorityClass?: string;
  readonly nodeSelector?: readonly string[];
  readonly toleration?: readonly string[];
  readonly imagePullSecret?: readonly string[];
  readonly baseClaim?: string;
  readonly podDeadline?: number;
}

export interface KubernetesArgs extends ClusterArgs, PodArgs {
  readonly podKind?: "pod" | "job";
  readonly helperImage?: string;
  readonly contextTransport?: ContextTransport | "auto";
  readonly resultTransport?: ResultTransport | "auto";
  readonly hostPath?: readonly string[];
  readonly claim?: string;
  readonly registrySecret?: string;
  readonly podStart?: number;
}

const group = "Options of --driver kubernetes:";

export function withClusterOptions(argv: Argv): Argv {
  const text = (describe: string) => ({ type: "string", requiresArg: true, group, describe }) as const;
  return argv
    .option("kube-context", text("Context of the kubeconfig (default: its current one)"))
    .option("namespace", text("Namespace (default: that of the context)"));
}

export function clusterOptions(args: ClusterArgs): KubernetesOptions {
  const { context, namespace } = defaultKubernetesOptions;
  return {
    ...defaultKubernetesOptions,
    context: args.kubeContext ?? context,
    namespace: args.namespace ?? namespace,
  };
}

/** What a Pod asks of its cluster, whoever makes it. */
export function withPodOptions(argv: Argv, group: string): Argv {
  const list = (describe: string) => ({ type: "string", array: true, nargs: 1, group, describe }) as const;
  const text = (describe: string) => ({ type: "string", requiresArg: true, group, describe }) as const;
  return argv
    .option("service-account", text("Service account of the Pod"))
    .option("pod-request", list("NAME=AMOUNT that the executor asks for, as in memory=2Gi"))
    .option("pod-limit", list("NAME=AMOUNT that it may use at most"))
    .option("pod-label", list("NAME=VALUE of the Pod"))
    .option("priority-class", text("PriorityClass of the Pod"))
    .option("node-selector", list("NAME=VALUE that the node must have"))
    .option("toleration", list("KEY[=VALUE][:EFFECT] of nodes that it may run on"))
    .option("image-pull-secret", list("Secret for pulling the executor's image"))
    .option("base-claim", text("Claim with the base image cache that cluster warm has filled"))
    .option("pod-deadline", {
      type: "number",
      requiresArg: true,
      group,
      describe: "Seconds after which the cluster ends it (of build: 6 hours)",
    });
}

export function withKubernetesOptions(argv: Argv): Argv {
  const list = (describe: string) => ({ type: "string", array: true, nargs: 1, group, describe }) as const;
  const text = (describe: string) => ({ type: "string", requiresArg: true, group, describe }) as const;
  return withPodOptions(withClusterOptions(argv), group)
    .option("pod-kind", { choices: ["pod", "job"] as const, group, describe: "job: let a Job make the Pod" })
    .option("helper-image", text("Image with sh and tar (default: busybox, or a debug executor's own)"))
    .option("context-transport", {
      choices: ["auto", "exec", "stdin", "host-path"] as const,
      group,
      describe: "How the context gets into the Pod (default: auto)",
    })
    .option("result-transport", {
      choices: ["auto", "exec", "host-path", "registry"] as const,
      group,
      describe: "How layers come back (default: exec)",
    })
    .option("host-path", list("LOCAL=NODE: where the node has a folder of this machine"))
    .option("claim", text("PersistentVolumeClaim for files on their way; keeps the layer cache"))
    .option("registry-secret", text("Secret with logins to registries, as cluster secret makes it"))
    .option("pod-start", {
      type: "number",
      requiresArg: true,
      group,
      describe: "Seconds that the Pod may take to start (default: 300)",
    });
}

/** @throws LabError `usage` */
export function kubernetesOptions(args: KubernetesArgs, file: BuildFile, workingFolder: string): KubernetesOptions {
  const of = file.kubernetes ?? {};
  const fallback = defaultKubernetesOptions;
  return {
    ...clusterOptions(args),
    serviceAccount: args.serviceAccount ?? fallback.serviceAccount,
    job: (args.podKind ?? of.kind ?? "pod") === "job",
    ...podWishes(args, file),
    helperImage: args.helperImage ?? of.helperImage ?? fallback.helperImage,
    contextTransport: chosen(args.contextTransport ?? of.contextTransport),
    resultTransport: chosen(args.resultTransport ?? of.resultTransport),
    hostPaths: (args.hostPath ?? []).map(text => hostPathOf(text, workingFolder)),
    claim: args.claim ?? fallback.claim,
    baseClaim: args.baseClaim ?? fallback.baseClaim,
    registrySecret: args.registrySecret ?? fallback.registrySecret,
    startSeconds: args.podStart ?? of.startSeconds ?? fallback.startSeconds,
    deadlineSeconds: deadlineOf(args, file) ?? fallback.deadlineSeconds,
  };
}

/** @throws LabError `usage` */
export function podWishes(args: PodArgs, { kubernetes: of = {} }: BuildFile): PodWishes {
  return {
    requests: { ...of.requests, ...pairs("--pod-request", args.podRequest) },
    limits: { ...of.limits, ...pairs("--pod-limit", args.podLimit) },
    nodeSelector: { ...of.nodeSelector, ...pairs("--node-selector", args.nodeSelector) },
    tolerations: (args.toleration ?? of.tolerations ?? []).map(parseToleration),
    labels: pairs("--pod-label", args.podLabel),
    priorityClass: args.priorityClass ?? defaultKubernetesOptions.priorityClass,
    imagePullSecrets: args.imagePullSecret ?? defaultKubernetesOptions.imagePullSecrets,
  };
}

/** @returns null where nobody says when. */
export function deadlineOf({ podDeadline }: PodArgs, { kubernetes }: BuildFile): number | null {
  return podDeadline ?? kubernetes?.deadlineSeconds ?? null;
}

function chosen<Transport extends string>(word: Transport | "auto" | undefined): Transport | null {
  return word === undefined || word === "auto" ? null : word;
}

function hostPathOf(text: string, workingFolder: string): HostPath {
  const at = text.lastIndexOf("=");
  const node = text.slice(at + 1);
  if (at < 1 || !node.startsWith("/")) {
    throw new LabError("usage", `--host-path takes LOCAL=NODE, not ${JSON.stringify(text)}`, {
      hint: "as in --host-path ./workspace=/workspace",
    });
  }
  return { local: resolve(workingFolder, text.slice(0, at)), node };
}
