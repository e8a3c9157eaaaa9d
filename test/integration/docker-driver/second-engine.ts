import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";

/**
 * A Docker engine of its own beside the machine's, for what must not be done to that one. It runs in a mount namespace in
 * which `hidden` is another, empty folder: like an engine on another machine it does not see our files.
 */
export class SecondEngine {
  readonly host: string;
  readonly #root: string;
  readonly #hidden: string;
  #process: ChildProcess | null = null;

  private constructor(root: string, hidden: string) {
    this.#root = root;
    this.#hidden = hidden;
    this.host = `unix://${root}/engine.sock`;
  }

  static async create(hidden: string): Promise<SecondEngine> {
    const engine = new SecondEngine(await mkdtemp(path.join(tmpdir(), "kaniko-lab-engine-")), hidden);
    await engine.start();
    return engine;
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, DOCKER_HOST: this.host };
  }

  async start(): Promise<void> {
    // Without the machine's own settings of its engine.
    await writeFile(`${this.#root}/settings.json`, "{}");
    const script = 'hidden=$1; shift; mount -t tmpfs none "$hidden" && exec dockerd "$@"';
    const flags = [
      ["--data-root", `${this.#root}/data`],
      ["--exec-root", `${this.#root}/exec`],
      ["--pidfile", `${this.#root}/engine.pid`],
      ["--host", this.host],
      ["--bridge=none", "--iptables=false", "--ip-masq=false", "--config-file", `${this.#root}/settings.json`],
    ].flat();
    // A group of its own, so that containerd and shims end with it.
    const engine = spawn("unshare", ["--mount", "sh", "-c", script, "sh", this.#hidden, ...flags], {
      detached: true,
      stdio: "ignore",
    });
    this.#process = engine;
    const driver = createDockerDriver(this.env);
    while (!(await driver.probe()).available) {
      if (engine.exitCode !== null) throw new Error(`dockerd ended with status ${engine.exitCode}`);
      await pause(100);
    }
  }

  /** As a crash does it: what runs in containers goes on. */
  async crash(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async remove(): Promise<void> {
    await this.#end("SIGTERM");
    await this.#endShims();
    await rm(this.#root, { recursive: true, force: true });
  }

  /** What a crash left: each shim of this engine and, first, the container below it. */
  async #endShims(): Promise<void> {
    const processes = await Promise.all((await readdir("/proc")).filter(name => /^\d+$/.test(name)).map(readProcess));
    const shims = processes.filter(each => each?.command.includes(`${this.#root}/exec/`)).map(shim => shim?.pid);
    const containers = processes.filter(each => shims.includes(each?.parent)).map(each => each?.pid);
    for (const pid of [...containers, ...shims]) process.kill(pid as number, "SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const engine = this.#process;
    if (engine === null || engine.exitCode !== null || engine.signalCode !== null) return;
    const ended = once(engine, "exit");
    engine.kill(signal);
    await ended;
  }
}

async function readProcess(pid: string): Promise<{ pid: number; parent: number; command: string } | null> {
  try {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // After the name in parentheses: state, parent.
    return { pid: Number(pid), parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]), command };
  } catch {
    return null;
  }
}
