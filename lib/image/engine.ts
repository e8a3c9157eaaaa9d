import { existsSync } from "node:fs";
import path from "node:path";
import type Dockerode from "dockerode";
import { LabError, messageOf } from "../error.ts";

/** The engine that `DOCKER_HOST` names, else the first of Docker's and Podman's usual sockets that answers. */

/** @throws LabError `engine-unavailable` naming every place that was tried */
export async function connectEngine(env: NodeJS.ProcessEnv = process.env): Promise<Dockerode> {
  // Importing it takes 0.3 s.
  const { default: Docker } = await import("dockerode");
  const sockets = env.DOCKER_HOST ? [null] : usualSockets(env).filter(socket => existsSync(socket));
  const failures: string[] = [];
  for (const socketPath of sockets) {
    // Without options dockerode reads DOCKER_HOST and its like.
    const engine = socketPath === null ? new Docker() : new Docker({ socketPath });
    try {
      await engine.ping();
      return engine;
    } catch (error) {
      failures.push(`${socketPath ?? "DOCKER_HOST"}: ${messageOf(error)}`);
    }
  }
  const tried = failures.length === 0 ? "there is no socket of Docker or Podman" : failures.join("; ");
  throw new LabError("engine-unavailable", `no container engine answers: ${tried}`, {
    hint: "start Docker or Podman, set DOCKER_HOST, or name the image as docker://HOST/NAME:TAG",
  });
}

function usualSockets(env: NodeJS.ProcessEnv): string[] {
  const runtime = env.XDG_RUNTIME_DIR;
  return [
    "/var/run/docker.sock",
    ...(runtime ? [path.join(runtime, "docker.sock"), path.join(runtime, "podman/podman.sock")] : []),
    ...(env.HOME ? [path.join(env.HOME, ".docker/run/docker.sock")] : []),
    "/run/podman/podman.sock",
  ];
}
