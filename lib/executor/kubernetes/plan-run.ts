import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { posix, relative } from "node:path";
import { LabError } from "../../error.ts";
import type { ResolvedMount } from "../docker/resolve-mounts.ts";
import type { ExecutorSource, ImageProgram } from "../port.ts";
import { contextPath, flagOf } from "./context-ignore.ts";
import type { ContextTransport, HostPath, KubernetesOptions, ResultTransport } from "./kubernetes-options.ts";
import { type PodMount, volumePlace } from "./pod-spec.ts";
import { digestFlags } from "./pushed-results.ts";

/** Where a mount of the request is in the cluster. */
export interface PlacedMount {
  readonly mount: ResolvedMount;
  readonly pod: PodMount;
  /** Path in the Pod's volume; null for a folder of the node. */
  readonly place: string | null;
  readonly isLayerCache: boolean;
}

export interface RunPlan {
  readonly image: string;
  readonly helperImage: string;
  readonly context: ContextTransport;
  readonly results: ResultTransport;
  /** Whether the context comes by the executor's standard input. */
  readonly takesInput: boolean;
  readonly placed: readonly PlacedMount[];
  /** What the cluster itself has for the executor. */
  readonly ofCluster: readonly PodMount[];
  /** Another program of the image than the executor; it works on files that are here already. */
  readonly program: ImageProgram | undefined;
  /** With the context's place as the executor will see it. */
  readonly args: readonly string[];
}

/** Where the executor sees them in every build. */
const baseImagesPath = "/base-images";
const loginPath = "/kaniko/.docker/config.json";

/** What a claim keeps between runs, beside the folders of runs. */
const keptFolder = "layer-cache";
export const runsFolder = "runs";

/** @throws LabError `executor-unavailable` for an executor that is a file, `usage` for transports that cannot be */
export function planRun(
  source: ExecutorSource,
  args: readonly string[],
  mounts: readonly ResolvedMount[],
  chosen: KubernetesOptions,
  program?: ImageProgram,
): RunPlan {
  const image = imageOf(source);
  // Another program than the executor has no standard input for a context, pushes nothing, and needs no base images.
  const options = program ? { ...chosen, ...plainTransports(chosen), baseClaim: null } : chosen;
  const context = contextTransport(mounts, options);
  const results = resultTransport(args, mounts, options);
  const kept = mounts.filter(mount => !(context === "stdin" && mount.path === contextPath));
  const takesInput = kept.length < mounts.length;
  const ofCluster = clusterMounts(args, mounts, options);
  const baseFlags = options.baseClaim === null ? [] : ["--cache-dir", baseImagesPath];
  return {
    image,
    helperImage: options.helperImage ?? helperImageFor(image),
    context,
    results,
    takesInput,
    program,
    placed: kept.map(mount => placeOf(mount, args, { context, results }, options)),
    ofCluster,
    args: [...(takesInput ? argsForInput(args) : args), ...baseFlags, ...(results === "registry" ? digestFlags : [])],
  };
}

/** @throws LabError `usage` when the build brings the same itself, or would not look at it */
function clusterMounts(
  args: readonly string[],
  mounts: readonly ResolvedMount[],
  { baseClaim, registrySecret }: KubernetesOptions,
): PodMount[] {
  const refuse = (path: string, option: string, other: string) => {
    if (mounts.some(mount => mount.path === path)) throw new LabError("usage", `${option} and ${other} say the same`);
  };
  if (baseClaim !== null) refuse(baseImagesPath, "--base-claim", "--base-cache");
  if (baseClaim !== null && ["false", null].includes(flagOf(args, "cache"))) {
    throw new LabError("usage", "--base-claim does nothing with --cache off: Kaniko then looks into neither cache");
  }
  if (registrySecret !== null) refuse(loginPath, "--registry-secret", "--docker-config");
  return [
    ...(baseClaim === null ? [] : [{ kind: "claim", path: baseImagesPath, claim: baseClaim } as const]),
    ...(registrySecret === null ? [] : [{ kind: "login", path: loginPath, secret: registrySecret } as const]),
  ];
}

function plainTransports({ contextTransport, resultTransport }: KubernetesOptions) {
  return {
    contextTransport: contextTransport === "stdin" ? null : contextTransport,
    resultTransport: resultTransport === "registry" ? null : resultTransport,
  };
}

export function imageOf(source: ExecutorSource): string {
  if (source.kind === "image") return source.reference;
  const file = source.kind === "oci-layout" ? source.folder : source.file;
  throw new LabError("executor-unavailable", `a cluster pulls images from registries, it cannot take ${file}`, {
    hint: "push that executor to a registry that the cluster reaches: --executor HOST/NAME:TAG; or --driver docker, --driver sandbox",
  });
}

/** Kaniko's debug images have busybox themselves: then nothing else is pulled. */
function helperImageFor(image: string): string {
  return /:(?:[\w.-]+-)?debug(?:@|$)/.test(image) ? image : "busybox:1.37";
}

/** Where the node has a path of this machine; null when it is not told. */
export function nodePathOf(path: string, hostPaths: readonly HostPath[]): string | null {
  const longestFirst = [...hostPaths].sort((a, b) => b.local.length - a.local.length);
  for (const { local, node } of longestFirst) {
    const inside = relative(local, path);
    if (inside === "") return node;
    if (!inside.startsWith("..") && !inside.startsWith("/")) return posix.join(node, inside);
  }
  return null;
}

function contextTransport(mounts: readonly ResolvedMount[], options: KubernetesOptions): ContextTransport {
  const folder = mounts.find(({ path }) => path === contextPath);
  if (!folder) return "exec";
  const isOnNode = nodePathOf(folder.hostPath, options.hostPaths) !== null;
  if (options.contextTransport === "host-path" && !isOnNode) throw notOnNode("--context-transport", folder.hostPath);
  return options.contextTransport ?? (isOnNode ? "host-path" : "exec");
}

function resultTransport(
  args: readonly string[],
  mounts: readonly ResolvedMount[],
  options: KubernetesOptions,
): ResultTransport {
  const wanted = options.resultTransport;
  if (wanted === "registry" && flagOf(args, "destination") === null) {
    throw new LabError(
      "usage",
      "--result-transport registry reads the image from where it was pushed to, and it is pushed nowhere",
      {
        hint: "add --destination HOST/NAME:TAG",
      },
    );
  }
  if (wanted === "host-path") {
    for (const { hostPath } of mounts.filter(({ readOnly }) => !readOnly)) {
      if (nodePathOf(hostPath, options.hostPaths) === null) throw notOnNode("--result-transport", hostPath);
    }
  }
  return wanted ?? "exec";
}

function notOnNode(option: string, folder: string): LabError {
  return new LabError("usage", `${option} host-path: it is not told where the node has ${folder}`, {
    hint: "--host-path LOCAL=NODE tells it, as in --host-path ./workspace=/workspace for an extraMount of kind",
  });
}

function placeOf(
  mount: ResolvedMount,
  args: readonly string[],
  transports: { context: ContextTransport; results: ResultTransport },
  options: KubernetesOptions,
): PlacedMount {
  const isLayerCache = isLayerCacheMount(mount, args);
  const { path, readOnly } = mount;
  const byNode =
    path === contextPath ? transports.context === "host-path" : !readOnly && transports.results === "host-path";
  const nodePath = byNode ? nodePathOf(mount.hostPath, options.hostPaths) : null;
  if (nodePath !== null) {
    return { mount, pod: { kind: "host-path", path, nodePath, readOnly }, place: null, isLayerCache };
  }
  const place = isLayerCache && options.claim !== null ? `/${keptFolder}/${keyOf(mount.hostPath)}` : volumePlace(path);
  return { mount, pod: { kind: "volume", path, place, readOnly }, place, isLayerCache };
}

/** The writable folder that `--cache-repo oci:FOLDER/…` names. */
function isLayerCacheMount(mount: ResolvedMount, args: readonly string[]): boolean {
  return !mount.isFile && !mount.readOnly && flagOf(args, "cache-repo")?.startsWith(`oci:${mount.path}/`) === true;
}

/** The same cache folder of the same machine has the same place in a claim. */
function keyOf(hostPath: string): string {
  return createHash("sha256").update(`${hostname()}\0${hostPath}`).digest("hex").slice(0, 16);
}

/** Kaniko unpacks what comes by its input into a folder of its own, and looks for the Dockerfile there. */
function argsForInput(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    if (arg === `dir://${contextPath}` && args[at - 1] === "--context") return "tar://stdin";
    if (args[at - 1] === "--dockerfile" && arg.startsWith(`${contextPath}/`)) return arg.slice(contextPath.length + 1);
    return arg;
  });
}
