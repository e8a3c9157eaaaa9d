/** Argo's own controller as a process of a test, in a namespace of its own. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { hasProgram, registry, registryHas } from "../build/support.ts";
import {
  apply,
  kubeconfig,
  kubectl,
  missing,
  type Namespace,
  type Place,
  serverOf,
} from "../kubernetes-driver/support.ts";
import { programs } from "./support.ts";

/** `workflow-controller`, `argoexec` and, in `crds/`, what Argo's release applies to a cluster. */
const folder = join(programs, "argo");
const controllerFile = join(folder, "workflow-controller");
const executorFile = join(folder, "argoexec");
const definitions = join(folder, "crds");

/** Why no Workflow can run here, or "". */
export const missingArgo = missing || whyNoArgo();

function whyNoArgo(): string {
  const absent = [controllerFile, executorFile, definitions].find(path => !existsSync(path));
  if (absent !== undefined) return `no ${absent.slice(programs.length + 1)} in ~/.cache/kaniko-lab-test`;
  return hasProgram("docker") ? "" : "no Docker to wrap argoexec in an image";
}

/** The definitions that the cluster lacks, made for as long as the tests take. */
export class Definitions {
  readonly #made: readonly string[];

  constructor() {
    // Those of a run that has just ended are on their way out.
    const { items } = JSON.parse(kubectl("get", "crd", "-o", "json")) as {
      items: { metadata: { name: string; deletionTimestamp?: string } }[];
    };
    const there = items.map(({ metadata }) => metadata).filter(({ name }) => name.endsWith(".argoproj.io"));
    const leaving = there.filter(({ deletionTimestamp }) => deletionTimestamp !== undefined);
    if (leaving.length > 0)
      kubectl("wait", "--for=delete", "--timeout=120s", ...leaving.map(({ name }) => `crd/${name}`));
    const staying = new Set(there.filter(each => !leaving.includes(each)).map(({ name }) => name));
    const names = readdirSync(definitions).flatMap(file => /^argoproj\.io_(\w+)\.yaml$/.exec(file)?.[1] ?? []);
    this.#made = names.filter(name => !staying.has(`${name}.argoproj.io`));
    if (this.#made.length === 0) return;
    kubectl("create", ...this.#made.flatMap(name => ["-f", join(definitions, `argoproj.io_${name}.yaml`)]));
    kubectl("wait", "--for=condition=Established", "--timeout=120s", ...this.#made.map(crdOf));
  }

  /** Those of a run beside this one stay: with them would go its Workflows. */
  remove(own: readonly Namespace[]): void {
    if (this.#made.length === 0) return;
    const words = ["get", "workflows.argoproj.io,workflowtemplates.argoproj.io", "-A", "--no-headers"];
    const namespaces = kubectl(...words, "-o", "custom-columns=:metadata.namespace").split("\n");
    const others = namespaces.filter(name => name !== "" && !own.some(each => each.name === name));
    if (others.length === 0) kubectl("delete", "--wait=false", ...this.#made.map(crdOf));
  }
}

function crdOf(name: string): string {
  return `crd/${name}.argoproj.io`;
}

/** Of `argoexec`, as the node pulls it; pushed where the registry has not got this very file. */
export async function workflowExecutorImage(): Promise<string> {
  const tag = createHash("sha256").update(readFileSync(executorFile)).digest("hex").slice(0, 12);
  const repository = "kaniko-lab-test/argoexec";
  const name = `${registry}/${repository}:${tag}`;
  if (await registryHas(repository, tag)) return name;
  const root = await mkdtemp(join(tmpdir(), "kaniko-lab-argoexec-"));
  try {
    await Promise.all([mkdir(join(root, "bin")), mkdir(join(root, "tmp"))]);
    await copyFile(executorFile, join(root, "bin", "argoexec"));
    await chmod(join(root, "tmp"), 0o1777);
    const changes = ['ENTRYPOINT ["argoexec"]', "ENV PATH=/bin"].map(change => `--change '${change}'`).join(" ");
    execFileSync("sh", ["-c", `tar -C ${root} -c bin tmp | docker import ${changes} - ${name}`], { stdio: "pipe" });
    execFileSync("docker", ["push", "--quiet", name], { stdio: "pipe" });
    return name;
  } finally {
    spawnSync("docker", ["rmi", name]);
    await rm(root, { recursive: true });
  }
}

/** Runs until it is stopped; what it logs is a file of the place. */
export class Controller {
  readonly #child: ChildProcess;

  /** @param config more of Argo's configuration, as its ConfigMap has it. */
  constructor(
    place: Place,
    namespace: Namespace,
    executorImage: string,
    config: Readonly<Record<string, object>> = {},
  ) {
    const metadata = { name: "workflow-controller-configmap", namespace: namespace.name };
    const data = { ...ofServer(), metricsConfig: { enabled: false }, ...config };
    const texts = Object.entries(data).map(([name, value]) => [name, stringify(value)] as const);
    apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: Object.fromEntries(texts) });
    const log = openSync(place.path("controller.log"), "a");
    const args = ["--namespaced", "--namespace", namespace.name, "--managed-namespace", namespace.name];
    this.#child = spawn(
      controllerFile,
      [...args, "--kubeconfig", kubeconfig, "--executor-image", executorImage, "--qps", "100", "--burst", "100"],
      {
        stdio: ["ignore", log, log],
        env: { ...process.env, LEADER_ELECTION_DISABLE: "true", ARGO_NAMESPACE: namespace.name },
      },
    );
    closeSync(log);
  }

  stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise(resolve => {
      this.#child.on("exit", () => resolve());
      this.#child.kill("SIGKILL");
    });
  }
}

/** Pods tell the API server how they ended: one that listens on the node's loopback they only reach from its network. */
function ofServer(): Record<string, object> {
  const { hostname, port } = new URL(serverOf());
  if (hostname !== "127.0.0.1" && hostname !== "localhost") return {};
  return {
    workflowDefaults: { spec: { hostNetwork: true } },
    executor: {
      imagePullPolicy: "IfNotPresent",
      env: [
        { name: "KUBERNETES_SERVICE_HOST", value: hostname },
        { name: "KUBERNETES_SERVICE_PORT", value: port },
      ],
    },
  };
}

export interface WorkflowNode {
  readonly displayName: string;
  readonly type: string;
  readonly phase: string;
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outputs?: { readonly parameters?: readonly { readonly name: string; readonly value?: string }[] };
}

export interface Workflow {
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly nodes?: Readonly<Record<string, WorkflowNode>>;
  };
}

export function workflow(namespace: Namespace, name: string): Workflow {
  return JSON.parse(kubectl("get", "workflow", name, "-n", namespace.name, "-o", "json")) as Workflow;
}

/** Nodes of a Workflow that are builds, by the names that the file gives them. */
export function buildsOf({ status }: Workflow): Map<string, WorkflowNode> {
  const nodes = Object.values(status?.nodes ?? {}).filter(({ type }) => type !== "DAG");
  return new Map(nodes.map(node => [node.displayName, node]));
}

export function digestOf(node: WorkflowNode | undefined): string | undefined {
  return node?.outputs?.parameters?.find(({ name }) => name === "digest")?.value;
}

/** How many builds ran at once at most. */
export function atOnce(nodes: Iterable<WorkflowNode>): number {
  const ran = [...nodes].filter(({ type }) => type === "Pod");
  const counts = ran.map(
    ({ startedAt }) => ran.filter(other => other.startedAt <= startedAt && startedAt < other.finishedAt).length,
  );
  return Math.max(...counts);
}

/**
 * Commands that stand in the first lines of a rendered file, run as they stand but for what they leave to the user.
 * @param begin with what those begin that are to run.
 * @returns what they wrote on stdout.
 */
export function runHeader(place: Place, text: string, begin: string, given: Readonly<Record<string, string>>): string {
  const header = text.slice(0, text.search(/^[^#]/m)).replaceAll(/^# *(?:- )?/gm, "");
  const lines = header.replaceAll("\\\n", " ").split("\n");
  const commands = lines.flatMap(line => (line.includes(begin) ? line.slice(line.indexOf(begin)) : []));
  if (commands.length === 0) throw new Error(`no line of the file begins with ${begin}: ${header}`);
  return commands
    .map(command => Object.entries(given).reduce((words, [hole, value]) => words.replace(hole, value), command))
    .map(command =>
      execFileSync("sh", ["-ec", command], {
        cwd: place.root,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, KUBECONFIG: kubeconfig, HOME: place.root },
      }),
    )
    .join("");
}

/** The name of the object that `kubectl create` says it has made. */
export function madeName(said: string): string {
  return /workflow\.argoproj\.io\/(\S+) created/.exec(said)?.[1] ?? said;
}

export function logOf(place: Place): string {
  return readFileSync(place.path("controller.log"), "utf8").split("\n").slice(-20).join("\n");
}

export async function writeLogin(place: Place, host: string): Promise<void> {
  await mkdir(place.path(".docker"));
  const auth = Buffer.from("lab:lab").toString("base64");
  writeFileSync(place.path(".docker", "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
}
