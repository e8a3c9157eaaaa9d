/** Knative's Build with its BuildTemplate (`build.knative.dev/v1alpha1`, retired): parameters are `${NAME}`. */

import * as z from "zod/mini";
import { LabError } from "../error.ts";
import type { CiBuild, CiReference, CiSource } from "./ci-build.ts";
import { containerShape, expandKubernetes, type Reading, volumesShape } from "./container.ts";
import { quoteWord } from "./shell/quote-word.ts";
import { buildsOfSteps } from "./steps.ts";
import { text, textMap, type YamlDocument } from "./yaml-file.ts";

export const knativeKinds = ["Build", "BuildTemplate", "ClusterBuildTemplate"];

export interface KnativeObject {
  readonly document: YamlDocument;
  readonly kind: string;
  readonly name: string;
}

const parameterShape = z.looseObject({ name: text, default: z.optional(text) });

const templateShape = z.looseObject({
  parameters: z.optional(z.nullable(z.array(parameterShape))),
  steps: z.optional(z.nullable(z.array(containerShape))),
  volumes: volumesShape,
});

const sourceShape = z.looseObject({
  name: z.optional(text),
  targetPath: z.optional(text),
  subPath: z.optional(text),
  git: z.optional(z.looseObject({ url: text, revision: z.optional(text) })),
  gcs: z.optional(z.looseObject({ location: z.optional(text) })),
  custom: z.optional(containerShape),
});
type Source = z.infer<typeof sourceShape>;

const buildShape = z.looseObject({
  serviceAccountName: z.optional(text),
  source: z.optional(sourceShape),
  sources: z.optional(z.nullable(z.array(sourceShape))),
  template: z.optional(
    z.looseObject({
      name: text,
      kind: z.optional(text),
      arguments: z.optional(z.nullable(z.array(z.looseObject({ name: text, value: text })))),
    }),
  ),
  steps: z.optional(z.nullable(z.array(containerShape))),
  volumes: volumesShape,
});
type Build = z.infer<typeof buildShape>;

const accountShape = z.looseObject({ secrets: z.optional(z.nullable(z.array(z.looseObject({ name: text })))) });
const secretShape = z.looseObject({
  metadata: z.looseObject({ annotations: z.optional(z.nullable(textMap)) }),
});

/** @param others ServiceAccounts and Secrets of the same file. */
export function readKnative(
  objects: readonly KnativeObject[],
  others: readonly KnativeObject[],
  reading: Reading,
): CiBuild[] {
  const templates = objects.filter(({ kind }) => kind !== "Build");
  const builds = objects.filter(({ kind }) => kind === "Build");
  const used = new Set<KnativeObject>();
  const found = builds.flatMap(object => {
    try {
      const build = object.document.check(buildShape, ["spec"]);
      const template = build.template && templates.find(({ name }) => name === build.template?.name);
      if (build.template && !template) throw noTemplate(object, build.template.name, templates);
      if (template) used.add(template);
      return buildsOf(object, build, template ?? null, others, reading);
    } catch (error) {
      if (error instanceof LabError) return [withFault(object, error)];
      throw error;
    }
  });
  const alone = templates.filter(template => !used.has(template));
  return [...found, ...alone.flatMap(template => buildsOf(template, {}, template, others, reading))];
}

function withFault({ document, kind, name }: KnativeObject, fault: LabError): CiBuild {
  const line = document.lineOf(["spec"]);
  return {
    origin: { file: document.file, format: "knative", kind, name, job: name, template: null, line },
    image: null,
    args: [],
    env: new Map(),
    workingFolder: "/workspace",
    mounts: [],
    references: [],
    notes: [],
    fault,
  };
}

function noTemplate({ document }: KnativeObject, name: string, templates: readonly KnativeObject[]): LabError {
  const there = templates.map(template => template.name).join(", ");
  return document.fault(
    ["spec", "template"],
    `the template ${name} is not in this file`,
    there === "" ? "give its file, too: --with FILE" : `there is: ${there}; or give its file, too: --with FILE`,
  );
}

function buildsOf(
  object: KnativeObject,
  build: Build,
  template: KnativeObject | null,
  others: readonly KnativeObject[],
  reading: Reading,
): CiBuild[] {
  const owner = template ?? object;
  const spec = owner.document.check(templateShape, ["spec"]);
  const values = parametersOf(object, build, owner, spec.parameters ?? [], reading);
  const here: Reading = { ...reading, file: owner.document.file };
  const builds = buildsOfSteps(spec.steps ?? [], {
    document: owner.document,
    path: ["spec", "steps"],
    reading: here,
    origin: { file: owner.document.file, format: "knative", kind: object.kind, name: object.name },
    task: "",
    fill: value => fillDeclared(value, values),
    volumes: [...(spec.volumes ?? []), ...(build.volumes ?? [])],
    references: [...sourcesOf(build).map(referenceOf), ...accountOf(build, others)],
    notes: [],
  });
  const sources = sourcesOf(build).map(source => ciSourceOf(source, reading));
  return builds.map(each => ({ ...each, sources, serviceAccount: build.serviceAccountName }));
}

/** Only names that the template declares are put in: all else is left as it is. */
function fillDeclared(value: string, values: ReadonlyMap<string, string>): string {
  return value.replace(/\$\{([A-Za-z_][\w.-]*)\}/g, (whole, name: string) => values.get(name) ?? whole);
}

function parametersOf(
  object: KnativeObject,
  build: Build,
  owner: KnativeObject,
  declared: readonly z.infer<typeof parameterShape>[],
  reading: Reading,
): Map<string, string> {
  const values = new Map<string, string>();
  const passed = build.template?.arguments ?? [];
  const unknown = passed.find(argument => !declared.some(({ name }) => name === argument.name));
  if (unknown) {
    const at = passed.indexOf(unknown);
    throw object.document.fault(
      ["spec", "template", "arguments", at],
      `the template ${owner.name} has no parameter ${unknown.name}`,
      `it has: ${declared.map(({ name }) => name).join(", ")}`,
    );
  }
  for (const [at, { name, default: otherwise }] of declared.entries()) {
    const value = reading.given.value(name) ?? passed.find(argument => argument.name === name)?.value ?? otherwise;
    const line = owner.document.lineOf(["spec", "parameters", at]);
    values.set(name, value ?? reading.unknowns.mark({ name, line, give: `--param ${name}=VALUE` }));
  }
  return values;
}

/** What fills `/workspace`, in order, before the steps run. */
function sourcesOf(build: Build): Source[] {
  return [...(build.source ? [build.source] : []), ...(build.sources ?? [])];
}

function referenceOf(source: Source): CiReference {
  return { kind: "source", ...describeSource(source) };
}

function ciSourceOf(source: Source, { given }: Reading): CiSource {
  if (source.git) {
    const { url, revision = "master" } = source.git;
    return { kind: "git", url, revision, below: source.targetPath ?? "" };
  }
  if (source.custom?.image === undefined) return { kind: "other", text: describeSource(source).text };
  const { image, command, args, env, workingDir = "/workspace" } = source.custom;
  const known = new Map<string, string>();
  const unknownEnv: string[] = [];
  for (const { name, value, valueFrom } of env ?? []) {
    const word = given.value(name) ?? (valueFrom ? undefined : (value ?? ""));
    if (word === undefined) unknownEnv.push(name);
    else known.set(name, expandKubernetes(word, known));
  }
  const expand = (words: readonly string[]) => words.map(word => expandKubernetes(word, known));
  return {
    kind: "container",
    image,
    command: command && command.length > 0 ? expand(command) : null,
    args: expand(args ?? []),
    env: known,
    unknownEnv,
    workingFolder: workingDir,
  };
}

function describeSource(source: Source): { text: string; give: string } {
  const folder = ["/workspace", source.targetPath].filter(Boolean).join("/");
  if (source.git) {
    const { url, revision = "master" } = source.git;
    return {
      text: `source git ${url} at ${revision}, into ${folder}`,
      give: "--sources-to DIR, which fetches it; or --context DIR, a checkout of it",
    };
  }
  if (source.custom) {
    const { image = "?", command, args, env } = source.custom;
    const variables = (env ?? []).flatMap(({ name, value }) => ["-e", `${name}=${value ?? ""}`]);
    const [entrypoint, ...rest] = command ?? [];
    const words = [
      ...["docker", "run", "--rm", "-v", "DIR:/workspace", "-w", "/workspace", ...variables],
      ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]),
      ...[image, ...rest, ...(args ?? [])],
    ];
    return {
      text: `source of the image ${image}, into ${folder}`,
      give: `--sources-to DIR, which runs it; or --context DIR, with what this makes: ${words.map(quoteWord).join(" ")}`,
    };
  }
  return { text: `source ${source.gcs?.location ?? source.name ?? ""}, into ${folder}`, give: "--context DIR" };
}

/** A service account's secrets say in annotations which registries and git servers they are for. */
function accountOf(build: Build, others: readonly KnativeObject[]): CiReference[] {
  const name = build.serviceAccountName;
  if (name === undefined) return [];
  const account = others.find(other => other.kind === "ServiceAccount" && other.name === name);
  const secrets = account?.document.check(accountShape).secrets ?? [];
  const hosts = secrets.flatMap(secret => {
    const found = others.find(other => other.kind === "Secret" && other.name === secret.name);
    const annotations = found?.document.check(secretShape).metadata.annotations ?? {};
    return Object.entries(annotations).flatMap(([key, host]) => {
      const kind = /^build\.knative\.dev\/(docker|git)-/.exec(key)?.[1];
      return kind === undefined ? [] : [{ secret: secret.name, kind, host }];
    });
  });
  if (hosts.length === 0)
    return [{ kind: "credentials", text: `the service account ${name}`, give: "--docker-config FILE" }];
  return hosts.map(({ secret, kind, host }) => ({
    kind: "credentials",
    text: `secret ${secret} of the service account ${name}, for ${host}`,
    give: kind === "docker" ? "--docker-config FILE" : null,
  }));
}
