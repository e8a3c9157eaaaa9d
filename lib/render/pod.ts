/** A Pod, or a Job around it. */

import type { Rendered, Rendering } from "./format.ts";
import { headerOf, preparations, refuseMissing } from "./header.ts";
import { metadataOf, ownLabels, type PodParts, podParts, securityContext } from "./pod-parts.ts";
import { deadlineOf, labelsOf, placementOf, pullSecretsOf, resourcesOf } from "./pod-wishes.ts";
import type { RenderOptions } from "./render-options.ts";
import type { Hole } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

/** What is read from a Pod waits this long for its reader. */
const readingMinutes = 60;

export function renderPod(rendering: Rendering): Rendered {
  const { build, options, context } = rendering;
  const { name, output } = build;
  // What is in a folder of the node can be read there.
  const hostFolder = options.cacheVolume.kind === "host" ? options.cacheVolume.path : null;
  const parts = partsOf(rendering, hostFolder !== null);
  const inNamespace = options.namespace === null ? "" : ` -n ${options.namespace}`;
  const reading =
    output === null || hostFolder !== null
      ? []
      : [
          `kubectl cp${inNamespace} -c results ${name}:/output/${output.name} ./${output.name}`,
          `kubectl exec${inNamespace} ${name} -c results -- touch /read`,
        ];
  const commands = [
    `kubectl apply -f FILE${inNamespace}`,
    ...(context.kind === "stdin" ? [`tar -C CONTEXT -cz . | kubectl attach -i ${name} -c build${inNamespace}`] : []),
    `kubectl logs -f ${name} -c build${inNamespace}`,
    ...reading,
    `kubectl delete pod ${name}${inNamespace}`,
  ];
  const results = output === null ? null : resultsContainer(parts, options, hostFolder === null);
  const value = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadataOf(name, options.namespace), ...labelsOf(options, ownLabels) },
    spec: podSpec(rendering, parts, results),
  };
  const kept =
    output === null || hostFolder === null
      ? []
      : [`the image goes to ${hostFolder}/${name}/${output.name} of the node.`];
  const prepare = [...preparations(rendering), ...kept];
  const header = headerOf(`${name}: a build with Kaniko in a Pod.`, commands, prepare, build.notes);
  const comments: [string[], string][] =
    results === null
      ? []
      : [
          [
            ["spec", "containers"],
            "The build is an init container, so that what it made can be read when it has ended.",
          ],
        ];
  return { text: yamlText([{ value, header, comments }, ...parts.claims]), notes: build.notes };
}

export function renderJob(rendering: Rendering): Rendered {
  const { build, options, context } = rendering;
  const parts = partsOf(rendering, true);
  const { name } = build;
  const inNamespace = options.namespace === null ? "" : ` -n ${options.namespace}`;
  const commands = [
    `kubectl apply -f FILE${inNamespace}`,
    ...(context.kind === "stdin"
      ? [`tar -C CONTEXT -cz . | kubectl attach -i job/${name} -c build${inNamespace}`]
      : []),
    `kubectl logs -f job/${name}${inNamespace}`,
    `kubectl delete job ${name}${inNamespace}`,
  ];
  const value = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadataOf(name, options.namespace),
    spec: {
      backoffLimit: 0,
      template: {
        metadata: labelsOf(options, ownLabels),
        spec: podSpec(rendering, parts, null),
      },
    },
  };
  const where =
    options.cacheVolume.kind === "pvc" ? `volume claim ${options.cacheVolume.claim}` : options.cacheVolume.path;
  const kept = build.output === null ? [] : [`the image stays in the ${where}, as ${name}/${build.output.name}`];
  const header = headerOf(
    `${name}: a build with Kaniko as a Job.`,
    commands,
    [...preparations(rendering), ...kept],
    build.notes,
  );
  return { text: yamlText([{ value, header }, ...parts.claims]), notes: build.notes };
}

function partsOf(rendering: Rendering, keepsOutput: boolean): PodParts {
  const missing: Hole[] = [];
  const hole = (each: Hole) => {
    if (each.value === null) missing.push(each);
    return (each.value ?? "").replaceAll("$", "$$$$");
  };
  const parts = podParts(rendering, { hole, digestFile: ["/dev/termination-log"], keepsOutput });
  refuseMissing(missing);
  return parts;
}

function podSpec({ build, options }: Rendering, parts: PodParts, results: object | null): object {
  const serviceAccount = options.serviceAccount ?? build.serviceAccount;
  const container = {
    name: "build",
    image: parts.executor,
    args: parts.args,
    ...(parts.env.length === 0 ? {} : { env: parts.env }),
    ...(parts.stdin ? { stdin: true, stdinOnce: true } : {}),
    ...resourcesOf(options),
    securityContext,
    ...(parts.mounts.length === 0 ? {} : { volumeMounts: parts.mounts }),
  };
  const before = [...parts.sources, ...(results === null ? [] : [container])];
  return {
    restartPolicy: "Never",
    ...deadlineOf(options),
    ...placementOf(options),
    ...pullSecretsOf(options),
    // Any RUN could read the token.
    ...(serviceAccount === null ? { automountServiceAccountToken: false } : { serviceAccountName: serviceAccount }),
    ...(before.length === 0 ? {} : { initContainers: before }),
    containers: [results ?? container],
    ...(parts.volumes.length === 0 ? {} : { volumes: parts.volumes }),
  };
}

/** Nothing can be copied out of a container that has ended. */
function resultsContainer(parts: PodParts, options: RenderOptions, waits: boolean): object {
  const wait = `\nseq ${readingMinutes * 12} | while read -r _; do [ ! -e /read ] || break; sleep 5; done`;
  const output = parts.mounts.filter(mount => (mount as { mountPath: string }).mountPath === "/output");
  return {
    name: "results",
    image: options.helperImage,
    command: ["sh", "-c", `ls -l /output/*${waits ? `${wait}\n` : ""}`],
    volumeMounts: output.map(mount => ({ ...mount, readOnly: true })),
  };
}
