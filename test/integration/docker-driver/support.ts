import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { keptLayersVolume } from "../../../lib/executor/docker/kept-layers.ts";
import type { ExecutorOutput, ExecutorSource, RunRequest } from "../../../lib/executor/port.ts";

export const registry = "127.0.0.1:5000";
export const lockedRegistry = "127.0.0.1:5001";
export const busybox = `${registry}/base/busybox:1`;

/** Why tests that need an engine, a registry and executors cannot run here; false when they can. */
export const missing: string | false = await whatIsMissing();

export function executorFile(family: "fork" | "upstream"): string {
  const folder = path.join(homedir(), ".cache/kaniko-lab-test");
  return path.join(folder, family === "fork" ? "executor" : "executor-upstream");
}

export function executor(family: "fork" | "upstream"): ExecutorSource {
  return { kind: "binary", file: executorFile(family) };
}

export async function registryAnswers(host: string, status: number): Promise<boolean> {
  return (await fetch(`http://${host}/v2/`).catch(() => null))?.status === status;
}

export async function registryHas(repository: string, tag: string): Promise<boolean> {
  return (await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`).catch(() => null))?.ok === true;
}

async function whatIsMissing(): Promise<string | false> {
  const { available, detail } = await createDockerDriver().probe();
  if (!available) return detail;
  if (!(await registryHas("base/busybox", "1"))) return `no ${busybox}`;
  for (const family of ["fork", "upstream"] as const) {
    if (!existsSync(executorFile(family))) return `no ${family} executor in ~/.cache/kaniko-lab-test`;
  }
  return false;
}

/** A folder for one test, with a context, and empty folders for what comes out. */
export class Lab {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(
    dockerfile: string,
    files: Readonly<Record<string, string>> = {},
    parent = tmpdir(),
  ): Promise<Lab> {
    const lab = new Lab(await mkdtemp(path.join(parent, "kaniko-lab-docker-")));
    for (const name of ["context", "out", "layers", "driver"]) await mkdir(lab.path(name));
    await writeFile(lab.path("context/Dockerfile"), dockerfile);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(lab.path("context", name)), { recursive: true });
      await writeFile(lab.path("context", name), text);
      if (name.endsWith(".sh")) await chmod(lab.path("context", name), 0o755);
    }
    return lab;
  }

  path(...parts: string[]): string {
    return path.join(this.root, ...parts);
  }

  request(source: ExecutorSource, more: Partial<RunRequest> & { readonly flags?: readonly string[] } = {}): RunRequest {
    const { flags = [], ...rest } = more;
    return {
      source,
      args: [
        "--context=dir:///workspace",
        "--no-push",
        "--oci-layout-path=/out/image",
        "--cache",
        "--cache-repo=oci:/cache/layers",
        "--cache-copy-layers",
        "--log-format=json",
        `--insecure-registry=${registry}`,
        ...flags,
      ],
      mounts: [
        { hostPath: this.path("context"), path: "/workspace", readOnly: true },
        { hostPath: this.path("out"), path: "/out", readOnly: false },
        { hostPath: this.path("layers"), path: "/cache", readOnly: false },
      ],
      env: {},
      debugPort: null,
      dockerConfigFile: null,
      insecureRegistries: [registry],
      driverFolder: this.path("driver"),
      ...rest,
    };
  }

  /** The engine's volume too, if a copying build made one. */
  async remove(): Promise<void> {
    docker("", "volume", "rm", "--force", keptLayersVolume(await realpath(this.path("layers"))));
    await rm(this.root, { recursive: true, force: true });
  }
}

export interface RunResult {
  readonly lines: readonly string[];
  readonly preparing: readonly string[];
  readonly code: number | null;
  readonly reason: string;
}

/** Runs to the end; `onLine` sees each line as it comes. */
export async function collect(
  outputs: AsyncIterable<ExecutorOutput>,
  onLine: (text: string) => void = () => {},
): Promise<RunResult> {
  const result = { lines: [] as string[], preparing: [] as string[], code: null as number | null, reason: "" };
  for await (const output of outputs) {
    if (output.type === "line") {
      result.lines.push(output.text);
      onLine(output.text);
    } else if (output.type === "preparing") {
      if (result.preparing.at(-1) !== output.what) result.preparing.push(output.what);
    } else if (output.type === "exit") {
      result.code = output.code;
      result.reason = output.reason;
    }
  }
  return result;
}

/** Containers that this very process has in the engine, by name. */
export function ownContainers(host = ""): string[] {
  const names = docker(host, "ps", "--all", "--format", "{{.Names}}").split("\n");
  return names.filter(name => name.startsWith(`kaniko-lab-${process.pid}-`));
}

export function docker(host: string, ...args: string[]): string {
  const env = host === "" ? process.env : { ...process.env, DOCKER_HOST: host };
  return execFileSync("docker", args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
