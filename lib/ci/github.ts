/** GitHub Actions: steps with an action for Kaniko, with the executor's image, or with a script that calls it. */

import * as z from "zod/mini";
import type { CiBuild, CiOrigin } from "./ci-build.ts";
import { resolveFolder } from "./ci-path.ts";
import type { Reading } from "./container.ts";
import { githubWorkspace, kanikoAction } from "./github-actions.ts";
import { type KanikoRun, runsOfContainer, runsOfScript } from "./kaniko-command.ts";
import { lineWithin } from "./unknowns.ts";
import { text, textMap, type YamlDocument, type YamlPath } from "./yaml-file.ts";

const stepShape = z.looseObject({
  name: z.optional(text),
  id: z.optional(text),
  if: z.optional(text),
  uses: z.optional(text),
  with: z.optional(z.nullable(textMap)),
  run: z.optional(text),
  env: z.optional(z.nullable(textMap)),
  "working-directory": z.optional(text),
});
type Step = z.infer<typeof stepShape>;

const jobShape = z.looseObject({
  env: z.optional(z.nullable(textMap)),
  container: z.optional(z.union([text, z.looseObject({ image: text, env: z.optional(z.nullable(textMap)) })])),
  strategy: z.optional(z.looseObject({ matrix: z.optional(z.unknown()) })),
  defaults: z.optional(z.looseObject({ run: z.optional(z.looseObject({ "working-directory": z.optional(text) })) })),
  steps: z.optional(z.nullable(z.array(stepShape))),
});
type Job = z.infer<typeof jobShape>;

const workflowShape = z.looseObject({
  name: z.optional(text),
  env: z.optional(z.nullable(textMap)),
  jobs: z.record(z.string(), jobShape),
});

export function isGithub(document: YamlDocument): boolean {
  const value = document.value as Record<string, unknown> | null;
  return typeof value === "object" && value !== null && typeof value.jobs === "object" && value.jobs !== null;
}

export function readGithub(document: YamlDocument, reading: Reading): CiBuild[] {
  const workflow = document.check(workflowShape);
  const inputs = inputDefaults(document);
  return Object.entries(workflow.jobs).flatMap(([id, job]) =>
    matrixOf(job.strategy?.matrix).flatMap(matrix => {
      const scope = new Map([...inputs, ...[...matrix].map(([key, value]) => [`matrix.${key}`, value] as const)]);
      scope.set("github.workspace", githubWorkspace).set("github.job", id);
      const label = matrix.size === 0 ? id : `${id} (${[...matrix.values()].join(", ")})`;
      const place = new JobReader(document, reading, scope, id, workflow.name ?? "");
      return place.read(job, label, workflow.env ?? {});
    }),
  );
}

/** Defaults of `on.workflow_dispatch` and `on.workflow_call`. */
function inputDefaults(document: YamlDocument): Map<string, string> {
  const result = new Map<string, string>();
  const inputShape = z.optional(
    z.nullable(z.record(z.string(), z.nullable(z.looseObject({ default: z.optional(text) })))),
  );
  for (const trigger of ["workflow_dispatch", "workflow_call"]) {
    for (const [name, input] of Object.entries(document.check(inputShape, ["on", trigger, "inputs"]) ?? {})) {
      if (input?.default === undefined) continue;
      result.set(`inputs.${name}`, input.default);
      result.set(`github.event.inputs.${name}`, input.default);
    }
  }
  return result;
}

class JobReader {
  readonly #document: YamlDocument;
  readonly #reading: Reading;
  readonly #scope: Map<string, string>;
  readonly #path: YamlPath;
  readonly #workflow: string;

  constructor(document: YamlDocument, reading: Reading, scope: Map<string, string>, id: string, workflow: string) {
    this.#document = document;
    this.#reading = reading;
    this.#scope = scope;
    this.#path = ["jobs", id];
    this.#workflow = workflow;
  }

  read(job: Job, label: string, globalEnv: Readonly<Record<string, string>>): CiBuild[] {
    const env = new Map([
      ["CI", "true"],
      ["GITHUB_ACTIONS", "true"],
      ["GITHUB_WORKSPACE", githubWorkspace],
    ]);
    this.#addEnv(env, globalEnv, ["env"]);
    this.#addEnv(env, job.env ?? {}, [...this.#path, "env"]);
    const container = typeof job.container === "string" ? { image: job.container } : job.container;
    const image = container === undefined ? null : this.#fill(container.image, [...this.#path, "container"], env);
    const steps = job.steps ?? [];
    return steps.flatMap((step, at) => {
      const path = [...this.#path, "steps", at];
      const name = step.name ?? step.id ?? `step ${at + 1}`;
      const own = new Map(env);
      this.#addEnv(own, step.env ?? {}, [...path, "env"]);
      const runs = this.#runsOfStep(step, path, own, job);
      const ofJob = steps.filter(each => each.uses !== undefined || each.run !== undefined).length === 1;
      const origin: CiOrigin = {
        file: this.#reading.file,
        format: "github",
        kind: "job",
        name: this.#workflow,
        job: ofJob ? label : `${label}.${name}`,
        template: null,
        line: this.#document.lineOf(path),
      };
      const condition = step.if === undefined ? [] : [`runs only if ${step.if} (line ${origin.line})`];
      return runs.map(({ run, image: stepImage }) => ({
        origin,
        image: run.image ?? stepImage ?? (step.run === undefined ? null : image),
        args: run.args,
        env: run.env,
        workingFolder: run.workingFolder,
        mounts: run.mounts,
        references: run.references,
        notes: [...condition, ...run.notes],
      }));
    });
  }

  #runsOfStep(
    step: Step,
    path: YamlPath,
    env: ReadonlyMap<string, string>,
    job: Job,
  ): { run: KanikoRun; image: string | null }[] {
    const line = this.#document.lineOf(path);
    const common = {
      file: this.#reading.file,
      unknowns: this.#reading.unknowns,
      line,
      env,
      workingFolder: githubWorkspace,
      outside: (name: string) => this.#reading.given.value(name),
    };
    const inputs = new Map(
      Object.entries(step.with ?? {}).map(([key, value]) => [key, this.#fill(value, [...path, "with", key], env)]),
    );
    const uses = step.uses;
    if (uses?.startsWith("docker://")) {
      const image = this.#fill(uses.slice("docker://".length), [...path, "uses"], env);
      const entrypoint = inputs.get("entrypoint");
      const command = entrypoint === undefined ? [] : [entrypoint];
      const args = wordsOf(inputs.get("args") ?? "");
      return runsOfContainer({ image, command, args }, common).map(run => ({ run, image }));
    }
    const action = uses === undefined ? null : kanikoAction(uses, inputs);
    if (action !== null) {
      const { args, image } = action;
      const run = { ...common, image: null, args, mounts: [], references: [], notes: [] };
      const credentials = ["username", "password", "registry"].some(key => inputs.has(key))
        ? [{ kind: "credentials" as const, text: `the login of ${uses}`, give: "--docker-config FILE" }]
        : [];
      return [{ run: { ...run, references: credentials }, image }];
    }
    if (step.run === undefined) return [];
    const folder = step["working-directory"] ?? job.defaults?.run?.["working-directory"] ?? ".";
    const script = this.#fill(step.run, [...path, "run"], env);
    const place = {
      ...common,
      line: this.#document.textLineOf([...path, "run"]),
      workingFolder: resolveFolder(githubWorkspace, this.#fill(folder, path, env)),
    };
    return runsOfScript(script, place).map(run => ({ run, image: null }));
  }

  #addEnv(env: Map<string, string>, more: Readonly<Record<string, string>>, path: YamlPath): void {
    for (const [name, value] of Object.entries(more)) {
      const given = this.#reading.given.value(name);
      env.set(name, given ?? this.#fill(value, [...path, name], env));
    }
  }

  /** `${{ … }}`: names and texts are known, all else that an expression can do is not. */
  #fill(value: string, path: YamlPath, env: ReadonlyMap<string, string>): string {
    return value.replace(/\$\{\{(.*?)\}\}/gs, (_, inner: string, offset: number) => {
      const name = inner.trim();
      const literal = /^'((?:[^']|'')*)'$/.exec(name)?.[1];
      if (literal !== undefined) return literal.replaceAll("''", "'");
      const isName = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+$/.test(name);
      const short = /^(?:env|inputs|github\.event\.inputs|matrix|vars|secrets)\.(.+)$/.exec(name)?.[1];
      const known = isName ? this.#reading.given.value(name, ...(short ? [short] : [])) : undefined;
      const found = known ?? this.#scope.get(name) ?? (name.startsWith("env.") ? env.get(name.slice(4)) : undefined);
      if (found !== undefined) return found;
      const line = lineWithin(value, offset, this.#document.textLineOf(path));
      const give = isName ? `--param ${short ?? name}=VALUE` : null;
      return this.#reading.unknowns.mark({ name: isName ? name : `\${{ ${name} }}`, line, give });
    });
  }
}

/** Words of `with: args`, as the runner splits them: at blanks, quotes keep together. */
function wordsOf(args: string): string[] {
  const words = args.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map(word =>
    word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
      double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(["\\])/g, "$1"),
    ),
  );
}

const maxMatrix = 200;

/** Every combination; `include` adds to those that it fits, or makes one of its own. `exclude` takes away. */
function matrixOf(matrix: unknown): ReadonlyMap<string, string>[] {
  if (typeof matrix !== "object" || matrix === null) return [new Map()];
  const { include, exclude, ...axes } = matrix as Record<string, unknown>;
  const textOf = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const rows = (list: unknown) =>
    (Array.isArray(list) ? list : []).map(
      row => new Map(Object.entries(row ?? {}).map(([key, value]) => [key, textOf(value)])),
    );
  let jobs: Map<string, string>[] = Object.keys(axes).length === 0 ? [] : [new Map()];
  for (const [key, values] of Object.entries(axes))
    jobs = jobs
      .slice(0, maxMatrix)
      .flatMap(job => (Array.isArray(values) ? values : []).map(value => new Map([...job, [key, textOf(value)]])));
  const fits = (job: ReadonlyMap<string, string>, row: ReadonlyMap<string, string>) =>
    [...row].every(([key, value]) => job.get(key) === value);
  jobs = jobs.filter(job => !rows(exclude).some(row => fits(job, row)));
  for (const row of rows(include)) {
    const shared = new Map([...row].filter(([key]) => key in axes));
    const extended = jobs.filter(job => shared.size > 0 && fits(job, shared));
    if (extended.length === 0) jobs.push(row);
    for (const job of extended) for (const [key, value] of row) job.set(key, value);
  }
  return jobs.length === 0 ? [new Map()] : jobs.slice(0, maxMatrix);
}
