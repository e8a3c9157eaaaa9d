/** One build as a template of Argo: what a WorkflowTemplate of one and a Workflow of many have in common. */

import { LabError } from "../error.ts";
import type { Rendering } from "./format.ts";
import { type PodParts, podParts, securityContext } from "./pod-parts.ts";
import { deadlineOf, isEmpty, labelsOf, placementOf, resourcesOf } from "./pod-wishes.ts";
import type { Hole } from "./text.ts";

/** The artifact that holds the context, where it is one. */
export const sourceArtifact = "source";

export interface ArgoParts {
  readonly parts: PodParts;
  /** The holes of the build, as they are met; some more than once. */
  readonly met: readonly Hole[];
  readonly takesArtifact: boolean;
}

export function argoParts(rendering: Rendering): ArgoParts {
  const met: Hole[] = [];
  const hole = (each: Hole) => {
    met.push(each);
    return `{{inputs.parameters.${each.name}}}`;
  };
  const parts = podParts(rendering, { hole, literal: argoText, digestFile: ["/output/digest"], keepsOutput: false });
  const { context } = rendering;
  return { parts, met, takesArtifact: context.kind === "folder" && context.from.kind === "artifact" };
}

/** @param parameters the template's inputs. */
export function argoTemplate(
  name: string,
  { build, options }: Rendering,
  { parts, takesArtifact }: ArgoParts,
  parameters: readonly object[],
): object {
  const serviceAccount = options.serviceAccount ?? build.serviceAccount;
  // The digest goes where images go.
  const mounts = build.output === null ? [...parts.mounts, { name: "output", mountPath: "/output" }] : parts.mounts;
  const volumes = build.output === null ? [...parts.volumes, { name: "output", emptyDir: {} }] : parts.volumes;
  const artifact = { name: "image", path: `/output/${build.output?.name}` };
  const labels = labelsOf(options);
  return {
    name,
    ...(isEmpty(labels) ? {} : { metadata: labels }),
    inputs: {
      parameters,
      ...(takesArtifact ? { artifacts: [{ name: sourceArtifact, path: "/workspace" }] } : {}),
    },
    outputs: {
      parameters: [{ name: "digest", valueFrom: { path: "/output/digest" } }],
      ...(build.output === null ? {} : { artifacts: [artifact] }),
    },
    ...(serviceAccount === null ? {} : { serviceAccountName: serviceAccount }),
    ...deadlineOf(options),
    ...placementOf(options),
    ...(parts.sources.length === 0 ? {} : { initContainers: parts.sources }),
    container: {
      image: parts.executor,
      // Argo would have to ask the registry for the image's own.
      command: ["/kaniko/executor"],
      args: parts.args,
      ...(parts.env.length === 0 ? {} : { env: parts.env }),
      ...resourcesOf(options),
      securityContext,
      volumeMounts: mounts,
    },
    volumes,
  };
}

/** The value of a parameter as it must stand in a file. */
export function argoValue(value: string): string {
  return argoText(value).replaceAll("$", "$$$$");
}

/** @throws LabError `config-invalid`: Argo has no way to write two braces that are its own reference's. */
function argoText(value: string): string {
  if (!value.includes("{{")) return value;
  throw new LabError("config-invalid", `Argo takes ${JSON.stringify(value)} for one of its own references`, {
    hint: "another format, or another value",
  });
}
