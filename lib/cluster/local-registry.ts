/** The registry beside a kind cluster: a container of the engine, as kind's documentation has it. */

import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { LabError } from "../error.ts";
import type { Engine } from "../executor/docker/connect-engine.ts";
import { callEngine, engineMessage, isAnswerError } from "../executor/docker/engine-call.ts";
import { inspectImage } from "../executor/docker/executor-image.ts";
import { pullImage } from "../executor/docker/pull-image.ts";
import type { ClusterPart, ReportCluster } from "./cluster-part.ts";
import { registryName, registryPort } from "./kind-documents.ts";

export const defaultRegistryImage = "docker.io/library/registry:2";
export const defaultRegistryPort = 5001;

const partLabel = "kaniko-lab.cluster";
const callMs = 60_000;
const answersWithinMs = 20_000;

export interface RegistryPlan {
  readonly port: number;
  readonly image: string;
}

/** @throws LabError `engine-unavailable`, `engine-lost`, `usage` for a port that is taken, and as pulling an image */
export async function ensureRegistry(
  engine: Engine,
  plan: RegistryPlan,
  report: ReportCluster,
  signal: AbortSignal,
): Promise<ClusterPart> {
  const found = await inspectRegistry(engine, signal);
  if (found === null) {
    report(`starting the registry at localhost:${plan.port}`);
    await createRegistry(engine, plan, report, signal);
    await waitForAnswer(engine, plan.port, signal);
    return part("made", plan.port);
  }
  const port = portOf(found);
  if (port !== plan.port) {
    const where = port === null ? "it is published nowhere" : `it is at localhost:${port}`;
    throw new LabError("usage", `there is a container ${registryName}, but not at port ${plan.port}: ${where}`, {
      hint: port === null ? `remove it: docker rm --force ${registryName}` : `take that one: --registry-port ${port}`,
    });
  }
  if (found.State.Running) return part("there", port);
  report("starting the registry");
  await start(engine, port, signal);
  await waitForAnswer(engine, port, signal);
  return { ...part("changed", port), detail: `started again; localhost:${port}` };
}

/** @returns a part that is `there` or `missing` */
export async function lookForRegistry(engine: Engine, signal: AbortSignal): Promise<ClusterPart> {
  const found = await inspectRegistry(engine, signal);
  if (found === null)
    return { kind: "registry", name: "registry", state: "missing", detail: `no container ${registryName}` };
  const detail = found.State.Running ? `localhost:${portOf(found) ?? "?"}` : `container ${registryName} is stopped`;
  return { kind: "registry", name: "registry", state: found.State.Running ? "there" : "missing", detail };
}

/** Removes it with what was pushed to it, when it was made here. Null when there is none. */
export async function removeRegistry(engine: Engine, signal: AbortSignal): Promise<ClusterPart | null> {
  const found = await inspectRegistry(engine, signal);
  if (found === null) return null;
  if (found.Config.Labels?.[partLabel] === undefined)
    return {
      kind: "registry",
      name: "registry",
      state: "kept",
      detail: `kaniko-lab did not make the container ${registryName}`,
    };
  await callEngine({ what: "remove the registry", deadlineMs: callMs, signal }, () =>
    engine.docker.getContainer(found.Id).remove({ force: true, v: true }),
  );
  return { kind: "registry", name: "registry", state: "removed", detail: "with what was pushed to it" };
}

/** Puts the registry into a network of the engine, where nodes find it by its name. */
export async function joinNetwork(engine: Engine, network: string, signal: AbortSignal): Promise<ClusterPart> {
  const name = "registry's network";
  const found = await inspectRegistry(engine, signal);
  if (found?.NetworkSettings.Networks[network] !== undefined)
    return { kind: "network", name, state: "there", detail: network };
  await callEngine({ what: `join the network ${network}`, deadlineMs: callMs, signal }, () =>
    engine.docker.getNetwork(network).connect({ Container: registryName }),
  );
  return { kind: "network", name, state: "made", detail: network };
}

function part(state: ClusterPart["state"], port: number): ClusterPart {
  const inside = `${registryName}:${registryPort}`;
  return { kind: "registry", name: "registry", state, detail: `localhost:${port}; inside of Pods ${inside}` };
}

async function inspectRegistry(engine: Engine, signal: AbortSignal): Promise<Docker.ContainerInspectInfo | null> {
  try {
    return await callEngine({ what: "look for the registry", deadlineMs: callMs, signal }, () =>
      engine.docker.getContainer(registryName).inspect(),
    );
  } catch (error) {
    if (isAnswerError(error) && error.statusCode === 404) return null;
    throw error;
  }
}

function portOf({ HostConfig }: Docker.ContainerInspectInfo): number | null {
  const bindings = HostConfig.PortBindings as Record<string, { HostPort?: string }[] | null> | undefined;
  const port = bindings?.[`${registryPort}/tcp`]?.[0]?.HostPort;
  return port ? Number(port) : null;
}

async function createRegistry(
  engine: Engine,
  { port, image }: RegistryPlan,
  report: ReportCluster,
  signal: AbortSignal,
): Promise<void> {
  if ((await inspectImage(engine, image)) === null) {
    await pullImage(engine, image, { dockerConfigFile: null, insecureRegistries: [], report, signal });
  }
  const create = {
    name: registryName,
    Image: image,
    Labels: { [partLabel]: "1" },
    ExposedPorts: { [`${registryPort}/tcp`]: {} },
    HostConfig: {
      RestartPolicy: { Name: "always" },
      PortBindings: { [`${registryPort}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: String(port) }] },
    },
  };
  await callEngine({ what: "make the registry", deadlineMs: callMs, signal }, () =>
    engine.docker.createContainer(create),
  );
  try {
    await start(engine, port, signal);
  } catch (error) {
    await callEngine({ what: "remove the registry", deadlineMs: callMs }, () =>
      engine.docker.getContainer(registryName).remove({ force: true, v: true }),
    ).catch(() => {});
    throw error;
  }
}

async function start(engine: Engine, port: number, signal: AbortSignal): Promise<void> {
  try {
    await callEngine({ what: "start the registry", deadlineMs: callMs, signal }, () =>
      engine.docker.getContainer(registryName).start(),
    );
  } catch (error) {
    if (!isAnswerError(error)) throw error;
    const message = engineMessage(error);
    const isTaken = /port is already allocated|address already in use/i.test(message);
    throw new LabError(isTaken ? "usage" : "engine-unavailable", `the registry cannot be started: ${message}`, {
      hint: isTaken ? `another program has port ${port}: --registry-port NUMBER` : "look at the engine's log",
      cause: error,
    });
  }
}

/** Of an engine on another machine nothing is known here. */
async function waitForAnswer(engine: Engine, port: number, signal: AbortSignal): Promise<void> {
  if (engine.address.kind !== "socket") return;
  const giveUpAt = Date.now() + answersWithinMs;
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`, { signal: limit }).catch(() => null);
    signal.throwIfAborted();
    if (answer?.ok) return;
    if (Date.now() > giveUpAt) {
      throw new LabError("engine-unavailable", `the registry at localhost:${port} does not answer`, {
        hint: `docker logs ${registryName} tells why`,
      });
    }
    await pause(300, undefined, { signal }).catch(() => {});
  }
}
