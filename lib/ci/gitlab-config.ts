/** `.gitlab-ci.yml` with `extends`, `!reference` and `default` worked out. */

import { YAMLSeq } from "yaml";
import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { text, type YamlDocument, type YamlOptions, type YamlPath } from "./yaml-file.ts";

/** Marks what `!reference [job, key]` stands for. */
const referenceKey = "!reference";

class ReferenceNode extends YAMLSeq {
  override tag = referenceKey;
  override toJSON(key?: unknown, context?: Parameters<YAMLSeq["toJSON"]>[1]): unknown[] {
    return { [referenceKey]: super.toJSON(key, context) } as unknown as unknown[];
  }
}

export const gitlabYaml: YamlOptions = {
  customTags: [{ tag: referenceKey, collection: "seq", nodeClass: ReferenceNode }],
};

/** Keys that are no jobs. */
const globalKeys = new Set(
  "default include stages variables workflow image services before_script after_script cache spec".split(" "),
);

const variableShape = z.union([text, z.looseObject({ value: z.optional(text) })]);

// biome-ignore lint/suspicious/noExplicitAny: lists in lists, to any depth; GitLab flattens them
const scriptShape: z.ZodMiniType<any> = z.union([text, z.array(z.union([text, z.lazy(() => scriptShape)]))]);

const jobShape = z.looseObject({
  image: z.optional(z.nullable(z.union([text, z.looseObject({ name: text })]))),
  stage: z.optional(text),
  before_script: z.optional(z.nullable(scriptShape)),
  script: z.optional(z.nullable(scriptShape)),
  variables: z.optional(z.nullable(z.record(z.string(), variableShape))),
  parallel: z.optional(z.unknown()),
  needs: z.optional(z.unknown()),
});

type RawJob = Readonly<Record<string, unknown>>;

/** A script line with the line of the file that it stands on. */
export interface ScriptLine {
  readonly text: string;
  readonly line: number;
}

export interface GitlabJob {
  readonly name: string;
  readonly line: number;
  readonly image: string | null;
  readonly stage: string;
  readonly script: readonly ScriptLine[];
  /** In the order in which they are declared, global ones first. */
  readonly variables: ReadonlyMap<string, string>;
  /** One for each job of `parallel: matrix`; one without variables else. */
  readonly matrix: readonly ReadonlyMap<string, string>[];
  /** Jobs whose artifacts it takes. */
  readonly needs: readonly string[];
}

export function isGitlab(document: YamlDocument): boolean {
  const value = document.value;
  if (!isObject(value) || "apiVersion" in value || "jobs" in value) return false;
  return Object.values(value).some(job => isObject(job) && ("script" in job || "extends" in job));
}

export function gitlabJobs(document: YamlDocument): GitlabJob[] {
  const config = new GitlabConfig(document);
  const names = Object.keys(document.value as RawJob).filter(name => !globalKeys.has(name) && !name.startsWith("."));
  return names.flatMap(name => config.job(name) ?? []);
}

/** Whether other files belong to the configuration. */
export function hasIncludes(document: YamlDocument): boolean {
  return "include" in (document.value as RawJob);
}

const maxExtends = 11;
const maxReferences = 10;

class GitlabConfig {
  readonly #document: YamlDocument;
  readonly #root: RawJob;

  constructor(document: YamlDocument) {
    this.#document = document;
    this.#root = document.value as RawJob;
  }

  job(name: string): GitlabJob | null {
    const raw = this.#root[name];
    if (!isObject(raw)) return null;
    const merged = this.#resolved(this.#extended(name, []), 0) as RawJob;
    const defaults = this.#resolved(isObject(this.#root.default) ? this.#root.default : {}, 0) as RawJob;
    const shared = Object.fromEntries(
      ["image", "before_script"].flatMap(key => {
        const value = defaults[key] ?? this.#resolved(this.#root[key], 0);
        return value === undefined ? [] : [[key, value]];
      }),
    );
    const checked = jobShape.safeParse({ ...shared, ...merged });
    if (!checked.success) {
      const issue = checked.error.issues[0];
      const path = [name, ...((issue?.path ?? []) as (string | number)[])];
      throw this.#document.fault(path, `${path.join(".")}: ${issue?.message}`);
    }
    const job = checked.data;
    if (job.script === undefined || job.script === null) return null;
    const globals = z.optional(z.nullable(z.record(z.string(), variableShape)));
    const variables = { ...this.#document.check(globals, ["variables"]), ...job.variables };
    return {
      name,
      line: this.#document.lineOf([name]),
      image: typeof job.image === "object" ? (job.image?.name ?? null) : (job.image ?? null),
      stage: job.stage ?? "test",
      script: [...this.#lines(name, "before_script", job.before_script), ...this.#lines(name, "script", job.script)],
      variables: new Map(
        Object.entries(variables).map(([key, value]) => [key, typeof value === "string" ? value : (value.value ?? "")]),
      ),
      matrix: matrixOf(job.parallel),
      needs: needsOf(job.needs),
    };
  }

  /** A job over those that it extends: maps are merged, all else is replaced. */
  #extended(name: string, above: readonly string[]): RawJob {
    const raw = this.#root[name];
    if (!isObject(raw)) {
      throw this.#document.fault([above.at(-1) ?? name], `${above.at(-1)} extends ${name}, which is not in this file`);
    }
    if (above.includes(name) || above.length > maxExtends)
      throw this.#document.fault([name], `${[...above, name].join(" extends ")}: that has no end`);
    const parents = raw.extends === undefined ? [] : [raw.extends].flat().map(String);
    const bases = parents.map(parent => this.#extended(parent, [...above, name]));
    return [...bases, raw].reduce<RawJob>((merged, next) => mergeMaps(merged, next), {});
  }

  /** With what `!reference` points at. */
  #resolved(value: unknown, depth: number): unknown {
    if (Array.isArray(value)) return value.map(each => this.#resolved(each, depth));
    if (!isObject(value)) return value;
    const target = value[referenceKey];
    if (!Array.isArray(target))
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#resolved(each, depth)]));
    const path = target.map(String);
    const where = this.#document.file;
    if (depth >= maxReferences)
      throw new LabError("config-invalid", `${where}: !reference ${path.join(".")} has no end`);
    const found = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), this.#root);
    if (found === undefined)
      throw new LabError(
        "config-invalid",
        `${where}: !reference ${path.join(".")}: there is no such thing in this file`,
      );
    return this.#resolved(found, depth + 1);
  }

  #lines(name: string, key: string, script: unknown): ScriptLine[] {
    const path = this.#written(name, key);
    const entries = flatTexts(script);
    const isFlat = Array.isArray(script) && script.every(each => typeof each === "string");
    return entries.flatMap((entry, at) => {
      const own: YamlPath = isFlat ? [...path, at] : path;
      const first = this.#document.textLineOf(own);
      return entry
        .replace(/\n$/, "")
        .split("\n")
        .map((line, below) => ({ text: line, line: first + below }));
    });
  }

  /** Where a key of a job is really written: in the job, or in one that it extends. */
  #written(name: string, key: string): YamlPath {
    const raw = this.#root[name];
    if (!isObject(raw)) return [key];
    if (key in raw) return [name, key];
    const parents = raw.extends === undefined ? [] : [raw.extends].flat().map(String);
    const parent = parents.findLast(each => {
      const [at] = this.#written(each, key);
      return at !== key || key in this.#root;
    });
    if (parent !== undefined) return this.#written(parent, key);
    return isObject(this.#root.default) && key in this.#root.default ? ["default", key] : [key];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergeMaps(base: RawJob, over: RawJob): RawJob {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) && !(referenceKey in value) ? mergeMaps(before, value) : value;
  }
  return merged;
}

function flatTexts(script: unknown): string[] {
  return [script].flat(20).flatMap(each => (each === undefined || each === null ? [] : [String(each)]));
}

const maxMatrix = 200;

function matrixOf(parallel: unknown): ReadonlyMap<string, string>[] {
  const rows = isObject(parallel) && Array.isArray(parallel.matrix) ? parallel.matrix.filter(isObject) : [];
  const all = rows.flatMap(row =>
    Object.entries(row).reduce<ReadonlyMap<string, string>[]>(
      (jobs, [key, values]) =>
        jobs.slice(0, maxMatrix).flatMap(job => [values].flat().map(value => new Map([...job, [key, String(value)]]))),
      [new Map()],
    ),
  );
  return all.length === 0 ? [new Map()] : all.slice(0, maxMatrix);
}

function needsOf(needs: unknown): string[] {
  if (!Array.isArray(needs)) return [];
  return needs.flatMap(each =>
    typeof each === "string" ? [each] : isObject(each) && each.job ? [String(each.job)] : [],
  );
}
