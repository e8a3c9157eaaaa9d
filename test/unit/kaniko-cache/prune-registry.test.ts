import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PruneRules } from "../../../lib/kaniko-cache/prune/plan-prune.ts";
import { planRegistryPrune, removeFromRegistry } from "../../../lib/kaniko-cache/prune/prune-registry.ts";
import { RegistryClient } from "../../../lib/registry/client.ts";
import { digestOf, putImage, putManifest, startRegistry, type TestRegistry } from "../registry/test-registry.ts";
import { keyOf } from "./entries.ts";

let registry: TestRegistry;
/** What the registry answers to a DELETE; by default it does it. */
let deletion: number;
const client = new RegistryClient({ retry: { wait: async () => {} } });
const all: PruneRules = { olderThanMs: null, maxSizeBytes: null, unused: true, expired: false, keepBuilds: null };
const manifests = "/v2/team/cache/manifests/";

beforeEach(async () => {
  registry = await startRegistry();
  deletion = 202;
  registry.handle = (request, response) => {
    const url = request.url ?? "";
    if (url.startsWith("/v2/team/cache/tags/list")) {
      const names = [...registry.content.keys()].filter(path => path.startsWith(manifests));
      const tags = names.map(path => path.slice(manifests.length)).filter(name => !name.startsWith("sha256:"));
      response.end(JSON.stringify({ tags }));
      return true;
    }
    if (request.method !== "DELETE") return false;
    const manifest = registry.content.get(url);
    response.writeHead(manifest === undefined ? 404 : deletion).end();
    if (deletion !== 202) return true;
    for (const [path, bytes] of registry.content) if (bytes === manifest) registry.content.delete(path);
    return true;
  };
});

afterEach(() => registry.close());

const put = (word: string) => putImage(registry, "team/cache", keyOf(word), [Buffer.from(word)]);
const plan = (rules = all) => planRegistryPrune(client, `${registry.host}/team/cache`, [], rules);
const deletions = () => registry.requests.filter(({ method }) => method === "DELETE").map(({ url }) => url);

describe("entries of a registry", () => {
  test("are deleted by the digest of their manifest, and only when they are removed", async () => {
    const digests = [put("one"), put("two")];
    const found = await plan();
    expect(found.items.map(({ name, digest }) => [name, digest]).sort()).toEqual(
      ["one", "two"].map((word, at) => [keyOf(word), digests[at]]).sort(),
    );
    expect(deletions()).toEqual([]);
    const removed = await removeFromRegistry(client, found);
    expect(removed).toHaveLength(2);
    expect(deletions().sort()).toEqual(digests.map(digest => `${manifests}${digest}`).sort());
    expect((await plan()).items).toEqual([]);
  });

  test("stay where a tag that stays names the same manifest, and go together where none does", async () => {
    put("one");
    const shared = registry.content.get(`${manifests}${keyOf("one")}`) as Buffer;
    putManifest(registry, "team/cache", "backup", shared);
    const found = await plan();
    expect(found.items).toEqual([]);
    expect(found.kept).toMatchObject([{ item: { name: keyOf("one") }, why: expect.stringContaining("backup") }]);

    registry.content.delete(`${manifests}backup`);
    putManifest(registry, "team/cache", keyOf("same"), shared);
    const both = await plan();
    expect(await removeFromRegistry(client, both)).toHaveLength(2);
    expect(deletions()).toEqual([`${manifests}${digestOf(shared)}`]);
  });

  test("that were pushed anew, or are gone, since they were listed are left alone", async () => {
    put("one");
    put("two");
    const found = await plan();
    putImage(registry, "team/cache", keyOf("one"), [Buffer.from("made anew")]);
    registry.content.delete(`${manifests}${keyOf("two")}`);
    expect(await removeFromRegistry(client, found)).toEqual([]);
    expect(deletions()).toEqual([]);
  });

  test("are chosen by size, as in a folder", async () => {
    put("a");
    put("longer");
    const { items } = await plan({ ...all, unused: false, maxSizeBytes: 6 });
    expect(items).toHaveLength(1);
  });

  test("one entry instead of a repository is refused", async () => {
    const one = planRegistryPrune(client, `${registry.host}/team/cache:${keyOf("one")}`, [], all);
    await expect(one).rejects.toMatchObject({ code: "usage" });
  });
});

describe("a registry that deletes nothing", () => {
  test.each([405, 400, 501])("is told of once, with what its operator can do (HTTP %i)", async status => {
    put("one");
    put("two");
    deletion = status;
    await expect(plan().then(found => removeFromRegistry(client, found))).rejects.toMatchObject({
      code: "registry-denied",
      message: `${registry.host} lets nobody delete from team/cache (HTTP ${status})`,
      hint: expect.stringContaining("REGISTRY_STORAGE_DELETE_ENABLED"),
    });
    expect(deletions()).toHaveLength(1);
  });

  test("how far it came is told", async () => {
    put("one");
    put("two");
    const found = await plan();
    const before = registry.handle;
    registry.handle = (request, response) => {
      if (request.method === "DELETE" && deletions().length === 2) deletion = 405;
      return before(request, response);
    };
    await expect(removeFromRegistry(client, found)).rejects.toMatchObject({
      message: expect.stringContaining("1 of 2 entries were removed before"),
    });
  });
});

test("a token is asked for with the right to delete, beside the one to read", async () => {
  put("one");
  const before = registry.handle;
  registry.handle = (request, response) => {
    if (request.url?.startsWith("/token")) {
      response.end(JSON.stringify({ token: new URL(request.url, "http://x").searchParams.get("scope") }));
      return true;
    }
    const wanted = request.method === "DELETE" ? "delete,pull" : "pull";
    if (request.headers.authorization === `Bearer repository:team/cache:${wanted}`) return before(request, response);
    const challenge = `Bearer realm="http://${registry.host}/token",service="lab"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
    return true;
  };
  expect(await removeFromRegistry(client, await plan())).toHaveLength(1);
});
