import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntilUsable, whatIsMissing } from "../../../lib/cluster/wait-usable.ts";
import { ClusterApi } from "../../../lib/executor/kubernetes/cluster-api.ts";
import { connectCluster } from "../../../lib/executor/kubernetes/connect-cluster.ts";
import { defaultKubernetesOptions } from "../../../lib/executor/kubernetes/kubernetes-options.ts";

const node = { metadata: { name: "one" }, status: { conditions: [{ type: "Ready", status: "True" }] } };
const signal = new AbortController().signal;

/** As an API server answers: it refuses everybody for so many calls. */
let refusals: number;
const server = createServer((request, response) => {
  const refuses = refusals > 0;
  if (refuses) refusals -= 1;
  response.statusCode = refuses ? 403 : 200;
  const nodes = { items: [node] };
  const refusal = { message: 'nodes is forbidden: User "kubernetes-admin" cannot list', reason: "Forbidden" };
  response.end(JSON.stringify(refuses ? refusal : request.url?.endsWith("/nodes") ? nodes : {}));
});
let folder: string;
let api: ClusterApi;
beforeEach(async () => {
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  folder = await mkdtemp(join(tmpdir(), "kaniko-lab-usable-"));
  const config = {
    clusters: [
      {
        name: "c",
        cluster: {
          server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          "insecure-skip-tls-verify": true,
        },
      },
    ],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    users: [{ name: "u", user: {} }],
    "current-context": "c",
  };
  process.env.KUBECONFIG = join(folder, "config");
  await writeFile(process.env.KUBECONFIG, JSON.stringify(config));
  api = new ClusterApi(await connectCluster({ ...defaultKubernetesOptions, namespace: "default" }));
});
afterEach(async () => {
  delete process.env.KUBECONFIG;
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
  await rm(folder, { recursive: true });
});

test("a server that has just started refuses its administrator, too: it is waited for", async () => {
  refusals = 1;
  const told: string[] = [];
  await waitUntilUsable(api, "admin", what => void told.push(what), signal);
  expect(told).toEqual(["waiting for the cluster: its server has just started"]);
});

test("in a shared cluster, who may not see the nodes is no worse off for that", async () => {
  refusals = 1;
  expect(await whatIsMissing(api, "guest", signal)).toBeNull();
});
