import { createServer, type Socket } from "node:net";
import { errnoOf, LabError, messageOf } from "../../error.ts";
import type { ClusterApi } from "./cluster-api.ts";
import { importClient } from "./import-client.ts";

/** A port of this machine that leads to the same one of a Pod. */
export interface ForwardedPort {
  readonly port: number;
  close(): void;
}

/** What is used of the client's web socket; its package brings no types. */
interface Connection {
  close(): void;
}

/**
 * Listens on loopback; each connection has one of its own to the Pod.
 * @throws LabError `usage` when the port is taken
 */
export async function forwardPort(
  api: ClusterApi,
  pod: string,
  port: number,
  signal: AbortSignal,
): Promise<ForwardedPort> {
  const { PortForward } = await importClient();
  const { config, namespace } = api.cluster;
  const forward = new PortForward(config, true);
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    forward.portForward(namespace, pod, [port], socket, null, socket).then(
      connection => {
        const opened = (typeof connection === "function" ? connection() : connection) as Connection | null;
        if (socket.destroyed) opened?.close();
        else socket.once("close", () => opened?.close());
      },
      () => socket.destroy(),
    );
  });
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  signal.addEventListener("abort", close, { once: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", error => reject(cannotListen(port, error)));
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port,
    close: () => {
      signal.removeEventListener("abort", close);
      close();
    },
  };
}

function cannotListen(port: number, error: Error): LabError {
  if (errnoOf(error) === "EADDRINUSE") {
    return new LabError("usage", `another program has the port ${port}`, {
      hint: "choose another one with --debug-port",
      cause: error,
    });
  }
  return new LabError("usage", `cannot listen on the port ${port}: ${messageOf(error)}`, { cause: error });
}
