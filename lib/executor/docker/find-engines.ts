import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod/mini";
import { errnoOf, LabError } from "../../error.ts";
import { type EngineAddress, parseEngineHost, type TlsFiles } from "./engine-address.ts";

/**
 * Where engines may be, most wanted first, by the docker command's own rules: `DOCKER_HOST`, then `DOCKER_CONTEXT`, then
 * the current context of the docker configuration. Each of these is the user's choice, so nothing else is tried beside it.
 * Without a choice: the usual sockets of Docker, rootless Docker and Podman.
 *
 * @throws LabError `usage` (an address that is none), `config-invalid` (an unknown or damaged context).
 */
export async function findEngines(env: NodeJS.ProcessEnv = process.env): Promise<EngineAddress[]> {
  if (env.DOCKER_HOST) return [parseEngineHost(env.DOCKER_HOST, "DOCKER_HOST", tlsOfEnvironment(env))];
  const folder = configFolder(env);
  const chosen = env.DOCKER_CONTEXT || (await currentContext(folder));
  if (chosen && chosen !== "default") return [await readContext(folder, chosen)];
  return usualSockets(env).map(socket => ({ kind: "socket", path: socket, from: "usual place" }));
}

function usualSockets(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === "win32") return ["//./pipe/docker_engine"];
  const runtime = env.XDG_RUNTIME_DIR;
  return [
    "/var/run/docker.sock",
    path.join(homeFolder(env), ".docker/run/docker.sock"),
    ...(runtime ? [path.join(runtime, "docker.sock"), path.join(runtime, "podman/podman.sock")] : []),
    "/run/podman/podman.sock",
  ];
}

function homeFolder(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir();
}

function configFolder(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || path.join(homeFolder(env), ".docker");
}

function tlsOfEnvironment(env: NodeJS.ProcessEnv): TlsFiles | null {
  // As the docker command: any value turns verified TLS on; DOCKER_TLS alone is TLS without verifying.
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_TLS) return null;
  return tlsFilesIn(env.DOCKER_CERT_PATH || configFolder(env), !env.DOCKER_TLS_VERIFY);
}

function tlsFilesIn(folder: string, skipVerify: boolean): TlsFiles {
  const file = (name: string) => path.join(folder, name);
  return { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem"), skipVerify };
}

async function currentContext(folder: string): Promise<string | null> {
  const document = await readJson(path.join(folder, "config.json"));
  const parsed = z.object({ currentContext: z.optional(z.string()) }).safeParse(document);
  return parsed.success ? (parsed.data.currentContext ?? null) : null;
}

const contextForm = z.object({
  Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.optional(z.boolean()) }) }),
});

/** `contexts/meta/<sha256 of the name>/meta.json`, with certificates in `contexts/tls/<sha256>/docker/`. */
async function readContext(folder: string, name: string): Promise<EngineAddress> {
  const from = `docker context ${JSON.stringify(name.slice(0, 100))}`;
  const key = createHash("sha256").update(name).digest("hex");
  const file = path.join(folder, "contexts/meta", key, "meta.json");
  const parsed = contextForm.safeParse(await readJson(file));
  if (!parsed.success) {
    throw new LabError("config-invalid", `${from} is not there or damaged: ${file}`, {
      hint: "`docker context ls` lists the contexts, `docker context use default` goes back to the usual engine",
    });
  }
  const { Host, SkipTLSVerify } = parsed.data.Endpoints.docker;
  const certificates = path.join(folder, "contexts/tls", key, "docker");
  const hasTls = (await stat(certificates).catch(() => null)) !== null;
  return parseEngineHost(Host, from, hasTls ? tlsFilesIn(certificates, SkipTLSVerify ?? false) : null);
}

/** Undefined for a file that is not there, cannot be read or is no JSON. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as unknown;
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
