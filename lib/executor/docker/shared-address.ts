import { isIP } from "node:net";
import type { RunRequest } from "../port.ts";
import { connectEngine } from "./connect-engine.ts";
import { callEngine } from "./engine-call.ts";

const proxyVariable = /^(?:https?|all)_proxy$/i;

/**
 * The address of the engine's default bridge, which containers reach in that network and in the host's. Whether it is one
 * of this machine shows when a server listens there: of a remote engine, Docker Desktop or a rootless one it is not.
 */
export async function sharedAddress(
  { env: executorEnv }: Pick<RunRequest, "env">,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  // A proxy would be asked for it.
  if (Object.keys(executorEnv).some(name => proxyVariable.test(name))) return null;
  try {
    const { docker, address, product } = await connectEngine(env);
    if (address.kind !== "socket") return null;
    const call = { what: "look at the default network", deadlineMs: 4000 };
    const network = docker.getNetwork(product === "Docker" ? "bridge" : "podman");
    const { IPAM } = (await callEngine(call, () => network.inspect())) as BridgeFacts;
    const gateway = IPAM?.Config?.find(({ Gateway }) => Gateway !== undefined && isIP(Gateway) === 4)?.Gateway;
    return gateway ?? null;
  } catch {
    return null;
  }
}

interface BridgeFacts {
  readonly IPAM?: { readonly Config?: readonly { readonly Gateway?: string }[] };
}
