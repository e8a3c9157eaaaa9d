/** What Pods, Jobs, Argo's templates and Tekton's tasks have in common: containers, volumes, claims. */

import { executorCapabilities } from "../executor/capabilities.ts";
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
}

/** Nothing else is needed: root that may change owners and modes, and start what belongs to others. */
export const securityContext = {
  capabilities: {
    drop: ["ALL"],
    add: [...executorCapabilities],
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
      valueFrom: secretReference(build, name, optional.has(name)),
    })),
  ];
}

function secretReference(build: PortableBuild, name: string, isOptional = false): object {
  return {
    secretKeyRef: { name: secretsName(build), key: keyOf(name), ...(isOptional ? { optional: true } : {}) },
  };
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
      ? [{ name: "base-images", persistentVolumeClaim: { claimName: options.baseClaim, readOnly: true } }]
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
    const { image, command, args, workingFolder } = source;
    const env = [
      ...[...source.env].map(([variable, value]) => ({ name: variable, value: escapeVariables(value) })),
      ...source.unknownEnv.map(variable => ({ name: variable, valueFrom: secretReference(build, variable) })),
    ];
    return {
      name,
      image,
      ...(command === null ? {} : { command: command.map(escapeVariables) }),
      ...(args.length === 0 ? {} : { args: args.map(escapeVariables) }),
      ...(env.length === 0 ? {} : { env }),
      workingDir: workingFolder,
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

export const ownLabels = { "app.kubernetes.io/name": "kaniko-lab" };

export function metadataOf(name: string, namespace: string | null, labels = true) {
  return {
    name,
    ...(namespace === null ? {} : { namespace }),
    ...(labels ? { labels: ownLabels } : {}),
  };
}
