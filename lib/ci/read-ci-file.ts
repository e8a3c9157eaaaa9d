/** From a CI file's text to the builds of Kaniko in it. Which format it is, its content tells. */

import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { argoKinds, readArgo } from "./argo.ts";
import type { CiBuild } from "./ci-build.ts";
import type { Reading } from "./container.ts";
import { isGithub, readGithub } from "./github.ts";
import { readGitlab } from "./gitlab.ts";
import { gitlabYaml, isGitlab } from "./gitlab-config.ts";
import { Given } from "./given.ts";
import { knativeKinds, readKnative } from "./knative.ts";
import { kubernetesKinds, readKubernetes } from "./kubernetes.ts";
import { readShellFile } from "./shell-file.ts";
import { readTekton, tektonKinds } from "./tekton.ts";
import { refuseMarks, Unknowns } from "./unknowns.ts";
import { parseYaml, text, type YamlDocument } from "./yaml-file.ts";

export interface CiFile {
  readonly builds: readonly CiBuild[];
  readonly unknowns: Unknowns;
  readonly given: Given;
}

const objectShape = z.looseObject({
  apiVersion: text,
  kind: text,
  metadata: z.optional(z.nullable(z.looseObject({ name: z.optional(text), generateName: z.optional(text) }))),
});

/** A file of this size is no CI file. */
export const maxCiFileBytes = 4 << 20;

export interface CiSource {
  readonly content: string;
  /** As the user named it; for messages and the record. */
  readonly file: string;
}

/**
 * @param others files with templates and tasks that the first refers to.
 * @throws LabError `config-invalid` with file and line.
 */
export function readCiFile(
  source: CiSource,
  params: ReadonlyMap<string, string>,
  others: readonly CiSource[] = [],
): CiFile {
  const { content, file } = source;
  for (const each of [source, ...others]) refuseMarks(each.content, each.file);
  const reading: Reading = { file, unknowns: new Unknowns(), given: new Given(params) };
  const kinds: string[] = [];
  const found = isScript(content, file)
    ? readShellFile(content, reading)
    : readDocuments([source, ...others], reading, kinds);
  if (found.length === 0) {
    throw new LabError("config-invalid", `${file}: no build with Kaniko is in it`, {
      hint: kinds.length === 0 ? knownForms : `it has: ${[...new Set(kinds)].join(", ")}; ${knownForms}`,
    });
  }
  const builds = withOwnNames(found);
  refuseControls(builds, file);
  return { builds, unknowns: reading.unknowns, given: reading.given };
}

/** A loop or a matrix runs one job several times: `build`, `build#2` … */
function withOwnNames(builds: readonly CiBuild[]): CiBuild[] {
  const counts = new Map<string, number>();
  return builds.map(build => {
    const { kind, name, job } = build.origin;
    const key = JSON.stringify([kind, name, job]);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count === 1 ? build : { ...build, origin: { ...build.origin, job: `${job}#${count}` } };
  });
}

function isScript(content: string, file: string): boolean {
  if (/\.ya?ml$/.test(file)) return false;
  return /^#!/.test(content) || /\.(?:ba)?sh$/.test(file) || !/^\s*[\w.'"-]+\s*:(?:\s|$)/m.test(content);
}

interface CiObject {
  readonly document: YamlDocument;
  /** `tekton.dev` of `tekton.dev/v1`. */
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

function readDocuments(files: readonly CiSource[], reading: Reading, kinds: string[]): CiBuild[] {
  const documents = files.flatMap(({ content, file }) => parseYaml(content, file, gitlabYaml));
  const objects = documents.flatMap(objectOf);
  const isOfFile = ({ document }: CiObject) => document.file === reading.file;
  kinds.push(...objects.filter(isOfFile).map(({ kind }) => kind));
  const ofGroup = (group: string, known: readonly string[]) =>
    objects.filter(object => object.group === group && known.includes(object.kind));
  const found = [
    ...objects.flatMap(({ document, kind, name }) =>
      kubernetesKinds.includes(kind) ? readKubernetes(document, kind, name, { ...reading, file: document.file }) : [],
    ),
    ...readArgo(ofGroup("argoproj.io", argoKinds), reading),
    ...readTekton(ofGroup("tekton.dev", tektonKinds), reading),
    ...readKnative(ofGroup("build.knative.dev", knativeKinds), ofGroup("v1", ["ServiceAccount", "Secret"]), reading),
  ];
  // What the other files have is there to be referred to.
  const own = found.filter(({ origin }) =>
    objects.some(object => isOfFile(object) && object.kind === origin.kind && object.name === origin.name),
  );
  const jobs = documents
    .filter(({ file }) => file === reading.file)
    .flatMap(document =>
      isGitlab(document) ? readGitlab(document, reading) : isGithub(document) ? readGithub(document, reading) : [],
    );
  return [...own, ...jobs];
}

function objectOf(document: YamlDocument): CiObject[] {
  if (!isObject(document)) return [];
  const { apiVersion, kind, metadata } = document.check(objectShape);
  const name = metadata?.name ?? metadata?.generateName ?? "";
  return [{ document, group: apiVersion.split("/")[0] as string, kind, name }];
}

const knownForms =
  "known are Pod, Job, CronJob, Argo, Tekton and Knative objects, .gitlab-ci.yml, GitHub workflows, and shell scripts";

function isObject(document: YamlDocument): boolean {
  const value = document.value as Record<string, unknown> | null;
  return typeof value === "object" && value !== null && "kind" in value && "apiVersion" in value;
}

/** No program can be given a zero byte, and no honest flag has a bell. */
function refuseControls(builds: readonly CiBuild[], file: string): void {
  for (const { args, origin } of builds) {
    const bad = args.find(word => /[\x00-\x08\x0b-\x1f\x7f]/.test(word));
    if (bad === undefined) continue;
    throw new LabError(
      "config-invalid",
      `${file}:${origin.line}: ${JSON.stringify(bad).slice(0, 80)} has control characters`,
    );
  }
}
