/** What the tests in a real cluster share. They use the cluster of KANIKO_LAB_TEST_KUBECONFIG, or the one of the lab. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, connect as dial, type Socket } from "node:net";
import { homedir, networkInterfaces } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { buildsOf } from "../../../lib/build/build-driver.ts";
import { defaultSpec } from "../../../lib/build/build-spec.ts";
import { createKubernetesDriver } from "../../../lib/executor/kubernetes/kubernetes-driver.ts";
import { defaultKubernetesOptions } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { type BuildDocument, type Ended, Place, registryHas } from "../build/support.ts";

export const kubeconfig =
  process.env.KANIKO_LAB_TEST_KUBECONFIG ?? join(homedir(), ".cache/lab-cluster/run/kubeconfig");

/** As the node pulls them. */
export const executorImage = "127.0.0.1:5000/kaniko/executor:local";
export const helperImage = "127.0.0.1:5000/base/busybox:1";

/** This machine as Pods see it: their own loopback is another one. */
const hostAddress = Object.values(networkInterfaces())
  .flat()
  .find(address => address?.family === "IPv4" && !address.internal)?.address;
export const podRegistry = `${hostAddress}:5000`;
export const podBase = `${podRegistry}/base/busybox:1`;

/** Why nothing can be tested here, or "". */
export const missing = await whyNot();

async function whyNot(): Promise<string> {
  if (!existsSync(kubeconfig)) return `no kubeconfig at ${kubeconfig}`;
  const { available, detail } = await createKubernetesDriver(undefined, { KUBECONFIG: kubeconfig }).probe();
  if (!available) return detail;
  if (!(await registryHas("kaniko/executor", "local"))) return `no ${executorImage}`;
  return (await registryHas("base/busybox", "1")) ? "" : `no ${helperImage}`;
}

export function kubectl(...args: string[]): string {
  return execFileSync("kubectl", ["--kubeconfig", kubeconfig, ...args], { encoding: "utf8", stdio: "pipe" });
}

export function apply(document: unknown): void {
  execFileSync("kubectl", ["--kubeconfig", kubeconfig, "apply", "-f", "-"], {
    input: JSON.stringify(document),
    stdio: "pipe",
  });
}

/** A namespace of its own for a test file. */
export class Namespace {
  readonly name = `lab-test-${process.pid}-${Date.now() % 100_000}`;

  constructor(labels: Readonly<Record<string, string>> = {}) {
    apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: this.name, labels } });
  }

  /** Pods, Jobs and Secrets that a build has made; those that are on their way out do not count. */
  leftovers(): string[] {
    const text = kubectl(
      "get",
      "pods,jobs,secrets",
      "-n",
      this.name,
      "-l",
      "app.kubernetes.io/managed-by=kaniko-lab",
      "-o",
      "json",
    );
    const { items } = JSON.parse(text) as {
      items: { kind: string; metadata: { name: string; deletionTimestamp?: string } }[];
    };
    return items
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  }

  remove(): void {
    kubectl("delete", "namespace", this.name, "--wait=false");
  }
}

export function buildArgs(namespace: { readonly name: string }, ...more: string[]): string[] {
  const executor = more.includes("--executor") ? [] : ["--executor", executorImage];
  return [
    ...["build", "context", "--driver", "kubernetes", "--namespace", namespace.name],
    ...[...executor, "--helper-image", helperImage],
    ...["--insecure-registry", podRegistry, "--build-arg", `BASE=${podBase}`],
    ...more,
  ];
}

export function inCluster(place: Place, args: readonly string[], config = kubeconfig): Promise<Ended> {
  return place.run(args, { env: { KUBECONFIG: config } });
}

export async function built(place: Place, args: readonly string[], config = kubeconfig): Promise<BuildDocument> {
  const { status, stdout, stderr } = await inCluster(place, [...args, "--json"], config);
  if (status !== 0) throw new Error(`the build ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as BuildDocument;
}

export interface Watched {
  /** What the RUNs printed. */
  readonly output: readonly string[];
  readonly status: string | null;
  readonly error: unknown;
}

/** A build of the place's context; `then` happens once, as soon as the build tells `words`. */
export async function whenItTells(
  place: Place,
  namespace: Namespace,
  words: string,
  then: () => void | Promise<void>,
  config = kubeconfig,
): Promise<Watched> {
  const options = { ...defaultKubernetesOptions, namespace: namespace.name, helperImage };
  const events = buildsOf(createKubernetesDriver(options, { ...process.env, KUBECONFIG: config })).build({
    spec: {
      ...defaultSpec,
      context: place.path("context"),
      buildArgs: { BASE: podBase },
      insecureRegistries: [podRegistry],
    },
    source: { kind: "image", reference: executorImage },
    sourceName: executorImage,
    why: "",
    cache: new CacheFolder(place.cache),
    workingFolder: place.root,
    signal: new AbortController().signal,
  });
  const output: string[] = [];
  let status: string | null = null;
  let isDone = false;
  try {
    for await (const event of events) {
      const text = event.type === "preparing" ? event.what : event.type === "output" ? event.text : "";
      if (event.type === "output") output.push(event.text);
      if (event.type === "finished") status = event.status;
      if (isDone || !text.startsWith(words)) continue;
      isDone = true;
      await then();
    }
    return { output, status, error: isDone ? null : new Error(`the build never told: ${words}`) };
  } catch (error) {
    return { output, status, error };
  }
}

interface Kubeconfig {
  clusters: { name: string; cluster: { server: string } }[];
  users: { name: string; user: Record<string, unknown> }[];
}

/** The kubeconfig with something changed, as a file of the place. */
export async function changedConfig(place: Place, change: (config: Kubeconfig) => void): Promise<string> {
  const config = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  change(config);
  const file = place.path(`kubeconfig-${Math.random().toString(36).slice(2)}`);
  await mkdir(place.root, { recursive: true });
  await writeFile(file, stringify(config));
  return file;
}

/** A user that may do only some things in a namespace. */
export async function limitedUser(
  place: Place,
  namespace: Namespace,
  name: string,
  rules: readonly { verbs: string[]; resources: string[] }[],
): Promise<string> {
  const metadata = { name, namespace: namespace.name };
  apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata,
    rules: rules.map(rule => ({ apiGroups: [""], ...rule })),
  });
  apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: namespace.name }],
  });
  const given = token(namespace, name);
  return changedConfig(place, config => {
    for (const one of config.users) one.user = { token: given };
  });
}

/** Of a service account. */
export function token(namespace: Namespace, account: string): string {
  return kubectl("create", "token", account, "-n", namespace.name).trim();
}

/** Stands between the program and the API server, and can break all connections as a restart of the server does. */
export class ApiGate {
  readonly #sockets = new Set<Socket>();
  #isShut = false;
  readonly #server;
  readonly address: Promise<string>;

  constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer(from => {
      if (this.#isShut) return void from.destroy();
      const to = dial(Number(port), hostname);
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
    this.address = new Promise(resolve => {
      this.#server.listen(0, "127.0.0.1", () => {
        resolve(`https://127.0.0.1:${(this.#server.address() as { port: number }).port}`);
      });
    });
  }

  shut(): void {
    this.#isShut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  open(): void {
    this.#isShut = false;
  }

  close(): void {
    this.shut();
    this.#server.close();
  }
}

export function serverOf(config = kubeconfig): string {
  return (parse(readFileSync(config, "utf8")) as Kubeconfig).clusters[0]?.cluster.server ?? "";
}

export function claim(namespace: Namespace, name: string, storageClassName: string, volumeName?: string): void {
  apply({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: namespace.name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName,
      ...(volumeName === undefined ? {} : { volumeName }),
      resources: { requests: { storage: "1Mi" } },
    },
  });
}

export function volume(namespace: Namespace, name: string, folder: string): void {
  const volumeName = `${name}-${namespace.name}`;
  apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volumeName },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Mi" },
      storageClassName: "lab",
      hostPath: { path: folder },
      persistentVolumeReclaimPolicy: "Retain",
    },
  });
  claim(namespace, name, "lab", volumeName);
}

export { Place };
