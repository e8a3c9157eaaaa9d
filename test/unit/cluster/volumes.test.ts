import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureVolumes, lookForVolumes } from "../../../lib/cluster/volumes.ts";
import { type ApiServer, startApiServer } from "../../support/api-server.ts";

const signal = new AbortController().signal;
const source = { kind: "node", folder: "/srv" } as const;

/** An API server that has nothing and keeps nothing, with an account that may not do what `denied` names, as "get secrets". */
let server: ApiServer;
let denied: string[];
let made: string[];
beforeEach(async () => {
  denied = [];
  made = [];
  server = await startApiServer((method, path) => {
    const verb = method === "GET" ? "get" : "create";
    const resource = /\/(persistentvolume(?:claim)?s)/.exec(path)?.[1] ?? "";
    if (denied.includes(`${verb} ${resource}`)) {
      const message = `${resource} is forbidden: User "u" cannot ${verb} resource "${resource}" in API group ""`;
      return { status: 403, body: { message, reason: "Forbidden" } };
    }
    if (method === "POST" && denied.includes(`quota ${resource}`)) {
      const message = `${resource} "x" is forbidden: exceeded quota: q, requested: 1, used: 1, limited: 1`;
      return { status: 403, body: { message, reason: "Forbidden" } };
    }
    if (method === "GET") return { status: 404, body: { message: "not found", reason: "NotFound" } };
    made.push(resource);
    return { status: 201, body: {} };
  });
});
afterEach(() => server.close());

test("each part says of which kind it is", async () => {
  const parts = await ensureVolumes(server.api, source, signal);
  expect(parts.map(({ kind, name }) => `${kind}: ${name}`)).toEqual([
    "volume: volume kaniko-lab-workspace",
    "claim: claim workspace",
    "volume: volume kaniko-lab-kaniko-base-images",
    "claim: claim kaniko-base-images",
    "volume: volume kaniko-lab-kaniko-cache",
    "claim: claim kaniko-cache",
  ]);
  const seen = await lookForVolumes(server.api, source, signal);
  expect(seen.map(({ kind }) => kind)).toEqual(parts.map(({ kind }) => kind));
});

test.each([
  ["get", "unseen", "not looked at: this account may not get persistentvolumes"],
  ["create", "denied", "not made: this account may not create persistentvolumes"],
])("who may not %s volumes is told so, and gets the claims", async (verb, state, detail) => {
  denied = [`${verb} persistentvolumes`];
  const parts = await ensureVolumes(server.api, source, signal);
  expect(parts.filter(({ kind }) => kind === "volume")).toEqual(
    ["workspace", "kaniko-base-images", "kaniko-cache"].map(claim => ({
      kind: "volume",
      name: `volume kaniko-lab-${claim}`,
      state,
      detail,
    })),
  );
  expect(parts.filter(({ kind }) => kind === "claim").map(({ state }) => state)).toEqual(["made", "made", "made"]);
  expect(new Set(made)).toEqual(new Set(["persistentvolumeclaims"]));
});

test("who may make nothing at all gets the API's words", async () => {
  denied = ["create persistentvolumes", "get persistentvolumeclaims"];
  await expect(ensureVolumes(server.api, source, signal)).rejects.toThrow(
    /not allowed in the cluster: create the volume/,
  );
});

test("a quota that is used up is no right that is missing", async () => {
  denied = ["quota persistentvolumeclaims"];
  await expect(ensureVolumes(server.api, source, signal)).rejects.toThrow(/exceeded quota/);
});
