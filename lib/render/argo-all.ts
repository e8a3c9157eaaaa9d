/** Argo: many builds as one Workflow, each after those that it is FROM. */

import { quoteWord } from "../ci/shell/quote-word.ts";
import { LabError } from "../error.ts";
import { artifactTar, taskResultRights } from "./argo-preparations.ts";
import { type ArgoParts, argoParts, argoTemplate, argoValue, sourceArtifact } from "./argo-template.ts";
import type { Rendered, Rendering } from "./format.ts";
import { headerOf, preparations } from "./header.ts";
import { metadataOf, usesCacheVolume } from "./pod-parts.ts";
import { pullSecretsOf } from "./pod-wishes.ts";
import { needsLogin, type PortableBuild } from "./portable-build.ts";
import { type Hole, holesOf } from "./text.ts";
import { yamlText } from "./yaml-text.ts";

export interface ArgoTask {
  /** Of its context. */
  readonly name: string;
  readonly rendering: Rendering;
  /** Names of the tasks that come first. */
  readonly needs: readonly string[];
}

export interface ArgoBatch {
  /** A name for the objects: `kaniko-images`. */
  readonly name: string;
  readonly tasks: readonly ArgoTask[];
  /** How many builds run at once. */
  readonly parallelism: number;
  /** The folder of all contexts in what is brought; null: all of it. */
  readonly contextPath: string | null;
}

/** Templates that differ in nothing but their parameters' values are one. */
interface Shape {
  readonly name: string;
  readonly document: object;
  readonly takesArtifact: boolean;
}

interface ReadTask extends ArgoTask {
  readonly argo: ArgoParts;
  readonly holes: readonly Hole[];
}

interface Placed extends ReadTask {
  readonly task: string;
  readonly shape: Shape;
}

/** @throws LabError `usage` for values that nobody knows; `config-invalid` for those that Argo cannot hold. */
export function renderArgoAll({ name, tasks, parallelism, contextPath }: ArgoBatch): Rendered {
  const read = tasks.map(readTask);
  const first = (tasks[0] as ArgoTask).rendering;
  const { options } = first;
  const common = commonParameters(read);
  const placed = place(read, common);
  const shapes = [...new Set(placed.map(({ shape }) => shape))];
  const takesArtifact = shapes.some(shape => shape.takesArtifact);
  const taskNames = new Map(placed.map(each => [each.name, each.task]));
  const artifacts = [{ name: sourceArtifact, from: `{{inputs.artifacts.${sourceArtifact}}}` }];
  const value = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Workflow",
    metadata: { generateName: `${name}-`, ...withoutName(metadataOf(name, options.namespace)) },
    spec: {
      entrypoint: "all",
      parallelism,
      ...pullSecretsOf(options),
      arguments: {
        parameters: [...common].map(([parameter, text]) => ({ name: parameter, value: argoValue(text) })),
        ...(takesArtifact ? { artifacts: [{ name: sourceArtifact, s3: { key: `${name}.tgz` } }] } : {}),
      },
      podMetadata: { labels: podLabels(name) },
      podSpecPatch: JSON.stringify({ topologySpreadConstraints: [spreadOver(name)] }),
      templates: [
        {
          name: "all",
          ...(takesArtifact ? { inputs: { artifacts: [{ name: sourceArtifact }] } } : {}),
          dag: {
            // The others go on when one fails.
            failFast: false,
            tasks: placed.map(each => ({
              name: each.task,
              template: each.shape.name,
              ...(each.needs.length === 0 ? {} : { dependencies: each.needs.map(need => taskNames.get(need)) }),
              arguments: {
                parameters: each.holes
                  .filter(hole => !common.has(hole.name))
                  .map(hole => ({ name: hole.name, value: argoValue(hole.value ?? "") })),
                ...(each.shape.takesArtifact ? { artifacts } : {}),
              },
            })),
          },
        },
        ...shapes.map(({ document }) => document),
      ],
    },
  };
  const notes = [...new Set(tasks.flatMap(({ rendering }) => rendering.build.notes))];
  const inNamespace = options.namespace === null ? "" : ` -n ${options.namespace}`;
  const header = headerOf(
    `${name}: ${tasks.length} builds with Kaniko as a Workflow of Argo, ${parallelism} at a time.`,
    [
      `kubectl create -f FILE${inNamespace}`,
      `argo watch @latest${inNamespace}        (or: kubectl get workflows -w${inNamespace})`,
    ],
    [
      ...contextLines(first, takesArtifact, name, contextPath),
      ...prepareAll(tasks),
      ...taskResultRights(tasks.map(({ rendering }) => rendering)),
    ],
    notes,
  );
  const comments: [(string | number)[], string][] = [
    [["spec", "arguments"], "What all builds share."],
    [["spec", "templates", 0, "dag", "failFast"], "When one fails, only those that are FROM it are left out."],
  ];
  return { text: yamlText([{ value, header, comments }]), notes };
}

function readTask(task: ArgoTask): ReadTask {
  const argo = argoParts(task.rendering);
  const holes = holesOf([argo.met]);
  const unknown = holes.filter(({ value }) => value === null).map(({ name }) => name);
  if (unknown.length === 0) return { ...task, argo, holes };
  throw new LabError("usage", `${task.name}: nobody knows the value of ${unknown.join(", ")}`);
}

function place(tasks: readonly ReadTask[], common: ReadonlyMap<string, string>): Placed[] {
  const shapes = new Map<string, Shape>();
  const taken = new Set<string>();
  return tasks.map(task => ({ ...task, task: taskName(task.name, taken), shape: shapeOf(task, common, shapes) }));
}

function shapeOf(
  { rendering, argo, holes }: ReadTask,
  common: ReadonlyMap<string, string>,
  shapes: Map<string, Shape>,
): Shape {
  const inputs = holes.map(({ name }) => ({
    name,
    ...(common.has(name) ? { value: `{{workflow.parameters.${name}}}` } : {}),
  }));
  const key = JSON.stringify(argoTemplate("", rendering, argo, inputs));
  const known = shapes.get(key);
  if (known) return known;
  const name = shapes.size === 0 ? "build" : `build-${shapes.size + 1}`;
  const shape = { name, document: argoTemplate(name, rendering, argo, inputs), takesArtifact: argo.takesArtifact };
  shapes.set(key, shape);
  return shape;
}

/** Letters, digits and `-` are what Argo takes in the name of a task, 128 at most. */
function taskName(name: string, taken: Set<string>): string {
  const word = name.replace(/[^A-Za-z0-9-]+/g, "-").slice(0, 120);
  let unique = word;
  for (let count = 2; taken.has(unique); count += 1) unique = `${word}-${count}`;
  taken.add(unique);
  return unique;
}

/** Parameters that every task has, with the same value; those that say which build it is stay with the task. */
function commonParameters(tasks: readonly ReadTask[]): Map<string, string> {
  const [first, ...others] = tasks as [ReadTask, ...ReadTask[]];
  const isFolder = first.rendering.context.kind === "folder";
  const ofTask = new Set(["dockerfile", "destination", "context-path", ...(isFolder ? ["context"] : [])]);
  return new Map(
    first.holes
      .filter(({ name, value }) => {
        if (ofTask.has(name) || value === null) return false;
        return others.every(other => other.holes.some(hole => hole.name === name && hole.value === value));
      })
      .map(({ name, value }) => [name, value as string]),
  );
}

function podLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": "kaniko-lab", "app.kubernetes.io/part-of": name };
}

function spreadOver(name: string): object {
  return {
    maxSkew: 1,
    topologyKey: "kubernetes.io/hostname",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: podLabels(name) },
  };
}

function withoutName(metadata: object): object {
  const { name: _, ...others } = metadata as { name: string };
  return others;
}

function contextLines(
  { context, options }: Rendering,
  takesArtifact: boolean,
  name: string,
  contextPath: string | null,
): string[] {
  const file = `${name}.tgz`;
  if (takesArtifact) return [`contexts: ${file} in the bucket of Argo's artifact repository. ${artifactTar(file)}`];
  if (context.kind !== "folder" || context.from.kind !== "pvc") return [];
  const inNamespace = options.namespace === null ? "" : ` --namespace ${options.namespace}`;
  const { claim } = context.from;
  const to = contextPath === null ? "" : ` --to ${quoteWord(contextPath)}`;
  return [
    `contexts: the volume claim ${claim} holds them. This makes and fills it:`,
    `  kaniko-lab send FOLDER --claim ${claim}${to} --size 1Gi${inNamespace}`,
    "  Builds on several nodes at once need one that many nodes can read (ReadOnlyMany, ReadWriteMany).",
  ];
}

/** What the builds need, said once for all; how their contexts come is said already where it is the same for all. */
function prepareAll(tasks: readonly ArgoTask[]): string[] {
  const { context, options } = (tasks[0] as ArgoTask).rendering;
  const isSaid = context.kind === "folder" && (context.from.kind === "pvc" || context.from.kind === "artifact");
  const lines = preparations({ build: together(tasks.map(({ rendering }) => rendering.build)), context, options });
  return lines
    .filter(line => !(isSaid && line.startsWith("context:")))
    .map(line =>
      line.startsWith("layer cache: in the volume claim")
        ? `${line} The claim has to be there; builds on several nodes need one that many can write.`
        : line,
    );
}

function together(builds: readonly PortableBuild[]): PortableBuild {
  const first = builds[0] as PortableBuild;
  const secrets = builds.flatMap(build => build.secrets);
  return {
    ...first,
    cache: (builds.find(usesCacheVolume) ?? first).cache,
    hasLogin: builds.some(needsLogin),
    hasBaseCache: builds.some(build => build.hasBaseCache),
    buildArgs: builds.flatMap(build => build.buildArgs),
    secrets: secrets.filter(({ id }, at) => secrets.findIndex(other => other.id === id) === at),
    secretVariables: builds.flatMap(build => build.secretVariables),
  };
}
