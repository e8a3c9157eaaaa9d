import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseEngineHost, showAddress } from "../../../lib/executor/docker/engine-address.ts";
import { findEngines } from "../../../lib/executor/docker/find-engines.ts";

const tls = { ca: "/c/ca.pem", cert: "/c/cert.pem", key: "/c/key.pem", skipVerify: false };

describe("addresses of engines", () => {
  test.for([
    ["unix:///run/x.sock", "/run/x.sock"],
    ["npipe:////./pipe/docker_engine", "//./pipe/docker_engine"],
    ["tcp://10.0.0.1", "tcp://10.0.0.1:2375"],
    ["10.0.0.1:99", "tcp://10.0.0.1:99"],
    ["tcp://[::1]:2375", "tcp://[::1]:2375"],
    ["ssh://me@host:2222", "ssh://me@host:2222"],
    ["ssh://host", "ssh://host"],
  ] as const)("%s is %s", ([text, shown]) => {
    expect(showAddress(parseEngineHost(text, "DOCKER_HOST", null))).toBe(shown);
  });

  test("certificates change the usual port", () => {
    expect(parseEngineHost("tcp://host", "x", tls)).toMatchObject({ port: 2376, tls });
  });

  test.for(["", "ftp://host", "tcp://", "https://host", "ssh://-oProxyCommand=id", "ssh://-l@host"])(
    "%j is refused",
    text => {
      expect(() => parseEngineHost(text, "DOCKER_HOST", null)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );

  test("a password in a wrong address is not repeated", () => {
    expect(() => parseEngineHost("ftp://me:geheim@host", "DOCKER_HOST", null)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("geheim") }),
    );
  });
});

describe("where engines are looked for", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "kaniko-lab-unit-"));
    await mkdir(path.join(home, ".docker"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function writeContext(name: string, host: string, withTls = false): Promise<string> {
    const key = createHash("sha256").update(name).digest("hex");
    const meta = path.join(home, ".docker/contexts/meta", key);
    await mkdir(meta, { recursive: true });
    const document = { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: true } } };
    await writeFile(path.join(meta, "meta.json"), JSON.stringify(document));
    const certificates = path.join(home, ".docker/contexts/tls", key, "docker");
    if (withTls) await mkdir(certificates, { recursive: true });
    return certificates;
  }
  const shown = async (env: NodeJS.ProcessEnv) => (await findEngines({ HOME: home, ...env })).map(showAddress);

  test("without any choice, the usual sockets, rootless and Podman's too", async () => {
    expect(await shown({ XDG_RUNTIME_DIR: "/run/user/7" })).toEqual([
      "/var/run/docker.sock",
      path.join(home, ".docker/run/docker.sock"),
      "/run/user/7/docker.sock",
      "/run/user/7/podman/podman.sock",
      "/run/podman/podman.sock",
    ]);
  });

  test("DOCKER_HOST wins over contexts, DOCKER_CONTEXT over the current one", async () => {
    await writeContext("one", "tcp://one:1");
    await writeContext("two", "tcp://two:2");
    await writeFile(path.join(home, ".docker/config.json"), JSON.stringify({ currentContext: "one" }));
    expect(await shown({})).toEqual(["tcp://one:1"]);
    expect(await shown({ DOCKER_CONTEXT: "two" })).toEqual(["tcp://two:2"]);
    expect(await shown({ DOCKER_CONTEXT: "two", DOCKER_HOST: "tcp://three:3" })).toEqual(["tcp://three:3"]);
    expect((await shown({ DOCKER_CONTEXT: "default" }))[0]).toBe("/var/run/docker.sock");
  });

  test("a context's certificates lie beside it", async () => {
    const certificates = await writeContext("one", "tcp://one:1", true);
    expect(await findEngines({ HOME: home, DOCKER_CONTEXT: "one" })).toMatchObject([
      { tls: { ca: path.join(certificates, "ca.pem"), skipVerify: true } },
    ]);
  });

  test("TLS by the environment", async () => {
    const env = { DOCKER_HOST: "tcp://host", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" };
    expect(await findEngines(env)).toMatchObject([{ port: 2376, tls: { key: "/certs/key.pem", skipVerify: false } }]);
  });

  test("an unknown context is an error, a damaged config is none", async () => {
    await writeFile(path.join(home, ".docker/config.json"), "{ not json");
    expect((await shown({}))[0]).toBe("/var/run/docker.sock");
    await expect(findEngines({ HOME: home, DOCKER_CONTEXT: "none" })).rejects.toMatchObject({ code: "config-invalid" });
  });
});
