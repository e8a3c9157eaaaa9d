/** What Pods, Jobs, Argo's templates and Tekton's tasks have in common: containers, volumes, claims, what to prepare. */

import { quoteWord } from "../ci/shell/quote-word.ts";
import { LabError } from "../error.ts";
import { executorArgs, type Places } from "./executor-args.ts";
import type { Rendering } from "./format.ts";
import { isOff, needsLogin, type PortableBuild, secretNames } from "./portable-build.ts";
import type { CacheVolume, RenderOptions } from "./render-options.ts";
import { fillText, type Hole, type Text } from "./text.ts";
import type { YamlPart } from "./yaml-text.ts";

export interface PodWays {
  /** What stands in a text for a parameter. */
  readonly hole: (hole: Hole) => string;
  /** What a format would take for one of its own references. */
  readonly literal?: (value: string) => string;
  /** The folder with the files. */
  readonly workspace?: Text;
  readonly digestFile: Text;
  /** Whether images go to the volume that keeps the layer cache: where nothing else outlives the build. */
  readonly keepsOutput: boolean;
}

export interface PodParts {
  readonly executor: string;
  readonly args: readonly string[];
  readonly env: readonly object[];
  readonly stdin: boolean;
  readonly mounts: readonly object[];
  readonly volumes: readonly object[];
  /** Containers that fill the workspace, in order. */
  readonly sources: readonly object[];
  readonly claims: readonly YamlPart[];
  readonly usesCache: boolean;
  /** Lines for people. */
  readonly prepare: readonly string[];
}

/** Nothing else is needed: root that may change owners and modes, and start what belongs to others. */
export const securityContext = {
  capabilities: {
    drop: ["ALL"],
    add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETUID", "SYS_CHROOT"],
  },
};

/** An image with git, for sources. */
const gitImage = "alpine/git:latest";

export function podParts({ build, context, options }: Rendering, ways: PodWays): PodParts {
  // Kubernetes puts variables in the place of `$(NAME)`.
  const literal = (value: string) => (ways.literal?.(value) ?? value).replaceAll("$", "$$$$");
  const hole = ways.hole;
  const fill = (text: Text) => fillText(text, literal, hole);
  const keepsOutput = ways.keepsOutput && build.output !== null;
  const usesCache = usesCacheVolume(build) || keepsOutput;
  const places: Places = {
    context,
    workspace: ways.workspace ?? ["/workspace"],
    layerCache: ["oci:/cache/layers"],
    output: ["/output"],
    baseImages: ["/base-images"],
    digestFile: ways.digestFile,
    secret: (id, variable) => (variable === null ? [`src=/kaniko/lab/secrets/${keyOf(id)}`] : [`env=${variable}`]),
  };
  return {
    executor: fillText(build.executor, value => value, hole),
    args: executorArgs(build, places).map(fill),
    env: environmentOf(build, fill),
    stdin: context.kind === "stdin",
    mounts: mountsOf(build, keepsOutput, context.kind === "folder" && context.from.kind !== "artifact"),
    volumes: volumesOf({ build, context, options }, usesCache, keepsOutput),
    sources: sourcesOf(build),
    claims: usesCache ? claimOf(options) : [],
    usesCache,
    prepare: preparations({ build, context, options }),
  };
}

export function usesCacheVolume(build: PortableBuild): boolean {
  return build.cache.place === "folder" && !isOff(build);
}

export function secretsName(build: PortableBuild): string {
  return `${build.name}-secrets`;
}

/** Keys of a Secret have few characters. */
export function keyOf(id: string): string {
  return id.replace(/[^\w.-]/g, "-");
}

function environmentOf(build: PortableBuild, fill: (text: Text) => string): object[] {
  const optional = new Set(build.secretVariables);
  return [
    ...build.environment.map(({ name, value }) => ({ name, value: fill(value) })),
    ...secretNames(build).map(name => ({
      name,
      valueFrom: {
        secretKeyRef: {
          name: secretsName(build),
          key: keyOf(name),
          ...(optional.has(name) ? { optional: true } : {}),
        },
      },
    })),
  ];
}

function mountsOf(build: PortableBuild, keepsOutput: boolean, hasWorkspace: boolean): object[] {
  const outputMount = keepsOutput ? { name: "cache", mountPath: "/output", subPath: build.name } : null;
  return [
    ...(hasWorkspace ? [{ name: "workspace", mountPath: "/workspace", readOnly: true }] : []),
    ...(usesCacheVolume(build) ? [{ name: "cache", mountPath: "/cache" }] : []),
    ...(build.output === null ? [] : [outputMount ?? { name: "output", mountPath: "/output" }]),
    ...(build.hasBaseCache ? [{ name: "base-images", mountPath: "/base-images", readOnly: true }] : []),
    ...(needsLogin(build) ? [{ name: "registry-login", mountPath: "/kaniko/.docker", readOnly: true }] : []),
    ...(hasSecretFiles(build) ? [{ name: "secrets", mountPath: "/kaniko/lab/secrets", readOnly: true }] : []),
  ];
}

function hasSecretFiles(build: PortableBuild): boolean {
  return build.secrets.some(({ variable }) => variable === null);
}

export function cacheVolumeSource(volume: CacheVolume): object {
  return volume.kind === "pvc"
    ? { persistentVolumeClaim: { claimName: volume.claim } }
    : { hostPath: { path: volume.path, type: "DirectoryOrCreate" } };
}

function volumesOf({ build, context, options }: Rendering, usesCache: boolean, keepsOutput: boolean): object[] {
  return [
    ...workspaceVolume({ build, context, options }),
    ...(usesCache ? [{ name: "cache", ...cacheVolumeSource(options.cacheVolume) }] : []),
    ...(build.output === null || keepsOutput ? [] : [{ name: "output", emptyDir: {} }]),
    ...(build.hasBaseCache
      ? [{ name: "base-images", persistentVolumeClaim: { claimName: "kaniko-base-images", readOnly: true } }]
      : []),
    ...(needsLogin(build) ? [{ name: "registry-login", secret: loginSecret(options) }] : []),
    ...(hasSecretFiles(build) ? [{ name: "secrets", secret: { secretName: secretsName(build) } }] : []),
  ];
}

function workspaceVolume({ build, context }: Rendering): object[] {
  if (context.kind !== "folder") return [];
  const { from } = context;
  const name = "workspace";
  switch (from.kind) {
    case "host":
      return [{ name, hostPath: { path: hostPathOf(build, from.path), type: "Directory" } }];
    case "pvc":
      return [{ name, persistentVolumeClaim: { claimName: from.claim } }];
    case "sources":
      return [{ name, emptyDir: {} }];
    default:
      return [];
  }
}

export function hostPathOf(build: PortableBuild, path: string | null): string {
  return path ?? (build.context.kind === "folder" ? build.context.hostFolder : null) ?? "/workspace";
}

/** Without the secret the build goes on and logs in nowhere: open registries need none. */
export function loginSecret(options: RenderOptions): object {
  return {
    secretName: options.registrySecret,
    optional: true,
    items: [{ key: ".dockerconfigjson", path: "config.json" }],
  };
}

/** Knative ran these one after the other, each in `/workspace`. */
function sourcesOf(build: PortableBuild): object[] {
  const volumeMounts = [{ name: "workspace", mountPath: "/workspace" }];
  return build.sources.map((source, at) => {
    const name = `source-${at + 1}`;
    if (source.kind === "git") {
      const folder = source.below === "" ? "/workspace" : `/workspace/${source.below}`;
      // The folder may have files of the source before.
      const script =
        'git init -q "$3" && git -C "$3" fetch -q --depth 1 "$1" "$2" && git -C "$3" checkout -qf FETCH_HEAD';
      const args = ["-c", script, "sh", source.url, source.revision, folder];
      return { name, image: gitImage, command: ["sh"], args: args.map(escapeVariables), volumeMounts };
    }
    const { image, command, args, env } = source;
    return {
      name,
      image,
      ...(command.length === 0 ? {} : { command }),
      ...(args.length === 0 ? {} : { args }),
      ...(env.length === 0 ? {} : { env }),
      workingDir: "/workspace",
      volumeMounts,
    };
  });
}

function escapeVariables(word: string): string {
  return word.replace(/\$(?=[$(])/g, "$$$$");
}

/** @returns nothing where the folder is the node's. */
export function claimOf({ cacheVolume, namespace }: RenderOptions): YamlPart[] {
  if (cacheVolume.kind !== "pvc") return [];
  return [
    {
      header: ["The layer cache between builds. Whoever deletes this claim deletes the cache."],
      value: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: metadataOf(cacheVolume.claim, namespace),
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
      },
    },
  ];
}

export function metadataOf(name: string, namespace: string | null, labels = true): object {
  return {
    name,
    ...(namespace === null ? {} : { namespace }),
    ...(labels ? { labels: { "app.kubernetes.io/name": "kaniko-lab" } } : {}),
  };
}

function preparations({ build, context, options }: Rendering): string[] {
  const inNamespace = options.namespace === null ? "" : ` -n ${options.namespace}`;
  const lines: string[] = [];
  if (context.kind === "remote")
    lines.push("context: Kaniko fetches it itself; where that needs credentials, they are the service account's.");
  else if (context.kind === "folder" && context.from.kind === "host")
    lines.push(
      `context: the node has it at ${hostPathOf(build, context.from.path)} (kind: extraMounts, minikube: minikube mount).`,
    );
  else if (context.kind === "folder" && context.from.kind === "pvc")
    lines.push(`context: the volume claim ${context.from.claim} holds it; it has to be there, and filled.`);
  else if (context.kind === "folder" && context.from.kind === "checkout")
    lines.push("context: the workspace source holds the checkout; the TaskRun binds it to the volume claim workspace.");
  else if (context.kind === "folder" && context.from.kind === "sources")
    lines.push("context: containers before the build put it together.");
  if (usesCacheVolume(build)) {
    const { cacheVolume } = options;
    const where =
      cacheVolume.kind === "pvc" ? `the volume claim ${cacheVolume.claim}` : `${cacheVolume.path} of the node`;
    lines.push(`layer cache: in ${where}, instead of the cache folder; a registry takes it with --cache REPOSITORY.`);
  }
  const serviceAccount = options.serviceAccount ?? build.serviceAccount;
  if (serviceAccount !== null) lines.push(`the service account ${serviceAccount} has to be there.`);
  if (build.hasBaseCache)
    lines.push("base image cache: the volume claim kaniko-base-images, which a warmer has filled.");
  if (needsLogin(build)) {
    lines.push(
      "login to registries, where they want one:",
      `  kubectl create secret generic ${options.registrySecret}${inNamespace} --type=kubernetes.io/dockerconfigjson \\`,
      "    --from-file=.dockerconfigjson=$HOME/.docker/config.json",
    );
  }
  const names = secretNames(build);
  const files = build.secrets.filter(({ variable }) => variable === null);
  if (names.length + files.length > 0) {
    const words = [
      ...names.map(name => `--from-literal=${quoteWord(`${keyOf(name)}=…`)}`),
      ...files.map(({ id }) => `--from-file=${quoteWord(`${keyOf(id)}=FILE`)}`),
    ];
    lines.push("secrets:", `  kubectl create secret generic ${secretsName(build)}${inNamespace} ${words.join(" ")}`);
  }
  return lines;
}

/** @throws LabError `usage` */
export function refuseMissing(missing: readonly Hole[]): void {
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(({ name }) => name))];
  throw new LabError("usage", `the build needs values that the file does not tell: ${names.join(", ")}`, {
    hint: `${names.map(name => `--param ${name}=VALUE`).join(" ")}, or a format with parameters: argo, tekton`,
  });
}

/** Lines of a header: what it is, how it is used, what to prepare, what to know. */
export function headerOf(
  title: string,
  commands: readonly string[],
  prepare: readonly string[],
  notes: readonly string[],
): string[] {
  return [
    title,
    ...commands.map(line => `  ${line}`),
    ...(prepare.length === 0
      ? []
      : ["", "To prepare:", ...prepare.map(line => (line.startsWith("  ") ? line : `- ${line}`))]),
    ...(notes.length === 0 ? [] : ["", "To know:", ...notes.map(note => `- ${note}`)]),
  ];
}
