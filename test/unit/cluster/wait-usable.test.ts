import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntilUsable, whatIsMissing } from "../../../lib/cluster/wait-usable.ts";
import type { ClusterApi } from "../../../lib/executor/kubernetes/cluster-api.ts";
import { type ApiServer, startApiServer } from "../../support/api-server.ts";

const node = { metadata: { name: "one" }, status: { conditions: [{ type: "Ready", status: "True" }] } };
const signal = new AbortController().signal;

/** As an API server answers: it refuses everybody for so many calls. */
let refusals: number;
let server: ApiServer;
let api: ClusterApi;
beforeEach(async () => {
  server = await startApiServer((_method, path) => {
    if (refusals === 0) return { status: 200, body: path.endsWith("/nodes") ? { items: [node] } : {} };
    refusals -= 1;
    const message = 'nodes is forbidden: User "kubernetes-admin" cannot list';
    return { status: 403, body: { message, reason: "Forbidden" } };
  });
  api = server.api;
});
afterEach(() => server.close());

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
