import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { executorFile, hasProgram, registry, sh, skipNote, whyNot } from "../build/support.ts";
import { executorImage, helperImage, kubeconfig, missing, Namespace, Place, podRegistry } from "./support.ts";

// Knative's Builds as they were run: a base image from git and a custom source, then a function on top of it whose
// Dockerfile a custom source copies out of that image. On both drivers from one file.

const builds = (own: string, git: string, from: string) => `apiVersion: build.knative.dev/v1alpha1
kind: BuildTemplate
metadata: { name: image-template }
spec:
  parameters:
    - name: DESTINATION
    - name: BASE_IMAGE
    - { name: DOCKERFILE, default: Dockerfile }
    - { name: SYSTEM_PACKAGES_FILE, default: system-packages.txt }
    - { name: PACKAGES_FILE, default: packages.txt }
  steps:
    - name: build-and-push
      image: gcr.io/kaniko-project/executor
      args:
        - --dockerfile=\${DOCKERFILE}
        - --destination=\${DESTINATION}
        - --build-arg=BASE_IMAGE=\${BASE_IMAGE}
        - --build-arg=SYSTEM_PACKAGES_FILE=\${SYSTEM_PACKAGES_FILE}
        - --build-arg=PACKAGES_FILE=\${PACKAGES_FILE}
---
apiVersion: build.knative.dev/v1alpha1
kind: BuildTemplate
metadata: { name: function-template }
spec:
  parameters: [{ name: DESTINATION }, { name: IMAGE }, { name: HANDLER }, { name: DOCKERFILE, default: Dockerfile }]
  steps:
    - name: build-and-push
      image: gcr.io/kaniko-project/executor
      args:
        - --dockerfile=\${DOCKERFILE}
        - --destination=\${DESTINATION}
        - --build-arg=IMAGE=\${IMAGE}
        - --build-arg=HANDLER=\${HANDLER}
---
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: base-image }
spec:
  serviceAccountName: image-builder
  sources:
    - git: { url: "${git}", revision: v1.2 }
    - custom:
        image: ${helperImage}
        command: [/bin/sh, -c]
        args: ["echo Y3VybAo= | base64 -d > /workspace/system-packages.txt; mv extra /workspace/packages.txt; rm junk"]
  template:
    name: image-template
    arguments:
      - { name: DESTINATION, value: "${from}/${own}/base:1" }
      - { name: BASE_IMAGE, value: "${from}/base/busybox:1" }
---
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: { name: function }
spec:
  serviceAccountName: image-builder
  sources:
    - custom: { image: "${registry}/${own}/base:1", command: [cp, -p], args: [/function/Dockerfile, /workspace] }
    - custom:
        image: ${helperImage}
        command: [/bin/sh, -c]
        args: ["echo $CODE | base64 -d > /workspace/handler.py"]
        env: [{ name: CODE, value: ZGVmIGhhbmRsZSgpOiBwYXNzCg== }]
  template:
    name: function-template
    arguments:
      - { name: DESTINATION, value: "${from}/${own}/function:1" }
      - { name: IMAGE, value: "${from}/${own}/base:1" }
      - { name: HANDLER, value: handler.handle }
`;

const baseFiles = {
  Dockerfile: `ARG BASE_IMAGE
FROM $BASE_IMAGE
ARG SYSTEM_PACKAGES_FILE
ARG PACKAGES_FILE
COPY $SYSTEM_PACKAGES_FILE $PACKAGES_FILE /packages/
COPY function.Dockerfile /function/Dockerfile
`,
  "function.Dockerfile": "ARG IMAGE\nFROM $IMAGE\nARG HANDLER\nCOPY handler.py /\nRUN echo $HANDLER > /handler\n",
  extra: "requests\n",
  junk: "x",
};

let place: Place;
let namespace: Namespace | null = null;
let daemon: ChildProcess | null = null;
beforeEach(async () => {
  place = await Place.create(baseFiles);
});
afterEach(async () => {
  daemon?.kill();
  namespace?.remove();
  [daemon, namespace] = [null, null];
  await place.remove();
});

/** Serves the context as a repository. @returns its address. */
async function serveContext(): Promise<string> {
  const [from, bare] = [place.path("context"), place.path("repository.git")];
  sh("git", "-C", from, "init", "--quiet");
  sh("git", "-C", from, "add", ".");
  sh("git", "-C", from, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "x");
  sh("git", "-C", from, "tag", "v1.2");
  sh("git", "clone", "--quiet", "--bare", from, bare);
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  const args = ["daemon", `--base-path=${place.root}`, "--export-all", "--listen=127.0.0.1", `--port=${port}`];
  daemon = spawn("git", [...args, "--verbose"], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise(resolve => daemon?.stderr?.once("data", resolve));
  return `git://127.0.0.1:${port}/repository.git`;
}

/** How a driver is named, and the registry as its executor reaches it. */
const ways = [
  { driver: "docker", from: registry, reason: whyNot("docker"), options: () => ["--executor", executorFile("fork")] },
  {
    driver: "kubernetes",
    from: podRegistry,
    reason: missing,
    options: () => {
      namespace = new Namespace();
      return ["--namespace", namespace.name, "--executor", executorImage, "--helper-image", helperImage];
    },
  },
];

for (const { driver, from, reason, options } of ways) {
  const skipped = reason || (hasProgram("git") ? "" : "no git");
  describe.skipIf(skipped !== "")(`Knative's Builds with ${driver}${skipNote(skipped)}`, () => {
    test("sources, parameters and defaults; the second one is FROM the first", async () => {
      const own = `knative-${driver}-${process.pid}-${Date.now()}`;
      await writeFile(place.path("build.yaml"), builds(own, await serveContext(), from));
      const common = ["--push", "--driver", driver, "--insecure-registry", from, ...options()];
      const run = (job: string) =>
        place.run(["from", "build.yaml", "--job", job, "--sources-to", job, ...common], {
          env: { KUBECONFIG: kubeconfig },
        });

      const base = await run("base-image");
      expect(base.stderr).not.toMatch(/^error:/m);
      expect(base.status).toBe(0);
      // What a source wrote, moved and removed.
      expect(
        readdirSync(place.path("base-image"))
          .filter(name => name !== ".git")
          .sort(),
      ).toEqual(["Dockerfile", "function.Dockerfile", "packages.txt", "system-packages.txt"]);
      expect(await place.text("cat", "latest", "/packages/system-packages.txt")).toBe("curl\n");
      expect(await place.text("cat", "latest", "/packages/packages.txt")).toBe("requests\n");

      const top = await run("function");
      expect(top.stderr).not.toMatch(/^error:/m);
      expect(top.status).toBe(0);
      expect(readFileSync(place.path("function", "handler.py"), "utf8")).toBe("def handle(): pass\n");
      expect(await place.text("cat", "latest", "/handler")).toBe("handler.handle\n");
      expect(await place.text("cat", "latest", "/packages/packages.txt")).toBe("requests\n");
      expect(namespace?.leftovers() ?? []).toEqual([]);
    });

    test("a parameter without a value is named, before anything runs", async () => {
      const text = builds("x", "https://git.example.com/x.git", from).replace(/ *- \{ name: BASE_IMAGE, value.*\n/, "");
      await writeFile(place.path("build.yaml"), text);
      const { status, stderr } = await place.run(
        ["from", "build.yaml", "--job", "base-image", "--driver", driver, ...options()],
        {
          env: { KUBECONFIG: kubeconfig },
        },
      );
      expect(status).toBe(2);
      expect(stderr).toMatch(/BASE_IMAGE.*\nhint: .*--param BASE_IMAGE=/);
    });

    test("a source that fails ends it, with what it printed", async () => {
      const text = builds("x", await serveContext(), from).replace("rm junk", "echo no such luck; exit 3");
      await writeFile(place.path("build.yaml"), text);
      const words = ["from", "build.yaml", "--job", "base-image", "--sources-to", "filled", "--driver", driver];
      const { status, stderr } = await place.run([...words, ...options()], { env: { KUBECONFIG: kubeconfig } });
      expect(status).toBe(4);
      expect(stderr).toMatch(/ended with exit status 3\n.*it printed: .*no such luck/);
      expect(namespace?.leftovers() ?? []).toEqual([]);
    });
  });
}
