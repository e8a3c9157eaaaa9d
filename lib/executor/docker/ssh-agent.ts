import { spawn } from "node:child_process";
import { Agent } from "node:http";
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
  return new SshAgent(() => dial(args, env));
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

function dial(args: readonly string[], env: NodeJS.ProcessEnv): Duplex {
  const child = spawn("ssh", args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    complaint = (complaint + part).slice(0, maxComplaintLength);
  });
  const fail = (why: string) => connection.destroy(Object.assign(new Error(why), { code: "ECONNREFUSED" }));
  child.on("error", error => fail(`ssh cannot be started: ${error.message}`));
  child.on("exit", code => {
    if (code !== 0 && code !== null) fail(`ssh ended with status ${code}: ${complaint.trim()}`);
  });
  connection.on("close", () => child.kill());
  // http.Agent speaks to sockets; these do nothing on a pipe.
  return Object.assign(connection, {
    setKeepAlive: () => connection,
    setNoDelay: () => connection,
    setTimeout: () => connection,
    ref: () => child.ref(),
    unref: () => child.unref(),
  });
}
