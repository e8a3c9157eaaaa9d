/**
 * Argo: Workflow, WorkflowTemplate, ClusterWorkflowTemplate, CronWorkflow. From the entry point every call is followed with
 * its arguments, so that each run of Kaniko has the parameters that it gets there; templates that nothing calls stand alone.
 */

import { LabError } from "../error.ts";
import type { ArgoArguments, ArgoCall, ArgoParameter, ArgoTemplate, ArgoWorkflow } from "./argo-shapes.ts";
import { workflowShape } from "./argo-shapes.ts";
import type { CiBuild, CiReference } from "./ci-build.ts";
import { buildsOfContainer, type Container, type Reading } from "./container.ts";
import { hasMark, lineWithin } from "./unknowns.ts";
import type { YamlDocument, YamlPath } from "./yaml-file.ts";

export const argoKinds = ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"];

export interface ArgoObject {
  readonly document: YamlDocument;
  readonly kind: string;
  readonly name: string;
}

interface Workflow extends ArgoObject {
  readonly spec: ArgoWorkflow;
  readonly path: YamlPath;
}

/** A template with the object that it is of. */
interface Found {
  readonly owner: Workflow;
  readonly template: ArgoTemplate;
  readonly at: number;
}

/** Values by the names that `{{…}}` has for them. */
type Scope = ReadonlyMap<string, string>;

const maxDepth = 50;
const maxBuilds = 1000;

export function readArgo(objects: readonly ArgoObject[], reading: Reading): CiBuild[] {
  const workflows = objects.map((object): Workflow => {
    const path = object.kind === "CronWorkflow" ? ["spec", "workflowSpec"] : ["spec"];
    return { ...object, path, spec: object.document.check(workflowShape, path) };
  });
  return new ArgoReader(workflows, reading).read();
}

class ArgoReader {
  readonly #workflows: readonly Workflow[];
  readonly #reading: Reading;
  readonly #builds: CiBuild[] = [];
  readonly #reached = new Set<ArgoTemplate>();

  constructor(workflows: readonly Workflow[], reading: Reading) {
    this.#workflows = workflows;
    this.#reading = reading;
  }

  read(): CiBuild[] {
    // Those that only refer to others first: what they reach is not listed once more by itself.
    const ordered = this.#workflows.toSorted((a, b) => Number(isLibrary(a)) - Number(isLibrary(b)));
    for (const workflow of ordered) this.#entry(workflow);
    for (const owner of this.#workflows) {
      const templates = (owner.spec.templates ?? []).map((template, at): Found => ({ owner, template, at }));
      const called = new Set(templates.flatMap(({ template }) => callsOf(template).map(({ call }) => call.template)));
      // Those that no other calls come first, as they reach the others with their arguments.
      for (const found of templates.toSorted(
        (a, b) => Number(called.has(a.template.name)) - Number(called.has(b.template.name)),
      ))
        if (!this.#reached.has(found.template)) this.#alone(found);
    }
    return this.#builds;
  }

  #alone(found: Found): void {
    const scope = this.#workflowScope(found.owner, found.owner);
    const inputs = this.#inputs(found, null, scope);
    this.#template(found, new Map([...scope, ...inputs]), found.owner, found.template.name ?? "", [], 0);
  }

  #entry(workflow: Workflow): void {
    const reference = workflow.spec.workflowTemplateRef?.name;
    const owner = reference === undefined ? workflow : this.#workflows.find(({ name }) => name === reference);
    if (owner === undefined) return;
    const entrypoint = workflow.spec.entrypoint ?? owner.spec.entrypoint;
    const found = entrypoint === undefined ? null : findTemplate(owner, entrypoint);
    // Reached by a workflow of this file already.
    if (found === null || (isLibrary(workflow) && this.#reached.has(found.template))) return;
    const scope = this.#workflowScope(workflow, owner);
    const inputs = this.#inputs(found, entryArguments(scope), scope);
    this.#template(found, new Map([...scope, ...inputs]), workflow, "", [], 0);
  }

  /** What `{{workflow.…}}` is. */
  #workflowScope(workflow: Workflow, owner: Workflow): Map<string, string> {
    const scope = new Map<string, string>();
    const prefix = "workflow.parameters.";
    const declared = new Map<string, { parameter: ArgoParameter; from: Workflow }>();
    for (const from of new Set([owner, workflow]))
      for (const parameter of from.spec.arguments?.parameters ?? []) {
        const before = declared.get(parameter.name)?.parameter;
        declared.set(parameter.name, { parameter: { ...before, ...parameter }, from });
      }
    for (const { parameter, from } of declared.values()) {
      const line = lineOfParameter(from, [...from.path, "arguments"], from.spec.arguments, parameter.name);
      this.#declare(scope, prefix, parameter, parameter.value ?? parameter.default, line);
    }
    return scope;
  }

  /** What `{{inputs.…}}` is for a template that a task calls (or nobody). */
  #inputs({ owner, template, at }: Found, call: ArgoArguments, outer: Scope): Map<string, string> {
    const path = [...owner.path, "templates", at, "inputs"];
    const scope = new Map<string, string>();
    for (const parameter of template.inputs?.parameters ?? []) {
      const passed = call?.parameters?.find(({ name }) => name === parameter.name)?.value;
      const line = lineOfParameter(owner, path, template.inputs, parameter.name);
      const own = parameter.value ?? parameter.default;
      const value = passed ?? (own === undefined ? undefined : this.#fill(own, line, outer));
      this.#declare(scope, "inputs.parameters.", parameter, value, line);
    }
    for (const artifact of template.inputs?.artifacts ?? [])
      if (artifact.path !== undefined) scope.set(`inputs.artifacts.${artifact.name}.path`, artifact.path);
    return scope;
  }

  #declare(
    scope: Map<string, string>,
    prefix: string,
    parameter: ArgoParameter,
    value: string | undefined,
    line: number,
  ): void {
    const { name } = parameter;
    const given = this.#reading.given.value(prefix + name, name);
    if (given !== undefined && parameter.enum && !parameter.enum.includes(given)) {
      throw new LabError(
        "usage",
        `--param ${name}=${given}: ${this.#reading.file}:${line} takes ${parameter.enum.join(", ")}`,
      );
    }
    const unknown = { name: prefix + name, line, give: `--param ${name}=VALUE` };
    scope.set(prefix + name, given ?? value ?? this.#reading.unknowns.mark(unknown));
  }

  /** Puts values in the places of `{{…}}`. */
  #fill(value: string, firstLine: number, scope: Scope): string {
    return value.replace(/\{\{(.*?)\}\}/gs, (whole, inner: string, offset: number) => {
      const line = lineWithin(value, offset, firstLine);
      const name = inner.trim();
      const isExpression = name.startsWith("=");
      const short = /^(?:inputs|workflow)\.parameters\.(.+)$/.exec(name)?.[1];
      const known =
        scope.get(name) ?? (isExpression ? undefined : this.#reading.given.value(name, ...(short ? [short] : [])));
      if (known !== undefined) return known;
      const give = isExpression ? null : `--param ${short ?? name}=VALUE`;
      return this.#reading.unknowns.mark({ name: isExpression ? whole : name, line, give });
    });
  }

  #template(
    found: Found,
    scope: Scope,
    workflow: Workflow,
    job: string,
    notes: readonly string[],
    depth: number,
  ): void {
    const { owner, template, at } = found;
    this.#reached.add(template);
    const path = [...owner.path, "templates", at];
    if (depth > maxDepth || this.#builds.length > maxBuilds) {
      const where = `${owner.document.file}:${owner.document.lineOf(path)}`;
      throw new LabError("too-large", `${where}: templates call each other without end`);
    }
    const calls = callsOf(template).map(({ call, below }) => ({ call, path: [...path, ...below] }));
    if (calls.length === 0) this.#leaf(found, scope, workflow, job || (template.name ?? ""), notes);
    for (const each of calls) this.#call(each.call, each.path, found, scope, workflow, job, notes, depth);
  }

  #call(
    call: ArgoCall,
    path: YamlPath,
    caller: Found,
    scope: Scope,
    workflow: Workflow,
    job: string,
    notes: readonly string[],
    depth: number,
  ): void {
    const { owner } = caller;
    const called = call.templateRef
      ? findTemplate(
          this.#workflows.find(({ name }) => name === call.templateRef?.name) ?? null,
          call.templateRef.template,
        )
      : call.template === undefined
        ? null
        : findTemplate(owner, call.template);
    if (called === null) return;
    const line = owner.document.lineOf(path);
    const own = `${job === "" ? "" : `${job}.`}${call.name ?? call.template ?? ""}`;
    const when = call.when === undefined ? [] : [`runs only when ${call.when} (line ${line})`];
    for (const item of this.#items(call, line, scope)) {
      const here = new Map([...scope, ...item.values]);
      const passed: ArgoArguments = {
        parameters: (call.arguments?.parameters ?? []).map((parameter, at) => ({
          ...parameter,
          ...(parameter.value === undefined
            ? {}
            : {
                value: this.#fill(
                  parameter.value,
                  owner.document.lineOf([...path, "arguments", "parameters", at, "value"]),
                  here,
                ),
              }),
        })),
      };
      const inherited = new Map([...scope].filter(([name]) => name.startsWith("workflow.")));
      const inputs = this.#inputs(called, passed, inherited);
      const inner = new Map([...inherited, ...inputs]);
      this.#template(called, inner, workflow, own + item.label, [...notes, ...when], depth + 1);
    }
  }

  /** One for each round of a loop; one for no loop. */
  #items(call: ArgoCall, line: number, scope: Scope): { label: string; values: Scope }[] {
    const items = call.withItems ?? (call.withParam === undefined ? null : this.#list(call.withParam, line, scope));
    if (items === null) return [{ label: "", values: new Map() }];
    return items.map(item => {
      const values = new Map<string, string>();
      const isMap = typeof item === "object" && item !== null;
      values.set("item", isMap ? JSON.stringify(item) : this.#fill(String(item), line, scope));
      if (isMap)
        for (const [key, value] of Object.entries(item))
          values.set(`item.${key}`, this.#fill(typeof value === "string" ? value : JSON.stringify(value), line, scope));
      const first = isMap ? Object.values(item)[0] : item;
      return { label: `(${String(first)})`, values };
    });
  }

  #list(text: string, line: number, scope: Scope): unknown[] | null {
    const filled = this.#fill(text, line, scope);
    // Made by a step before: one build stands for all, and `{{item}}` is to be given.
    if (hasMark(filled)) return null;
    try {
      const list: unknown = JSON.parse(filled);
      if (Array.isArray(list)) return list;
    } catch {
      // Told below.
    }
    throw new LabError("config-invalid", `${this.#reading.file}:${line}: withParam is no list in JSON`);
  }

  #leaf(found: Found, scope: Scope, workflow: Workflow, job: string, notes: readonly string[]): void {
    const { owner, template, at } = found;
    const path = [...owner.path, "templates", at];
    const containers: { container: Container; path: YamlPath }[] = [
      ...(template.container ? [{ container: template.container, path: [...path, "container"] }] : []),
      ...(template.script ? [{ container: template.script, path: [...path, "script"] }] : []),
      ...(template.containerSet?.containers ?? []).map((container, index) => ({
        container,
        path: [...path, "containerSet", "containers", index],
      })),
    ];
    const before = (template.initContainers ?? []).map(
      ({ name = "a container", image = "?" }) => `before it runs ${name} (${this.#fill(image, 1, scope)})`,
    );
    for (const each of containers) {
      const builds = buildsOfContainer(each.container, {
        document: owner.document,
        path: each.path,
        reading: { ...this.#reading, file: owner.document.file },
        origin: {
          file: owner.document.file,
          format: "argo",
          kind: workflow.kind,
          name: workflow.name,
          job: containers.length > 1 ? `${job}.${each.container.name ?? ""}` : job,
          template: template.name ?? null,
        },
        fill: (value, line) => this.#fill(value, line, scope),
        volumes: [...(template.volumes ?? []), ...(owner.spec.volumes ?? [])],
        references: this.#artifacts(found, scope),
        notes: [...notes, ...before],
      });
      this.#builds.push(...builds);
    }
  }

  #artifacts({ owner, template, at }: Found, scope: Scope): CiReference[] {
    return (template.inputs?.artifacts ?? []).map((artifact, index) => {
      const line = owner.document.lineOf([...owner.path, "templates", at, "inputs", "artifacts", index]);
      const from = artifact.git
        ? ` from ${artifact.git.repo ?? "git"} ${artifact.git.revision ?? ""}`.trimEnd()
        : artifact.s3
          ? ` from s3 ${artifact.s3.bucket ?? ""}/${artifact.s3.key ?? ""}`
          : "";
      const text = this.#fill(`artifact ${artifact.name}${from} at ${artifact.path ?? "?"}`, line, scope);
      return { kind: "source", text, give: "--context DIR" };
    });
  }
}

/** The entry point gets the workflow's own arguments, by their names. */
function entryArguments(scope: Scope): ArgoArguments {
  const prefix = "workflow.parameters.";
  const parameters = [...scope].filter(([name, value]) => name.startsWith(prefix) && !hasMark(value));
  return { parameters: parameters.map(([name, value]) => ({ name: name.slice(prefix.length), value })) };
}

function callsOf(template: ArgoTemplate): { call: ArgoCall; below: YamlPath }[] {
  return [
    ...(template.steps ?? []).flatMap((group, outer) =>
      Array.isArray(group)
        ? group.map((call, inner) => ({ call, below: ["steps", outer, inner] }))
        : [{ call: group, below: ["steps", outer] }],
    ),
    ...(template.dag?.tasks ?? []).map((call, index) => ({ call, below: ["dag", "tasks", index] })),
  ];
}

/** Holds templates for others; is no run by itself. */
function isLibrary({ kind }: Workflow): boolean {
  return kind === "WorkflowTemplate" || kind === "ClusterWorkflowTemplate";
}

function findTemplate(owner: Workflow | null, name: string): Found | null {
  const at = owner?.spec.templates?.findIndex(template => template.name === name) ?? -1;
  return owner === null || at < 0 ? null : { owner, template: owner.spec.templates?.[at] as ArgoTemplate, at };
}

function lineOfParameter(owner: Workflow, path: YamlPath, of: ArgoArguments, name: string): number {
  const at = of?.parameters?.findIndex(parameter => parameter.name === name) ?? -1;
  return owner.document.lineOf(at < 0 ? path : [...path, "parameters", at]);
}
