import { spawn } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect as dial } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { hasProgram, registry, registryHas, sh, skipNote } from "../build/support.ts";
import {
  apply,
  buildArgs,
  built,
  changedConfig,
  helperImage,
  inCluster,
  kubeconfig,
  kubectl,
  missing,
  Namespace,
  Place,
  podRegistry,
  serverOf,
  token,
  volume,
} from "./support.ts";

// Ways to a cluster, and ways that a context comes by, beside the usual ones.

let namespace: Namespace;
let place: Place;
beforeEach(async () => {
  place = await Place.create({
    Dockerfile: "ARG BASE\nFROM $BASE\nCOPY word /word\nRUN cat /word > /copy\n",
    word: "hello\n",
  });
  namespace = new Namespace();
});
afterEach(async () => {
  namespace.remove();
  await place.remove();
});

/** The account of k8s/builder-role.yaml: it may do what stands there, and nothing more. */
function builder(): void {
  const file = join(import.meta.dirname, "../../../k8s/builder-role.yaml");
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    const value = document.toJS() as { metadata: object };
    apply({ ...value, metadata: { ...value.metadata, namespace: namespace.name } });
  }
  apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "kaniko-lab", namespace: namespace.name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "kaniko-lab" },
    subjects: [{ kind: "ServiceAccount", name: "kaniko-lab", namespace: namespace.name }],
  });
}

const debian = `${registry}/base/debian:bookworm`;
const noDebian = (await registryHas("base/debian", "bookworm")) ? "" : `no ${debian}`;

describe.skipIf(missing !== "")(`ways to a cluster${skipNote(missing)}`, () => {
  test("a log-in plugin of the kubeconfig, with the rights of k8s/builder-role.yaml: asked once", async () => {
    builder();
    const [plugin, calls] = [place.path("plugin"), place.path("calls")];
    const status = { token: token(namespace, "kaniko-lab"), expirationTimestamp: new Date(Date.now() + 3_600_000) };
    const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
    await writeFile(plugin, `#!/bin/sh\necho call >>${calls}\ncat <<'E'\n${JSON.stringify(credential)}\nE\n`);
    chmodSync(plugin, 0o755);
    const exec = { apiVersion: credential.apiVersion, command: plugin, interactiveMode: "Never" };
    const config = await changedConfig(place, ({ users }) => {
      for (const one of users) one.user = { exec };
    });
    for (const options of [
      ["--pod-kind", "job"],
      ["--context-transport", "stdin", "--cache", "off"],
    ]) {
      const { build } = await built(place, buildArgs(namespace, ...options), config);
      expect(build.status).toBe("succeeded");
    }
    expect(readFileSync(calls, "utf8").match(/call/g)).toHaveLength(2);
    expect(namespace.leftovers()).toEqual([]);
  });

  test("a log-in plugin that is not there, and one that fails, are named", async () => {
    const args = buildArgs(namespace);
    for (const command of [place.path("no-such-plugin"), "/bin/false"]) {
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command, interactiveMode: "Never" };
      const config = await changedConfig(place, ({ users }) => {
        for (const one of users) one.user = { exec };
      });
      const { status, stderr } = await inCluster(place, args, config);
      expect(status).toBe(3);
      expect(stderr).toMatch(/error: the kubeconfig gives no credentials: .*\nhint: log in to the cluster again/);
    }
  });

  test("by the proxy that the kubeconfig names: calls, watches and transfers", async () => {
    const asked: string[] = [];
    const open = new Set<Duplex>();
    const proxy = createServer().on("connect", ({ url = "" }, client, head: Buffer) => {
      asked.push(url);
      const [name, port] = url.split(":");
      const server = dial(Number(port), name, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        server.write(head);
        server.pipe(client).pipe(server);
      });
      for (const end of [client, server]) open.add(end.on("error", () => {}));
    });
    await new Promise<void>(resolve => proxy.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = proxy.address() as { port: number };
      const config = await changedConfig(place, ({ clusters }) => {
        for (const one of clusters) Object.assign(one.cluster, { "proxy-url": `http://127.0.0.1:${port}` });
      });
      const { build } = await built(place, buildArgs(namespace), config);
      expect(build.status).toBe("succeeded");
      expect(await place.text("cat", "latest", "/copy")).toBe("hello\n");
      expect(asked.length).toBeGreaterThan(3);
      expect(new Set(asked)).toEqual(new Set([new URL(serverOf()).host]));
    } finally {
      for (const end of open) end.destroy();
      proxy.close();
    }
    expect(namespace.leftovers()).toEqual([]);
  });

  test.skipIf(noDebian !== "")(`in a Pod with the account of k8s/builder-role.yaml${skipNote(noDebian)}`, async () => {
    builder();
    const project = realpathSync(join(import.meta.dirname, "../../.."));
    const modules = realpathSync(join(project, "node_modules"));
    const folders = [...new Set([project, modules, place.root])];
    const { hostname, port } = new URL(serverOf());
    const words = [realpathSync(process.execPath), join(project, "dist/bin.cjs"), ...buildArgs(namespace)];
    const spec = {
      restartPolicy: "Never",
      serviceAccountName: "kaniko-lab",
      // The API server of this cluster listens on the node alone.
      hostNetwork: true,
      containers: [
        {
          name: "lab",
          image: debian,
          command: [...words.filter(word => word !== "--namespace" && word !== namespace.name), "--json"],
          workingDir: place.root,
          env: [
            { name: "KUBERNETES_SERVICE_HOST", value: hostname },
            { name: "KUBERNETES_SERVICE_PORT", value: port },
            { name: "KANIKO_LAB_CACHE", value: place.cache },
          ],
          volumeMounts: folders.map((mountPath, at) => ({ name: `folder-${at}`, mountPath })),
        },
      ],
      volumes: folders.map((path, at) => ({ name: `folder-${at}`, hostPath: { path } })),
    };
    apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "lab", namespace: namespace.name }, spec });
    // It ends by itself: then it is not ready any more.
    for (const ready of ["true", "false"])
      kubectl("wait", "pod/lab", "-n", namespace.name, `--for=condition=Ready=${ready}`, "--timeout=120s");
    const text = kubectl("logs", "lab", "-n", namespace.name);
    expect(JSON.parse(text.slice(text.indexOf("{\n")))).toMatchObject({
      build: { status: "succeeded", driver: "kubernetes" },
    });
    expect(await place.text("cat", "latest", "/copy")).toBe("hello\n");
    expect(namespace.leftovers()).toEqual([]);
  });
});

const upstream = `${registry}/kaniko/upstream:local`;
const noUpstream = missing || ((await registryHas("kaniko/upstream", "local")) ? "" : `no ${upstream}`);

describe.skipIf(noUpstream !== "")(`the archived upstream executor${skipNote(noUpstream)}`, () => {
  test("builds in a Pod as the fork does, with the layer cache", async () => {
    const args = buildArgs(namespace, "--executor", upstream);
    const once = await built(place, args);
    expect(once.build).toMatchObject({ status: "succeeded", executor: { family: "upstream" } });
    const again = await built(place, args);
    expect(again.steps.map(({ cache }) => cache.result)).toContain("hit");
    expect(again.steps.map(({ cache }) => cache.result)).not.toContain("miss");
    expect(namespace.leftovers()).toEqual([]);
  });
});

const noGit = missing || (hasProgram("git") ? "" : "no git");

describe.skipIf(noGit !== "")(`a context that Kaniko fetches${skipNote(noGit)}`, () => {
  let server: Server;
  afterEach(() => server.close());

  /** Git's own server for HTTP, behind a web server that Pods reach. @returns the repository without its scheme. */
  async function serveRepository(): Promise<string> {
    const from = place.path("context");
    sh("git", "-C", from, "init", "--quiet", "--initial-branch=main");
    sh("git", "-C", from, "add", ".");
    sh("git", "-C", from, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "x");
    sh("git", "clone", "--quiet", "--bare", from, place.path("served", "app.git"));
    server = createServer((request, response) => {
      const { pathname, search } = new URL(request.url ?? "/", "http://x");
      const backend = spawn("git", ["http-backend"], {
        env: {
          ...process.env,
          GIT_PROJECT_ROOT: place.path("served"),
          GIT_HTTP_EXPORT_ALL: "1",
          PATH_INFO: pathname,
          QUERY_STRING: search.slice(1),
          REQUEST_METHOD: request.method,
          CONTENT_TYPE: request.headers["content-type"],
          HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
          GIT_PROTOCOL: request.headers["git-protocol"] as string | undefined,
        },
      });
      request.pipe(backend.stdin);
      const said: Buffer[] = [];
      backend.stdout.on("data", (chunk: Buffer) => said.push(chunk));
      backend.stdout.on("end", () => {
        const answer = Buffer.concat(said);
        const end = answer.indexOf("\r\n\r\n");
        const lines = answer.subarray(0, end).toString().split("\r\n");
        const headers = lines.map(line => line.split(": ") as [string, string]);
        const status = Number(headers.find(([name]) => name === "Status")?.[1].slice(0, 3) ?? 200);
        response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== "Status")));
        response.end(answer.subarray(end + 4));
      });
    });
    await new Promise<void>(resolve => server.listen(0, resolve));
    const { port } = server.address() as { port: number };
    return `${podRegistry.replace(/:\d+$/, "")}:${port}/app.git`;
  }

  test("a git repository: nothing is sent, the layers come back", async () => {
    const repository = await serveRepository();
    const args = buildArgs(namespace).map(word => (word === "context" ? `git://${repository}#refs/heads/main` : word));
    const { status, stdout, stderr } = await place.run([...args, "--json"], {
      env: { KUBECONFIG: kubeconfig, GIT_PULL_METHOD: "http" },
    });
    expect(stderr).not.toMatch(/error:/);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).build.status).toBe("succeeded");
    expect(await place.text("cat", "latest", "/copy")).toBe("hello\n");
    expect(namespace.leftovers()).toEqual([]);
  });
});

describe.skipIf(missing !== "")(`a claim that is filled for builds without us${skipNote(missing)}`, () => {
  test("has the folder's files and nothing else, and a Pod that was rendered builds them", async () => {
    await mkdir(place.path("volume", "old"), { recursive: true });
    volume(namespace, "files", place.path("volume"));
    try {
      const send = [
        "send",
        "context",
        "--claim",
        "files",
        "--namespace",
        namespace.name,
        "--helper-image",
        helperImage,
      ];
      const { status, stdout, stderr } = await inCluster(place, send);
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(stdout).toMatch(/sent context to the claim files of lab-test.*2 files/);
      expect(readdirSync(place.path("volume")).sort()).toEqual(["Dockerfile", "word"]);
      expect((await inCluster(place, [...send, "--to", "deep/down"])).status).toBe(0);
      expect(readdirSync(place.path("volume", "deep", "down")).sort()).toEqual(["Dockerfile", "word"]);
      expect(await inCluster(place, [...send, "--to", "../out"])).toMatchObject({ status: 2 });
      const ignored = place.path("context", "node_modules", "deep");
      await mkdir(ignored, { recursive: true });
      await writeFile(join(ignored, "large"), "large");
      await writeFile(place.path("context", "notes.txt"), "notes");
      await writeFile(place.path("context", ".dockerignore"), "node_modules\n*.txt\nDockerfile\n");
      const some = await inCluster(place, [...send, "--to", "some"]);
      expect(some.stderr).toContain(".dockerignore left out 2 paths: --all-files");
      const sent = (...names: string[]) => readFileSync(place.path("volume", ...names), "utf8");
      // What the ignore file hides is there by name only, as in a build; the Dockerfile is read before it counts.
      expect(readdirSync(place.path("volume", "some", "node_modules"))).toEqual([]);
      expect([sent("some", "notes.txt"), sent("some", "Dockerfile")]).toEqual(["", sent("Dockerfile")]);
      await writeFile(place.path("context", "api.Dockerfile.dockerignore"), "word\n");
      const unsure = await inCluster(place, [...send, "--to", "unsure"]);
      expect(unsure.stderr).toBe("");
      expect(sent("unsure", "notes.txt")).toBe("notes");
      await rm(place.path("context", "api.Dockerfile.dockerignore"));
      expect((await inCluster(place, [...send, "--to", "all", "--all-files"])).stderr).toBe("");
      expect(sent("all", "node_modules", "deep", "large")).toBe("large");
      const none = await inCluster(
        place,
        send.map(word => (word === "files" ? "none" : word)),
      );
      expect(none).toMatchObject({
        status: 3,
        stderr: expect.stringMatching(/there is no claim none.*\nhint: --size/),
      });
      expect(namespace.leftovers()).toEqual([]);
    } finally {
      kubectl("delete", "pv", `files-${namespace.name}`, "--wait=false");
    }
  });
});
