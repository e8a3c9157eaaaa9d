/** Tekton: a Task with parameters and workspaces, and a TaskRun that gives it what the build has. */

import { LabError } from "../error.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf, preparations } from "./header.ts";
import {
  cacheVolumeSource,
  loginSecret,
  metadataOf,
  type PodParts,
  podParts,
  securityContext,
  usesCacheVolume,
} from "./pod-parts.ts";
import { isEmpty, labelsOf, placementOf, pullSecretsOf, resourcesOf } from "./pod-wishes.ts";
import { needsLogin } from "./portable-build.ts";
import type { RenderOptions } from "./render-options.ts";
import { type Hole, holesOf } from "./text.ts";
import { type YamlPart, yamlText } from "./yaml-text.ts";

const defaultClaim = "workspace";

export function renderTekton(rendering: Rendering): Rendered {
  const { build, options } = rendering;
  const met: Hole[] = [];
  const hole = (each: Hole) => {
    met.push(each);
    return `$(params.${each.name})`;
  };
  // References of Tekton go through the same text as those of Kubernetes: only literal text is made safe.
  const parts = podParts(rendering, {
    hole,
    literal: ownText,
    workspace: ["/workspace"],
    digestFile: ["/tekton/results/IMAGE_DIGEST"],
    keepsOutput: true,
  });
  const parameters = holesOf([met]);
  const missing = parameters.filter(({ value }) => value === null).map(({ name }) => name);
  const workspaces = workspacesOf(rendering);
  const isLost =
    missing.length > 0 && !isEmpty({ ...podTemplateOf(options), ...labelsOf(options), ...timeoutOf(options) });
  const notes = [
    ...build.notes,
    ...(isLost
      ? ["a TaskRun says which nodes, labels, pull secrets and time it has; there is none, as values are missing"]
      : []),
  ];
  const task: YamlPart = {
    value: {
      apiVersion: "tekton.dev/v1",
      kind: "Task",
      metadata: metadataOf(build.name, options.namespace),
      spec: {
        params: parameters.map(({ name, value }) => ({
          name,
          type: "string",
          ...(value === null ? {} : { default: ownText(value).replaceAll("$", "$$$$") }),
        })),
        ...(workspaces.length === 0 ? {} : { workspaces: workspaces.map(({ declared }) => declared) }),
        results: [{ name: "IMAGE_DIGEST", description: "Digest of the image" }],
        steps: stepsOf(parts, options),
        ...taskVolumes(parts),
      },
    },
    header: headerOf(
      `${build.name}: a build with Kaniko as a Task of Tekton${missing.length === 0 ? ", and a run of it" : ""}.`,
      missing.length === 0
        ? [`kubectl create -f FILE        (again: tkn task start ${build.name} --use-param-defaults)`]
        : ["kubectl apply -f FILE", `tkn task start ${build.name}${missing.map(name => ` -p ${name}=…`).join("")}`],
      preparations(rendering),
      notes,
    ),
    comments: [[["spec", "params"], "As the build has them; a TaskRun can give others."]],
  };
  const run = missing.length === 0 ? [runOf(rendering, workspaces)] : [];
  return { text: yamlText([task, ...parts.claims, ...run]), notes };
}

/** @throws LabError `usage` */
function claimBinding({ cacheVolume }: RenderOptions): object {
  if (cacheVolume.kind === "pvc") return cacheVolumeSource(cacheVolume);
  throw new LabError("usage", "--as tekton: a workspace is no folder of the node", { hint: "--cache-volume pvc:NAME" });
}

interface Workspace {
  readonly declared: { readonly name: string };
  readonly binding: object;
}

/** Volumes that whoever starts the task chooses. */
function workspacesOf({ build, context, options }: Rendering): Workspace[] {
  const workspaces: Workspace[] = [];
  if (context.kind === "folder") {
    const { from } = context;
    workspaces.push({
      declared: { name: "source", description: "The files of the build", mountPath: "/workspace" } as { name: string },
      binding:
        from.kind === "sources"
          ? { emptyDir: {} }
          : { persistentVolumeClaim: { claimName: from.kind === "pvc" ? from.claim : defaultClaim } },
    });
  }
  const inCache = (name: string, description: string, mountPath: string, more: object): Workspace => ({
    declared: { name, description, mountPath } as { name: string },
    binding: { ...claimBinding(options), ...more },
  });
  if (usesCacheVolume(build)) workspaces.push(inCache("cache", "Keeps the layer cache", "/cache", {}));
  if (build.output !== null)
    workspaces.push(inCache("output", "Gets the image, which is not pushed", "/output", { subPath: build.name }));
  if (needsLogin(build)) {
    workspaces.push({
      declared: {
        name: "registry-login",
        description: "A config.json with credentials",
        optional: true,
        readOnly: true,
        mountPath: "/kaniko/.docker",
      } as { name: string },
      binding: { secret: loginSecret(options) },
    });
  }
  return workspaces;
}

/** Volumes of the Pod that are workspaces here. */
const asWorkspaces = new Set(["workspace", "registry-login", "cache", "output"]);

function taskVolumes(parts: PodParts): object {
  const volumes = parts.volumes.filter(volume => !asWorkspaces.has((volume as { name: string }).name));
  return volumes.length === 0 ? {} : { volumes };
}

function stepsOf(parts: PodParts, options: RenderOptions): object[] {
  const sources = parts.sources.map(source => {
    const { volumeMounts: _, ...step } = source as { volumeMounts: unknown };
    return step;
  });
  const mounts = parts.mounts.filter(mount => !asWorkspaces.has((mount as { name: string }).name));
  const step = {
    name: "build",
    image: parts.executor,
    // Tekton would have to ask the registry for the image's own.
    command: ["/kaniko/executor"],
    args: parts.args,
    workingDir: "/workspace",
    ...(parts.env.length === 0 ? {} : { env: parts.env }),
    ...resourcesOf(options, "computeResources"),
    securityContext,
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
  };
  return [...sources, step];
}

function runOf({ build, options }: Rendering, workspaces: readonly Workspace[]): YamlPart {
  const serviceAccount = options.serviceAccount ?? build.serviceAccount;
  const podTemplate = podTemplateOf(options);
  return {
    value: {
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      metadata: {
        generateName: `${build.name}-`,
        ...(options.namespace === null ? {} : { namespace: options.namespace }),
        // Tekton hands them on to the Pod.
        ...labelsOf(options),
      },
      spec: {
        taskRef: { name: build.name },
        ...(serviceAccount === null ? {} : { serviceAccountName: serviceAccount }),
        ...timeoutOf(options),
        ...(isEmpty(podTemplate) ? {} : { podTemplate }),
        ...(workspaces.length === 0
          ? {}
          : { workspaces: workspaces.map(({ declared, binding }) => ({ name: declared.name, ...binding })) }),
      },
    },
  };
}

function podTemplateOf(options: RenderOptions): object {
  return { ...placementOf(options), ...pullSecretsOf(options) };
}

/** A TaskRun ends after an hour where it does not say when. */
function timeoutOf({ deadlineSeconds }: RenderOptions): object {
  return deadlineSeconds === null ? {} : { timeout: `${deadlineSeconds}s` };
}

/** @throws LabError `config-invalid`: Tekton has no way to write what looks like its own references. */
function ownText(value: string): string {
  if (!/\$\((?:inputs|outputs|params|workspaces|results|resources|context|tasks|steps|step)[.[]/.test(value))
    return value;
  throw new LabError("config-invalid", `Tekton takes ${JSON.stringify(value)} for one of its own references`, {
    hint: "another format, or another value",
  });
}
