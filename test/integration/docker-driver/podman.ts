import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { registry } from "./support.ts";

/** Why there cannot be one here; false when there can. */
export const noPodman: string | false = whatIsMissing();

function whatIsMissing(): string | false {
  if (process.getuid?.() !== 0) return "only root can start a Podman that runs containers on any machine";
  const folders = (process.env.PATH ?? "").split(":");
  return folders.some(folder => existsSync(path.join(folder, "podman"))) ? false : "no podman";
}

/** A Podman service of its own, with images, volumes and settings that nothing else uses. */
export class PodmanService {
  readonly env: NodeJS.ProcessEnv;
  readonly #root: string;
  readonly #process: ChildProcess;

  private constructor(root: string, service: ChildProcess) {
    this.#root = root;
    this.#process = service;
    this.env = { ...process.env, DOCKER_HOST: `unix://${root}/podman.sock` };
  }

  static async create(): Promise<PodmanService> {
    const root = await mkdtemp(path.join(tmpdir(), "kaniko-lab-podman-"));
    // Podman asks for more open files than many machines allow, and then starts nothing.
    await writeFile(
      `${root}/containers.conf`,
      '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n',
    );
    await writeFile(`${root}/registries.conf`, `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`);
    const env = {
      ...process.env,
      CONTAINERS_CONF: `${root}/containers.conf`,
      CONTAINERS_REGISTRIES_CONF: `${root}/registries.conf`,
    };
    const folders = ["--root", `${root}/data`, "--runroot", `${root}/run`, "--tmpdir", `${root}/tmp`];
    const service = spawn(
      "podman",
      [...folders, "--storage-driver", "vfs", "system", "service", "--time=0", `unix://${root}/podman.sock`],
      { env, detached: true, stdio: "ignore" },
    );
    const podman = new PodmanService(root, service);
    const driver = createDockerDriver(podman.env);
    while (!(await driver.probe()).available) {
      if (service.exitCode !== null) throw new Error(`podman ended with status ${service.exitCode}`);
      await pause(100);
    }
    return podman;
  }

  async remove(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
    await rm(this.#root, { recursive: true, force: true });
  }
}
