import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type Docker from "dockerode";
import { errnoOf, LabError, messageOf } from "../../error.ts";
import { type EngineAddress, showAddress, type TlsFiles } from "./engine-address.ts";
import { callEngine } from "./engine-call.ts";
import { findEngines } from "./find-engines.ts";
import { importDockerode } from "./import-dockerode.ts";
import { sshAgent } from "./ssh-agent.ts";

/** An engine that answered. */
export interface Engine {
  readonly docker: Docker;
  readonly address: EngineAddress;
  readonly product: "Docker" | "Podman";
  readonly version: string;
}

/** Podman's socket starts the engine at the first call. */
const usualAnswerMs = 4000;
/** An engine that somebody chose is waited for; the first answer of a remote one includes the whole handshake. */
const chosenAnswerMs = 15_000;

/**
 * Connects to the first engine that answers, see `findEngines` for the order.
 * @throws LabError `engine-unavailable` naming everything that was tried; `usage`, `config-invalid` for a wrong address.
 */
export async function connectEngine(env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const candidates = await findEngines(env);
  // All at once, so that a dead socket costs no time; the order still decides.
  const attempts = candidates.map(address => tryEngine(address, env));
  const failures: Attempt[] = [];
  for (const attempt of attempts) {
    const result = await attempt;
    if ("docker" in result) return result;
    failures.push(result);
  }
  throw noEngine(failures);
}

interface Attempt {
  readonly address: EngineAddress;
  readonly error: unknown;
}

async function tryEngine(address: EngineAddress, env: NodeJS.ProcessEnv): Promise<Engine | Attempt> {
  try {
    const docker = await clientFor(address, env);
    const deadlineMs = address.from === "usual place" ? usualAnswerMs : chosenAnswerMs;
    const answer = await callEngine({ what: "ask for its version", deadlineMs }, () => docker.version());
    if (answer.Os !== "linux") throw new Error(`it runs ${String(answer.Os)} containers, Kaniko needs Linux`);
    const components = (answer.Components ?? []) as readonly { readonly Name?: string }[];
    const isPodman = components.some(component => /podman/i.test(component.Name ?? ""));
    return { docker, address, product: isPodman ? "Podman" : "Docker", version: String(answer.Version) };
  } catch (error) {
    return { address, error };
  }
}

async function clientFor(address: EngineAddress, env: NodeJS.ProcessEnv): Promise<Docker> {
  const DockerClient = await importDockerode();
  // dockerode mixes DOCKER_HOST and its like into every option that is left out: name them all.
  const none = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  };
  const pathPrefix = "/";
  switch (address.kind) {
    case "socket":
      return new DockerClient({
        ...none,
        pathPrefix,
        protocol: "http",
        socketPath: address.path,
      } as Docker.DockerOptions);
    case "tcp":
      return new DockerClient({
        ...none,
        pathPrefix,
        host: address.host,
        port: address.port,
        protocol: address.tls ? "https" : "http",
        agent: await tcpAgent(address.tls),
      } as Docker.DockerOptions);
    case "ssh": {
      const agent = sshAgent(address.destination, address.port, env);
      return new DockerClient({ ...none, pathPrefix, host: "docker", protocol: "http", agent } as Docker.DockerOptions);
    }
  }
}

/** Probes the connection while it is silent: a remote machine can go away without a word. */
const keepAlive = { keepAlive: true, keepAliveMsecs: 30_000 };

async function tcpAgent(tls: TlsFiles | null): Promise<HttpAgent> {
  if (tls === null) return new HttpAgent(keepAlive);
  const [ca, cert, key] = await Promise.all([readIfThere(tls.ca), readIfThere(tls.cert), readIfThere(tls.key)]);
  const pem = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return new HttpsAgent({ ...keepAlive, ...pem, rejectUnauthorized: !tls.skipVerify });
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

function noEngine(failures: readonly Attempt[]): LabError {
  const tried = failures.map(
    ({ address, error }) => `${showAddress(address)} (${address.from}): ${shortReason(error)}`,
  );
  return new LabError("engine-unavailable", `no container engine answers; tried ${tried.join("; ")}`, {
    hint: hintFor(failures),
    cause: failures.find(failure => errnoOf(failure.error) !== "ENOENT")?.error,
  });
}

function shortReason(error: unknown): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: "not there",
    ECONNREFUSED: "nobody listens",
    EACCES: "not allowed for this user",
    ENOTFOUND: "unknown host",
  };
  const root = error instanceof LabError && error.cause !== undefined ? error.cause : error;
  const errno = errnoOf(root);
  const isSsh = messageOf(root).startsWith("ssh ");
  return (!isSsh && errno !== undefined && known[errno]) || messageOf(root);
}

/** How a choice is taken back. */
function undoOf(from: string): string {
  return /^DOCKER_/.test(from) ? `: unset ${from}` : "";
}

function hintFor(failures: readonly Attempt[]): string {
  if (failures.some(({ error }) => errnoOf(error) === "EACCES")) {
    return "let this user use the engine: sudo usermod -aG docker $USER, then log in again; or --driver sandbox";
  }
  const chosen = failures.find(({ address }) => address.from !== "usual place");
  if (chosen)
    return `start that engine, or choose another one (it comes from ${chosen.address.from}${undoOf(chosen.address.from)}); or --driver sandbox`;
  // As Docker and Podman mark their containers.
  if (["/.dockerenv", "/run/.containerenv"].some(file => existsSync(file)))
    return "in a container, lend it the engine's socket: docker run -v /var/run/docker.sock:/var/run/docker.sock …; or set DOCKER_HOST";
  return "start Docker or Podman (systemctl start docker), set DOCKER_HOST, or use --driver sandbox";
}
