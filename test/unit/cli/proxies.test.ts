import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connectCluster } from "../../../lib/executor/kubernetes/connect-cluster.ts";
import { defaultKubernetesOptions } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import { program } from "../../support/built-program.ts";

let root: string;
let asked: string[];
let server: Server;
let address: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kaniko-lab-proxies-"));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  asked = [];
  // Proxy and registry in one: it only notes who is asked for.
  server = createServer(({ url }, response) => {
    asked.push(`registry ${url}`);
    response.writeHead(404).end("{}");
  });
  server.on("connect", ({ url }, socket) => {
    asked.push(`proxy ${url}`);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function steps(target: string, env: Readonly<Record<string, string>>) {
  const options = { env: { PATH: process.env.PATH, HOME: root, ...env } };
  const child = spawn(process.execPath, [program, "steps", target, "--cache-dir", join(root, "cache")], options);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", text => {
    stderr += text;
  });
  const [status] = await once(child, "close");
  return { status, stderr };
}

test("a registry is asked through the proxy of the environment", async () => {
  const { status } = await steps("docker://registry.test/app:1", { HTTPS_PROXY: `http://${address}` });
  expect(status).not.toBe(0);
  expect(new Set(asked)).toEqual(new Set(["proxy registry.test:443"]));
});

test("one on this machine is asked directly, and so is what NO_PROXY names", async () => {
  const env = { HTTP_PROXY: `http://${address}`, https_proxy: `http://${address}`, NO_PROXY: "registry.invalid" };
  await steps(`docker://${address}/app:1`, env);
  await steps("docker://registry.invalid/app:1", env);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter(line => !line.startsWith("registry /v2/"))).toEqual([]);
});

test("an address that is none of a proxy is named", async () => {
  const { status, stderr } = await steps("docker://registry.test/app:1", { HTTPS_PROXY: "nowhere" });
  expect(status).toBe(2);
  expect(stderr).toMatch(/error: HTTPS_PROXY names no proxy: .*\nhint: write it as http:\/\/HOST:PORT/);
});

test("a cluster is asked through it, but not one on this machine", async () => {
  const proxyOf = async (host: string) => {
    const file = join(root, `${host}.yaml`);
    await writeFile(
      file,
      JSON.stringify({
        "current-context": "a",
        clusters: [{ name: "c", cluster: { server: `https://${host}:6443` } }],
        users: [{ name: "u", user: { token: "t" } }],
        contexts: [{ name: "a", context: { cluster: "c", user: "u" } }],
      }),
    );
    const { config } = await connectCluster(defaultKubernetesOptions, { KUBECONFIG: file });
    return config.getCurrentCluster()?.proxyUrl;
  };
  process.env.HTTPS_PROXY = `http://${address}`;
  try {
    expect(await proxyOf("cluster.test")).toBe(`http://${address}`);
    expect(await proxyOf("127.0.0.1")).toBeUndefined();
    await expect(proxyOf("no address")).rejects.toMatchObject({
      code: "config-invalid",
      message: "the kubeconfig has no address for c: https://no address:6443",
    });
  } finally {
    delete process.env.HTTPS_PROXY;
  }
});
