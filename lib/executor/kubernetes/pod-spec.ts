/** The Pod of a build, as a document. Pure: what is sent to a cluster is also what can be written to a file. */

import type {
  V1Container,
  V1Job,
  V1Pod,
  V1SecurityContext,
  V1TopologySpreadConstraint,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import { executorCapabilities } from "../capabilities.ts";
import type { ImageProgram } from "../port.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { ownLabels } from "./pod-labels.ts";

export const executorContainer = "executor";
/** Waits until the files are there. */
export const filesContainer = "files";
/** Lives beside the executor and after it, so that there is somebody to read through. */
export const resultsContainer = "results";

/** Where the helpers see the Pod's folder. */
export const labFolder = "/lab";
/** In the Pod's folder: there when everything was sent, with the number of the process that saw to that. */
export const readyFile = ".ready";

/** Something that the executor sees. */
export type PodMount =
  /** A folder or file of the Pod's own volume. */
  | { readonly kind: "volume"; readonly path: string; readonly place: string; readonly readOnly: boolean }
  /** A folder of the node. */
  | { readonly kind: "host-path"; readonly path: string; readonly nodePath: string; readonly readOnly: boolean }
  /** A claim of the namespace, whole. */
  | { readonly kind: "claim"; readonly path: string; readonly claim: string }
  /** A Secret with logins, as the file that Kaniko reads. */
  | { readonly kind: "login"; readonly path: string; readonly secret: string };

export interface PodPlan {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly options: KubernetesOptions;
  /** The executor's image. */
  readonly image: string;
  readonly helperImage: string;
  readonly args: readonly string[];
  /** What is started instead of what the image starts. */
  readonly program?: ImageProgram | undefined;
  /** The Secret with the executor's environment; null when there is none. */
  readonly environmentSecret: string | null;
  readonly mounts: readonly PodMount[];
  /** Folder of this run in the volume, "" for all of it. */
  readonly runFolder: string;
  readonly sendsFiles: boolean;
  readonly readsResults: boolean;
  /** Whether the context comes by the executor's standard input. */
  readonly takesInput: boolean;
  /** The executor runs under dlv, which listens on this port of the Pod; null for an ordinary run. */
  readonly debugPort?: number | null;
}

/** Writing files with the owners and modes that they have here. */
const helperCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"];

export function podOf(plan: PodPlan): V1Pod {
  const { options } = plan;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadataOf(plan),
    spec: {
      restartPolicy: "Never",
      activeDeadlineSeconds: options.deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      // RUN must not find the cluster's token.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(options.serviceAccount === null ? {} : { serviceAccountName: options.serviceAccount }),
      ...(options.imagePullSecrets.length === 0
        ? {}
        : { imagePullSecrets: options.imagePullSecrets.map(name => ({ name })) }),
      ...(Object.keys(options.nodeSelector).length === 0 ? {} : { nodeSelector: { ...options.nodeSelector } }),
      ...(options.tolerations.length === 0 ? {} : { tolerations: options.tolerations.map(one => ({ ...one })) }),
      ...(options.priorityClass === null ? {} : { priorityClassName: options.priorityClass }),
      topologySpreadConstraints: [overNodes],
      ...(plan.sendsFiles ? { initContainers: [filesHelper(plan)] } : {}),
      containers: [executor(plan), ...(plan.readsResults ? [resultsHelper(plan)] : [])],
      volumes: volumesOf(plan),
    },
  };
}

/** Builds take turns on the nodes, as far as nothing else speaks against it. */
const overNodes: V1TopologySpreadConstraint = {
  maxSkew: 1,
  topologyKey: "kubernetes.io/hostname",
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: ownLabels },
};

export const versionContainer = "version";
export const helpContainer = "help";

/** A Pod in which an executor says who it is. */
export function identityPodOf(
  plan: Pick<PodPlan, "name" | "namespace" | "labels" | "annotations" | "environmentSecret" | "options" | "image">,
): V1Pod {
  const nothing = {
    ...{ mounts: [], runFolder: "", helperImage: "", args: [] },
    ...{ sendsFiles: false, readsResults: false, takesInput: false },
  };
  const pod = podOf({ ...plan, ...nothing });
  const one = executor({ ...plan, ...nothing });
  const containers = [
    { ...one, name: versionContainer, args: ["version"] },
    { ...one, name: helpContainer, args: ["--help"] },
  ];
  return { ...pod, spec: { ...pod.spec, containers, volumes: [], activeDeadlineSeconds: 600 } };
}

/** A Pod that only takes files, into a claim. */
export function fillerPodOf(
  plan: Pick<PodPlan, "name" | "namespace" | "labels" | "annotations" | "environmentSecret" | "options" | "image">,
): V1Pod {
  const nothing = { mounts: [], runFolder: "", args: [], sendsFiles: false, readsResults: false, takesInput: false };
  const whole = { ...plan, ...nothing, helperImage: plan.image };
  const pod = podOf(whole);
  return { ...pod, spec: { ...pod.spec, containers: [helper(whole, filesContainer, livingOn)] } };
}

/** The same Pod made by a Job, which keeps it from being lost to the cluster's own bookkeeping and removes itself later. */
export function jobOf(plan: PodPlan): V1Job {
  const { metadata, spec } = podOf(plan);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata ?? {},
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 3600,
      template: {
        metadata: { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} },
        ...(spec ? { spec } : {}),
      },
    },
  };
}

/** What stands for a path of the executor in the Pod's volume: `/kaniko/.docker/config.json` is `kaniko-.docker-config.json`. */
export function volumePlace(path: string): string {
  return path.replace(/^\/+/, "").replace(/[^A-Za-z0-9._-]+/g, "-");
}

function metadataOf({ name, namespace, labels, annotations, options }: PodPlan) {
  return { name, namespace, labels: { ...options.labels, ...labels }, annotations: { ...annotations } };
}

function executor(plan: PodPlan): V1Container {
  const { options } = plan;
  const resources = { ...amounts("requests", options.requests), ...amounts("limits", options.limits) };
  return {
    name: executorContainer,
    image: plan.image,
    ...programOf(plan),
    ...(plan.environmentSecret === null ? {} : { envFrom: [{ secretRef: { name: plan.environmentSecret } }] }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(plan.takesInput ? { stdin: true, stdinOnce: true } : {}),
    securityContext: rootWith(executorCapabilities, {}),
    volumeMounts: plan.mounts.map((mount, at) => mountOf(plan, mount, at)),
  };
}

/** The runtime finds dlv by the PATH of the image. Who forwards the port comes from the Pod's own loopback. */
function programOf({ args, program, debugPort = null }: PodPlan): Pick<V1Container, "command" | "args" | "workingDir"> {
  if (program) {
    const { command, workingFolder } = program;
    return { ...(command ? { command: [...command] } : {}), workingDir: workingFolder, args: [...args] };
  }
  if (debugPort === null) return { args: [...args] };
  const listen = `--listen=127.0.0.1:${debugPort}`;
  const command = ["dlv", "exec", listen, "--headless", "--api-version=2", "--accept-multiclient", "/kaniko/executor"];
  return { command, args: ["--", ...args] };
}

function filesHelper(plan: PodPlan): V1Container {
  const ready = `${labFolder}/${inRun(plan, readyFile)}`;
  // The file names the program that wrote it: when this container ends, programs in it are killed.
  const writerEnds = `while kill -0 "$(cat ${ready})" 2>/dev/null; do sleep 0.05 || sleep 1; done`;
  // Told to end before that, it has not succeeded: the Pod is being deleted, and what was sent may be half.
  return helper(
    plan,
    filesContainer,
    `trap 'exit 143' TERM; until [ -s ${ready} ]; do sleep 0.2 || sleep 1; done; ${writerEnds}`,
  );
}

function resultsHelper(plan: PodPlan): V1Container {
  return helper(plan, resultsContainer, livingOn);
}

const livingOn = "while :; do sleep 3600 & wait; done";

/** A shell that ends at once when it is told to. */
function helper(plan: PodPlan, name: string, script: string): V1Container {
  const requests = { cpu: "10m", memory: "16Mi" };
  // Namespaces with a quota want limits from all containers or from none.
  const limits = Object.keys(plan.options.limits).length === 0 ? {} : { limits: { cpu: "500m", memory: "128Mi" } };
  return {
    name,
    image: plan.helperImage,
    command: ["sh", "-c", `trap 'exit 0' TERM; ${script}`],
    resources: { requests, ...limits },
    securityContext: rootWith(helperCapabilities, { allowPrivilegeEscalation: false }),
    volumeMounts: [{ name: "lab", mountPath: labFolder }],
  };
}

function rootWith(capabilities: readonly string[], more: V1SecurityContext): V1SecurityContext {
  return {
    runAsUser: 0,
    runAsGroup: 0,
    privileged: false,
    capabilities: { drop: ["ALL"], add: [...capabilities] },
    seccompProfile: { type: "RuntimeDefault" },
    ...more,
  };
}

function amounts(kind: "requests" | "limits", values: Readonly<Record<string, string>>) {
  return Object.keys(values).length === 0 ? {} : { [kind]: { ...values } };
}

function mountOf(plan: PodPlan, mount: PodMount, at: number): V1VolumeMount {
  if (mount.kind === "claim") return { name: `mount-${at}`, mountPath: mount.path, readOnly: true };
  if (mount.kind === "login") return { name: `mount-${at}`, mountPath: mount.path, subPath: loginFile, readOnly: true };
  const readOnly = mount.readOnly ? { readOnly: true } : {};
  if (mount.kind === "host-path") return { name: `node-${at}`, mountPath: mount.path, ...readOnly };
  return { name: "lab", mountPath: mount.path, subPath: inRun(plan, mount.place), ...readOnly };
}

function inRun({ runFolder }: PodPlan, place: string): string {
  return runFolder === "" || place.startsWith("/") ? place.replace(/^\//, "") : `${runFolder}/${place}`;
}

function volumesOf({ options, mounts }: PodPlan): V1Volume[] {
  const lab: V1Volume =
    options.claim === null
      ? { name: "lab", emptyDir: {} }
      : { name: "lab", persistentVolumeClaim: { claimName: options.claim } };
  return [lab, ...mounts.flatMap(volumeOfMount)];
}

const loginFile = "config.json";

function volumeOfMount(mount: PodMount, at: number): V1Volume[] {
  switch (mount.kind) {
    case "volume":
      return [];
    case "host-path":
      return [{ name: `node-${at}`, hostPath: { path: mount.nodePath, type: "Directory" } }];
    case "claim":
      return [{ name: `mount-${at}`, persistentVolumeClaim: { claimName: mount.claim, readOnly: true } }];
    case "login": {
      const items = [{ key: ".dockerconfigjson", path: loginFile }];
      return [{ name: `mount-${at}`, secret: { secretName: mount.secret, items } }];
    }
  }
}
