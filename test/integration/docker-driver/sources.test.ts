import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { homedir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import type { ExecutorSource } from "../../../lib/executor/port.ts";
import {
  busybox,
  docker,
  executor,
  executorFile,
  Lab,
  lockedRegistry,
  missing,
  ownContainers,
  registry,
  registryAnswers,
  registryHas,
} from "./support.ts";

const driver = createDockerDriver();
let lab: Lab;
afterEach(() => lab.remove());

async function identify(source: ExecutorSource, dockerConfigFile: string | null = null) {
  const preparing: string[] = [];
  const identity = await driver.identify({
    source,
    dockerConfigFile,
    insecureRegistries: [registry, lockedRegistry],
    driverFolder: lab.path("driver"),
    signal: new AbortController().signal,
    onPreparing: output => preparing.push(output.what),
  });
  return { ...identity, preparing };
}

describe.skipIf(missing)(`executors for the docker driver${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("both families tell who they are, and are asked once", async () => {
    lab = await Lab.create("FROM scratch\n");
    expect(await identify(executor("fork"))).toMatchObject({
      version: expect.stringMatching(/^v1\.\d+/),
      family: "fork",
    });
    expect(await identify(executor("upstream"))).toMatchObject({ version: "v1.24.0", family: "upstream" });
    const remembered = await readdir(lab.path("driver"));
    expect(remembered).toHaveLength(2);
    expect((await identify(executor("fork"))).source).toBe(executorFile("fork"));
    expect(ownContainers()).toEqual([]);
  });

  test("an image is pulled when the engine does not have it", async context => {
    if (!(await registryHas("kaniko/executor", "local"))) context.skip("no executor in the registry");
    lab = await Lab.create("FROM scratch\n");
    const reference = `${registry}/kaniko/executor:local`;
    docker("", "image", "rm", "--no-prune", reference);
    expect(await identify({ kind: "image", reference })).toMatchObject({
      source: reference,
      family: "fork",
      preparing: expect.arrayContaining([`pulling ${reference}`]),
    });
  });

  test("layouts and archives become one image with our own tag", async context => {
    if (!(await registryHas("kaniko/upstream", "local"))) context.skip("no executor in the registry");
    lab = await Lab.create("FROM scratch\n");
    const from = `docker://${registry}/kaniko/upstream:local`;
    const copy = (to: string) => execFileSync("skopeo", ["copy", "--quiet", "--src-tls-verify=false", from, to]);
    copy(`oci:${lab.path("layout")}`);
    copy(`docker-archive:${lab.path("archive.tar")}:someone/elses:tag`);
    const layout = { kind: "oci-layout", folder: lab.path("layout") } as const;
    const archive = { kind: "docker-archive", file: lab.path("archive.tar") } as const;
    expect(await identify(layout)).toMatchObject({
      version: "v1.24.0",
      family: "upstream",
      source: lab.path("layout"),
    });
    expect(await identify(archive)).toMatchObject({ version: "v1.24.0", source: lab.path("archive.tar") });
    expect(docker("", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).not.toContain("someone/elses");
    expect((await identify(layout)).preparing).toEqual([]);
  });

  test("a layout without its blobs is refused", async () => {
    lab = await Lab.create("FROM scratch\n");
    await mkdir(lab.path("layout"));
    await writeFile(lab.path("layout/oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    const digest = `sha256:${"0".repeat(64)}`;
    const manifest = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 3 };
    await writeFile(lab.path("layout/index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
    await expect(identify({ kind: "oci-layout", folder: lab.path("layout") })).rejects.toMatchObject({
      code: "blob-missing",
    });
  });

  test.for([
    ["is not there", "nothing-here", "there is no such file"],
    ["is no Linux program", "context/Dockerfile", "it is no Linux program"],
    ["is a folder", "context", "it is no file"],
  ] as const)("a binary that %s is refused", async ([, file, why]) => {
    lab = await Lab.create("FROM scratch\n");
    await expect(identify({ kind: "binary", file: lab.path(file) })).rejects.toMatchObject({
      code: "executor-unavailable",
      message: expect.stringContaining(why),
    });
  });

  test("an image without an executor is refused", async () => {
    lab = await Lab.create("FROM scratch\n");
    await expect(identify({ kind: "image", reference: busybox })).rejects.toMatchObject({
      code: "executor-unavailable",
      message: expect.stringContaining("/kaniko/executor"),
    });
    expect(ownContainers()).toEqual([]);
  });

  test.for([
    ["an unknown tag", `${registry}/base/busybox:no-such-tag`, "image-not-found"],
    ["an unknown name", `${registry}/no/such-name:1`, "image-not-found"],
    ["a registry that is not there", "127.0.0.1:9/some/name:1", "registry-unreachable"],
    ["no image name", "Not A Name", "usage"],
  ] as const)("%s", async ([, reference, code]) => {
    lab = await Lab.create("FROM scratch\n");
    await expect(identify({ kind: "image", reference })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(reference),
    });
  });

  test("a registry with a password wants the docker config", async context => {
    if (!(await registryAnswers(lockedRegistry, 401))) context.skip(`no ${lockedRegistry}`);
    lab = await Lab.create("FROM scratch\n");
    const reference = `${lockedRegistry}/base/busybox:1`;
    const config = async (password: string) => {
      const auth = Buffer.from(`lab:${password}`).toString("base64");
      await writeFile(lab.path("config.json"), JSON.stringify({ auths: { [lockedRegistry]: { auth } } }));
      return lab.path("config.json");
    };
    const image = { kind: "image", reference } as const;
    await expect(identify(image)).rejects.toMatchObject({
      code: "registry-denied",
      hint: expect.stringContaining("no credentials in"),
    });
    const wrong = await identify(image, await config("not-the-password")).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ code: "registry-denied", hint: expect.stringContaining(lab.path("config.json")) });
    expect(String((wrong as Error).message) + String((wrong as { hint?: string }).hint)).not.toContain(
      "not-the-password",
    );
    // With the right one the pull works, so that only the missing executor is left to complain about.
    await expect(identify(image, await config("lab"))).rejects.toMatchObject({ code: "executor-unavailable" });
    docker("", "image", "rm", "--no-prune", reference);
  });

  test("debugging needs dlv in the image", async () => {
    lab = await Lab.create(`FROM ${busybox}\nRUN true\n`);
    const run = driver.run(lab.request(executor("fork"), { debugPort: 4000 }), new AbortController().signal);
    await expect(run.next()).rejects.toMatchObject({
      code: "executor-unavailable",
      message: expect.stringContaining("has no dlv"),
    });
    expect(ownContainers()).toEqual([]);
  });

  const dlv = path.join(homedir(), ".cache/kaniko-lab-test/dlv");
  const noDlv = existsSync(dlv) ? "" : " (skipped: no dlv in ~/.cache/kaniko-lab-test)";
  test.skipIf(noDlv !== "").for([
    ["on the host's network", [registry]],
    ["on a published port", []],
  ] as const)(`the debugger listens %s${noDlv}`, async ([, insecureRegistries]) => {
    lab = await Lab.create("FROM scratch\nLABEL a=b\n");
    const root = lab.path("root");
    execFileSync("install", ["-D", executorFile("fork"), `${root}/kaniko/executor`]);
    execFileSync("install", ["-D", dlv, `${root}/go/bin/dlv`]);
    execFileSync("tar", ["-C", root, "-cf", lab.path("root.tar"), "."]);
    const reference = "kaniko-lab-test/debug:1";
    docker("", "import", "--change", 'ENTRYPOINT ["/kaniko/executor"]', lab.path("root.tar"), reference);
    const port = await freePort();
    const request = lab.request({ kind: "image", reference }, { debugPort: port, insecureRegistries });
    const args = request.args.filter(arg => !arg.startsWith("--insecure-registry"));
    const lines: string[] = [];
    let socket: Socket | null = null;
    const abort = new AbortController();
    try {
      for await (const output of driver.run({ ...request, args }, abort.signal)) {
        if (output.type === "line") lines.push(output.text);
        if (socket === null && lines.at(-1)?.includes("API server listening")) {
          socket = connect(port, "127.0.0.1");
          const answers = createInterface({ input: socket });
          socket.write('{"method":"RPCServer.GetVersion","params":[{}],"id":1}\n');
          for await (const answer of answers) {
            expect(JSON.parse(answer)).toMatchObject({ id: 1, result: { DelveVersion: expect.any(String) } });
            break;
          }
          abort.abort();
        }
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "cancelled" });
    } finally {
      socket?.destroy();
      docker("", "image", "rm", "--force", reference);
    }
    expect(socket).not.toBeNull();
  });
});

/** Below those that the kernel gives to outgoing connections, which would come and go meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>(resolve => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise(resolve => server.close(resolve));
    return port;
  }
}
