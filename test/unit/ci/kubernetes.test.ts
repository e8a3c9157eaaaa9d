import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorOf, optionsOf, read, readAll } from "./reading.ts";

const pod = (container: string, more = "") => `
apiVersion: v1
kind: Pod
metadata: { name: kaniko }
spec:
  containers:
    - name: build
${container.replace(/^/gm, "      ")}
${more}`;

describe("Kubernetes", () => {
  test("the lab's own Pod", () => {
    const text = readFileSync(join(import.meta.dirname, "../../../k8s/build-pod.yaml"), "utf8");
    const told = read(text);
    expect(told.build.origin).toMatchObject({
      format: "kubernetes",
      kind: "Pod",
      name: "kaniko-lab-build",
      job: "build",
    });
    expect(told.args).toEqual([
      "--context=dir:///workspace",
      "--dockerfile=/workspace/Dockerfile",
      "--cache-copy-layers",
      "--ignore-path=/product_uuid",
      "--cache=true",
      "--cache-repo=oci:/cache/layers",
      "--no-push",
      "--oci-layout-path=/output/image",
      "--digest-file=/dev/termination-log",
    ]);
    expect(optionsOf(told)).toEqual(["--executor ghcr.io/osscontainertools/kaniko:latest"]);
    expect(told.local.flags).toEqual(["--ignore-path=/product_uuid"]);
    expect(told.local.needs).toEqual([]);
  });

  test("variables, as Kubernetes puts them in; those of secrets must be given", () => {
    const text = pod(
      `image: kaniko
env:
  - { name: A, value: x }
  - { name: B, value: $(A)y }
  - { name: TOKEN, valueFrom: { secretKeyRef: { name: s, key: k } } }
args: ["--build-arg=B=$(B)", "--label=l=$$(B)$(NONE)", "--build-arg", "TOKEN", "--no-push"]`,
    );
    const told = read(text);
    expect(told.args).toEqual(["--build-arg=B=xy", "--label=l=$(B)$(NONE)", "--build-arg", "TOKEN", "--no-push"]);
    expect(told.local.needs).toEqual([{ what: "$TOKEN (secret s, key k)", line: 12, give: "--param TOKEN=VALUE" }]);
    const given = read(text, { params: { TOKEN: "t" } });
    expect(given.local.needs).toEqual([]);
    expect(optionsOf(given)).toContain("--build-arg TOKEN=t");
  });

  test("volumes: credentials say how to give them", () => {
    const told = read(
      pod(
        `image: kaniko
args: [--destination=r.example/a]
volumeMounts:
  - { name: cred, mountPath: /kaniko/.docker }
  - { name: work, mountPath: /workspace }`,
        `  volumes:
    - { name: cred, secret: { secretName: regcred } }
    - { name: work, persistentVolumeClaim: { claimName: claim } }`,
      ),
    );
    expect(told.local.references).toEqual([
      { kind: "credentials", text: "secret regcred at /kaniko/.docker", give: "--docker-config FILE" },
      { kind: "volume", text: "volume claim claim at /workspace", give: null },
    ]);
  });

  test("a shell in the debug image", () => {
    const told = read(
      pod(`image: gcr.io/kaniko-project/executor:debug
command: [/busybox/sh, -c]
args:
  - |
    mkdir -p /kaniko/.docker
    echo "{}" > /kaniko/.docker/config.json
    /kaniko/executor --context=dir:///workspace/$DIR --no-push
env: [{ name: DIR, value: app }]`),
    );
    expect(told.args).toEqual(["--context=dir:///workspace/app", "--no-push"]);
    expect(told.local.references[0]).toMatchObject({ kind: "credentials" });
  });

  test("Job and CronJob, several documents, the warmer is no build", () => {
    const spec = (name: string, image = "kaniko") =>
      `{ template: { spec: { containers: [{ name: ${name}, image: ${image}, args: [--no-push, --label=${name}=1] }] } } }`;
    const text = `apiVersion: batch/v1
kind: Job
metadata: { name: one }
spec: ${spec("a")}
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: two }
spec: { jobTemplate: { spec: ${spec("b")} } }
---
apiVersion: v1
kind: Pod
metadata: { name: warm }
spec: { containers: [{ name: w, image: gcr.io/kaniko-project/warmer, args: [--image=x] }] }
`;
    expect(readAll(text)).toEqual({ a: ["--no-push", "--label=a=1"], b: ["--no-push", "--label=b=1"] });
    expect(errorOf(() => read(text))).toMatchObject({ code: "usage", hint: "--job a, --job b" });
    expect(read(text, { job: "two" }).build.origin).toMatchObject({ kind: "CronJob", job: "b", line: 9 });
    expect(errorOf(() => read(text, { job: "on" })).message).toContain("no build");
  });
});

describe("bad input", () => {
  test.each([
    ["a: b: c\nkind: x\n", /^ci\.yaml:1:\d+: /],
    ["apiVersion: v1\nkind: Pod\nspec:\n  containers: 7\n", /^ci\.yaml:4: spec\.containers: /],
    [
      "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: kaniko\n      args: --no-push\n",
      /^ci\.yaml:6: spec\.containers\.0\.args: /,
    ],
    ["apiVersion: v1\nkind: Service\n", /no build with Kaniko/],
    ["", /no build with Kaniko/],
    [pod('image: kaniko\nargs: ["--no-push\\u0007"]'), /control characters/],
    [pod('image: kaniko\nargs: ["\ufdd00\ufdd1"]'), /stands for no text/],
  ])("%#", (text, message) => {
    const error = errorOf(() => read(text));
    expect(error).toMatchObject({ code: "config-invalid" });
    expect(error.message).toMatch(message);
  });

  test("a bomb of aliases", () => {
    const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [at, name] of [..."bcdefgh"].entries())
      lines.push(`${name}: &${name} [${Array(9).fill(`*${"abcdefg"[at]}`).join(", ")}]`);
    expect(errorOf(() => read(`apiVersion: v1\nkind: Pod\n${lines.join("\n")}\n`))).toMatchObject({
      code: "config-invalid",
    });
  });

  test("a parameter that nothing asks for is a misspelling", () => {
    const text = pod("image: kaniko\nenv: [{ name: TAG, value: a }]\nargs: [--no-push]");
    expect(errorOf(() => read(text, { params: { TAGS: "1" } }))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("did you mean TAG?"),
    });
  });
});
