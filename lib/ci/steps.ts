/** Steps that run one after the other in the same folder: Knative's and Tekton's. */

import type { CiBuild, CiOrigin, CiReference } from "./ci-build.ts";
import { buildsOfContainer, type Container, type Fill, type Reading, type Volumes } from "./container.ts";
import { isExecutorImage } from "./kaniko-command.ts";
import type { YamlDocument, YamlPath } from "./yaml-file.ts";

export interface StepsPlace {
  /** Where the steps are written: for lines. */
  readonly document: YamlDocument;
  readonly path: YamlPath;
  readonly reading: Reading;
  readonly origin: Omit<CiOrigin, "line" | "job" | "template">;
  /** In front of the step's own name: the task of a pipeline. */
  readonly task: string;
  readonly fill: Fill;
  readonly volumes: Volumes;
  readonly references: readonly CiReference[];
  readonly notes: readonly string[];
}

export function buildsOfSteps(steps: readonly Container[], place: StepsPlace): CiBuild[] {
  const notes = [...place.notes];
  return steps.flatMap((step, at) => {
    const name = step.name ?? `step ${at + 1}`;
    const builds = buildsOfContainer(step, {
      document: place.document,
      path: [...place.path, at],
      reading: place.reading,
      origin: { ...place.origin, job: place.task === "" ? name : `${place.task}.${name}`, template: null },
      fill: place.fill,
      volumes: place.volumes,
      references: place.references,
      notes,
    });
    if (builds.length === 0 && !isExecutorImage(step.image ?? "")) {
      const image = [place.fill(step.image ?? "?", 1)].flat().join(" ");
      notes.push(`before it runs ${name} (${place.reading.unknowns.shown(image)})`);
    }
    return builds;
  });
}
