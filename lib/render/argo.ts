/** Argo: a WorkflowTemplate whose parameters are what one changes from build to build. */

import { argoParts, argoTemplate, argoValue } from "./argo-template.ts";
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
  const needed = parameters.filter(each => each.value === null).map(({ name }) => ` -p ${name}=…`);
  const commands = [
    "kubectl apply -f FILE",
    `argo submit --watch --from ${kind.toLowerCase()}/${build.name}${needed.join("")}`,
  ];
  const prepare = [
    ...(argo.takesArtifact ? ["context: the artifact source, which the template that calls this one gives it."] : []),
    ...preparations(rendering),
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
