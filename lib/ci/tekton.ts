/** Tekton: Task and TaskRun, Pipeline and PipelineRun, with the parameters that one gives the other. */

import * as z from "zod/mini";
import type { CiBuild, CiReference } from "./ci-build.ts";
import { containerShape, environmentShape, type Reading, volumesShape } from "./container.ts";
import { buildsOfSteps } from "./steps.ts";
import { lineWithin } from "./unknowns.ts";
import { text, textList, textMap, type YamlDocument, type YamlPath } from "./yaml-file.ts";

export const tektonKinds = ["Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun"];

export interface TektonObject {
  readonly document: YamlDocument;
  readonly kind: string;
  readonly name: string;
}

const valueShape = z.union([text, textList, textMap]);
type Value = z.infer<typeof valueShape>;

const declaredShape = z.looseObject({ name: text, default: z.optional(valueShape) });
const passedShape = z.looseObject({ name: text, value: z.optional(valueShape) });
const declared = z.optional(z.nullable(z.array(declaredShape)));
const passed = z.optional(z.nullable(z.array(passedShape)));

const workspaces = z.optional(
  z.nullable(z.array(z.looseObject({ name: text, mountPath: z.optional(text), workspace: z.optional(text) }))),
);

const taskShape = z.looseObject({
  params: declared,
  inputs: z.optional(z.looseObject({ params: declared })),
  workspaces,
  steps: z.optional(z.nullable(z.array(containerShape))),
  stepTemplate: z.optional(
    z.nullable(z.looseObject({ env: z.optional(z.nullable(environmentShape)), workingDir: z.optional(text) })),
  ),
  volumes: volumesShape,
});
type Task = z.infer<typeof taskShape>;

const referenceShape = z.optional(z.looseObject({ name: z.optional(text) }));

const callShape = z.looseObject({
  name: z.optional(text),
  taskRef: referenceShape,
  taskSpec: z.optional(taskShape),
  params: passed,
  workspaces,
  serviceAccountName: z.optional(text),
});
type Call = z.infer<typeof callShape>;

const pipelineShape = z.looseObject({
  params: declared,
  tasks: z.optional(z.nullable(z.array(callShape))),
  finally: z.optional(z.nullable(z.array(callShape))),
});

const runShape = z.looseObject({
  pipelineRef: referenceShape,
  pipelineSpec: z.optional(pipelineShape),
  params: passed,
  workspaces,
});

type Values = ReadonlyMap<string, Value>;

/** Where a task is written, and who calls it. */
interface TaskPlace {
  readonly caller: TektonObject;
  readonly owner: TektonObject;
  readonly path: YamlPath;
  readonly task: string;
  readonly passed: Values;
  readonly bound: Call["workspaces"];
  readonly notes: readonly string[];
}

export function readTekton(objects: readonly TektonObject[], reading: Reading): CiBuild[] {
  return new TektonReader(objects, reading).read();
}

class TektonReader {
  readonly #objects: readonly TektonObject[];
  readonly #reading: Reading;
  readonly #reached = new Set<TektonObject>();

  constructor(objects: readonly TektonObject[], reading: Reading) {
    this.#objects = objects;
    this.#reading = reading;
  }

  read(): CiBuild[] {
    const ofKind = (...kinds: string[]) => this.#objects.filter(({ kind }) => kinds.includes(kind));
    return [
      ...ofKind("TaskRun").flatMap(object =>
        this.#call(object, object.document.check(callShape, ["spec"]), ["spec"], "", new Map()),
      ),
      ...ofKind("PipelineRun").flatMap(object => this.#pipelineRun(object)),
      ...this.#unreached("Pipeline").flatMap(object => this.#pipeline(object, object, ["spec"], new Map())),
      ...this.#unreached("Task", "ClusterTask").flatMap(object => this.#alone(object)),
    ];
  }

  /** Evaluated late: what comes before it reaches others. */
  #unreached(...kinds: string[]): TektonObject[] {
    return this.#objects.filter(object => kinds.includes(object.kind) && !this.#reached.has(object));
  }

  #alone(object: TektonObject): CiBuild[] {
    return this.#task({
      caller: object,
      owner: object,
      path: ["spec"],
      task: "",
      passed: new Map(),
      bound: undefined,
      notes: [],
    });
  }

  #pipelineRun(object: TektonObject): CiBuild[] {
    const run = object.document.check(runShape, ["spec"]);
    const values = this.#passedValues(object, ["spec"], run.params, new Map());
    if (run.pipelineSpec) return this.#pipeline(object, object, ["spec", "pipelineSpec"], values);
    const owner = this.#objects.find(({ kind, name }) => kind === "Pipeline" && name === run.pipelineRef?.name);
    return owner === undefined ? [] : this.#pipeline(object, owner, ["spec"], values);
  }

  #pipeline(caller: TektonObject, owner: TektonObject, path: YamlPath, passedValues: Values): CiBuild[] {
    this.#reached.add(owner);
    const pipeline = owner.document.check(pipelineShape, path);
    const values = this.#declaredValues(owner, path, pipeline.params, passedValues);
    return (["tasks", "finally"] as const).flatMap(list =>
      (pipeline[list] ?? []).flatMap((call, at) =>
        this.#call(owner, call, [...path, list, at], call.name ?? "", values, caller),
      ),
    );
  }

  #call(
    object: TektonObject,
    call: Call,
    path: YamlPath,
    task: string,
    outer: Values,
    caller: TektonObject = object,
  ): CiBuild[] {
    const values = this.#passedValues(object, path, call.params, outer);
    const account = call.serviceAccountName;
    const notes =
      account === undefined ? [] : [`CI's service account ${account} may bring credentials: --docker-config FILE`];
    const common = { caller, task, passed: values, bound: call.workspaces, notes };
    if (call.taskSpec) return this.#task({ ...common, owner: object, path: [...path, "taskSpec"] });
    const name = call.taskRef?.name;
    const owner = this.#objects.find(each => /Task$/.test(each.kind) && each.name === name);
    // A task of a bundle or a hub: not in the file, and perhaps no build at all.
    if (owner === undefined) return [];
    this.#reached.add(owner);
    return this.#task({ ...common, owner, path: ["spec"] });
  }

  #task(place: TaskPlace): CiBuild[] {
    const { owner, path, caller } = place;
    const task = owner.document.check(taskShape, path);
    const values = new Map<string, Value>([
      ...this.#declaredValues(owner, [...path, "inputs"], task.inputs?.params, place.passed),
      ...this.#declaredValues(owner, path, task.params, place.passed),
    ]);
    const scope = scopeOf(values, task);
    const steps = (task.steps ?? []).map(step => ({
      ...step,
      workingDir: step.workingDir ?? task.stepTemplate?.workingDir,
      env: [...(task.stepTemplate?.env ?? []), ...(step.env ?? [])],
    }));
    return buildsOfSteps(steps, {
      document: owner.document,
      path: [...path, "steps"],
      reading: { ...this.#reading, file: owner.document.file },
      origin: { file: owner.document.file, format: "tekton", kind: caller.kind, name: caller.name },
      task: place.task,
      fill: (value, line) => this.#fill(value, line, scope),
      volumes: task.volumes,
      references: workspaceReferences(task, place),
      notes: place.notes,
    });
  }

  #passedValues(object: TektonObject, path: YamlPath, params: Call["params"], outer: Values): Map<string, Value> {
    const scope = new Map<string, Value>([...outer].map(([name, value]) => [`params.${name}`, value]));
    const values = new Map<string, Value>();
    for (const [at, { name, value }] of (params ?? []).entries()) {
      if (value === undefined) continue;
      const line = object.document.lineOf([...path, "params", at]);
      values.set(name, this.#fillValue(value, line, scope));
    }
    return values;
  }

  #declaredValues(
    owner: TektonObject,
    path: YamlPath,
    params: Task["params"],
    passedValues: Values,
  ): Map<string, Value> {
    const values = new Map<string, Value>();
    for (const [at, { name, default: otherwise }] of (params ?? []).entries()) {
      const line = owner.document.lineOf([...path, "params", at]);
      const unknown = { name: `params.${name}`, line, give: `--param ${name}=VALUE` };
      const value = this.#reading.given.value(name) ?? passedValues.get(name) ?? otherwise;
      values.set(name, value ?? this.#reading.unknowns.mark(unknown));
    }
    return values;
  }

  #fillValue(value: Value, line: number, scope: Values): Value {
    if (typeof value === "string") {
      const filled = this.#fill(value, line, scope);
      return typeof filled === "string" ? filled : [...filled];
    }
    if (Array.isArray(value)) return value.flatMap(each => [this.#fill(each, line, scope)].flat());
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, [this.#fill(each, line, scope)].flat().join(" ")]),
    );
  }

  /** Puts values in the places of `$(params.x)`, `$(workspaces.x.path)` and their kin; `$(NAME)` is Kubernetes' own. */
  #fill(value: string, firstLine: number, scope: Values): string | readonly string[] {
    const whole = /^\$\(((?:inputs\.)?params[^()]*)\)$/.exec(value)?.[1];
    const list = whole === undefined ? undefined : scope.get(plainName(whole).replace(/\[\*\]$/, ""));
    if (Array.isArray(list)) return list;
    return value.replace(/\$\(([^()]*)\)/g, (all, inner: string, offset: number) => {
      const name = plainName(inner);
      if (!/^(?:params|workspaces|resources|results|context|tasks|steps|outputs)\./.test(name)) return all;
      const line = lineWithin(value, offset, firstLine);
      const short = /^params\.(.+)$/.exec(name)?.[1];
      const known = lookUp(scope, name) ?? this.#reading.given.value(name, ...(short ? [short] : []));
      return known ?? this.#reading.unknowns.mark({ name, line, give: `--param ${short ?? name}=VALUE` });
    });
  }
}

/** `params["a.b"]`, `inputs.params.a` and `inputs.resources.a` as their plain forms. */
function plainName(name: string): string {
  return name
    .trim()
    .replace(/^(params|workspaces|results)\[["']([^"']+)["']\]/, "$1.$2")
    .replace(/^inputs\.params\./, "params.")
    .replace(/^inputs\.resources\./, "resources.inputs.")
    .replace(/^outputs\.resources\./, "resources.outputs.");
}

function lookUp(scope: Values, name: string): string | undefined {
  const value = scope.get(name) ?? scope.get(name.replace(/\[\*\]$/, ""));
  if (typeof value === "string") return value;
  if (value !== undefined) return Array.isArray(value) ? value.join(" ") : undefined;
  const index = /^(.*)\[(\d+)\]$/.exec(name);
  const list = index ? scope.get(index[1] as string) : undefined;
  if (Array.isArray(list)) return list[Number(index?.[2])];
  const at = name.lastIndexOf(".");
  const map = at < 0 ? undefined : scope.get(name.slice(0, at));
  return typeof map === "object" && !Array.isArray(map) ? map[name.slice(at + 1)] : undefined;
}

/** Paths are where Tekton mounts things when nothing else is said. */
function scopeOf(values: Values, task: Task): Values {
  const scope = new Map<string, Value>([...values].map(([name, value]) => [`params.${name}`, value]));
  for (const { name, mountPath } of task.workspaces ?? [])
    scope.set(`workspaces.${name}.path`, mountPath ?? `/workspace/${name}`);
  for (const found of JSON.stringify(task.steps ?? []).matchAll(
    /\$\((?:inputs\.resources|resources\.inputs)\.([\w-]+)\.path\)/g,
  ))
    scope.set(`resources.inputs.${found[1]}.path`, `/workspace/${found[1]}`);
  for (const found of JSON.stringify(task.steps ?? []).matchAll(/\$\(results\.([\w-]+)\.path\)/g))
    scope.set(`results.${found[1]}.path`, `/tekton/results/${found[1]}`);
  return scope;
}

function workspaceReferences(task: Task, { bound }: TaskPlace): CiReference[] {
  return (task.workspaces ?? []).map(({ name, mountPath = `/workspace/${name}` }) => {
    const binding = bound?.find(each => each.name === name) as Record<string, unknown> | undefined;
    const secret = (binding?.secret as { secretName?: string } | undefined)?.secretName;
    const isCredentials = /\.docker/.test(mountPath) || /docker-?config/i.test(name);
    return {
      kind: isCredentials ? "credentials" : secret === undefined ? "volume" : "secret",
      text: `${secret === undefined ? `workspace ${name}` : `secret ${secret}`} at ${mountPath}`,
      give: isCredentials ? "--docker-config FILE" : null,
    };
  });
}
