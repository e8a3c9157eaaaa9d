/** Pod, Job, CronJob, and every other object that has a Pod's template. */

import * as z from "zod/mini";
import type { CiBuild } from "./ci-build.ts";
import { buildsOfContainer, containerShape, type Reading, volumesShape } from "./container.ts";
import { isExecutorImage } from "./kaniko-command.ts";
import { text, type YamlDocument, type YamlPath } from "./yaml-file.ts";

const podShape = z.looseObject({
  initContainers: z.optional(z.nullable(z.array(containerShape))),
  containers: z.optional(z.nullable(z.array(containerShape))),
  volumes: volumesShape,
  serviceAccountName: z.optional(text),
});

const podPaths: Readonly<Record<string, YamlPath>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
  Deployment: ["spec", "template", "spec"],
};

export const kubernetesKinds = Object.keys(podPaths);

export function readKubernetes(document: YamlDocument, kind: string, name: string, reading: Reading): CiBuild[] {
  const path = podPaths[kind] as YamlPath;
  const pod = document.check(podShape, path);
  const lists = ["initContainers", "containers"] as const;
  const all = lists.flatMap(list =>
    (pod[list] ?? []).map((container, at) => ({
      container,
      path: [...path, list, at],
      isInit: list === "initContainers",
    })),
  );
  const notes = all
    .filter(({ container, isInit }) => isInit && !isExecutorImage(container.image ?? ""))
    .map(({ container }) => `before it runs ${container.name ?? "a container"} (${container.image ?? "?"})`);
  const found = all.flatMap(each =>
    buildsOfContainer(each.container, {
      document,
      path: each.path,
      reading,
      origin: {
        file: reading.file,
        format: "kubernetes",
        kind,
        name,
        job: each.container.name ?? "",
        template: null,
      },
      fill: value => value,
      volumes: pod.volumes,
      notes,
    }),
  );
  return found.map(each => ({ ...each, serviceAccount: pod.serviceAccountName }));
}
