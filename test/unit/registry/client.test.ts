import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RegistryClient, type RegistryClientOptions } from "../../../lib/registry/client.ts";
import { type Credential, type CredentialSource, noCredentials } from "../../../lib/registry/credentials.ts";
import { parseReference } from "../../../lib/registry/reference.ts";
import { digestOf, putImage, someBytes, startRegistry, type TestRegistry } from "./test-registry.ts";

let registry: TestRegistry;
let folder: string;

beforeEach(async () => {
  registry = await startRegistry();
  folder = await mkdtemp(path.join(tmpdir(), "registry-"));
});
afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

const waits: number[] = [];
beforeEach(() => {
  waits.length = 0;
});

function client(options: RegistryClientOptions = {}): RegistryClient {
  const wait = async (durationMs: number) => void waits.push(durationMs);
  return new RegistryClient({ credentials: noCredentials, retry: { wait }, ...options });
}

function known(credential: Credential): CredentialSource {
  return { find: async () => credential, places: async () => "here" };
}
const lab: Credential = { kind: "basic", username: "lab", password: "topsecret", from: "/some/config.json" };
const basicLab = `Basic ${Buffer.from("lab:topsecret").toString("base64")}`;

const image = (name = "app:1") => parseReference(`${registry.host}/${name}`);
const endpoint = (repository = "app") => ({ registry: registry.host, repository });

function putBlob(bytes: Buffer): { digest: ReturnType<typeof digestOf>; sizeBytes: number } {
  registry.content.set(`/v2/app/blobs/${digestOf(bytes)}`, bytes);
  return { digest: digestOf(bytes), sizeBytes: bytes.length };
}

/** Counts blob requests; the given one decides what happens to each, from 0. */
function onBlobRequest(answer: (count: number, ...args: Parameters<TestRegistry["handle"]>) => boolean): void {
  let count = 0;
  registry.handle = (request, response) => {
    if (!request.url?.includes("/blobs/")) return false;
    count += 1;
    return answer(count - 1, request, response);
  };
}

describe("authorization", () => {
  /** A token server at `/token` of the same host, and a registry that wants its token. */
  function wantTokens(token = "t1"): void {
    registry.handle = (request, response) => {
      if (request.url?.startsWith("/token")) {
        response.end(JSON.stringify({ token, expires_in: 300 }));
        return true;
      }
      if (request.headers.authorization === `Bearer ${token}`) return false;
      const realm = `http://${registry.host}/token`;
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="svc",scope="ignored"` }).end();
      return true;
    };
  }
  const tokenRequests = () => registry.requests.filter(({ url }) => url.startsWith("/token"));

  test("an anonymous token is fetched once for a repository", async () => {
    wantTokens();
    putImage(registry, "app", "1", []);
    const one = client();
    const found = await one.manifest(image());
    await one.manifestAt(found.endpoint, found.digest);
    expect(tokenRequests()).toMatchObject([
      { method: "GET", url: "/token?service=svc&scope=repository%3Aapp%3Apull", authorization: undefined },
    ]);
  });

  test("user and password go to the token server only", async () => {
    wantTokens();
    putImage(registry, "app", "1", []);
    await client({ credentials: known(lab) }).manifest(image());
    expect(tokenRequests()).toMatchObject([{ authorization: basicLab }]);
    const others = registry.requests.filter(({ url }) => !url.startsWith("/token"));
    expect(others.map(({ authorization }) => authorization)).toEqual([undefined, "Bearer t1"]);
  });

  test("an identity token is changed for an access token", async () => {
    wantTokens();
    putImage(registry, "app", "1", []);
    await client({ credentials: known({ kind: "identity-token", token: "refresh", from: "x" }) }).manifest(image());
    const [request] = tokenRequests();
    expect(request).toMatchObject({ method: "POST", authorization: undefined });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh",
      service: "svc",
      scope: "repository:app:pull",
    });
  });

  test("a token that is not accepted any more is fetched again", async () => {
    wantTokens("old");
    putImage(registry, "app", "1", []);
    const one = client();
    await one.manifest(image());
    wantTokens("new");
    await one.manifest(image());
    expect(tokenRequests()).toHaveLength(2);
  });

  test("basic authorization", async () => {
    putImage(registry, "app", "1", []);
    registry.handle = (request, response) => {
      if (request.headers.authorization === basicLab) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="lab"' }).end();
      return true;
    };
    await client({ credentials: known(lab) }).manifest(image());
    expect(registry.requests.map(({ authorization }) => authorization)).toEqual([undefined, basicLab]);

    const error = await client({ credentials: known({ ...lab, password: "wrongsecret" }) })
      .manifest(image())
      .catch(e => e);
    expect(error).toMatchObject({ code: "registry-denied", message: expect.stringContaining(registry.host) });
    expect(error.message).toContain("/some/config.json");
    expect(`${error.message}${error.hint}${error.stack}`).not.toMatch(/wrongsecret|lab:|Basic/);

    await expect(client().manifest(image())).rejects.toMatchObject({
      code: "registry-denied",
      message: expect.stringContaining("no credentials for it (looked in nowhere)"),
    });
  });

  test("403 is a refusal at once", async () => {
    registry.handle = (request, response) => {
      if (request.url === "/v2/") return false;
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"\\u001b[31mred"}]}');
      return true;
    };
    await expect(client().manifest(image())).rejects.toMatchObject({ code: "registry-denied" });
    expect(registry.requests).toHaveLength(2);
  });

  test("credentials are not sent in clear to another machine's token server", async () => {
    registry.handle = (_request, response) => {
      response.writeHead(401, { "www-authenticate": 'Bearer realm="http://auth.invalid/token"' }).end();
      return true;
    };
    await expect(client({ credentials: known(lab) }).manifest(image())).rejects.toMatchObject({
      code: "registry-denied",
      message: expect.stringContaining("auth.invalid"),
    });
  });

  test("a blob that is elsewhere is fetched without authorization, from where it broke off", async () => {
    const other = await startRegistry();
    try {
      const bytes = someBytes(300_000);
      const blob = putBlob(bytes);
      other.content.set("/storage/blob?sig=1", bytes);
      other.handle = (request, response) => {
        if (request.headers.range !== undefined) return false;
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 100_000), () => response.destroy());
        return true;
      };
      registry.handle = (request, response) => {
        if (request.headers.authorization !== basicLab) {
          response.writeHead(401, { "www-authenticate": "Basic realm=lab" }).end();
          return true;
        }
        response.writeHead(307, { location: `http://${other.host}/storage/blob?sig=1` }).end();
        return true;
      };
      const file = path.join(folder, "blob");
      await client({ credentials: known(lab) }).downloadBlob(endpoint(), blob, file);
      expect(digestOf(await readFile(file))).toBe(blob.digest);
      expect(other.requests.length).toBeGreaterThan(1);
      expect(other.requests.map(({ authorization }) => authorization)).toEqual(other.requests.map(() => undefined));
      expect(other.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
    } finally {
      await other.close();
    }
  });
});

describe("manifests", () => {
  test("what is not there", async () => {
    await expect(client().manifest(image("none:2"))).rejects.toMatchObject({
      code: "image-not-found",
      message: `${registry.host} has no image tagged "2" of none`,
    });
  });

  test("other bytes than the digest says", async () => {
    const digest = putImage(registry, "app", "1", []);
    registry.content.set(`/v2/app/manifests/${digest}`, Buffer.from("{}"));
    await expect(client().manifest(image(`app@${digest}`))).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  test("one without end is not read to its end", async () => {
    registry.handle = (request, response) => {
      if (!request.url?.includes("/manifests/")) return false;
      const pour = () => {
        while (response.write(Buffer.alloc(1 << 20, 0x20)));
        response.once("drain", pour);
      };
      pour();
      return true;
    };
    await expect(client().manifest(image())).rejects.toMatchObject({ code: "too-large" });
  });

  test("a busy registry is asked again after the time it names", async () => {
    putImage(registry, "app", "1", []);
    let busy = 2;
    registry.handle = (request, response) => {
      if (request.url === "/v2/" || busy-- <= 0) return false;
      response.writeHead(429, { "retry-after": "7" }).end();
      return true;
    };
    await client().manifest(image());
    expect(waits).toEqual([7000, 7000]);
  });

  test("a registry that stays busy", async () => {
    registry.handle = (request, response) => {
      if (request.url === "/v2/") return false;
      response.writeHead(429).end();
      return true;
    };
    await expect(client().manifest(image())).rejects.toMatchObject({
      code: "registry-denied",
      message: expect.stringMatching(/429/),
    });
    expect(waits).toHaveLength(4);
    expect(waits[3]).toBeGreaterThan(waits[0] as number);
  });

  test("a registry that fails again and again", async () => {
    registry.handle = (_request, response) => {
      response.writeHead(503).end();
      return true;
    };
    await expect(client().manifest(image())).rejects.toMatchObject({
      code: "registry-unreachable",
      message: expect.stringMatching(/503/),
    });
  });

  test("nobody listens", async () => {
    const { host } = registry;
    await registry.close();
    await expect(client().manifest(parseReference(`${host}/app`))).rejects.toMatchObject({
      code: "registry-unreachable",
      message: `cannot reach the registry ${host}: connection refused`,
    });
    expect(waits).toEqual([]);
    registry = await startRegistry();
  });

  test("a host that is not named insecure is never asked in clear", async () => {
    const reference = parseReference(`registry.invalid:${registry.port}/app`);
    await expect(client().manifest(reference)).rejects.toMatchObject({ code: "registry-unreachable" });
    expect(registry.requests).toEqual([]);
  });
});

describe("mirrors and maps", () => {
  test("are asked first; blobs come from where the manifest came from", async () => {
    const layer = someBytes(1000);
    putImage(registry, "proxy/library/busybox", "1", [layer]);
    const one = client({ registryMirrors: [`${registry.host}/proxy`] });
    const found = await one.manifest(parseReference("busybox:1"));
    expect(found.endpoint).toEqual(endpoint("proxy/library/busybox"));
    const bytes = await one.blobBytes(found.endpoint, { digest: digestOf(layer), sizeBytes: layer.length });
    expect(bytes.equals(layer)).toBe(true);
  });

  test("one that has nothing leaves it to the next, and the last says what was tried", async () => {
    putImage(registry, "app", "1", []);
    const registryMap = { [registry.host]: [`${registry.host}/a`, `${registry.host}/b`] };
    expect((await client({ registryMap }).manifest(image())).endpoint).toEqual(endpoint("app"));
    await expect(client({ registryMap }).manifest(image("gone:1"))).rejects.toMatchObject({
      code: "image-not-found",
      message: expect.stringContaining("of gone"),
      hint: expect.stringMatching(/a\/gone.*b\/gone/),
    });
  });
});

describe("blobs", () => {
  const bytes = someBytes(1_000_000);
  const file = () => path.join(folder, "layers", "blob");
  const filesLeft = async () => await readdir(path.join(folder, "layers"));

  test("a connection that breaks is taken up where it broke", async () => {
    const blob = putBlob(bytes);
    onBlobRequest((count, request, response) => {
      if (count >= 3) return false;
      const from = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      const headers = { "content-length": bytes.length - from, "content-range": `bytes ${from}-999999/1000000` };
      response.writeHead(from > 0 ? 206 : 200, headers);
      response.write(bytes.subarray(from, from + 200_000), () => response.destroy());
      return true;
    });
    const seen: number[] = [];
    await client().downloadBlob(endpoint(), blob, file(), { onProgress: doneBytes => seen.push(doneBytes) });
    expect(digestOf(await readFile(file()))).toBe(blob.digest);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen.at(-1)).toBe(bytes.length);
    const ranges = registry.requests.flatMap(({ range }) => range ?? []);
    expect(ranges.length).toBeGreaterThan(0);
    expect(await filesLeft()).toEqual(["blob"]);
  });

  test("a registry without ranges makes it start over", async () => {
    const blob = putBlob(bytes);
    onBlobRequest((count, _request, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      if (count > 0) response.end(bytes);
      else response.write(bytes.subarray(0, 300_000), () => response.destroy());
      return true;
    });
    await client().downloadBlob(endpoint(), blob, file());
    expect(digestOf(await readFile(file()))).toBe(blob.digest);
  });

  test("another part than the one asked for is not taken", async () => {
    const blob = putBlob(bytes);
    onBlobRequest((count, _request, response) => {
      if (count === 0) {
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 300_000), () => response.destroy());
      } else {
        response.writeHead(206, { "content-range": "bytes 0-999999/1000000" }).end(bytes);
      }
      return true;
    });
    await expect(client().downloadBlob(endpoint(), blob, file())).rejects.toMatchObject({
      code: "registry-unreachable",
    });
    expect(await filesLeft()).toEqual([]);
  });

  test.each([
    ["changed", Buffer.concat([bytes.subarray(0, -1), Buffer.from([1])])],
    ["too many", Buffer.concat([bytes, Buffer.from([1])])],
  ])("wrong bytes (%s) are not kept", async (_what, wrong) => {
    const blob = { digest: digestOf(bytes), sizeBytes: bytes.length };
    registry.content.set(`/v2/app/blobs/${blob.digest}`, wrong);
    await expect(client().downloadBlob(endpoint(), blob, file())).rejects.toMatchObject({
      code: "digest-mismatch",
      message: expect.stringContaining(blob.digest),
    });
    expect(await filesLeft()).toEqual([]);
  });

  test("one that always breaks off at the same place is given up", async () => {
    const blob = putBlob(bytes);
    onBlobRequest((count, request, response) => {
      if (count === 0) {
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 1000), () => response.destroy());
      } else request.socket.destroy();
      return true;
    });
    await expect(client().downloadBlob(endpoint(), blob, file())).rejects.toMatchObject({
      code: "registry-unreachable",
    });
    expect(await filesLeft()).toEqual([]);
  });

  test("cancelling ends it and leaves nothing", async () => {
    const blob = putBlob(bytes);
    onBlobRequest((_count, _request, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000));
      return true;
    });
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await expect(client().downloadBlob(endpoint(), blob, file(), options)).rejects.toMatchObject({ code: "cancelled" });
    expect(await filesLeft()).toEqual([]);
  });

  test("a size that cannot fit on the disk is refused before anything is asked for", async () => {
    const blob = { digest: digestOf(bytes), sizeBytes: 2 ** 52 };
    await expect(client().downloadBlob(endpoint(), blob, file())).rejects.toMatchObject({ code: "disk-full" });
    expect(registry.requests).toEqual([]);
  });

  test("a folder that cannot be is the user's to mend", async () => {
    await writeFile(path.join(folder, "layers"), "a file");
    await expect(client().downloadBlob(endpoint(), putBlob(bytes), file())).rejects.toMatchObject({
      code: "cache-not-writable",
    });
  });
});
