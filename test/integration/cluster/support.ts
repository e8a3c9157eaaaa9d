/** What the tests of `cluster` share: kind's program, a registry's image, a container that stands for a node of kind. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterPart } from "../../../lib/cluster/cluster-part.ts";
import { hasProgram, Place } from "../build/support.ts";
import { changedConfig } from "../kubernetes-driver/support.ts";

/** kind is looked for in the PATH: this folder is put in front of it. */
export const programs = join(homedir(), ".cache/kaniko-lab-test");

export const missingKind = whyNoKind();

function whyNoKind(): string {
  if (!existsSync(join(programs, "kind")) && !hasProgram("kind")) return "no kind, nor in ~/.cache/kaniko-lab-test";
  const { status, stdout } = spawnSync("docker", ["ps", "-a", "--format", "{{.Names}}"], { encoding: "utf8" });
  if (status !== 0) return "no Docker engine";
  if (stdout.split("\n").includes("kind-registry")) return "there is a container kind-registry";
  return existsSync("/usr/bin/docker-registry") ? "" : "no docker-registry program to make an image of";
}

/** A node's image that the engine has: kind cannot always pull its own. */
export const nodeImage = missingKind === "" ? nodeImageOfEngine() : null;

function nodeImageOfEngine(): string | null {
  const shown = ["--filter", "reference=kindest/node", "--format", "{{.Repository}}:{{.Tag}}"];
  const { stdout } = spawnSync("docker", ["images", ...shown], { encoding: "utf8" });
  return stdout.split("\n").find(name => name !== "" && !name.endsWith("<none>")) ?? null;
}

export function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" }).trim();
}

/** Debian's registry as an image that listens where the published one does. */
export function registryImage(): string {
  const name = "kaniko-lab-test/registry:2";
  const folder = mkdtempSync(join(tmpdir(), "kaniko-lab-registry-"));
  try {
    const storage = "storage: {filesystem: {rootdirectory: /var/lib/registry}}";
    writeFileSync(join(folder, "config.yml"), `version: 0.1\n${storage}\nhttp: {addr: ":5000"}\n`);
    const libraries =
      execFileSync("/usr/bin/ldd", ["/usr/bin/docker-registry"], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
    const files = ["/usr/bin/docker-registry", ...libraries];
    const tar = execFileSync("tar", ["-hcP", ...files, "-C", folder, "config.yml"], { maxBuffer: 1 << 28 });
    const command = 'CMD ["/usr/bin/docker-registry","serve","/config.yml"]';
    execFileSync("docker", ["import", "-c", command, "-", name], { input: tar, stdio: "pipe" });
    return name;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A container that kind takes for the node of a cluster: it has its labels, its network and the lab's mounts. */
export class StandInNode {
  readonly cluster = `lab-test-${process.pid}`;
  readonly container = `${this.cluster}-control-plane`;
  readonly #madeNetwork: boolean;

  constructor(mounts: Readonly<Record<string, string>>) {
    this.#madeNetwork = spawnSync("docker", ["network", "create", "kind"]).status === 0;
    const volumes = Object.entries(mounts).flatMap(([local, node]) => ["--volume", `${local}:${node}`]);
    const labels = [`io.x-k8s.kind.cluster=${this.cluster}`, "io.x-k8s.kind.role=control-plane"];
    docker(
      ...["run", "--detach", "--name", this.container, "--network", "kind", ...volumes],
      ...labels.flatMap(label => ["--label", label]),
      ...["127.0.0.1:5000/base/busybox:1", "sleep", "1000000"],
    );
  }

  read(path: string): string {
    return docker("exec", this.container, "cat", path);
  }

  remove(): void {
    spawnSync("docker", ["rm", "--force", "--volumes", this.container, "kind-registry"]);
    if (this.#madeNetwork) spawnSync("docker", ["network", "rm", "kind"]);
  }
}

/** The kubeconfig of the real cluster, under the name that kind gives a context. */
export function configFor(place: Place, cluster: string): Promise<string> {
  return changedConfig(place, config => {
    const whole = config as unknown as { contexts: { name: string }[]; "current-context": string };
    for (const context of whole.contexts) context.name = `kind-${cluster}`;
    whole["current-context"] = `kind-${cluster}`;
  });
}

export interface PartsDocument {
  readonly parts: readonly ClusterPart[];
}

/** `name: state` of each part. */
export function statesOf(stdout: string): Record<string, string> {
  const { parts } = JSON.parse(stdout) as PartsDocument;
  return Object.fromEntries(parts.map(({ name, state }) => [name, state]));
}

export { Place };
