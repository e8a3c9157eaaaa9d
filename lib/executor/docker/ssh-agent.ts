import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Agent } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * Connections to an engine on another machine, as the docker command makes them: each is the system's own
 * `ssh HOST docker system dial-stdio`, so that the user's keys, known hosts and ssh configuration count.
 */
export function sshAgent(destination: string, port: number | null, env: NodeJS.ProcessEnv): Agent {
  const args = [
    "-T",
    // Nobody is there to answer a question; and a dead link must end.
    ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15"],
    ...(port === null ? [] : ["-p", String(port)]),
    ...["--", destination, "docker", "system", "dial-stdio"],
  ];
  return new SshAgent(() => new SshConnection(args, env));
}

class SshAgent extends Agent {
  readonly #dial: () => Duplex;

  constructor(dialOne: () => Duplex) {
    super({ keepAlive: true, maxFreeSockets: 2 });
    this.#dial = dialOne;
  }

  override createConnection(): Duplex {
    return this.#dial();
  }
}

const maxComplaintLength = 2000;

/** The program's standard streams as one connection. Its end is the program's: only then is it known whether all went well. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #complaint = "";

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    super({ allowHalfOpen: true });
    const child = spawn("ssh", args, { env, stdio: "pipe" });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      this.#complaint = (this.#complaint + part).slice(0, maxComplaintLength);
    });
    child.on("error", error => this.#fail(`ssh cannot be started: ${error.message}`));
    child.on("close", code => {
      if (code) this.#fail(`ssh ended with status ${code}: ${this.#complaint.trim()}`);
      else this.push(null);
    });
    // A broken pipe only says that the program ended; why, its status says.
    child.stdin.on("error", () => {});
  }

  #fail(why: string): void {
    this.destroy(Object.assign(new Error(why), { code: "ECONNREFUSED" }));
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  // What http.Agent asks of a socket. An idle connection must not keep this program alive.
  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    this.#setReferenced("ref");
    return this;
  }

  unref(): this {
    this.#setReferenced("unref");
    return this;
  }

  #setReferenced(how: "ref" | "unref"): void {
    this.#child[how]();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      (stream as unknown as Socket)[how]();
  }
}
