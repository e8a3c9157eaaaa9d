import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { registry } from "./support.ts";

const registryPort = Number(registry.split(":")[1]);

/** Inside: takes the registry's connections and passes them on to a socket that both sides see. */
const relayScript = `const { createServer, connect } = require("node:net");
createServer(client => {
  const outside = connect(process.argv[1]);
  client.pipe(outside).pipe(client);
  client.on("error", () => outside.destroy());
  outside.on("error", () => client.destroy());
}).listen(${registryPort}, "127.0.0.1");
process.stdin.resume().on("end", () => process.exit());`;

/** Why there cannot be one here; false when there can. */
export const noSecondEngine: string | false = whatIsMissing();

function whatIsMissing(): string | false {
  if (process.getuid?.() !== 0) return "only root can start a second engine";
  const folders = (process.env.PATH ?? "").split(":");
  const programs = ["dockerd", "unshare", "ip"];
  const absent = programs.find(program => !folders.some(folder => existsSync(path.join(folder, program))));
  return absent === undefined ? false : `no ${absent}`;
}

/**
 * A Docker engine of its own beside the machine's, for what must not be done to that one. Like an engine on another machine
 * it does not see our files: it has a mount namespace in which `hidden` is another, empty folder. It has a network namespace,
 * too, since an engine without a bridge removes the `docker0` that it finds; registries reach it through a relay.
 */
export class SecondEngine {
  readonly host: string;
  readonly #root: string;
  readonly #hidden: string;
  readonly #relay = createServer(client => {
    const upstream = connect(registryPort, "127.0.0.1");
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  #process: ChildProcess | null = null;

  private constructor(root: string, hidden: string) {
    this.#root = root;
    this.#hidden = hidden;
    this.host = `unix://${root}/engine.sock`;
  }

  static async create(hidden: string): Promise<SecondEngine> {
    const engine = new SecondEngine(await mkdtemp(path.join(tmpdir(), "kaniko-lab-engine-")), hidden);
    await engine.#listen();
    await engine.#start();
    return engine;
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, DOCKER_HOST: this.host };
  }

  get #relaySocket(): string {
    return path.join(this.#root, "registry.sock");
  }

  async #listen(): Promise<void> {
    await new Promise<void>(resolve => this.#relay.listen(this.#relaySocket, resolve));
  }

  async #start(): Promise<void> {
    // Without the machine's own settings of its engine.
    await writeFile(`${this.#root}/settings.json`, "{}");
    const script = `mount -t tmpfs none "$1" && ip link set lo up || exit
      exec 3<&0; "$2" --eval "$3" "$4" <&3 & shift 4; exec dockerd "$@"`;
    const arguments_ = [this.#hidden, process.execPath, relayScript, this.#relaySocket];
    const flags = [
      ["--data-root", `${this.#root}/data`],
      ["--exec-root", `${this.#root}/exec`],
      ["--pidfile", `${this.#root}/engine.pid`],
      ["--host", this.host],
      ["--bridge=none", "--iptables=false", "--ip-masq=false", "--config-file", `${this.#root}/settings.json`],
    ].flat();
    // The relay ends when its input does. Detached: what is typed to end the tests must not reach the engine first.
    const engine = spawn("unshare", ["--mount", "--net", "sh", "-c", script, "sh", ...arguments_, ...flags], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
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
    this.#process?.stdin?.end();
    this.#relay.close();
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
