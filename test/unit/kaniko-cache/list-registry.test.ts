import { afterEach, beforeEach, expect, test } from "vitest";
import { listRegistry, readRegistryEntry } from "../../../lib/kaniko-cache/list-registry.ts";
import { RegistryClient } from "../../../lib/registry/client.ts";
import { putImage, putManifest, startRegistry, type TestRegistry } from "../registry/test-registry.ts";
import { keyOf } from "./entries.ts";

let registry: TestRegistry;
const client = new RegistryClient({ retry: { wait: async () => {} } });

beforeEach(async () => {
  registry = await startRegistry();
});

afterEach(() => registry.close());

function putTags(...pages: string[][]): void {
  registry.handle = (request, response) => {
    if (!request.url?.startsWith("/v2/team/cache/tags/list")) return false;
    const page = Number(new URL(request.url, "http://x").searchParams.get("last") ?? 0);
    const next = page + 1 < pages.length ? { link: `</v2/team/cache/tags/list?n=2&last=${page + 1}>; rel="next"` } : {};
    response.writeHead(200, next).end(JSON.stringify({ name: "team/cache", tags: pages[page] }));
    return true;
  };
}

test("tags of all pages are entries, those that are no keys are not", async () => {
  putImage(registry, "team/cache", keyOf("a"), [Buffer.from("layer")]);
  putImage(registry, "team/cache", keyOf("b"), [Buffer.from("another")]);
  putTags([keyOf("a"), "latest"], [keyOf("b")]);
  const { layers, foreign } = await listRegistry(client, `${registry.host}/team/cache`);
  expect(layers.map(entry => entry.key).sort()).toEqual([keyOf("a"), keyOf("b")].sort());
  expect(layers.find(entry => entry.key === keyOf("a"))).toMatchObject({
    sizeBytes: 5,
    path: null,
    target: `docker://${registry.host}/team/cache:${keyOf("a")}`,
  });
  expect(foreign).toEqual(["latest"]);
  expect(registry.requests.filter(({ url }) => url.includes("/blobs/"))).toHaveLength(2);
});

test("what is deleted meanwhile is left out, what is damaged is told", async () => {
  putManifest(registry, "team/cache", keyOf("bad"), Buffer.from("{}"));
  putTags([keyOf("gone"), keyOf("bad")]);
  const { layers } = await listRegistry(client, `${registry.host}/team/cache`);
  expect(layers.map(({ key, damage }) => [key, damage])).toEqual([[keyOf("bad"), expect.stringContaining("damaged")]]);
});

test("a registry that lists no tags is told of, and its entries can be read all the same", async () => {
  putImage(registry, "team/cache", keyOf("a"), [Buffer.from("layer")]);
  registry.handle = (request, response) => {
    if (!request.url?.includes("/tags/list")) return false;
    response.writeHead(405).end();
    return true;
  };
  const listing = listRegistry(client, `${registry.host}/team/cache`);
  await expect(listing).rejects.toMatchObject({ hint: expect.stringContaining("cache show docker://") });
  const place = { registry: registry.host, repository: "team/cache" };
  expect(await readRegistryEntry(client, place, keyOf("a"), undefined)).toMatchObject({ key: keyOf("a") });
});

test("a list of tags without an end comes to one", async () => {
  registry.handle = (request, response) => {
    if (!request.url?.includes("/tags/list")) return false;
    response.writeHead(200, { link: `<${request.url}>; rel="next"` }).end(JSON.stringify({ tags: [] }));
    return true;
  };
  expect((await listRegistry(client, `${registry.host}/team/cache`)).layers).toEqual([]);
});

test("one image is no repository: its tag is not passed over", async () => {
  const repository = `${registry.host}/team/cache`;
  const entry = `${repository}:${keyOf("a")}`;
  await expect(listRegistry(client, entry)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("is one entry: name the repository, without a tag"),
    hint: `kaniko-lab cache show docker://${entry} tells of that entry`,
  });
  for (const name of [`${repository}:latest`, `${repository}@sha256:${"a".repeat(64)}`]) {
    const hint = `as in docker://${repository}`;
    await expect(listRegistry(client, name)).rejects.toMatchObject({ code: "usage", hint });
  }
  expect(registry.requests).toEqual([]);
});
