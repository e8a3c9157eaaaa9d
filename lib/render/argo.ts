/** Argo: a WorkflowTemplate whose parameters are what one changes from build to build. */

import { LabError } from "../error.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf, preparations } from "./header.ts";
import { metadataOf, type PodParts, podParts, securityContext } from "./pod-parts.ts";
import { type Hole, holesOf } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

export function renderArgo(rendering: Rendering): Rendered {
  const { build, options, context } = rendering;
  const isCluster = build.originKind === "ClusterWorkflowTemplate";
  const met: Hole[] = [];
  const hole = (each: Hole) => {
    met.push(each);
    return `{{inputs.parameters.${each.name}}}`;
  };
  const parts = podParts(rendering, { hole, literal: ownText, digestFile: ["/output/digest"], keepsOutput: false });
  const parameters = holesOf([met]);
  const isArtifact = context.kind === "folder" && context.from.kind === "artifact";
  const kind = isCluster ? "ClusterWorkflowTemplate" : "WorkflowTemplate";
  const value = {
    apiVersion: "argoproj.io/v1alpha1",
    kind,
    metadata: metadataOf(build.name, isCluster ? null : options.namespace),
    spec: {
      entrypoint: "build",
      arguments: { parameters: parameters.map(each => ({ name: each.name, ...valueAs(each, "value") })) },
      templates: [templateOf(rendering, parts, parameters, isArtifact)],
    },
  };
  const needed = parameters.filter(each => each.value === null).map(({ name }) => ` -p ${name}=…`);
  const commands = [
    "kubectl apply -f FILE",
    `argo submit --watch --from ${kind.toLowerCase()}/${build.name}${needed.join("")}`,
  ];
  const prepare = [
    ...(isArtifact ? ["context: the artifact source, which the template that calls this one gives it."] : []),
    ...preparations(rendering),
    ...(build.output === null ? [] : ["the image becomes an artifact: Argo needs an artifact repository."]),
  ];
  const header = headerOf(`${build.name}: a build with Kaniko as a template of Argo.`, commands, prepare, build.notes);
  const comments: [string[], string][] = [
    [["spec", "arguments"], "As the build has them; others are given with -p NAME=VALUE."],
  ];
  return { text: yamlText([{ value, header, comments }, ...parts.claims]), notes: build.notes };
}

function templateOf(
  { build, options }: Rendering,
  parts: PodParts,
  parameters: readonly Hole[],
  isArtifact: boolean,
): object {
  const serviceAccount = options.serviceAccount ?? build.serviceAccount;
  // The digest goes where images go.
  const mounts = build.output === null ? [...parts.mounts, { name: "output", mountPath: "/output" }] : parts.mounts;
  const volumes = build.output === null ? [...parts.volumes, { name: "output", emptyDir: {} }] : parts.volumes;
  const artifact = { name: "image", path: `/output/${build.output?.name}` };
  return {
    name: "build",
    inputs: {
      parameters: parameters.map(each => ({ name: each.name, ...valueAs(each, "default") })),
      ...(isArtifact ? { artifacts: [{ name: "source", path: "/workspace" }] } : {}),
    },
    outputs: {
      parameters: [{ name: "digest", valueFrom: { path: "/output/digest" } }],
      ...(build.output === null ? {} : { artifacts: [artifact] }),
    },
    ...(serviceAccount === null ? {} : { serviceAccountName: serviceAccount }),
    ...(parts.sources.length === 0 ? {} : { initContainers: parts.sources }),
    container: {
      image: parts.executor,
      // Argo would have to ask the registry for the image's own.
      command: ["/kaniko/executor"],
      args: parts.args,
      ...(parts.env.length === 0 ? {} : { env: parts.env }),
      securityContext,
      volumeMounts: mounts,
    },
    volumes,
  };
}

function valueAs({ value }: Hole, key: "value" | "default"): object {
  return value === null ? {} : { [key]: ownText(value).replaceAll("$", "$$$$") };
}

/** @throws LabError `config-invalid`: Argo has no way to write two braces that are its own reference's. */
function ownText(value: string): string {
  if (!value.includes("{{")) return value;
  throw new LabError("config-invalid", `Argo takes ${JSON.stringify(value)} for one of its own references`, {
    hint: "another format, or another value",
  });
}
