import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterApi } from "../../lib/executor/kubernetes/cluster-api.ts";
import { connectCluster } from "../../lib/executor/kubernetes/connect-cluster.ts";
import { defaultKubernetesOptions } from "../../lib/executor/kubernetes/kubernetes-options.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** Answers a request by its method and path, as an API server would. */
export type Answer = (method: string, path: string) => ApiAnswer;

export interface ApiServer {
  /** Of the namespace `default`, by a kubeconfig. */
  readonly api: ClusterApi;
  close(): Promise<void>;
}

export async function startApiServer(answer: Answer): Promise<ApiServer> {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.method ?? "", (request.url ?? "").split("?")[0] as string);
    response.statusCode = status;
    response.end(JSON.stringify(body));
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(join(tmpdir(), "kaniko-lab-api-"));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    clusters: [{ name: "c", cluster: { server: address, "insecure-skip-tls-verify": true } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: {} }],
    "current-context": "c",
  };
  const file = join(folder, "config");
  await writeFile(file, JSON.stringify(config));
  const options = { ...defaultKubernetesOptions, namespace: "default" };
  return {
    api: new ClusterApi(await connectCluster(options, { KUBECONFIG: file })),
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
