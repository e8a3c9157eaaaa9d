/** Argo: a WorkflowTemplate whose parameters are what one changes from build to build. */

import { artifactTar, taskResultRights } from "./argo-preparations.ts";
import { argoParts, argoTemplate, argoValue, sourceArtifact } from "./argo-template.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf, preparations } from "./header.ts";
import { metadataOf } from "./pod-parts.ts";
import { pullSecretsOf } from "./pod-wishes.ts";
import { type Hole, holesOf } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

export function renderArgo(rendering: Rendering): Rendered {
  const { build, options } = rendering;
  const isCluster = build.originKind === "ClusterWorkflowTemplate";
  const argo = argoParts(rendering);
  const parameters = holesOf([argo.met]);
  const kind = isCluster ? "ClusterWorkflowTemplate" : "WorkflowTemplate";
  const inputs = parameters.map(each => ({ name: each.name, ...valueAs(each, "default") }));
  const value = {
    apiVersion: "argoproj.io/v1alpha1",
    kind,
    metadata: metadataOf(build.name, isCluster ? null : options.namespace),
    spec: {
      entrypoint: "build",
      ...pullSecretsOf(options),
      arguments: { parameters: parameters.map(each => ({ name: each.name, ...valueAs(each, "value") })) },
      templates: [argoTemplate("build", rendering, argo, inputs)],
    },
  };
  const needed = parameters.filter(each => each.value === null).map(({ name }) => name);
  const inNamespace = isCluster || options.namespace === null ? "" : ` -n ${options.namespace}`;
  const commands = [
    "kubectl apply -f FILE",
    // `argo submit` has no option for an artifact.
    ...(argo.takesArtifact
      ? []
      : [
          `argo submit --watch --from ${kind.toLowerCase()}/${build.name}${inNamespace}${needed.map(name => ` -p ${name}=…`).join("")}`,
          "or, by kubectl alone:",
        ]),
    `echo '${JSON.stringify(submitted(build.name, isCluster, needed, argo.takesArtifact))}' \\`,
    `  | kubectl create -f -${inNamespace}`,
  ];
  const prepare = [
    ...(argo.takesArtifact
      ? [
          `context: the artifact source, of a step before or a file in the artifact repository. ${artifactTar("FILE.tgz")}`,
        ]
      : []),
    ...preparations(rendering),
    ...taskResultRights([rendering]),
    ...(build.output === null ? [] : ["the image becomes an artifact: Argo needs an artifact repository."]),
  ];
  const header = headerOf(`${build.name}: a build with Kaniko as a template of Argo.`, commands, prepare, build.notes);
  const comments: [string[], string][] = [
    [["spec", "arguments"], "As the build has them; others are given with -p NAME=VALUE."],
  ];
  return { text: yamlText([{ value, header, comments }, ...argo.parts.claims]), notes: build.notes };
}

function valueAs({ value }: Hole, key: "value" | "default"): object {
  return value === null ? {} : { [key]: argoValue(value) };
}

/** A Workflow of the template, with what it asks for. */
function submitted(name: string, clusterScope: boolean, needed: readonly string[], takesArtifact: boolean): object {
  const given = {
    ...(needed.length === 0 ? {} : { parameters: needed.map(parameter => ({ name: parameter, value: "…" })) }),
    ...(takesArtifact ? { artifacts: [{ name: sourceArtifact, s3: { key: "KEY" } }] } : {}),
  };
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Workflow",
    metadata: { generateName: `${name}-` },
    spec: {
      workflowTemplateRef: { name, ...(clusterScope ? { clusterScope } : {}) },
      ...(Object.keys(given).length === 0 ? {} : { arguments: given }),
    },
  };
}
